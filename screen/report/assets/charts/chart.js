// A chart as inline SVG: what is filtered stands out, the rest stays behind it in grey.

const MARGIN = { left: 56, right: 14, top: 10, bottom: 42 };

class Chart {
  constructor(title, onPick, height = 230) {
    this.onPick = onPick;
    this.height = height;
    this.note = make("p", { class: "quiet small" });
    this.plot = make("div", { class: "plot" });
    this.plot.style.minHeight = `${height}px`;
    this.heading = make("h3", {}, title);
    this.element = make("figure", { class: "card chart" }, this.heading, this.plot, this.note);
    this.width = 0;
    new ResizeObserver(([{ contentRect }]) => {
      this.width = contentRect.width;
      this.draw();
    }).observe(this.plot);
  }

  show(state) {
    this.state = state;
    this.draw();
  }

  draw() {
    if (!this.state || !this.width) return;
    this.plot.replaceChildren(this.picture() ?? make("p", { class: "empty" }, "no values"));
  }

  // Scales of both axes, from the ranges of values to pixels.
  axes(xRange, yRange, xTitle, yTitle, yTicks, xTicks) {
    const right = this.width - MARGIN.right;
    const base = this.height - MARGIN.bottom;
    const x = scale(xRange, [MARGIN.left, right]);
    const y = scale(yRange, [base, MARGIN.top]);
    const size = { width: this.width, height: this.height, viewBox: `0 0 ${this.width} ${this.height}` };
    const picture = svg("svg", { ...size, role: "img" });
    for (const { value, text } of yTicks ?? ticks(...yRange, 5)) {
      picture.append(
        svg("line", { class: "grid", x1: MARGIN.left, x2: right, y1: y(value), y2: y(value) }),
        svg("text", { class: "tick", x: MARGIN.left - 6, y: y(value) + 4, "text-anchor": "end" }, text),
      );
    }
    for (const { value, text } of xTicks ?? ticks(...xRange, Math.max(3, this.width / 75))) {
      picture.append(
        svg("line", { class: "axis", x1: x(value), x2: x(value), y1: base, y2: base + 4 }),
        svg("text", { class: "tick", x: x(value), y: base + 17, "text-anchor": "middle" }, text),
      );
    }
    const middle = (MARGIN.top + base) / 2;
    picture.append(
      svg("line", { class: "axis", x1: MARGIN.left, x2: right, y1: base, y2: base }),
      svg("text", { class: "label", x: (MARGIN.left + right) / 2, y: this.height - 5, "text-anchor": "middle" }, xTitle),
      svg("text", { class: "label", "text-anchor": "middle", transform: `translate(11 ${middle}) rotate(-90)` }, yTitle),
    );
    return { picture, x, y, base };
  }

  // Lets the user drag out a rectangle; `done` gets its pixels, `click` a point.
  brush(picture, { vertical, done, click }) {
    const box = svg("rect", { class: "brush", visibility: "hidden" });
    picture.append(box);
    let start = null;
    const at = (event) => {
      const frame = picture.getBoundingClientRect();
      return [event.clientX - frame.left, event.clientY - frame.top];
    };
    const corners = (event) => {
      const end = at(event);
      const [y0, y1] = vertical ? [start[1], end[1]] : [MARGIN.top, this.height - MARGIN.bottom];
      return [Math.min(start[0], end[0]), Math.min(y0, y1), Math.max(start[0], end[0]), Math.max(y0, y1)];
    };
    picture.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      start = at(event);
      picture.setPointerCapture(event.pointerId);
    });
    picture.addEventListener("pointermove", (event) => {
      if (!start) return;
      const [x0, y0, x1, y1] = corners(event);
      fill(box, { x: x0, y: y0, width: x1 - x0, height: y1 - y0, visibility: "visible" }, []);
    });
    picture.addEventListener("pointerup", (event) => {
      if (!start) return;
      const [x0, y0, x1, y1] = corners(event);
      const dragged = Math.hypot(x1 - x0, vertical ? y1 - y0 : 0) > 5;
      const point = start;
      start = null;
      box.setAttribute("visibility", "hidden");
      if (dragged) done(x0, y0, x1, y1);
      else click(...point, event);
    });
  }
}
