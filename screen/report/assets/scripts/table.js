// A table that shows a page of its rows at a time, so that thousands of them cost nothing.

const PAGE_ROWS = 25;
const PAPER_ROWS = 200; // a printed table has no pages to turn

class Grid {
  // options: label, shown (names of columns), sort ({name, descending}), kindOf (column -> classes of
  // its cells, by default its kind), cell (column, row -> node
  // or text, optional), onChoose (row, optional), onPress (after a row was pressed, optional),
  // empty (text)
  constructor(host, rows, options) {
    this.rows = rows;
    this.options = options;
    this.shown = options.shown;
    this.sort = options.sort;
    this.visible = rows.all();
    this.order = this.visible;
    this.page = 0;
    this.pageRows = PAGE_ROWS;
    this.chosen = null;
    this.head = make("tr", { role: "row" });
    this.body = make("tbody");
    this.table = make("table", { role: "grid", "aria-label": options.label }, make("thead", {}, this.head), this.body);
    this.pager = make("div", { class: "pager" });
    host.replaceChildren(make("div", { class: "scroll card" }, this.table), this.pager);
    this.body.addEventListener("keydown", (event) => this.onKey(event));
    this.body.addEventListener("click", (event) => {
      const line = event.target.closest("tr[data-row]");
      if (!line || getSelection().toString()) return;
      this.choose(Number(line.dataset.row), { focus: true });
      this.options.onPress?.();
    });
    addEventListener("beforeprint", () => this.setPageRows(PAPER_ROWS));
    addEventListener("afterprint", () => this.setPageRows(PAGE_ROWS));
    this.arrange();
  }

  setPageRows(n) {
    this.page = Math.floor((this.page * this.pageRows) / n);
    this.pageRows = n;
    this.render();
  }

  get pages() {
    return Math.max(1, Math.ceil(this.order.length / this.pageRows));
  }

  show(visible) {
    this.visible = visible;
    this.page = 0;
    this.arrange();
  }

  setColumns(names) {
    this.shown = names;
    this.render();
  }

  sortBy(name) {
    const descending = this.sort?.name === name && !this.sort.descending;
    this.sort = { name, descending };
    this.page = 0;
    this.arrange();
  }

  arrange() {
    this.order = this.sort ? this.rows.sorted(this.visible, this.sort.name, this.sort.descending) : this.visible;
    this.render();
  }

  // Makes a row the chosen one and turns to its page.
  choose(row, { focus = false } = {}) {
    this.chosen = row;
    const place = this.order.indexOf(row);
    if (place >= 0) this.page = Math.floor(place / this.pageRows);
    this.render();
    if (focus) this.line(row)?.focus();
    this.options.onChoose?.(row);
  }

  line(row) {
    return this.body.querySelector(`tr[data-row="${row}"]`);
  }

  turn(page) {
    this.page = Math.min(this.pages - 1, Math.max(0, page));
    this.render();
  }

  onKey(event) {
    const line = event.target.closest("tr[data-row]");
    if (!line) return;
    const place = this.order.indexOf(Number(line.dataset.row));
    const last = this.order.length - 1;
    const to = {
      ArrowDown: place + 1,
      ArrowUp: place - 1,
      PageDown: place + this.pageRows,
      PageUp: place - this.pageRows,
      Home: 0,
      End: last,
      Enter: place,
      " ": place,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.choose(this.order[Math.min(last, Math.max(0, to))], { focus: true });
  }

  render() {
    this.renderHead();
    const first = this.page * this.pageRows;
    const rows = this.order.slice(first, first + this.pageRows);
    const reachable = rows.includes(this.chosen) ? this.chosen : rows[0];
    this.body.replaceChildren(...rows.map((row, k) => this.renderRow(row, first + k, row === reachable)));
    if (!rows.length) {
      this.body.append(make("tr", {}, make("td", { class: "empty", colspan: this.shown.length }, this.options.empty)));
    }
    this.table.setAttribute("aria-rowcount", this.order.length + 1);
    this.renderPager(first, rows.length);
  }

  renderHead() {
    // A header is kept where it can be, so that the one that was pressed keeps the focus.
    const names = [...this.head.children].map((cell) => cell.dataset.column);
    if (names.join("\n") !== this.shown.join("\n")) {
      this.head.replaceChildren(...this.shown.map((name) => {
        const { label, unit, kind } = this.rows.column(name);
        const button = make("button", { type: "button", onclick: () => this.sortBy(name) },
          make("span", { class: "name" }, label));
        if (unit) button.append(make("span", { class: "unit" }, unit));
        return make("th", { scope: "col", class: kind, title: name, "data-column": name }, button);
      }));
    }
    for (const cell of this.head.children) {
      const sorted = this.sort?.name === cell.dataset.column;
      cell.setAttribute("aria-sort", sorted ? (this.sort.descending ? "descending" : "ascending") : "none");
    }
  }

  renderRow(row, place, reachable) {
    const cells = this.shown.map((name, k) => {
      const column = this.rows.column(name);
      const content = this.options.cell?.(column, row) ?? formatValue(column, row);
      const title = column.kind === "text" ? column.values[row] : null; // the cell may cut it off
      const kind = this.options.kindOf?.(column) ?? column.kind;
      return k
        ? make("td", { class: kind, title }, content)
        : make("th", { scope: "row", class: kind, title }, content);
    });
    const attributes = {
      "data-row": row,
      tabindex: reachable ? 0 : -1,
      "aria-rowindex": place + 2,
      "aria-selected": this.options.onChoose ? String(row === this.chosen) : null,
    };
    return make("tr", attributes, ...cells);
  }

  renderPager(first, count) {
    const total = this.order.length;
    const range = total ? `${formatCount(first + 1)}–${formatCount(first + count)} of ${formatCount(total)}` : "";
    const button = (text, label, page) =>
      make("button", {
        type: "button", "aria-label": label, disabled: page < 0 || page >= this.pages,
        onclick: () => {
          this.turn(page);
          const again = this.pager.querySelector(`[aria-label="${label}"]`);
          (again.disabled ? this.pager.querySelector("button:not(:disabled)") : again)?.focus();
        },
      }, text);
    this.pager.replaceChildren(
      make("span", { role: "status" }, range),
      ...(this.pages > 1
        ? [button("«", "First page", this.page ? 0 : -1), button("‹", "Previous page", this.page - 1),
           button("›", "Next page", this.page + 1), button("»", "Last page", this.page < this.pages - 1 ? this.pages - 1 : this.pages)]
        : []),
    );
  }
}
