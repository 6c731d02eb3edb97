// How often each name occurs.

// A bar for each name; pressing it filters by it.
function tallyBars(title, entries, { attribute, onPick }) {
  const most = Math.max(...entries.map(([, n]) => n), 1);
  const rows = entries.map(([name, n]) => {
    const bar = svg("svg", { class: "tally-bar", viewBox: "0 0 100 1", preserveAspectRatio: "none", "aria-hidden": "true" },
      svg("rect", { width: (100 * n) / most, height: 1 }));
    const cells = [make("span", {}, name), bar, make("b", {}, formatCount(n))];
    const shown = { class: "tally-row", [attribute]: name };
    return make("li", {}, onPick
      ? make("button", { ...shown, type: "button", onclick: () => onPick(name) }, ...cells)
      : make("div", shown, ...cells));
  });
  return make("div", { class: "tally" }, make("h3", {}, title), make("ul", {}, ...rows));
}
