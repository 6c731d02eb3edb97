// One column against another, in the colours of a third.

const MANY_DOTS = 1000;
const MOST_DOTS = 20000;
const NEAR = 14; // px around the pointer
const PALETTE = ["#2f6fd6", "#d97706", "#059669", "#c026a3", "#0891b2", "#b91c1c", "#7c6f00", "#6d28d9"];
const RAMP = ["#3056d3", "#0f93a8", "#3fa34d", "#d99a00", "#d6451b"];
const SHADES = 15;
const NO_VALUE = "no value";

class Scatter extends Chart {
  constructor(onPick, onChoose) {
    super("", onPick, 380);
    this.onChoose = onChoose;
  }

  picture() {
    const { rows, x: xColumn, y: yColumn, colour, visible, chosen } = this.state;
    const [xMeasure, yMeasure] = [measureOf(xColumn), measureOf(yColumn)];
    const [xs, ys] = [xMeasure.values, yMeasure.values];
    const both = rows.all().filter((row) => xs[row] !== null && ys[row] !== null);
    this.note.replaceChildren();
    if (!both.length) return null;
    const [xRange, yRange] = [xs, ys].map((values) => widened(rangeOf(values)));
    const { picture, x, y } = this.axes(xRange, yRange, xMeasure.title, yMeasure.title);
    const within = ([low, high], value) => Math.min(high, Math.max(low, value));
    const at = (row) => [x(within(xRange, xs[row])), y(within(yRange, ys[row]))];
    const path = (some) => some.map((row) => `M${at(row).map((one) => one.toFixed(1)).join(" ")}h0`).join("");
    const every = Math.ceil(both.length / MOST_DOTS);
    const drawn = every > 1 ? both.filter((row) => row % every === 0 || row === chosen) : both;
    const shown = new Set(visible);
    const found = drawn.filter((row) => shown.has(row));
    const kind = drawn.length > MANY_DOTS ? "dots many" : "dots";
    picture.append(
      ...reference(xColumn, yColumn, x, y, xRange, yRange),
      svg("path", { class: `${kind} rest`, d: path(drawn.filter((row) => !shown.has(row))) }),
    );
    const groups = colourGroups(colour, found);
    for (const { name, stroke, members } of groups) {
      const status = colour.name === "status" ? name : null;
      picture.append(svg("path", { class: kind, stroke: status ? null : stroke, "data-status": status, d: path(members) }));
    }
    const ring = svg("circle", { class: "ring", r: 7, visibility: "hidden" });
    picture.append(ring);
    if (chosen !== null && xs[chosen] !== null && ys[chosen] !== null) {
      const [cx, cy] = at(chosen);
      fill(ring, { cx, cy, visibility: "visible" }, []);
    }
    const beyond = both.filter((row) => xs[row] !== within(xRange, xs[row]) || ys[row] !== within(yRange, ys[row]));
    this.explain(picture, { groups, every, nBoth: both.length, nBeyond: beyond.length, nMissing: rows.length - both.length });
    const nearest = (event) => {
      const frame = picture.getBoundingClientRect();
      const [px, py] = [event.clientX - frame.left, event.clientY - frame.top];
      let [best, least] = [null, NEAR ** 2];
      for (const row of found) {
        const [cx, cy] = at(row);
        const square = (cx - px) ** 2 + (cy - py) ** 2;
        if (square < least) [best, least] = [row, square];
      }
      return best;
    };
    picture.addEventListener("pointermove", (event) => {
      const row = nearest(event);
      if (row === null) return hideTip();
      const told = [...new Set([yColumn, xColumn, colour])].map(
        (column) => `${column.label} ${withUnit(formatValue(column, row), column.unit)}`);
      showTip(event, [rows.get("reaction_id", row), ...told]);
    });
    picture.addEventListener("pointerleave", hideTip);
    this.brush(picture, {
      vertical: true,
      done: (x0, y0, x1, y1) => this.onPick([
        { name: xColumn.name, ...ends(xRange, x.inverse(x0), x.inverse(x1), xMeasure.undo) },
        { name: yColumn.name, ...ends(yRange, y.inverse(y1), y.inverse(y0), yMeasure.undo) },
      ]),
      click: (px, py, event) => {
        const row = nearest(event);
        if (row !== null) this.onChoose(row);
      },
    });
    return picture;
  }

