// How the run was made: its settings, weights, workers and times.

function showRun({ about: { counts, barriers_kcal_mol, ...about } }) {
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
  const details = byId("run-details");
  addEventListener("beforeprint", () => (details.open = true));
}
