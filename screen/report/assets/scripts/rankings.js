// The candidates of a sweep, template by template. `onShow` is told which one's reactions to show.

function showRankings(rankings, onShow) {
  byId("ranking").hidden = byId("to-ranking").hidden = !rankings.length;
  byId("rankings").replaceChildren(...rankings.map((ranking) => rankingOf(ranking, onShow)));
}

function rankingOf({ template, by, left_out, columns }, onShow) {
  const host = make("div");
  const candidates = new Rows(columns);
  new Grid(host, candidates, {
    label: `Candidates of ${template}`,
    shown: ["rank", "candidate", "value", "p_top_k", "n_reactions", "note"],
    sort: { name: "rank", descending: false },
    cell: (column, row) => rankingCell(candidates, column, row, (candidate) => onShow(template, candidate)),
    empty: "",
  });
  const ranked = candidates.all().filter((row) => candidates.get("rank", row) !== null);
  const levels = [...new Set(ranked.map((row) => candidates.get("level", row)))].join(", ");
  const reasons = Object.entries(left_out).map(([reason, n]) => `${n} ${reason}`).join("; ");
  const about = `Lowest first by ${by}${levels && `, ${levels}`}; 90 % intervals. The best of its reactions stands for a candidate.${reasons && ` Not ranked: ${reasons}.`}`;
  const chart = new CandidateChart(`Candidates by ${by}`);
  chart.show({ rows: candidates, by });
  return make("div", { class: "ranking" }, make("h3", {}, template), make("p", { class: "quiet small" }, about), chart.element, host);
}

function rankingCell(candidates, column, row, onShow) {
  const value = column.values[row];
  if (value === null) return null;
  if (column.name === "value") return forest(candidates, row);
  if (column.name !== "candidate") return null;
  return make("button", { type: "button", class: "link", title: "Show its reactions", onclick: () => onShow(value) }, value);
}

// A value with its interval, on the scale that all candidates of a template share.
function forest(candidates, row) {
  const ends = ["low", "high"].map((name) => candidates.get(name, row));
  const all = ["value", "low", "high"].flatMap((name) => candidates.values(name)).filter((one) => one !== null);
  const [least, most] = [all.reduce((a, b) => Math.min(a, b)), all.reduce((a, b) => Math.max(a, b))];
  const x = scale([least, Math.max(most, least + 1)], [6, 174]);
  const value = candidates.get("value", row);
  const picture = svg("svg", { class: "forest", width: 180, height: 16, "aria-hidden": "true" });
  picture.append(svg("line", { class: "grid", x1: 0, x2: 180, y1: 8, y2: 8 }));
  const known = ends[0] !== null && ends[1] !== null;
  if (known) picture.append(svg("line", { class: "interval", x1: x(ends[0]), x2: x(ends[1]), y1: 8, y2: 8 }));
  picture.append(svg("circle", { class: "predicted", cx: x(value), cy: 8, r: 4 }));
  const [text, low, high] = [value, ...ends].map((one) => formatNumber(one, "kcal/mol"));
  return make("span", { class: "with-forest" }, picture, make("b", {}, text),
    make("small", { class: "quiet" }, known ? `${low} to ${high}` : "no interval"));
}
