// All about the chosen reaction: its drawing, its structures, its energies, the bonds that change,
// every value.

class Details {
  // content: what the page carries; onShowInTable: called for the chosen row
  constructor(host, rows, lines, content, { onShowInTable }) {
    this.rows = rows;
    this.tags = content.tags;
    this.candidates = new Rows(content.candidates);
    this.candidatesOf = Map.groupBy(this.candidates.all(), (row) => this.candidates.get("reaction_id", row));
    this.lines = lines;
    this.more = content.details;
    this.symbols = content.symbols;
    this.out = content.account.name;
    this.title = make("h3", { id: "chosen" });
    this.subtitle = make("p", { class: "quiet small" });
    this.drawing = make("img", { class: "drawing" });
    this.path = new PathProfile((place) => this.playPath(place));
    this.viewer = new Viewer((place) => this.path.follow(place));
    this.facts = make("div", { class: "facts" });
    const link = make("button", { type: "button", class: "link", onclick: onShowInTable }, "Show in table");
    host.append(make("div", { class: "card details" },
      make("div", { class: "details-head" }, make("div", {}, this.title, this.subtitle), link),
      this.drawing, this.viewer.element, this.path.element, this.facts));
    this.viewer.start();
  }

  show(row) {
    const { rows } = this;
    const name = rows.get("reaction_id", row) ?? "unnamed";
    const structure = this.structureOf(row);
    const drawing = this.more[row]?.drawing;
    this.title.textContent = name;
    this.subtitle.replaceChildren(...this.about(row, structure));
    this.drawing.hidden = !drawing;
    if (drawing) fill(this.drawing, { src: `data:image/svg+xml,${encodeURIComponent(drawing)}`, alt: `Reactant and product of ${name}` }, []);
    this.path.show(structure?.path ?? null);
    this.viewer.show(structure, name, rows.get("imaginary_frequency_cm1", row));
    const reasons = ["error_code", "error_message"].map((column) => rows.get(column, row)).filter((text) => text);
    this.facts.replaceChildren(
      reasons.length ? make("p", { class: "notice" }, reasons.join(": ")) : "",
      structure ? "" : make("p", { class: "quiet small" }, this.elsewhere(name)),
      energyProfile(rows, row) ?? "",
      (structure && bondTable(reactiveBonds(structure))) ?? "",
      candidateTable(this.candidates, this.candidatesOf.get(name) ?? [], (other) => this.overlayOf(structure, other)) ?? "",
      this.values(row),
    );
  }

  structureOf(row) {
    if (!this.lines[row]) return null;
    const structure = decodeStructure(this.lines[row], this.symbols);
    const nAtoms = structure.elements.length;
    const { path = null, others = [] } = this.more[row] ?? {};
    structure.path = path && { ...path, frames: decodeFrames(path.frames, nAtoms) };
    structure.others = others.map((other) => ({ ...other, positions: decodeFrames(other.frames, nAtoms)[0] }));
    return structure;
  }

  about(row, structure) {
    const { rows } = this;
    const status = rows.get("status", row);
    const codes = rows.get("warnings", row);
    const verified = rows.get("verified", row);
    return [
      status && make("span", { class: "pill", "data-status": status }, status),
      verified === null ? null : make("span", { class: "pill" }, verified ? "verified" : "not verified"),
      codes && badges(codes),
      structure && ` ${formula(structure.elements)} · ${plural(structure.elements.length, "atom")} `,
      ...this.tags.map((tag) => [tag, rows.get(tag, row)]).filter(([, value]) => value !== null)
        .map(([tag, value]) => make("span", { class: "pill tag", title: tag }, `${tag}: ${value}`)),
    ].filter((part) => part);
  }

  elsewhere(name) {
    return `This page holds the structures of the first ${plural(this.lines.length, "reaction")}. ` +
      `tscreen export ${this.out} one.xyz --filter "reaction_id = '${name}'" writes those of this one.`;
  }

  playPath(place) {
    this.viewer.setView("path");
    if (place === null) this.viewer.setPlaying(true);
    else this.viewer.scrub(place);
  }

  // Shows a saddle point over the TS; null where the page has none, or it is the TS.
  overlayOf(structure, name) {
    return structure?.others.some((other) => other.name === name) ? () => this.viewer.overlay(name) : null;
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
