// The 3D view of one reaction, drawn anew for every picture of an animation.

const FRAME = 33; // ms

class Viewer {
  // onPlace: told where between reactant (-1) and product (1) the picture is
  constructor(onPlace) {
    this.onPlace = onPlace;
    this.view = "ts";
    this.structure = null;
    this.playing = false;
    this.phase = 0;
    this.numbered = false;
    const keys = { tabindex: 0, role: "group", "aria-roledescription": "3D structure", "aria-describedby": "stage-keys" };
    this.stage = make("div", { class: "stage", ...keys, onkeydown: (event) => this.onKey(event) });
    this.sides = make("div", { class: "sides", ...keys, hidden: true, onkeydown: (event) => this.onKey(event) });
    this.paper = make("img", { class: "on-paper", alt: "" });
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
    this.others = make("select", { "aria-label": "Structure laid over the TS", onchange: () => this.setView("overlay") });
    const numbers = make("input", { type: "checkbox", onchange: () => this.setNumbered(numbers.checked) });
    this.about = make("p", { class: "quiet small", role: "status" });
    this.controls = make("div", { class: "controls" }, this.play, this.slider, this.others,
      make("label", { class: "check" }, numbers, "atom numbers"));
    this.element = make("div", { class: "viewer" },
      this.stage, this.sides, this.paper,
      make("p", { id: "stage-keys", class: "unseen" }, "Arrow keys turn the structure, plus and minus zoom, space plays an animation."),
      make("fieldset", { class: "segments views" }, make("legend", { class: "unseen" }, "Structure"), ...views),
      this.controls,
      this.about,
    );
    addEventListener("beforeprint", () => {
      if (!this.gl || !this.structure) return;
      if (this.view === "sides") this.setView("ts");
      this.paper.src = this.gl.pngURI();
    });
  }

  // Must be in the page by now: 3Dmol.js measures its place.
  start() {
    const how = { backgroundAlpha: 0, antialias: true };
    try {
      this.gl = $3Dmol.createViewer(this.stage, how);
    } catch (error) {
      console.warn(error);
    }
    if (!this.gl) {
      this.stage.replaceChildren(make("p", { class: "empty" }, "This browser draws no 3D pictures: WebGL is off."));
      return;
    }
    this.follow(this.stage, () => [this.gl]);
  }

  // Keeps the size of a stage; one that is hidden has none.
  follow(stage, scenes) {
    new ResizeObserver(() => stage.clientWidth && scenes().forEach((gl) => gl.resize())).observe(stage);
  }

  // Three viewers that turn together, made when they are first wanted: they must be seen to be made.
  get grid() {
    if (!this.cells && this.gl) {
      const how = { backgroundAlpha: 0, antialias: true };
      [this.cells] = $3Dmol.createViewerGrid(this.sides, { rows: 1, cols: COLUMNS_OF_SIDES.length, control_all: true }, how);
      this.follow(this.sides, () => this.cells);
    }
    return this.cells ?? [];
  }

  // structure: as `decodeStructure` makes it, with `path` and `others`, or null
  show(structure, name, frequency) {
    this.structure = structure;
    this.element.hidden = !structure;
    if (!structure) return this.setPlaying(false);
    this.frequency = frequency;
    for (const stage of [this.stage, this.sides]) stage.setAttribute("aria-label", `Structure of ${name}`);
    this.others.replaceChildren(...structure.others.map((other, k) => make("option", { value: k }, other.name)));
    structure.other = structure.others.length ? structure.others : null;
    for (const [view, input] of this.buttons) {
      const missing = missingOf(view, structure);
      input.disabled = missing.length > 0;
      input.parentElement.title = missing.map((part) => MISSING[part] ?? `no ${part} in this row`).join(", ");
    }
    this.buttons.get("morph").parentElement.hidden = Boolean(structure.path); // a path says more
    this.framed = new Set();
    const known = [this.view, "ts", "reactant", "product"].find((one) => !this.buttons.get(one).disabled);
    this.setView(known ?? null);
  }

