// The structures of one reaction. The layout of a packed line is told in screen/report/structures.py.

const SIDES = ["reactant", "ts", "product", "mode"]; // bits 1, 2, 4 and 8
const IN_REACTANT = 1;
const IN_PRODUCT = 2;
const APART_IN_REACTANT = 4;
const APART_IN_PRODUCT = 8;

// Positions are flat arrays x, y, z, x, ... in Å, the mode is of the same shape.
function decodeStructure(line, symbols) {
  const { buffer } = bytesOf(line);
  const unit = new DataView(buffer).getFloat32(0, true);
  const cells = new Int16Array(buffer, 4);
  const [kept, nAtoms, nBonds] = cells;
  let at = 3;
  const next = (n) => cells.subarray(at, (at += n));
  const elements = Array.from(next(nAtoms), (number) => symbols[number]);
  const flat = next(3 * nBonds);
  const bonds = Array.from({ length: nBonds }, (_, k) => {
    const [a, b, bits] = flat.subarray(3 * k, 3 * k + 3);
    return { a, b, bits, inReactant: !!(bits & IN_REACTANT), inProduct: !!(bits & IN_PRODUCT) };
  });
  const structure = { elements, bonds };
  SIDES.forEach((name, k) => {
    structure[name] = kept & (1 << k) ? Float32Array.from(next(3 * nAtoms), (n) => n * unit) : null;
  });
  return structure;
}

const changes = (bond) => bond.inReactant !== bond.inProduct;

function distance(positions, { a, b }) {
  if (!positions) return null;
  return Math.hypot(...[0, 1, 2].map((k) => positions[3 * a + k] - positions[3 * b + k]));
}

// Lengths of the bonds that break or form; null between separate molecules, where they mean nothing.
function reactiveBonds({ elements, bonds, reactant, ts, product }) {
  return bonds.filter(changes).map((bond) => ({
    name: `${elements[bond.a]}${bond.a}–${elements[bond.b]}${bond.b}`,
    what: bond.inReactant ? "breaks" : "forms",
    lengths: [
      bond.bits & APART_IN_REACTANT ? null : distance(reactant, bond),
      distance(ts, bond),
      bond.bits & APART_IN_PRODUCT ? null : distance(product, bond),
    ],
  }));
}

// In the order of Hill: carbon, hydrogen, the others by name.
function formula(elements) {
  const counts = new Map(tally(elements));
  const first = counts.has("C") ? ["C", "H"].filter((symbol) => counts.has(symbol)) : [];
  const rest = [...counts.keys()].filter((symbol) => !first.includes(symbol)).sort();
  const digits = (n) => (n === 1 ? "" : [...String(n)].map((digit) => "₀₁₂₃₄₅₆₇₈₉"[digit]).join(""));
  return [...first, ...rest].map((symbol) => symbol + digits(counts.get(symbol))).join("");
}
