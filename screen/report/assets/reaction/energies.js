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