  explain(picture, { groups, every, nBoth, nBeyond, nMissing }) {
    const { x, y, colour } = this.state;
    const keys = groups.filter(({ inKey }) => inKey).map(({ name, stroke }) => {
      const status = colour.name === "status" ? name : null;
      const dot = svg("svg", { width: 9, height: 9, "aria-hidden": "true" },
        svg("circle", { cx: 4.5, cy: 4.5, r: 4.5, fill: status ? null : stroke }));
      return make("span", { class: "key", "data-status": status }, dot, name);
    });
    const told = [
      colour.kind === "number" ? `colour: ${withUnit(colour.label, colour.unit && `/ ${colour.unit}`)}` : "",
      isBarrier(y) && isReactionEnergy(x) ? "dotted: a barrier cannot lie below zero or the reaction energy" : "",
      nBeyond ? `${formatCount(nBeyond)} of ${formatCount(nBoth)} lie beyond the axes and are drawn at their edge` : "",
      nMissing ? `${formatCount(nMissing)} without both values` : "",
      every > 1 ? `one in ${every} is drawn` : "",
    ];
    this.note.append(...keys, told.filter((text) => text).join("; "));
    picture.setAttribute("aria-label", `${y.label} against ${x.label} of ${plural(nBoth, "reaction")}`);
  }
}

const isBarrier = ({ name }) => name.includes("barrier") && name.endsWith("kcal_mol");
const isReactionEnergy = ({ name }) => name === "reaction_energy_kcal_mol";

// What was dragged out, without end where it reaches the edge at which farther points are drawn.
function ends([low, high], from, to, undo) {
  const margin = 0.02 * (high - low);
  return { from: from <= low + margin ? -Infinity : undo(from), to: to >= high - margin ? Infinity : undo(to) };
}

// Below which no barrier can lie, or where two energies are equal.
function reference(xColumn, yColumn, x, y, [low, high], [bottom, top]) {
  let line = [];
  if (isBarrier(yColumn) && isReactionEnergy(xColumn)) {
    const knee = Math.min(Math.max(0, low), high);
    line = [[low, 0], [knee, 0], [high, Math.max(0, high)]];
  } else if (isBarrier(yColumn) && isBarrier(xColumn)) {
    line = [[low, low], [high, high]];
  }
  const parts = line.slice(1).map((end, k) => clipped(line[k], end, bottom, top)).filter((part) => part);
  return parts.map(([[a, b], [c, d]]) => svg("path", { class: "floor", d: `M${x(a)} ${y(b)}L${x(c)} ${y(d)}` }));
}

// The part of a line between two heights, or null.
function clipped([a, b], [c, d], bottom, top) {
  if (b === d) return b >= bottom && b <= top && c > a ? [[a, b], [c, d]] : null;
  const at = (height) => [a + ((height - b) / (d - b)) * (c - a), height];
  if (d <= bottom || b >= top) return null;
  return [b < bottom ? at(bottom) : [a, b], d > top ? at(top) : [c, d]];
}

// Rows by colour, those of the key with a name: the values of a text, or shades of a number.
function colourGroups(column, rows) {
  return column.kind === "number" ? shades(column, rows) : classes(column, rows);
}

function classes({ values, kind }, rows) {
  const nameOf = (row) => (values[row] === null ? NO_VALUE : kind === "bool" ? (values[row] ? "yes" : "no") : values[row]);
  const byName = Map.groupBy(rows, nameOf);
  const named = [...byName].sort((a, b) => b[1].length - a[1].length);
  const known = named.filter(([name]) => name !== NO_VALUE);
  const groups = known.slice(0, PALETTE.length).map(([name, members], k) => ({ name, members, stroke: PALETTE[k], inKey: true }));
  const others = known.slice(PALETTE.length).flatMap(([, members]) => members);
  if (others.length) groups.push({ name: "others", members: others, stroke: "#8a94a3", inKey: true });
  if (byName.has(NO_VALUE)) groups.unshift({ name: NO_VALUE, members: byName.get(NO_VALUE), stroke: "#8a94a3", inKey: true });
  return groups;
}

function shades(column, rows) {
  const { values, undo } = measureOf(column);
  const [low, high] = rangeOf(values);
  const shadeOf = (row) => {
    if (values[row] === null) return -1;
    return Math.min(SHADES - 1, Math.max(0, Math.floor(((values[row] - low) / (high - low)) * SHADES)));
  };
  const byShade = Map.groupBy(rows, shadeOf);
  const groups = Array.from({ length: SHADES }, (_, k) => ({
    name: formatNumber(undo(low + (k / (SHADES - 1)) * (high - low)), column.unit),
    members: byShade.get(k) ?? [],
    stroke: ramp(k / (SHADES - 1)),
    inKey: k % ((SHADES - 1) / 2) === 0,
  }));
  if (byShade.has(-1)) groups.unshift({ name: NO_VALUE, members: byShade.get(-1), stroke: "#8a94a3", inKey: true });
  return groups;
}

function ramp(share) {
  const place = share * (RAMP.length - 1);
  const k = Math.min(RAMP.length - 2, Math.floor(place));
  const mixed = [1, 3, 5].map((at) => {
    const [a, b] = [RAMP[k], RAMP[k + 1]].map((code) => parseInt(code.slice(at, at + 2), 16));
    return Math.round(a + (place - k) * (b - a));
  });
  return `rgb(${mixed.join(",")})`;
}
