// Charts as inline SVG: what is filtered stands out, the rest stays behind it in grey.

const MARGIN = { left: 46, right: 14, top: 10, bottom: 42 };
const HEIGHT = 230;
const BINS = 24;
const OUTLIERS = 0.01;
const MANY_DOTS = 1000;

function niceStep(span, count) {
  const rough = span / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10);
}

function ticks(low, high, count) {
  const step = niceStep(high - low, count);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return Array.from({ length: last - first + 1 }, (_, k) => {
    const value = (first + k) * step;
    return { value, text: value.toFixed(digits).replace(/^-(?=.*[1-9])/, "−") };
  });
}

// The range of an axis; a few values far away from all others do not get to decide it. Kept for the
// next drawing of the same values.
const RANGES = new WeakMap();

function rangeOf(values) {
  if (!RANGES.has(values)) RANGES.set(values, robustRange(values));
  return RANGES.get(values);
}

function robustRange(values) {
  const known = values.filter((value) => value !== null);
  if (!known.length) return null;
  let low = known.reduce((a, b) => Math.min(a, b));
  let high = known.reduce((a, b) => Math.max(a, b));
  const inner = [quantile(known, OUTLIERS / 2), quantile(known, 1 - OUTLIERS / 2)];
  const margin = Math.max(inner[1] - inner[0], 1e-6) * 0.25;
  low = Math.max(low, inner[0] - margin);
  high = Math.min(high, inner[1] + margin);
  return high > low ? [low, high] : [low - 0.5, low + 0.5];
}

class Chart {
  constructor(title, onPick) {
    this.onPick = onPick;
    this.note = make("p", { class: "quiet small" });
    this.plot = make("div", { class: "plot" });
    this.heading = make("h3", {}, title);
    this.element = make("figure", { class: "card chart" }, this.heading, this.plot, this.note);
    this.width = 0;
    new ResizeObserver(([{ contentRect }]) => {
      this.width = contentRect.width;
      this.draw();
    }).observe(this.plot);
  }

  show(state) {
    this.state = state;
    this.draw();
  }

  draw() {
    if (!this.state || !this.width) return;
    this.plot.replaceChildren(this.picture() ?? make("p", { class: "empty" }, "no values"));
  }

  // Scales of both axes, from the ranges of values to pixels.
  axes(xRange, yRange, xTitle, yTitle, yTicks, xTicks) {
    const right = this.width - MARGIN.right;
    const base = HEIGHT - MARGIN.bottom;
    const x = scale(xRange, [MARGIN.left, right]);
    const y = scale(yRange, [base, MARGIN.top]);
    const picture = svg("svg", { width: this.width, height: HEIGHT, role: "img" });
    for (const { value, text } of yTicks ?? ticks(...yRange, 5)) {
      picture.append(
        svg("line", { class: "grid", x1: MARGIN.left, x2: right, y1: y(value), y2: y(value) }),
        svg("text", { class: "tick", x: MARGIN.left - 6, y: y(value) + 4, "text-anchor": "end" }, text),
      );
    }
    for (const { value, text } of xTicks ?? ticks(...xRange, Math.max(3, this.width / 75))) {
      picture.append(
        svg("line", { class: "axis", x1: x(value), x2: x(value), y1: base, y2: base + 4 }),
        svg("text", { class: "tick", x: x(value), y: base + 17, "text-anchor": "middle" }, text),
      );
    }
    const middle = (MARGIN.top + base) / 2;
    picture.append(
      svg("line", { class: "axis", x1: MARGIN.left, x2: right, y1: base, y2: base }),
      svg("text", { class: "label", x: (MARGIN.left + right) / 2, y: HEIGHT - 5, "text-anchor": "middle" }, xTitle),
      svg("text", { class: "label", "text-anchor": "middle", transform: `translate(11 ${middle}) rotate(-90)` }, yTitle),
    );
    return { picture, x, y, base };
  }

