// What the run came to: its name, what the page leaves out, and its figures.

const LEVELS = { barrier_ml_kcal_mol: "barrier_ml_level", barrier_kcal_mol: "energy_level" };

function showHeadline({ account, counts }, rows, lines) {
  const { about } = account;
  byId("name").textContent = account.name;
  const parts = ["tscreen", about.version, about.started_at?.slice(0, 16).replace("T", " "), about.settings?.input];
  byId("headline").textContent = parts.filter((part) => part).join(" · ");
  const told = [];
  if (!account.ended) {
    const done = formatCount(counts.results + counts.rejects);
    told.push(`This run has not ended: ${done} of ${formatCount(account.rows)} rows were done when the report was written.`);
  }
  if (rows.length < counts.results) {
    told.push(`Of ${formatCount(counts.results)} results the page holds the first ${formatCount(rows.length)} in the order of tscreen top; all charts, medians and tallies are of these.`);
  }
  if (rows.length && lines.length < rows.length) {
    told.push(`3D structures are those of the first ${formatCount(lines.length)}; tscreen export writes others.`);
  }
  byId("notice").textContent = told.join(" ");
  byId("notice").hidden = !told.length;
}

function showFigures({ account, counts }, rows, barrier) {
  // A value that cannot be, or of a failed row, is none.
  const sound = rows.all().filter((row) => rows.get("status", row) !== "failed" && rows.get("warnings", row) === null);
  const levelOf = (row) => rows.get(LEVELS[barrier], row);
  const withBarrier = sound.filter((row) => rows.get(barrier, row) !== null);
  const [[level] = []] = tally(withBarrier.map(levelOf)); // only values at one level compare
  const atLevel = withBarrier.filter((row) => levelOf(row) === (level ?? null));
  const median = (name, counted = sound) => {
    const column = rows.column(name);
    const value = column ? quantile(counted.map((row) => column.values[row]), 0.5) : null;
    return column ? withUnit(formatNumber(value, column.unit), column.unit) : NONE;
  };
  const verified = rows.values("verified").filter((value) => value).length;
  const seconds = account.about.times_s?.total;
  const figures = [
    ["reactions read", formatCount(counts.results + counts.rejects)],
    ["results", formatCount(counts.results)],
    ["rejects", formatCount(counts.rejects)],
    ...(rows.hasValues("verified") ? [["verified", formatCount(verified)]] : []),
    [["median barrier", level].filter((part) => part).join(", "), median(barrier, atLevel)],
    ["median p_good", median("p_good")],
    ["median expected RMSD", median("expected_rmsd")],
    ...(seconds ? [["wall time", formatSeconds(seconds)]] : []),
  ];
  byId("figures").replaceChildren(...figures.map(([name, value]) =>
    make("div", { class: "card" }, make("dt", {}, name), make("dd", {}, value))));
}

function formatSeconds(seconds) {
  if (seconds < 120) return `${seconds.toFixed(0)} s`;
  return seconds < 7200 ? `${(seconds / 60).toFixed(0)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
