// How the values of a column are distributed; a bar that is pressed filters by it.

const BINS = 24;

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
    picture.append(svg("line", { class: "mark", x1: at, x2: at, y1: MARGIN.top, y2: this.height - MARGIN.bottom }));
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
