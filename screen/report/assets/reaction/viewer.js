// The 3D view of one reaction, drawn anew for every picture of an animation.

const MODE_PERIOD = 1100; // ms
const MODE_AMPLITUDE = 0.35; // of the mode, whose largest displacement is 1 Å
const ARROW = 1.6; // times the mode, so that arrows reach out of their atoms
const MORPH_PERIOD = 5000;
const FRAME = 33;
const HALF_WAY = 0.7; // of the morph: nearer to the TS than this, bonds are breaking and forming

const VIEWS = {
  reactant: { name: "Reactant", needs: ["reactant"], about: "Reactant; each molecule laid over the TS (Kabsch)." },
  ts: { name: "TS", needs: ["ts"], about: "Transition state." },
  product: { name: "Product", needs: ["product"], about: "Product; each molecule laid over the TS (Kabsch)." },
  mode: { name: "Mode", needs: ["ts", "mode"], about: "Imaginary mode of the saddle point." },
  morph: {
    name: "R–TS–P", needs: ["reactant", "ts", "product"],
    about: "Straight lines between the structures laid over each other: a picture, not a reaction path.",
  },
};
const MOVING = new Set(["mode", "morph"]);

const COLOURS = {
  light: { breaks: "#c2410c", forms: "#047857", arrow: "#7c3aed", H: "#d4d9e1", C: "#4b5563", label: "#111827", plate: "#ffffff" },
  dark: { breaks: "#fb923c", forms: "#34d399", arrow: "#c4b5fd", H: "#e5e7eb", C: "#8b94a3", label: "#f9fafb", plate: "#0b0f14" },
};

class Viewer {
  constructor() {
    this.view = "ts";
    this.structure = null;
    this.playing = false;
    this.phase = 0;
    this.numbered = false;
    this.stage = make("div", {
      class: "stage", tabindex: 0, role: "group", "aria-roledescription": "3D structure",
      "aria-describedby": "stage-keys", onkeydown: (event) => this.onKey(event),
    });
    this.buttons = new Map();
    const views = Object.entries(VIEWS).map(([view, { name }]) => {
      const input = make("input", { type: "radio", name: "view", value: view, onchange: () => this.setView(view) });
      this.buttons.set(view, input);
      return make("label", {}, input, make("span", {}, name));
    });
    this.play = make("button", { type: "button", class: "play", onclick: () => this.setPlaying(!this.playing) });
    this.slider = make("input", {
      type: "range", min: -1, max: 1, step: 0.01, value: -1, "aria-label": "From reactant to product",
      oninput: () => this.scrub(Number(this.slider.value)),
    });
    const numbers = make("input", { type: "checkbox", onchange: () => this.setNumbered(numbers.checked) });
    this.about = make("p", { class: "quiet small", role: "status" });
    this.controls = make("div", { class: "controls" }, this.play, this.slider,
      make("label", { class: "check" }, numbers, "atom numbers"));
    this.element = make("div", { class: "viewer" },
      this.stage,
      make("p", { id: "stage-keys", class: "unseen" }, "Arrow keys turn the structure, plus and minus zoom, space plays an animation."),
      make("fieldset", { class: "segments views" }, make("legend", { class: "unseen" }, "Structure"), ...views),
      this.controls,
      this.about,
    );
  }

  // Must be in the page by now: 3Dmol.js measures its place.
  start() {
    try {
      this.gl = $3Dmol.createViewer(this.stage, { backgroundAlpha: 0, antialias: true });
    } catch (error) {
      console.warn(error);
    }
    if (!this.gl) {
      this.stage.replaceChildren(make("p", { class: "empty" }, "This browser draws no 3D pictures: WebGL is off."));
      return;
    }
    new ResizeObserver(() => this.gl.resize()).observe(this.stage);
  }

  show(structure, name, frequency) {
    this.structure = structure;
    this.frequency = frequency;
    this.stage.setAttribute("aria-label", `Structure of ${name}`);
    for (const [view, input] of this.buttons) {
      const missing = VIEWS[view].needs.filter((side) => !structure[side]);
      input.disabled = missing.length > 0;
      input.parentElement.title = missing.length ? `no ${missing.join(", ")} in this row` : "";
    }
    const wanted = [this.view, "ts", "reactant", "product"];
    const view = wanted.find((one) => !this.buttons.get(one).disabled);
    this.frameAll();
    this.setView(view ?? null);
  }

  // Looks from where all structures of the reaction fit in.
  frameAll() {
    if (!this.gl) return;
    this.gl.removeAllModels();
    const sides = ["reactant", "ts", "product"].filter((side) => this.structure[side]);
    for (const side of sides) this.gl.addModel().addAtoms(this.atoms(this.structure[side], () => false));
    this.gl.setView([0, 0, 0, 0, 0, 0, 0, 1]);
    if (sides.length) this.gl.zoomTo();
    this.gl.zoom(1.3);
  }

  setView(view) {
    this.view = view ?? "ts";
    for (const [name, input] of this.buttons) input.checked = name === view;
    this.element.classList.toggle("still", !MOVING.has(view));
    this.slider.hidden = view !== "morph";
    this.about.textContent = view ? VIEWS[view].about : "This row holds no structure.";
    if (view === "mode" && this.frequency !== null) {
      this.about.append(` Its frequency is ${Math.abs(this.frequency).toFixed(0)}i cm⁻¹.`);
    }
    this.phase = 0;
    this.setPlaying(MOVING.has(view) && !matchMedia("(prefers-reduced-motion: reduce)").matches);
    this.draw();
  }

