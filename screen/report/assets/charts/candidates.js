// The candidates of a ranking.

const LETTER = 7;
const NARROWEST_TICK = 26;
const MOST_CANDIDATES = 200;

// The candidates of a ranking from the best on, each with its interval as a bar.
class CandidateChart extends Chart {
  picture() {
    const { rows, by } = this.state;
    const all = rows.all().filter((row) => rows.get("rank", row) !== null);
    const ranked = all.slice(0, MOST_CANDIDATES);
    this.note.textContent = all.length > ranked.length ? `the first ${ranked.length} of ${formatCount(all.length)}` : "";
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