  // Shows one of the other structures over the TS.
  overlay(name) {
    this.others.value = this.structure.others.findIndex((other) => other.name === name);
    this.setView("overlay");
  }

  setView(view) {
    const { structure } = this;
    this.view = view ?? "ts";
    for (const [name, input] of this.buttons) input.checked = name === view;
    const moves = Boolean(view && VIEWS[view].period);
    this.element.classList.toggle("still", !moves);
    this.slider.hidden = !WITH_SLIDER.has(view);
    this.others.hidden = view !== "overlay" || structure.others.length < 2;
    this.stage.hidden = view === "sides";
    this.sides.hidden = view !== "sides";
    this.about.textContent = view ? VIEWS[view].about : "This row holds no structure.";
    if (view === "mode" && this.frequency !== null) {
      this.about.append(` Its frequency is ${Math.abs(this.frequency).toFixed(0)}i cm⁻¹.`);
    }
    if (view === "overlay") this.about.append(` ${this.other.name}, RMSD ${formatNumber(this.other.rmsd, "Å")} Å.`);
    this.phase = 0;
    this.setPlaying(moves && !matchMedia("(prefers-reduced-motion: reduce)").matches);
    this.draw();
  }

  get other() {
    return this.structure.others[Number(this.others.value)];
  }

  setPlaying(playing) {
    this.playing = playing;
    this.play.textContent = playing ? "Pause" : "Play";
    cancelAnimationFrame(this.next);
    if (!playing) return;
    let before = null;
    const tick = (now) => {
      if (before === null || now - before >= FRAME) {
        if (before !== null) this.phase = (this.phase + (now - before) / VIEWS[this.view].period) % 1;
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
    const { gl, structure, view } = this;
    if (!gl || !structure) return;
    const scenes = view === "sides" ? this.grid.map((cell, k) => [cell, COLUMNS_OF_SIDES[k]]) : [[gl, view]];
    for (const [scene, shown] of scenes) {
      if (missingOf(shown, structure).length) {
        clearScene(scene);
        scene.render();
        continue;
      }
      this.frame(scene);
      const [positions, place] = VIEWS[shown].picture(structure, this.phase);
      clearScene(scene);
      drawMolecule(scene, structure, positions, place, shown === "overlay" ? THIN : THICK);
      if (shown === "overlay") drawOther(scene, structure, this.other.positions);
      if (shown === "mode") drawArrows(scene, structure);
      if (this.numbered) drawNumbers(scene, structure, positions);
      if (scene === gl) {
        this.slider.value = place;
        this.onPlace(shown === "path" ? place : null);
      }
      scene.render();
    }
  }

  // Once for each reaction, so that what the user has turned stays turned.
  frame(scene) {
    if (this.framed.has(scene)) return;
    this.framed.add(scene);
    const sides = COLUMNS_OF_SIDES.map((side) => this.structure[side]).filter((side) => side);
    const { clientWidth, clientHeight } = scene === this.gl ? this.stage : this.sides;
    const width = scene === this.gl ? clientWidth : clientWidth / COLUMNS_OF_SIDES.length;
    frameAll(scene, this.structure, sides, width / clientHeight);
  }

  onKey(event) {
    if (!this.gl || event.ctrlKey || event.metaKey || event.altKey) return;
    const scenes = this.view === "sides" ? this.grid : [this.gl];
    const each = (act) => () => scenes.forEach(act);
    const act = {
      ArrowLeft: each((gl) => gl.rotate(-12, "y")),
      ArrowRight: each((gl) => gl.rotate(12, "y")),
      ArrowUp: each((gl) => gl.rotate(-12, "x")),
      ArrowDown: each((gl) => gl.rotate(12, "x")),
      "+": each((gl) => gl.zoom(1.15)),
      "=": each((gl) => gl.zoom(1.15)),
      "-": each((gl) => gl.zoom(1 / 1.15)),
      " ": () => VIEWS[this.view].period && this.setPlaying(!this.playing),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }
}
