// Any column against any other: choosers of both and of the colour, and the plot.

const MOST_CLASSES = 24; // of a text by which points can be coloured

class Explorer {
  constructor(rows, { y, x, colour }, onPick, onChoose) {
    this.rows = rows;
    this.scatter = new Scatter(onPick, onChoose);
    const known = rows.columns.filter(({ name }) => rows.hasValues(name));
    const numbers = known.filter(({ kind }) => kind === "number");
    const colours = known.filter(({ kind, values }) => kind !== "text" || new Set(values).size <= MOST_CLASSES);
    this.y = this.chooser("y", numbers, y);
    this.x = this.chooser("x", numbers, x);
    this.colour = this.chooser("colour", colours, colour);
    const labels = [this.y, this.x, this.colour].map((select) => make("label", {}, make("span", {}, select.dataset.axis), select));
    const plot = this.scatter.element;
    this.scatter.heading.replaceWith(make("div", { class: "choosers" }, ...labels));
    this.element = make("details", { open: !NARROW.matches, hidden: !numbers.length },
      make("summary", {}, make("h3", {}, "Any column against any other")), plot);
  }

  chooser(axis, columns, chosen) {
    const names = columns.map(({ name }) => name);
    const first = chosen.find((name) => names.includes(name)) ?? names[0];
    const options = names.map((name) => make("option", { value: name, selected: name === first }, name));
    return make("select", { "data-axis": axis, onchange: () => this.show(this.state) }, ...options);
  }

  show(state) {
    this.state = state;
    if (this.element.hidden) return;
    const [x, y, colour] = [this.x, this.y, this.colour].map(({ value }) => this.rows.column(value));
    this.scatter.show({ ...state, x, y, colour });
  }
}