  // Lets the user drag out a rectangle; `done` gets its pixels, `click` a point.
  brush(picture, { vertical, done, click }) {
    const box = svg("rect", { class: "brush", visibility: "hidden" });
    picture.append(box);
    let start = null;
    const at = (event) => {
      const frame = picture.getBoundingClientRect();
      return [event.clientX - frame.left, event.clientY - frame.top];
    };
    const corners = (event) => {
      const end = at(event);
      const [y0, y1] = vertical ? [start[1], end[1]] : [MARGIN.top, HEIGHT - MARGIN.bottom];
      return [Math.min(start[0], end[0]), Math.min(y0, y1), Math.max(start[0], end[0]), Math.max(y0, y1)];
    };
    picture.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      start = at(event);
      picture.setPointerCapture(event.pointerId);
    });
    picture.addEventListener("pointermove", (event) => {
      if (!start) return;
      const [x0, y0, x1, y1] = corners(event);
      fill(box, { x: x0, y: y0, width: x1 - x0, height: y1 - y0, visibility: "visible" }, []);
    });
    picture.addEventListener("pointerup", (event) => {
      if (!start) return;
      const [x0, y0, x1, y1] = corners(event);
      const dragged = Math.hypot(x1 - x0, vertical ? y1 - y0 : 0) > 5;
      const point = start;
      start = null;
      box.setAttribute("visibility", "hidden");
      if (dragged) done(x0, y0, x1, y1);
      else click(...point);
    });
  }
}

function scale([from, to], [start, end]) {
  const scaled = (value) => start + ((value - from) / (to - from)) * (end - start);
  scaled.inverse = (pixel) => from + ((pixel - start) / (end - start)) * (to - from);
  return scaled;
}

class Histogram extends Chart {
  constructor(range, onPick) {
    super("", onPick);
    this.range = range;
  }

  bins(values, rows, low, step, count) {
    const bins = new Array(count).fill(0);
    for (const row of rows) {
      if (values[row] === null) continue;
      const bin = Math.floor((values[row] - low) / step + 1e-9);
      bins[Math.min(count - 1, Math.max(0, bin))] += 1;
    }
    return bins;
  }

  picture() {
    const { rows, column, visible, chosen } = this.state;
    this.heading.textContent = `Distribution of ${column.label}`;
    const { values, unit, name } = column;
    const range = this.range ?? rangeOf(values);
    if (!range || !values.some((value) => value !== null)) {
      this.note.textContent = "";
      return null;
    }
    const step = niceStep(range[1] - range[0], BINS);
    const low = Math.floor(range[0] / step + 1e-9) * step;
    const count = Math.max(1, Math.ceil((range[1] - low) / step - 1e-9));
    const high = low + count * step;
    const all = this.bins(values, rows.all(), low, step, count);
    const some = this.bins(values, visible, low, step, count);
    const top = Math.max(...all, 1) * 1.06;
    const whole = ticks(0, top, 4).filter(({ value }) => Number.isInteger(value));
    const { picture, x, y, base } = this.axes([low, high], [0, top], withUnit(column.label, unit && `/ ${unit}`), "reactions", whole);
    all.forEach((number, k) => {
      const [left, right] = [x(low + k * step) + 0.75, x(low + (k + 1) * step) - 0.75];
      const bar = (kind, n) =>
        svg("rect", { class: kind, x: left, width: Math.max(0.5, right - left), y: y(n), height: base - y(n) });
      const ends = [low + k * step, low + (k + 1) * step];
      const where = `${formatNumber(ends[0])} to ${formatNumber(ends[1])}${unit && ` ${unit}`}`;
      const hit = svg("rect", {
        class: "hit", x: left, width: Math.max(0.5, right - left), y: MARGIN.top, height: base - MARGIN.top,
        onpointermove: (event) => showTip(event, [where, `${formatCount(some[k])} of ${plural(number, "reaction")}`]),
        onpointerleave: hideTip,
      });
      picture.append(bar("bar-all", number), bar("bar", some[k]), hit);
    });
    this.mark(picture, x, values[chosen], low, high);
    this.summarise(picture, column, visible, low, high);
    const pick = (x0, x1) => {
      const edge = (pixel, round) => low + round((x.inverse(pixel) - low) / step) * step;
      let [from, to] = [edge(x0, Math.floor), edge(x1, Math.ceil)];
      if (from <= low) from = -Infinity; // the first and the last bar hold what lies beyond them
      if (to >= high) to = Infinity;
      this.onPick([{ name, from, to }]);
    };
    this.brush(picture, {
      vertical: false,
      done: (x0, _y0, x1) => pick(x0, x1),
      click: (at) => at > MARGIN.left && pick(at, at + 1e-6),
    });
    return picture;
  }

  mark(picture, x, value, low, high) {
    if (value === null || value === undefined) return;
    const at = x(Math.min(high, Math.max(low, value)));
    picture.append(svg("line", { class: "mark", x1: at, x2: at, y1: MARGIN.top, y2: HEIGHT - MARGIN.bottom }));
  }