  setPlaying(playing) {
    this.playing = playing;
    this.play.textContent = playing ? "Pause" : "Play";
    cancelAnimationFrame(this.next);
    if (!playing) return;
    let before = null;
    const tick = (now) => {
      if (before === null || now - before >= FRAME) {
        const period = this.view === "morph" ? MORPH_PERIOD : MODE_PERIOD;
        if (before !== null) this.phase = (this.phase + (now - before) / period) % 1;
        before = now;
        this.draw();
      }
      this.next = requestAnimationFrame(tick);
    };
    this.next = requestAnimationFrame(tick);
  }

  setNumbered(numbered) {
    this.numbered = numbered;
    this.draw();
  }

  scrub(place) {
    this.setPlaying(false);
    this.phase = Math.acos(-place) / (2 * Math.PI);
    this.draw();
  }

  draw() {
    if (!this.gl || !this.structure) return;
    const { structure, view } = this;
    this.gl.removeAllModels();
    this.gl.removeAllShapes();
    this.gl.removeAllLabels();
    if (structure[VIEWS[view].needs[0]]) {
      const [positions, place] = this.picture();
      this.drawAtoms(positions, place);
      if (view === "mode") this.drawArrows();
      this.slider.value = place;
    }
    this.gl.render();
  }

  // Positions, and where between reactant (-1) and product (1) they are.
  picture() {
    const { structure, view, phase } = this;
    if (view === "mode") {
      return [plus(structure.ts, structure.mode, MODE_AMPLITUDE * Math.sin(2 * Math.PI * phase)), 0];
    }
    if (view === "morph") {
      const place = -Math.cos(2 * Math.PI * phase);
      return [morphed(structure, place), place];
    }
    return [structure[view], { reactant: -1, ts: 0, product: 1 }[view]];
  }

  get colours() {
    return COLOURS[currentTheme()];
  }

  drawAtoms(positions, place) {
    const whole = (bond) => (changes(bond) ? (place < 0 ? bond.inReactant : bond.inProduct) && Math.abs(place) >= HALF_WAY : true);
    const half = (bond) => changes(bond) && Math.abs(place) < HALF_WAY;
    this.gl.addModel().addAtoms(this.atoms(positions, whole));
    const { H, C } = this.colours;
    const colorscheme = { prop: "elem", map: { ...$3Dmol.elementColors.Jmol, H, C } };
    this.gl.setStyle({}, { stick: { radius: 0.11, colorscheme }, sphere: { scale: 0.25, colorscheme } });
    const point = (atom) => ({ x: positions[3 * atom], y: positions[3 * atom + 1], z: positions[3 * atom + 2] });
    for (const bond of this.structure.bonds.filter(half)) {
      const color = this.colours[bond.inReactant ? "breaks" : "forms"];
      this.gl.addCylinder({
        start: point(bond.a), end: point(bond.b), radius: 0.07, color,
        dashed: true, dashLength: 0.14, gapLength: 0.1, fromCap: 1, toCap: 1,
      });
    }
    if (!this.numbered) return;
    this.structure.elements.forEach((element, atom) => {
      this.gl.addLabel(`${element}${atom}`, {
        position: point(atom), fontSize: 12, fontColor: this.colours.label, backgroundColor: this.colours.plate,
        backgroundOpacity: 0.75, borderThickness: 0, padding: 1, alignment: "center", inFront: true,
      });
    });
  }

  drawArrows() {
    const { ts, mode } = this.structure;
    for (let at = 0; at < ts.length; at += 3) {
      const [x, y, z] = mode.subarray(at, at + 3);
      if (Math.hypot(x, y, z) < 0.15) continue;
      this.gl.addArrow({
        start: { x: ts[at], y: ts[at + 1], z: ts[at + 2] },
        end: { x: ts[at] + ARROW * x, y: ts[at + 1] + ARROW * y, z: ts[at + 2] + ARROW * z },
        radius: 0.06, radiusRatio: 2.2, mid: 0.75, color: this.colours.arrow,
      });
    }
  }

  atoms(positions, bonded) {
    const atoms = this.structure.elements.map((elem, index) => ({
      elem, index, serial: index, bonds: [], bondOrder: [],
      x: positions[3 * index], y: positions[3 * index + 1], z: positions[3 * index + 2],
    }));
    for (const { a, b } of this.structure.bonds.filter(bonded)) {
      for (const [from, to] of [[a, b], [b, a]]) {
        atoms[from].bonds.push(to);
        atoms[from].bondOrder.push(1);
      }
    }
    return atoms;
  }

  onKey(event) {
    if (!this.gl || event.ctrlKey || event.metaKey || event.altKey) return;
    const act = {
      ArrowLeft: () => this.gl.rotate(-12, "y"),
      ArrowRight: () => this.gl.rotate(12, "y"),
      ArrowUp: () => this.gl.rotate(-12, "x"),
      ArrowDown: () => this.gl.rotate(12, "x"),
      "+": () => this.gl.zoom(1.15),
      "=": () => this.gl.zoom(1.15),
      "-": () => this.gl.zoom(1 / 1.15),
      " ": () => MOVING.has(this.view) && this.setPlaying(!this.playing),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }
}
