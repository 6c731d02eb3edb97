// Bonds that change, and saddle points that were found.

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
// `overlayOf` gives what shows one over the TS, if that can be.
function candidateTable(candidates, found, overlayOf) {
  if (!found.length) return null;
  const number = (name, row, digits) => {
    const value = candidates.get(name, row);
    return make("td", { class: "number" }, value === null ? NONE : value.toFixed(digits));
  };
  const named = (row) => {
    const foundBy = candidates.get("found_by", row);
    const show = overlayOf(`saddle point ${candidates.get("candidate_rank", row)}`);
    return show ? make("button", { type: "button", class: "link", title: "Lay over the TS", onclick: show }, foundBy) : foundBy;
  };
  return make("table", { class: "bonds candidates" },
    make("caption", {}, "Saddle points that were found: energies over the first one, kcal/mol"),
    make("thead", {}, make("tr", {}, ...["found by", "E", "G", "weight", "joins"].map((name) => make("th", { scope: "col" }, name)))),
    make("tbody", {}, ...found.map((row) =>
      make("tr", {},
        make("th", { scope: "row" }, named(row)),
        number("candidate_energy_ev", row, 2),
        number("candidate_gibbs_energy_ev", row, 2),
        number("boltzmann_weight", row, 2),
        make("td", {}, candidates.get("connects", row))))));
}
