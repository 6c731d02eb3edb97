// The ways to look at a reaction: what each needs, and what it shows at a moment of its animation.

const MODE_AMPLITUDE = 0.35; // of the mode, whose largest displacement is 1 Å
const COLUMNS_OF_SIDES = ["reactant", "ts", "product"];

const atRest = (name, place, about) => ({ needs: [name], about, picture: (structure) => [structure[name], place] });

// From reactant (-1) to product (1) and back, in one turn of the phase.
const swinging = (phase) => -Math.cos(2 * Math.PI * phase);

const VIEWS = {
  reactant: { name: "Reactant", ...atRest("reactant", -1, "Reactant; each molecule laid over the TS (Kabsch).") },
  ts: { name: "TS", ...atRest("ts", 0, "Transition state.") },
  product: { name: "Product", ...atRest("product", 1, "Product; each molecule laid over the TS (Kabsch).") },
  sides: {
    name: "All", needs: COLUMNS_OF_SIDES, about: "Reactant, TS and product side by side; they turn together.",
    picture: (structure) => [structure.ts, 0],
  },
  overlay: {
    name: "Overlay", needs: ["ts", "other"], about: "The TS in the colours of its elements; in blue:",
    picture: (structure) => [structure.ts, 0],
  },
  mode: {
    name: "Mode", needs: ["ts", "mode"], about: "Imaginary mode of the saddle point.", period: 1100,
    picture: ({ ts, mode }, phase) => [plus(ts, mode, MODE_AMPLITUDE * Math.sin(2 * Math.PI * phase)), 0],
  },
  path: {
    name: "Path", needs: ["path"], about: "The way down from the saddle point on both sides.", period: 6000,
    picture: ({ path }, phase) => [alongPath(path, swinging(phase)), swinging(phase)],
  },
  morph: {
    name: "R–TS–P", needs: COLUMNS_OF_SIDES, period: 5000,
    about: "Straight lines between the structures laid over each other: a picture, not a reaction path.",
    picture: (structure, phase) => [morphed(structure, swinging(phase)), swinging(phase)],
  },
};

const WITH_SLIDER = new Set(["path", "morph"]);

const MISSING = {
  other: "no other structure of this TS: `tscreen run --keep-samples` keeps the generated one",
  path: "no path: the saddle point was not followed down",
};

const missingOf = (view, structure) => VIEWS[view].needs.filter((part) => !structure[part]);
