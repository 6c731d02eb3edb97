// The energies along the way down from the TS; pressing it shows the structure there.

const PATH = { width: 380, height: 130, left: 40, right: 12, top: 14, bottom: 30 };

class PathProfile {
  constructor(onPlace) {
    this.onPlace = onPlace;
    this.element = make("figure", { class: "energy" });
  }

  show(path) {
    this.path = path;
    this.element.hidden = !path;
    this.mark = null;
    if (!path) return;
    const { energies, lengths, ts } = path;
    const known = energies.filter((energy) => energy !== null);
    const yRange = widened([Math.min(...known), Math.max(...known, Math.min(...known) + 1)]);
    const y = scale(yRange, [PATH.height - PATH.bottom, PATH.top]);
    this.x = scale([lengths[0], Math.max(lengths.at(-1), lengths[0] + 1e-3)], [PATH.left, PATH.width - PATH.right]);
    this.y = y;
    const base = PATH.height - PATH.bottom;
    const picture = svg("svg", { class: "profile path", viewBox: `0 0 ${PATH.width} ${PATH.height}`, role: "img" });
    for (const { value, text } of ticks(...yRange, 4)) {
      picture.append(
        svg("line", { class: "grid", x1: PATH.left, x2: PATH.width - PATH.right, y1: y(value), y2: y(value) }),
        svg("text", { class: "tick", x: PATH.left - 5, y: y(value) + 4, "text-anchor": "end" }, text));
    }
    for (const { value, text } of ticks(lengths[0], lengths.at(-1), 6)) {
      picture.append(svg("text", { class: "tick", x: this.x(value), y: base + 14, "text-anchor": "middle" }, text));
    }
    const points = energies.flatMap((energy, k) => (energy === null ? [] : [`${this.x(lengths[k]).toFixed(1)},${y(energy).toFixed(1)}`]));
    this.mark = svg("circle", { class: "predicted", r: 5, visibility: "hidden" });
    picture.append(
      svg("polyline", { class: "way", points: points.join(" ") }),
      svg("circle", { class: "saddle", cx: this.x(lengths[ts]), cy: y(energies[ts] ?? 0), r: 3.5 }),
      this.mark);
    picture.addEventListener("click", (event) => {
      const frame = picture.getBoundingClientRect();
      const length = this.x.inverse(((event.clientX - frame.left) / frame.width) * PATH.width);
      const off = lengths.map((one) => Math.abs(one - length));
      this.onPlace(placeOf(path, off.indexOf(Math.min(...off))));
    });
    picture.setAttribute("aria-label", `Energies along the path: reactant ${formatNumber(energies[0], "kcal/mol")}, product ${formatNumber(energies.at(-1), "kcal/mol")} kcal/mol from the TS`);
    const play = make("button", { type: "button", class: "play", onclick: () => this.onPlace(null) }, "Play the path");
    this.element.replaceChildren(picture,
      make("figcaption", { class: "quiet small" }, play, "kcal/mol above the TS, against the length of the path in Å from it; press a point to see it"));
  }

  // Where the picture is, from reactant (-1) to product (1); null where it is not of the path.
  follow(place) {
    if (!this.mark) return;
    if (place === null) return this.mark.setAttribute("visibility", "hidden");
    const k = Math.round(frameAt(this.path, place));
    fill(this.mark, { cx: this.x(this.path.lengths[k]), cy: this.y(this.path.energies[k] ?? 0), visibility: "visible" }, []);
  }
}
