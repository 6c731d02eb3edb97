// Draws structures with 3Dmol.js. `gl` is one of its viewers; positions are flat arrays in Å.

const ARROW = 1.6; // times the mode, so that arrows reach out of their atoms
const HALF_WAY = 0.7; // between TS and side: nearer to the TS than this, bonds are breaking and forming
const THICK = { stick: 0.11, sphere: 0.25 }; // Å, and share of the radius of van der Waals
const THIN = { stick: 0.06, sphere: 0.14 }; // so that both of two structures are seen
const CLOSER = 1.3; // than 3Dmol.js goes by itself

const COLOURS = {
  light: { breaks: "#c2410c", forms: "#047857", arrow: "#7c3aed", other: "#2f6fd6", H: "#d4d9e1", C: "#4b5563", label: "#111827", plate: "#ffffff" },
  dark: { breaks: "#fb923c", forms: "#34d399", arrow: "#c4b5fd", other: "#7db0ff", H: "#e5e7eb", C: "#8b94a3", label: "#f9fafb", plate: "#0b0f14" },
};

const pointOf = (positions, atom) => ({ x: positions[3 * atom], y: positions[3 * atom + 1], z: positions[3 * atom + 2] });

function clearScene(gl) {
  gl.removeAllModels();
  gl.removeAllShapes();
  gl.removeAllLabels();
}

// Where between reactant (-1), TS (0) and product (1) the positions are decides which bonds are drawn.
function drawMolecule(gl, structure, positions, place, { stick, sphere } = THICK) {
  const changing = Math.abs(place) < HALF_WAY;
  const there = (bond) => (changes(bond) ? !changing && (place < 0 ? bond.inReactant : bond.inProduct) : true);
  const colours = COLOURS[currentTheme()];
  const colorscheme = { prop: "elem", map: { ...$3Dmol.elementColors.Jmol, H: colours.H, C: colours.C } };
  const model = gl.addModel();
  model.addAtoms(atomsOf(structure, positions, there));
  model.setStyle({}, { stick: { radius: stick, colorscheme }, sphere: { scale: sphere, colorscheme } });
  if (!changing) return;
  for (const bond of structure.bonds.filter(changes)) {
    gl.addCylinder({
      start: pointOf(positions, bond.a), end: pointOf(positions, bond.b), radius: 0.07,
      color: colours[bond.inReactant ? "breaks" : "forms"],
      dashed: true, dashLength: 0.14, gapLength: 0.1, fromCap: 1, toCap: 1,
    });
  }
}

// The same atoms elsewhere, in one colour.
function drawOther(gl, structure, positions) {
  const color = COLOURS[currentTheme()].other;
  const model = gl.addModel();
  model.addAtoms(atomsOf(structure, positions, (bond) => !changes(bond)));
  model.setStyle({}, { stick: { radius: THIN.stick, color }, sphere: { scale: THIN.sphere, color } });
}

function drawNumbers(gl, { elements }, positions) {
  const { label, plate } = COLOURS[currentTheme()];
  elements.forEach((element, atom) => {
    gl.addLabel(`${element}${atom}`, {
      position: pointOf(positions, atom), fontSize: 12, fontColor: label, backgroundColor: plate,
      backgroundOpacity: 0.75, borderThickness: 0, padding: 1, alignment: "center", inFront: true,
    });
  });
}

function drawArrows(gl, { ts, mode }) {
  for (let at = 0; at < ts.length; at += 3) {
    const [x, y, z] = mode.subarray(at, at + 3);
    if (Math.hypot(x, y, z) < 0.15) continue;
    const start = pointOf(ts, at / 3);
    gl.addArrow({
      start, end: { x: start.x + ARROW * x, y: start.y + ARROW * y, z: start.z + ARROW * z },
      radius: 0.06, radiusRatio: 2.2, mid: 0.75, color: COLOURS[currentTheme()].arrow,
    });
  }
}

// Looks from where all of these positions fit in; 3Dmol.js counts on a place as wide as high.
function frameAll(gl, structure, sides, widthByHeight) {
  clearScene(gl);
  for (const positions of sides) gl.addModel().addAtoms(atomsOf(structure, positions, () => false));
  gl.setView([0, 0, 0, 0, 0, 0, 0, 1]);
  if (sides.length) gl.zoomTo();
  gl.zoom(CLOSER * Math.min(1, widthByHeight));
}

function atomsOf({ elements, bonds }, positions, bonded) {
  const atoms = elements.map((elem, index) => ({
    elem, index, serial: index, bonds: [], bondOrder: [], ...pointOf(positions, index),
  }));
  for (const { a, b } of bonds.filter(bonded)) {
    for (const [from, to] of [[a, b], [b, a]]) {
      atoms[from].bonds.push(to);
      atoms[from].bondOrder.push(1);
    }
  }
  return atoms;
}