  summarise(picture, column, visible, low, high) {
    const known = visible.map((row) => column.values[row]).filter((value) => value !== null);
    const beyond = known.filter((value) => value < low || value > high).length;
    const median = withUnit(formatNumber(quantile(known, 0.5), column.unit), column.unit);
    const missing = visible.length - known.length;
    this.note.textContent =
      `median ${median} of ${formatCount(known.length)}` +
      (missing ? `; ${formatCount(missing)} without a value` : "") +
      (beyond ? `; ${formatCount(beyond)} beyond the axis, in the outermost bars` : "");
    picture.setAttribute("aria-label", `Histogram of ${column.label}: ${this.note.textContent}`);
  }
}

class Scatter extends Chart {
  constructor(title, onPick, onChoose) {
    super(title, onPick);
    this.onChoose = onChoose;
  }

  picture() {
    const { rows, x: xColumn, y: yColumn, visible, chosen, status } = this.state;
    const [xs, ys] = [xColumn.values, yColumn.values];
    const both = rows.all().filter((row) => xs[row] !== null && ys[row] !== null);
    this.note.replaceChildren();
    if (!both.length) return null;
    const xRange = widened(rangeOf(xs));
    const [bottom, top] = rangeOf(ys);
    const yRange = widened([Math.min(0, bottom), top]);
    const { picture, x, y, base } = this.axes(xRange, yRange, `${xColumn.label} / ${xColumn.unit}`, `barrier / ${yColumn.unit}`);
    const inside = (row) =>
      xs[row] >= xRange[0] && xs[row] <= xRange[1] && ys[row] >= yRange[0] && ys[row] <= yRange[1];
    const shown = new Set(visible);
    const dots = (kept) => kept.map((row) => `M${x(xs[row]).toFixed(1)} ${y(ys[row]).toFixed(1)}h0`).join("");
    const drawn = both.filter(inside);
    picture.append(this.floor(x, y, xRange, yRange));
    const kind = drawn.length > MANY_DOTS ? "dots many" : "dots";
    picture.append(svg("path", { class: `${kind} rest`, d: dots(drawn.filter((row) => !shown.has(row))) }));
    const found = drawn.filter((row) => shown.has(row));
    for (const name of new Set(status)) {
      picture.append(svg("path", { class: kind, "data-status": name, d: dots(found.filter((row) => status[row] === name)) }));
    }
    const ring = svg("circle", { class: "ring", r: 7, visibility: "hidden" });
    picture.append(ring);
    const point = (row) => fill(ring, { cx: x(xs[row]), cy: y(ys[row]), visibility: "visible" }, []);
    if (drawn.includes(chosen)) point(chosen);
    this.explain(picture, both.length - drawn.length, drawn.length, status);
    const nearest = (px, py) => {
      let best = null;
      let least = 14 ** 2;
      for (const row of found) {
        const square = (x(xs[row]) - px) ** 2 + (y(ys[row]) - py) ** 2;
        if (square < least) [best, least] = [row, square];
      }
      return best;
    };
    picture.addEventListener("pointermove", (event) => {
      const frame = picture.getBoundingClientRect();
      const row = nearest(event.clientX - frame.left, event.clientY - frame.top);
      if (row === null) return hideTip();
      const value = (column) => `${column.label} ${withUnit(formatValue(column, row), column.unit)}`;
      showTip(event, [rows.get("reaction_id", row), value(yColumn), value(xColumn), status[row]]);
    });
    picture.addEventListener("pointerleave", hideTip);
    this.brush(picture, {
      vertical: true,
      done: (x0, y0, x1, y1) =>
        this.onPick([
          { name: xColumn.name, from: x.inverse(x0), to: x.inverse(x1) },
          { name: yColumn.name, from: y.inverse(y1), to: y.inverse(y0) },
        ]),
      click: (px, py) => {
        const row = nearest(px, py);
        if (row !== null) this.onChoose(row);
      },
    });
    return picture;
  }

  // No barrier can lie below zero or below the energy of the reaction.
  floor(x, y, [low, high], [bottom, top]) {
    const knee = Math.min(Math.max(0, low), high);
    const end = Math.min(high, top);
    const path = [[low, 0], [knee, 0], ...(end > 0 ? [[end, end]] : [])].filter(([, b]) => b >= bottom);
    return svg("path", { class: "floor", d: path.map(([a, b], k) => `${k ? "L" : "M"}${x(a)} ${y(b)}`).join("") });
  }

