// All about the chosen reaction: its picture, its energies, the bonds that change, every value.

class Details {
  constructor(host, rows, lines, symbols, candidates, { onShowInTable }) {
    this.rows = rows;
    this.candidates = new Rows(candidates);
    this.candidatesOf = Map.groupBy(this.candidates.all(), (row) => this.candidates.get("reaction_id", row));
    this.lines = lines;
    this.symbols = symbols;
    this.title = make("h3", { id: "chosen" });
    this.subtitle = make("p", { class: "quiet small" });
    this.viewer = new Viewer();
    this.facts = make("div");
    const link = make("button", { type: "button", class: "link", onclick: onShowInTable }, "Show in table");
    host.append(make("div", { class: "card details" },
      make("div", { class: "details-head" }, make("div", {}, this.title, this.subtitle), link),
      this.viewer.element, this.facts));
    this.viewer.start();
  }

  show(row) {
    const { rows } = this;
    const structure = decodeStructure(this.lines[row], this.symbols);
    const name = rows.get("reaction_id", row) ?? "unnamed";
    this.title.textContent = name;
    const status = rows.get("status", row);
    const pill = status && make("span", { class: "pill", "data-status": status }, status);
    const codes = rows.get("warnings", row);
    this.subtitle.replaceChildren(pill ?? "", codes ? badges(codes) : "", ` ${formula(structure.elements)} · ${plural(structure.elements.length, "atom")}`);
    this.viewer.show(structure, name, rows.get("imaginary_frequency_cm1", row));
    const reasons = ["error_code", "error_message"].map((column) => rows.get(column, row)).filter((text) => text);
    this.facts.replaceChildren(
      reasons.length ? make("p", { class: "notice" }, reasons.join(": ")) : "",
      energyProfile(rows, row) ?? "",
      bondTable(reactiveBonds(structure)) ?? "",
      candidateTable(this.candidates, this.candidatesOf.get(name) ?? []) ?? "",
      this.values(row),
    );
  }

  values(row) {
    const pairs = this.rows.columns
      .filter((column) => column.values[row] !== null && column.name !== "error_message")
      .map((column) =>
        make("div", {}, make("dt", { title: column.label }, column.name),
          make("dd", {}, withUnit(formatValue(column, row), column.unit))));
    return make("details", { class: "values" }, make("summary", {}, "All values"), make("dl", {}, ...pairs));
  }
}

function bondTable(bonds) {
  if (!bonds.length) return null;
  const cell = (length) => make("td", { class: "number" }, length === null ? NONE : length.toFixed(2));
  return make("table", { class: "bonds" },
    make("caption", {}, "Bonds that change: lengths in Å, atoms counted from 0"),
    make("thead", {}, make("tr", {}, ...["bond", "R", "TS", "P"].map((name) => make("th", { scope: "col" }, name)))),
    make("tbody", {}, ...bonds.map(({ name, what, lengths }) =>
      make("tr", {},
        make("th", { scope: "row", class: what }, name, make("span", { class: "quiet" }, ` ${what}`)),
        ...lengths.map(cell)))));
}

// The saddle points that were found, where there are several; the first is the TS if it is verified.
function candidateTable(candidates, found) {
  if (!found.length) return null;
  const number = (name, row, digits) => {
    const value = candidates.get(name, row);
    return make("td", { class: "number" }, value === null ? NONE : value.toFixed(digits));
  };
  return make("table", { class: "bonds candidates" },
    make("caption", {}, "Saddle points that were found: energies over the first one, kcal/mol"),
    make("thead", {}, make("tr", {}, ...["found by", "E", "G", "weight", "joins"].map((name) => make("th", { scope: "col" }, name)))),
    make("tbody", {}, ...found.map((row) =>
      make("tr", {},
        make("th", { scope: "row" }, candidates.get("found_by", row)),
        number("candidate_energy_ev", row, 2),
        number("candidate_gibbs_energy_ev", row, 2),
        number("boltzmann_weight", row, 2),
        make("td", {}, candidates.get("connects", row))))));
}

// Levels of reactant, TS and product; the predicted barrier with its interval beside the computed one.
function energyProfile(rows, row) {
  const [barrier, reaction] = ["barrier_kcal_mol", "reaction_energy_kcal_mol"].map((name) => rows.get(name, row));
  const [predicted, low, high] = ["", "_low", "_high"].map((end) => rows.get(`barrier_ml${end}_kcal_mol`, row));
  const levels = [[0, 0, "R"], [1, barrier, "TS"], [2, reaction, "P"]].filter(([, energy]) => energy !== null);
  const known = [...levels.map(([, energy]) => energy), predicted, low, high].filter((energy) => energy !== null);
  if (levels.length < 2 && predicted === null) return null;
  const [bottom, top] = [Math.min(...known), Math.max(...known)];
  const y = scale([bottom, Math.max(top, bottom + 1)], [112, 26]);
  const x = (place) => 46 + place * 115;
  const picture = svg("svg", { class: "profile", viewBox: "0 0 380 140", role: "img" });
  for (let k = 1; k < levels.length; k += 1) {
    const [[a, from], [b, to]] = [levels[k - 1], levels[k]];
    picture.append(svg("line", { class: "link", x1: x(a) + 26, x2: x(b) - 26, y1: y(from), y2: y(to) }));
  }
  for (const [place, energy, name] of levels) {
    picture.append(
      svg("line", { class: "level", x1: x(place) - 26, x2: x(place) + 26, y1: y(energy), y2: y(energy) }),
      svg("text", { class: "value", x: x(place), y: y(energy) - 6, "text-anchor": "middle" }, formatNumber(energy, "kcal/mol")),
      svg("text", { class: "tick", x: x(place), y: y(energy) + 15, "text-anchor": "middle" }, name),
    );
  }
  let spoken = levels.map(([, energy, name]) => `${name} ${formatNumber(energy, "kcal/mol")}`).join(", ");
  if (predicted !== null) {
    const at = x(2) + 64;
    picture.append(
      svg("line", { class: "interval", x1: at, x2: at, y1: y(low ?? predicted), y2: y(high ?? predicted) }),
      svg("circle", { class: "predicted", cx: at, cy: y(predicted), r: 4 }),
      svg("text", { class: "value", x: at + 8, y: y(predicted) + 4 }, formatNumber(predicted, "kcal/mol")),
      svg("text", { class: "tick", x: at, y: 134, "text-anchor": "middle" }, "predicted"),
    );
    spoken += `; predicted barrier ${formatNumber(predicted, "kcal/mol")}`;
    if (low !== null) spoken += `, ${formatNumber(low, "kcal/mol")} to ${formatNumber(high, "kcal/mol")}`;
  }
  const level = rows.get("energy_level", row);
  picture.setAttribute("aria-label", `Energies in kcal/mol: ${spoken}`);
  return make("figure", { class: "energy" }, picture,
    make("figcaption", { class: "quiet small" },
      `Energies in kcal/mol${level ? `, ${level}` : ""}${predicted === null ? "" : "; predicted barrier with its 90 % interval"}`));
}
