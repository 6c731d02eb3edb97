// Puts the page together and keeps its parts in step: filters, search, table, charts, structure.

const DEFAULT_COLUMNS = [
  "reaction_id", "status", "barrier_ml_kcal_mol", "barrier_kcal_mol", "reaction_energy_kcal_mol",
  "p_good", "expected_rmsd", "verified", "warnings", "error_code",
];
const BARRIERS = ["barrier_ml_kcal_mol", "barrier_kcal_mol"];
const LEVELS = { barrier_ml_kcal_mol: "barrier_ml_level", barrier_kcal_mol: "energy_level" };
const MANY_TAGS = 2;

function currentTheme() {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  return document.documentElement.dataset.theme ?? (dark ? "dark" : "light");
}

class Report {
  constructor(content, lines) {
    this.account = content.account;
    this.rows = new Rows(content.results);
    this.rejects = new Rows(content.rejects);
    this.tags = content.tags;
    this.rankings = content.rankings;
    this.filters = new Map();
    this.search = { test: () => true, note: "" };
    this.visible = this.rows.all();
    this.chosen = null;
    this.barrier = BARRIERS.find((name) => this.rows.hasValues(name)) ?? BARRIERS[0];
    this.showTheme();
    this.showHeadline();
    this.showTallies();
    this.showCharts();
    this.showTable();
    this.details = this.rows.length
      ? new Details(byId("details"), this.rows, lines, content.symbols, content.candidates, {
          onShowInTable: () => this.grid.choose(this.chosen, { focus: true }),
        })
      : null;
    byId("details").hidden = !this.rows.length;
    this.showRankings();
    this.showRejects();
    this.showRun();
    this.update();
    this.followLink();
    addEventListener("hashchange", () => this.followLink());
  }

