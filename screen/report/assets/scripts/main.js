// Puts the page together and keeps its parts in step: filters, search, table, charts, structure.

const BARRIERS = ["barrier_ml_kcal_mol", "barrier_kcal_mol"];
const ONE_BELOW_THE_OTHER = matchMedia("(max-width: 1000px)");
const MANY_TAGS = 2;

function currentTheme() {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  return document.documentElement.dataset.theme ?? (dark ? "dark" : "light");
}

class Report {
  constructor(content, lines) {
    this.rows = new Rows(content.results);
    this.rejects = new Rows(content.rejects);
    this.tags = content.tags;
    this.filters = new Map();
    this.search = { test: () => true, note: "" };
    this.visible = this.rows.all();
    this.chosen = null;
    this.barrier = BARRIERS.find((name) => this.rows.hasValues(name)) ?? BARRIERS[0];
    this.showTheme();
    showHeadline(content, this.rows, lines);
    showFigures(content, this.rows, this.barrier);
    this.showTallies();
    this.showCharts();
    this.showTable();
    this.details = this.rows.length
      ? new Details(byId("details"), this.rows, lines, content, { onShowInTable: () => this.showInTable() })
      : null;
    byId("details").hidden = !this.rows.length;
    showRankings(content.rankings, (template, candidate) => this.showCandidate(template, candidate));
    this.showRejects(content.counts.rejects);
    showRun(content.account);
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
    this.histograms = new Map([
      [this.barrier, new Histogram(null, pick)],
      ["p_good", new Histogram([0, 1], pick)],
      ["expected_rmsd", new Histogram(null, pick)],
    ]);
    byId("charts").replaceChildren(...[...this.histograms.values()].map((chart) => chart.element));
    const axes = { y: [this.barrier], x: ["reaction_energy_kcal_mol", "p_good"], colour: ["status"] };
    this.explorer = new Explorer(this.rows, axes, pick, (row) => this.choose(row));
    byId("explorer").replaceChildren(this.explorer.element);
  }

  // Once for all that changes before the next picture on the screen.
  drawCharts() {
    cancelAnimationFrame(this.drawing);
    this.drawing = requestAnimationFrame(() => this.drawChartsNow());
  }

  drawChartsNow() {
    const { rows, visible, chosen } = this;
    const state = { rows, visible, chosen };
    for (const [name, chart] of this.histograms) chart.show({ ...state, column: rows.column(name) });
    this.explorer.show(state);
  }

  // What a reader needs first; a narrow screen has room for little more.
  get defaultColumns() {
    const { rows, tags, barrier } = this;
    const first = ["reaction_id", barrier, "p_good", "verified"];
    if (NARROW.matches) return first.filter((name) => name === "reaction_id" || rows.hasValues(name));
    const others = [...tags.slice(0, MANY_TAGS), "status", "reaction_energy_kcal_mol", "warnings"];
    return [...first, ...others].filter((name, k) => k < 2 || rows.hasValues(name));
  }

  showTable() {
    const { rows, tags } = this;
    this.grid = new Grid(byId("table"), rows, {
      label: "Reactions",
      shown: this.defaultColumns,
      sort: null, // as they come: in the order of `tscreen top`
      cell: (column, row) => this.cell(column, row),
      kindOf: ({ name, kind }) => (tags.includes(name) ? `${kind} tag` : kind),
      onChoose: (row) => this.choose(row, { inTable: true }),
      onPress: () => ONE_BELOW_THE_OTHER.matches && byId("details").scrollIntoView(),
      empty: rows.length ? "No reaction meets the search and the filters." : "There are no results yet.",
    });
    this.showColumnMenu();
    NARROW.addEventListener("change", () => {
      this.grid.setColumns(this.defaultColumns);
      this.checkColumns();
    });
    byId("search").addEventListener("input", () => {
      this.search = parseSearch(byId("search").value, rows);
      this.update();
    });
  }

  showInTable() {
    this.grid.choose(this.chosen, { focus: true });
    if (ONE_BELOW_THE_OTHER.matches) byId("reactions").scrollIntoView();
  }

  cell(column, row) {
    const value = column.values[row];
    if (value === null) return null;
    if (column.name === "status") {
      const code = this.rows.get("error_code", row);
      return make("span", {}, make("span", { class: "pill", "data-status": value }, value), code && make("small", { class: "code" }, code));
    }
    if (column.name === "warnings") return badges(value);
    if (column.name === "barrier_ml_kcal_mol") {
      const [low, high] = ["low", "high"].map((end) => this.rows.get(`barrier_ml_${end}_kcal_mol`, row));
      const interval = low === null ? "" : `${formatNumber(low, column.unit)} to ${formatNumber(high, column.unit)}`;
      return make("span", {}, formatNumber(value, column.unit), make("small", { class: "interval" }, interval));
    }
    return null;
  }

  showColumnMenu() {
    const boxes = this.rows.columns.filter(({ name }) => this.grid.shown.includes(name) || this.rows.hasValues(name)).map(({ name }) => {
      const box = make("input", { type: "checkbox", value: name, disabled: name === "reaction_id" });
      return make("label", { class: "check" }, box, name);
    });
    const menu = byId("columns");
    const group = menu.querySelector("div");
    group.append(...boxes);
    this.checkColumns();
    // Those that were there stay where they are, new ones come last.
    group.addEventListener("change", ({ target }) => {
      const others = this.grid.shown.filter((name) => name !== target.value);
      this.grid.setColumns(target.checked ? [...others, target.value] : others);
    });
    menu.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      menu.open = false;
      menu.querySelector("summary").focus();
    });
    document.addEventListener("click", (event) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
  }

  checkColumns() {
    for (const box of byId("columns").querySelectorAll("input")) box.checked = this.grid.shown.includes(box.value);
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

  showCandidate(template, candidate) {
    const { rows } = this;
    const is = (row) => rows.get("template", row) === template && rows.get("candidate", row) === candidate;
    this.setFilter("candidate", `${template}: ${candidate}`, is);
    if (this.grid.order.length) this.grid.choose(this.grid.order[0]);
    byId("reactions").scrollIntoView();
  }

  showRejects(count) {
    const { rejects } = this;
    byId("rejects").hidden = !rejects.length;
    byId("to-rejects").hidden = !rejects.length;
    if (!rejects.length) return;
    if (rejects.length < count) byId("rejects-note").textContent = `The first ${formatCount(rejects.length)} of ${formatCount(count)}.`;
    new Grid(byId("reject-table"), rejects, {
      label: "Rejects", shown: ["code", "reaction_id", "message", "source", "source_row"], empty: "",
    });
  }
}

// The codes of a result, which stand in one text.
function badges(codes) {
  return make("span", {}, ...codes.split(", ").map((code) => make("span", { class: "pill warning" }, code)));
}

readContent()
  .then((content) => {
    const lines = byId("structures").textContent;
    new Report(content, lines ? lines.split("\n") : []);
    document.documentElement.dataset.ready = performance.now().toFixed(0);
  })
  .catch((error) => {
    byId("notice").textContent = `The report cannot be shown (${error.message}); open it in a browser of 2023 or later.`;
    byId("notice").hidden = false;
    throw error;
  });