  explain(picture, outside, inside, status) {
    const keys = [...new Set(status)].map((name) =>
      make("span", { class: "key", "data-status": name }, make("i"), name),
    );
    this.note.append(...keys, "dotted: a barrier cannot lie below zero or the reaction energy");
    if (outside) this.note.append(`; ${formatCount(outside)} outside the axes`);
    picture.setAttribute("aria-label", `Barrier against reaction energy of ${plural(inside, "reaction")}`);
  }
}

const LETTER = 7;
const NARROWEST_TICK = 26;

// The candidates of a ranking from the best on, each with its interval as a bar.
class CandidateChart extends Chart {
  picture() {
    const { rows, by } = this.state;
    const ranked = rows.all().filter((row) => rows.get("rank", row) !== null);
    if (!ranked.length) return null;
    const ends = ["value", "low", "high"].flatMap((name) => ranked.map((row) => rows.get(name, row)));
    const known = ends.filter((end) => end !== null);
    const range = widened([known.reduce((a, b) => Math.min(a, b)), known.reduce((a, b) => Math.max(a, b))]);
    const yRange = range[1] > range[0] ? range : [range[0] - 0.5, range[1] + 0.5];
    const room = (this.width - MARGIN.left - MARGIN.right) / ranked.length;
    const names = ranked.map((row) => rows.get("candidate", row));
    const named = names.every((name) => name.length * LETTER < room);
    const every = Math.ceil(NARROWEST_TICK / room);
    const xTicks = names
      .map((name, k) => ({ value: k + 1, text: named ? name : String(k + 1) }))
      .filter((_, k) => k % every === 0);
    const { picture, x, y, base } = this.axes([0.5, ranked.length + 0.5], yRange, named ? "candidate" : "rank", by, undefined, xTicks);
    ranked.forEach((row, k) => {
      const [value, low, high] = ["value", "low", "high"].map((name) => rows.get(name, row));
      const [text, from, to] = [value, low, high].map((one) => formatNumber(one, "kcal/mol"));
      const bounded = low !== null && high !== null;
      if (bounded) picture.append(svg("line", { class: "interval", x1: x(k + 1), x2: x(k + 1), y1: y(low), y2: y(high) }));
      picture.append(
        svg("circle", { class: "predicted", cx: x(k + 1), cy: y(value), r: 4 }),
        svg("rect", {
          class: "hit", x: x(k + 0.5), width: x(k + 1.5) - x(k + 0.5), y: MARGIN.top, height: base - MARGIN.top,
          onpointermove: (event) => showTip(event, [names[k], bounded ? `${text}, ${from} to ${to}` : text]),
          onpointerleave: hideTip,
        }),
      );
    });
    picture.setAttribute("aria-label", `${by} of ${plural(ranked.length, "candidate")}, the best first, with intervals`);
    return picture;
  }
}

function widened([low, high]) {
  const margin = 0.05 * (high - low);
  return [low - margin, high + margin];
}

// A bar for each name; pressing it filters by it.
function tallyBars(title, entries, { attribute, onPick }) {
  const most = Math.max(...entries.map(([, n]) => n), 1);
  const rows = entries.map(([name, n]) => {
    const bar = svg("svg", { class: "tally-bar", viewBox: "0 0 100 1", preserveAspectRatio: "none", "aria-hidden": "true" },
      svg("rect", { width: (100 * n) / most, height: 1 }));
    const cells = [make("span", {}, name), bar, make("b", {}, formatCount(n))];
    const shown = { class: "tally-row", [attribute]: name };
    return make("li", {}, onPick
      ? make("button", { ...shown, type: "button", onclick: () => onPick(name) }, ...cells)
      : make("div", shown, ...cells));
  });
  return make("div", { class: "tally" }, make("h3", {}, title), make("ul", {}, ...rows));
}

function showTip(event, lines) {
  const tip = byId("tip");
  tip.replaceChildren(...lines.map((line, k) => make(k ? "div" : "b", {}, line)));
  tip.hidden = false;
  const { width, height } = tip.getBoundingClientRect();
  const left = Math.min(event.clientX + 14, innerWidth - width - 8);
  const top = event.clientY + 18 + height > innerHeight ? event.clientY - height - 10 : event.clientY + 18;
  tip.style.left = `${Math.max(8, left)}px`;
  tip.style.top = `${top}px`;
}

function hideTip() {
  byId("tip").hidden = true;
}