  showTheme() {
    const button = byId("theme");
    const say = () => {
      const other = currentTheme() === "dark" ? "light" : "dark";
      button.textContent = other === "dark" ? "Dark" : "Light";
      button.setAttribute("aria-label", `Change to ${other} colours`);
      this.details?.viewer.draw();
    };
    button.addEventListener("click", () => {
      document.documentElement.dataset.theme = currentTheme() === "dark" ? "light" : "dark";
      say();
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", say);
    say();
  }

  showHeadline() {
    const { account, rows, rejects } = this;
    const { about } = account;
    byId("name").textContent = account.name;
    const parts = ["tscreen", about.version, about.started_at?.slice(0, 16).replace("T", " "), about.settings?.input];
    byId("headline").textContent = parts.filter((part) => part).join(" · ");
    const done = rows.length + rejects.length;
    if (!account.ended) {
      byId("notice").textContent =
        `This run has not ended: ${formatCount(done)} of ${formatCount(account.rows)} rows were done when the report was written.`;
      byId("notice").hidden = false;
    }
    // A value that cannot be, or of a failed row, is none.
    const sound = rows.all().filter((row) => rows.get("status", row) !== "failed" && rows.get("warnings", row) === null);
    const withBarrier = sound.filter((row) => rows.get(this.barrier, row) !== null);
    const levelOf = (row) => rows.get(LEVELS[this.barrier], row);
    const [[level] = []] = tally(withBarrier.map(levelOf)); // only values at one level compare
    const atLevel = withBarrier.filter((row) => levelOf(row) === (level ?? null));
    const median = (name, counted = sound) => {
      const column = rows.column(name);
      const value = column ? quantile(counted.map((row) => column.values[row]), 0.5) : null;
      return column ? withUnit(formatNumber(value, column.unit), column.unit) : NONE;
    };
    const seconds = about.times_s?.total;
    const figures = [
      ["reactions read", formatCount(done)],
      ["results", formatCount(rows.length)],
      ["rejects", formatCount(rejects.length)],
      [["median barrier", level].filter((part) => part).join(", "), median(this.barrier, atLevel)],
      ["median p_good", median("p_good")],
      ["median expected RMSD", median("expected_rmsd")],
      ...(seconds ? [["wall time", formatSeconds(seconds)]] : []),
    ];
    byId("figures").replaceChildren(...figures.map(([name, value]) =>
      make("div", { class: "card" }, make("dt", {}, name), make("dd", {}, value))));
  }

  showTallies() {
    const filterBy = (name) => (value) => this.setFilter(name, `${name}: ${value}`, (row) => this.rows.get(name, row) === value);
    const statuses = tally(this.rows.values("status"));
    const errors = tally(this.rows.values("error_code"));
    const rejects = tally(this.rejects.values("code"));
    const lists = [];
    if (statuses.length) lists.push(tallyBars("Status", statuses, { attribute: "data-status", onPick: filterBy("status") }));
    if (errors.length) lists.push(tallyBars("Failures by code", errors, { attribute: "data-error", onPick: filterBy("error_code") }));
    if (rejects.length) lists.push(tallyBars("Rejects by code", rejects, { attribute: "data-reject" }));
    byId("tallies").replaceChildren(...lists);
  }

  showCharts() {
    const pick = (ranges) => ranges.forEach(({ name, from, to }) => this.setRange(name, from, to));
    this.charts = {
      barrier: new Histogram(null, pick),
      p_good: new Histogram([0, 1], pick),
      expected_rmsd: new Histogram(null, pick),
      scatter: new Scatter("Barrier against reaction energy", pick, (row) => this.choose(row)),
    };
    byId("charts").replaceChildren(...Object.values(this.charts).map((chart) => chart.element));
    const known = BARRIERS.filter((name) => this.rows.hasValues(name));
    byId("barrier-choice").hidden = known.length < 2;
    byId("barrier-choice").append(...known.map((name) => {
      const input = make("input", {
        type: "radio", name: "barrier", checked: name === this.barrier,
        onchange: () => {
          this.barrier = name;
          this.drawCharts();
        },
      });
      return make("label", {}, input, make("span", {}, name === BARRIERS[0] ? "predicted" : "computed"));
    }));
  }

  // Once for all that changes before the next picture on the screen.
  drawCharts() {
    cancelAnimationFrame(this.drawing);
    this.drawing = requestAnimationFrame(() => this.drawChartsNow());
  }

  drawChartsNow() {
    const { rows, visible, chosen } = this;
    const state = { rows, visible, chosen };
    const column = (name) => rows.column(name);
    this.charts.barrier.show({ ...state, column: column(this.barrier) });
    this.charts.p_good.show({ ...state, column: column("p_good") });
    this.charts.expected_rmsd.show({ ...state, column: column("expected_rmsd") });
    this.charts.scatter.show({
      ...state, x: column("reaction_energy_kcal_mol"), y: column(this.barrier), status: rows.values("status"),
    });
  }

  showTable() {
    const { rows } = this;
    const shown = [...DEFAULT_COLUMNS, ...this.tags.slice(0, MANY_TAGS)].filter(
      (name, k) => k < 3 || rows.hasValues(name));
    this.grid = new Grid(byId("table"), rows, {
      label: "Reactions",
      shown,
      sort: null, // as they come: the verified ones first, those with warnings last
      cell: (column, row) => this.cell(column, row),
      onChoose: (row) => this.choose(row, { inTable: true }),
      empty: rows.length ? "No reaction meets the search and the filters." : "There are no results yet.",
    });
    this.showColumnMenu(shown);
    byId("search").addEventListener("input", () => {
      this.search = parseSearch(byId("search").value, rows);
      this.update();
    });
  }

  cell(column, row) {
    const value = column.values[row];
    if (value === null) return null;
    if (column.name === "status") return make("span", { class: "pill", "data-status": value }, value);
    if (column.name === "warnings") return badges(value);
    if (column.name === "barrier_ml_kcal_mol") {
      const [low, high] = ["low", "high"].map((end) => this.rows.get(`barrier_ml_${end}_kcal_mol`, row));
      const interval = low === null ? "" : `${formatNumber(low, column.unit)} to ${formatNumber(high, column.unit)}`;
      return make("span", {}, formatNumber(value, column.unit), make("small", { class: "interval" }, interval));
    }
    return null;
  }

  showColumnMenu(shown) {
    const boxes = this.rows.columns.filter(({ name }) => shown.includes(name) || this.rows.hasValues(name)).map(({ name }) => {
      const box = make("input", { type: "checkbox", checked: shown.includes(name), value: name, disabled: name === "reaction_id" });
      return make("label", { class: "check" }, box, name);
    });
    const menu = byId("columns");
    const group = menu.querySelector("div");
    group.append(...boxes);
    group.addEventListener("change", () =>
      this.grid.setColumns([...group.querySelectorAll("input:checked")].map((box) => box.value)));
    menu.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      menu.open = false;
      menu.querySelector("summary").focus();
    });
    document.addEventListener("click", (event) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
  }

  setRange(name, from, to) {
    const { label, unit, values } = this.rows.column(name);
    const ends = [from, to].map((end) => withUnit(formatNumber(end), unit));
    let text = `${label} ${ends[0]} to ${ends[1]}`;
    if (from === -Infinity) text = `${label} up to ${ends[1]}`;
    if (to === Infinity) text = `${label} from ${ends[0]}`;
    const holds = (row) => values[row] !== null && values[row] >= from && (values[row] < to || to === Infinity);
    this.setFilter(name, text, holds);
  }

  setFilter(key, text, test) {
    this.filters.set(key, { text, test });
    this.update();
  }

  update() {
    const tests = [...this.filters.values()].map(({ test }) => test);
    this.visible = this.rows.all().filter((row) => this.search.test(row) && tests.every((test) => test(row)));
    this.grid.show(this.visible);
    this.drawCharts();
    this.showChips();
    const found = `${formatCount(this.visible.length)} of ${plural(this.rows.length, "reaction")}`;
    byId("search-note").textContent = [found, this.search.note].filter((text) => text).join("; ");
  }

  showChips() {
    const chip = (text, label, onclick) => make("button", { type: "button", class: "chip", "aria-label": label, onclick }, text, " ×");
    const chips = [...this.filters].map(([key, { text }]) =>
      chip(text, `Remove filter ${text}`, () => {
        this.filters.delete(key);
        this.update();
        byId("search").focus();
      }));
    byId("chips").replaceChildren(...chips);
  }

  // From the table the page stays where it is; from elsewhere the table turns to the row.
  choose(row, { inTable = false } = {}) {
    this.chosen = row;
    this.details.show(row);
    if (inTable) {
      this.drawCharts();
      const link = `#reaction=${encodeURIComponent(this.rows.get("reaction_id", row))}`;
      if (location.hash !== link) location.replace(link);
    } else {
      this.grid.choose(row);
    }
  }

  // The reaction that the address names, else the first of the table.
  followLink() {
    const [, name] = location.hash.match(/^#reaction=(.*)$/) ?? [];
    const wanted = name === undefined ? -1 : this.rows.values("reaction_id").indexOf(decodeURIComponent(name));
    const row = wanted >= 0 ? wanted : this.grid.order[0];
    if (row === undefined || row === this.chosen || (wanted < 0 && this.chosen !== null)) return;
    if (wanted >= 0) this.choose(row);
    else {
      this.chosen = row;
      this.grid.chosen = row;
      this.grid.render();
      this.details.show(row);
      this.drawCharts();
    }
  }

  showRankings() {
    byId("ranking").hidden = byId("to-ranking").hidden = !this.rankings.length;
    byId("rankings").replaceChildren(...this.rankings.map(({ template, by, left_out, columns }) => {
      const host = make("div");
      const candidates = new Rows(columns);
      new Grid(host, candidates, {
        label: `Candidates of ${template}`,
        shown: ["rank", "candidate", "value", "p_top_k", "n_reactions", "note"],
        sort: { name: "rank", descending: false },
        cell: (column, row) => this.rankingCell(template, candidates, column, row),
        empty: "",
      });
      const ranked = candidates.all().filter((row) => candidates.get("rank", row) !== null);
      const levels = [...new Set(ranked.map((row) => candidates.get("level", row)))].join(", ");
      const reasons = Object.entries(left_out).map(([reason, n]) => `${n} ${reason}`).join("; ");
      const about = `Lowest first by ${by}${levels && `, ${levels}`}; 90 % intervals. The best of its reactions stands for a candidate.${reasons && ` Not ranked: ${reasons}.`}`;
      const chart = new CandidateChart(`Candidates by ${by}`);
      chart.show({ rows: candidates, by });
      return make("div", { class: "ranking" }, make("h3", {}, template), make("p", { class: "quiet small" }, about), chart.element, host);
    }));
  }

  rankingCell(template, candidates, column, row) {
    const value = column.values[row];
    if (value === null) return null;
    if (column.name === "value") return forest(candidates, row);
    if (column.name !== "candidate") return null;
    const show = () => {
      const { rows } = this;
      const text = `${template}: ${value}`;
      this.setFilter("candidate", text, (one) => rows.get("template", one) === template && rows.get("candidate", one) === value);
      if (this.grid.order.length) this.grid.choose(this.grid.order[0]);
      byId("reactions").scrollIntoView();
    };
    return make("button", { type: "button", class: "link", title: "Show its reactions", onclick: show }, value);
  }

  showRejects() {
    const { rejects } = this;
    byId("rejects").hidden = !rejects.length;
    byId("to-rejects").hidden = !rejects.length;
    if (!rejects.length) return;
    new Grid(byId("reject-table"), rejects, {
      label: "Rejects", shown: ["code", "reaction_id", "message", "source", "source_row"], empty: "",
    });
  }

  showRun() {
    const { counts, barriers_kcal_mol, ...about } = this.account.about;
    const plain = (value) => (value === null ? NONE : typeof value === "number" ? formatNumber(value) : String(value));
    const nested = (value) =>
      typeof value === "object" && value !== null
        ? Object.entries(value).map(([name, inner]) => `${name} ${plain(inner)}`).join(", ")
        : plain(value);
    const list = (title, entries) =>
      make("div", { class: "card" }, make("h3", {}, title),
        make("dl", {}, ...entries.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, nested(value))))));
    const groups = Object.entries(about).filter(([, value]) => typeof value === "object" && Object.keys(value ?? {}).length);
    const singles = Object.entries(about).filter(([, value]) => typeof value !== "object" || value === null);
    byId("about").replaceChildren(
      ...(singles.length ? [list("run", singles)] : []),
      ...groups.map(([name, group]) => list(name.replace(/_s$/, ", s").replaceAll("_", " "), Object.entries(group))),
    );
  }
}

// The codes of a result, which stand in one text.
function badges(codes) {
  return make("span", {}, ...codes.split(", ").map((code) => make("span", { class: "pill warning" }, code)));
}

function formatSeconds(seconds) {
  if (seconds < 120) return `${seconds.toFixed(0)} s`;
  return seconds < 7200 ? `${(seconds / 60).toFixed(0)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

// A value with its interval, on the scale that all candidates of a template share.
function forest(candidates, row) {
  const ends = ["low", "high"].map((name) => candidates.get(name, row));
  const all = ["value", "low", "high"].flatMap((name) => candidates.values(name)).filter((one) => one !== null);
  const [least, most] = [Math.min(...all), Math.max(...all)];
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

readContent()
  .then((content) => {
    new Report(content, byId("structures").textContent.split("\n"));
    document.documentElement.dataset.ready = performance.now().toFixed(0);
  })
  .catch((error) => {
    byId("notice").textContent = `The report cannot be shown (${error.message}); open it in a browser of 2023 or later.`;
    byId("notice").hidden = false;
    throw error;
  });
