"use strict";
(() => {
// Text from the data enters the page as text alone, never as markup.

const NAMESPACE = "http://www.w3.org/2000/svg";
const SIZE = 480; // of half of the graph, in its own units
const byId = (id) => document.getElementById(id);

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

const make = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);
const svg = (tag, attributes = {}, ...children) => fill(document.createElementNS(NAMESPACE, tag), attributes, children);
const minus = (text) => text.replace(/^-(?!.*[1-9])/, "").replaceAll("-", "−"); // none before a rounded zero
const energy = (value) => minus(value.toFixed(1));
const power = (log) => `10${minus(log.toFixed(1)).replace(/[−\d.]/g, (c) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹·"["−0123456789.".indexOf(c)])}`;

async function readContent() {
  const bytes = Uint8Array.from(atob(byId("data").textContent), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).json();
}

// Enter and space press what is no button.
const pressed = (act) => ({
  tabindex: 0,
  onclick: act,
  onkeydown: (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    act();
  },
});

// The picture that can be moved by one pointer and zoomed by two, or by the wheel.
class Graph {
  constructor(host, { molecules, steps }, onChoose) {
    this.host = host;
    this.steps = steps;
    this.pointers = new Map();
    const at = (node) => node.place.map((x) => SIZE * x);
    this.edges = steps.flatMap((step, k) =>
      [...new Set([...step.reactants, ...step.products])].map((molecule) => {
        const [[x1, y1], [x2, y2]] = [at(step), at(molecules[molecule])];
        return { step: k, molecule, line: svg("line", { x1, y1, x2, y2 }) };
      }));
    this.nodes = { molecule: [], step: [] };
    steps.forEach((step, k) => {
      const [x, y] = at(step);
      const label = `Step ${this.equation(step, molecules)}`;
      const mark = svg("rect", { x: x - 5, y: y - 5, width: 10, height: 10 });
      this.nodes.step.push(svg("g", { class: "node", role: "button", "aria-label": label, ...pressed(() => onChoose("step", k)) }, svg("title", {}, label), mark));
    });
    molecules.forEach((molecule, k) => {
      const [x, y] = at(molecule);
      const mark = svg("circle", { cx: x, cy: y, r: 9, class: molecule.generation === 0 ? "start" : "" });
      const text = svg("text", { x, y: y + 23 }, molecule.name.length > 24 ? molecule.formula ?? `${molecule.name.slice(0, 22)}…` : molecule.name);
      this.nodes.molecule.push(svg("g", { class: "node", role: "button", "aria-label": molecule.name, ...pressed(() => onChoose("molecule", k)) }, svg("title", {}, molecule.name), mark, text));
    });
    host.append(...this.edges.map(({ line }) => line), ...this.nodes.step, ...this.nodes.molecule);
    this.showWhole();
    host.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.zoom(Math.exp(event.deltaY * 0.0015), this.point(event));
    }, { passive: false });
    host.addEventListener("pointerdown", (event) => this.pointers.set(event.pointerId, [event.clientX, event.clientY]));
    addEventListener("pointermove", (event) => this.move(event));
    for (const end of ["pointerup", "pointercancel"]) addEventListener(end, (event) => this.pointers.delete(event.pointerId));
  }

  equation(step, molecules) {
    const side = (names) => names.map((k) => molecules[k].name).join(" + ");
    return `${side(step.reactants)} ⇌ ${side(step.products)}`;
  }

  showWhole() {
    this.box = [-SIZE - 70, -SIZE - 40, 2 * SIZE + 140, 2 * SIZE + 90];
    this.apply();
  }

  apply() {
    this.host.setAttribute("viewBox", this.box.join(" "));
  }

  // Where an event is, in the units of the picture.
  point({ clientX, clientY }) {
    return new DOMPoint(clientX, clientY).matrixTransform(this.host.getScreenCTM().inverse());
  }

  zoom(factor, centre) {
    const [x, y, width, height] = this.box;
    const about = centre ?? { x: x + width / 2, y: y + height / 2 };
    this.box = [about.x + (x - about.x) * factor, about.y + (y - about.y) * factor, width * factor, height * factor];
    this.apply();
  }

  move(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const other = [...this.pointers].find(([id]) => id !== event.pointerId)?.[1];
    const now = [event.clientX, event.clientY];
    if (other) {
      const gap = ([x, y]) => Math.max(1, Math.hypot(x - other[0], y - other[1]));
      this.zoom(gap(before) / gap(now), this.point({ clientX: other[0], clientY: other[1] }));
    } else {
      const [from, to] = [before, now].map(([clientX, clientY]) => this.point({ clientX, clientY }));
      this.box[0] += from.x - to.x;
      this.box[1] += from.y - to.y;
      this.apply();
    }
    this.pointers.set(event.pointerId, now);
  }

  choose(kind, k) {
    for (const [one, nodes] of Object.entries(this.nodes)) {
      nodes.forEach((node, n) => node.classList.toggle("chosen", one === kind && n === k));
    }
  }

  // What lies behind higher barriers steps back.
  limit(highest) {
    const near = (step) => Math.min(step.barrier, step.reverse) <= highest;
    const kept = new Set(this.steps.flatMap((step) => (near(step) ? [...step.reactants, ...step.products] : [])));
    this.nodes.step.forEach((node, k) => node.classList.toggle("far", !near(this.steps[k])));
    this.nodes.molecule.forEach((node, k) => node.classList.toggle("far", !kept.has(k)));
    for (const { step, line } of this.edges) line.classList.toggle("far", !near(this.steps[step]));
  }

  showRoute({ begin, steps }) {
    const passed = new Set([begin, ...steps.map(([, , into]) => into)]);
    const taken = new Set(steps.map(([step]) => step));
    this.nodes.molecule.forEach((node, k) => node.classList.toggle("on-route", passed.has(k)));
    this.nodes.step.forEach((node, k) => node.classList.toggle("on-route", taken.has(k)));
    for (const { step, molecule, line } of this.edges) line.classList.toggle("on-route", taken.has(step) && passed.has(molecule));
  }
}

class Page {
  constructor(content) {
    this.content = content;
    const { molecules, steps, routes } = content;
    byId("name").textContent = content.name;
    byId("headline").textContent = `${molecules.length} molecules, ${steps.length} elementary steps · Gibbs energies at ${content.temperature} K and 1 mol/L, kcal/mol`;
    this.showNotes();
    this.graph = new Graph(byId("graph"), content, (kind, k) => this.choose(kind, k));
    byId("nearer").onclick = () => this.graph.zoom(0.75);
    byId("farther").onclick = () => this.graph.zoom(1.33);
    byId("whole").onclick = () => this.graph.showWhole();
    this.startLimit();
    try {
      this.stage = $3Dmol.createViewer(byId("stage"), { backgroundAlpha: 0 });
    } catch (error) {
      console.warn(error);
    }
    this.routes = [...routes].sort((a, b) => Math.max(...a.summits) - Math.max(...b.summits));
    this.showRoutes();
    if (this.routes.length) this.chooseRoute(0);
    const start = molecules.findIndex(({ generation }) => generation === 0);
    if (molecules.length) this.choose("molecule", Math.max(0, start));
  }

  showNotes() {
    const { leftOut, misfit, steps } = this.content;
    const electronic = steps.filter(({ thermal }) => !thermal).length;
    const notes = [
      ...Object.entries(leftOut).map(([reason, n]) => `${n} rows left out: ${reason}`),
      ...(electronic ? [`${electronic} steps have electronic energies alone`] : []),
      ...(misfit > 1 ? [`around cycles the rows disagree by up to ${misfit.toFixed(1)} kcal/mol`] : []),
    ];
    byId("notes").textContent = notes.join("; ");
    byId("notes").hidden = !notes.length;
  }

  startLimit() {
    const barriers = this.content.steps.map(({ barrier, reverse }) => Math.min(barrier, reverse));
    const limit = byId("limit");
    const highest = Math.ceil(Math.max(1, ...barriers));
    Object.assign(limit, { min: 0, max: highest, step: 1, value: highest });
    const apply = () => {
      byId("limit-text").textContent = `${limit.value} kcal/mol`;
      this.graph.limit(Number(limit.value));
    };
    limit.oninput = apply;
    apply();
  }

  choose(kind, k) {
    const { molecules, steps } = this.content;
    this.graph.choose(kind, k);
    const one = kind === "step" ? steps[k] : molecules[k];
    byId("chosen-name").textContent = kind === "step" ? this.graph.equation(one, molecules) : one.name;
    byId("chosen-about").textContent = kind === "step" ? "Transition state" : [one.formula, one.generation === 0 ? "of the start" : `generation ${one.generation ?? "unknown"}`].filter((text) => text).join(" · ");
    this.draw(one.xyz);
    const kcal = one.thermal === false ? "kcal/mol, electronic" : "kcal/mol";
    const facts = kind === "step" ? [
      ["name", one.name],
      ["barrier", `${energy(one.barrier)} ${kcal}`],
      ["barrier back", `${energy(one.reverse)} ${kcal}`],
      ["reaction", `${energy(one.barrier - one.reverse)} ${kcal}`],
      ["rate constant", `${power(one.rate)} ${one.reactants.length > 1 ? "L/(mol s)" : "1/s"}`],
      ...(one.frequency === null ? [] : [["imaginary mode", `${Math.abs(one.frequency).toFixed(0)}i cm⁻¹`]]),
      ...(one.level ? [["level of theory", one.level]] : []),
      ...(one.warnings.length ? [["warnings", one.warnings.join(", ")]] : []),
    ] : [];
    byId("facts").replaceChildren(...facts.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value))));
    const link = (text, to, n) => make("button", { type: "button", class: "link", onclick: () => this.choose(to, n) }, text);
    const links = kind === "step"
      ? [...new Set([...one.reactants, ...one.products])].map((n) => link(molecules[n].name, "molecule", n))
      : steps.flatMap((step, n) => ([...step.reactants, ...step.products].includes(k)
        ? [link(`${this.graph.equation(step, molecules)} (${energy(step.barrier)})`, "step", n)] : []));
    byId("neighbours").replaceChildren(...links);
  }

  draw(xyz) {
    if (!this.stage) {
      byId("stage").textContent = "This browser draws no 3D pictures: WebGL is off.";
      return;
    }
    this.stage.removeAllModels();
    if (xyz) {
      this.stage.addModel(xyz, "xyz");
      this.stage.setStyle({}, { stick: { radius: 0.11, colorscheme: "Jmol" }, sphere: { scale: 0.25, colorscheme: "Jmol" } });
      this.stage.zoomTo();
    }
    this.stage.render();
  }

  showRoutes() {
    const { molecules } = this.content;
    const heads = ["to", "steps", "highest TS, kcal/mol", "end, kcal/mol", "time, s"];
    this.lines = this.routes.map(({ end, steps, summits, levels, time }, k) => {
      const cells = [String(steps.length), energy(Math.max(...summits)), energy(levels.at(-1)), power(time)];
      return make("tr", { "aria-selected": "false", ...pressed(() => this.chooseRoute(k)) },
        make("td", {}, molecules[end].name), ...cells.map((text) => make("td", { class: "number" }, text)));
    });
    byId("routes").replaceChildren(
      make("thead", {}, make("tr", {}, ...heads.map((name, k) => make("th", { class: k ? "number" : "" }, name)))),
      make("tbody", {}, ...this.lines));
  }

  chooseRoute(k) {
    this.lines.forEach((line, n) => line.setAttribute("aria-selected", String(n === k)));
    this.graph.showRoute(this.routes[k]);
    byId("profile").replaceChildren(this.profile(this.routes[k]));
  }

  // Levels of molecules and TSs along a route.
  profile({ begin, steps, summits, levels }) {
    const { molecules } = this.content;
    const points = [{ value: 0, name: molecules[begin].name, kind: "level", open: ["molecule", begin] }];
    steps.forEach(([step, , into], k) => points.push(
      { value: summits[k], name: "TS", kind: "ts", open: ["step", step] },
      { value: levels[k], name: molecules[into].name, kind: "level", open: ["molecule", into] }));
    const values = points.map(({ value }) => value);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const y = (value) => 30 + ((high - value) / Math.max(1, high - low)) * 150;
    const x = (k) => 60 + 110 * k;
    const picture = svg("svg", {
      width: x(points.length - 1) + 60, height: 230, role: "img",
      "aria-label": points.map(({ name, value }) => `${name} ${energy(value)}`).join(", "),
    });
    points.forEach(({ value, name, kind, open }, k) => {
      const [at, top] = [x(k), y(value)];
      if (k) picture.append(svg("line", { class: "link", x1: x(k - 1) + 28, x2: at - 28, y1: y(points[k - 1].value), y2: top }));
      picture.append(svg("g", { role: "button", "aria-label": name, ...pressed(() => this.choose(...open)) },
        svg("line", { class: kind, x1: at - 28, x2: at + 28, y1: top, y2: top }),
        svg("text", { class: "value", x: at, y: top - 7 }, energy(value)),
        svg("text", { x: at, y: top + 16 }, name.length > 16 ? `${name.slice(0, 15)}…` : name)));
    });
    return picture;
  }
}

readContent()
  .then((content) => {
    new Page(content);
    document.documentElement.dataset.ready = "yes";
  })
  .catch((error) => {
    byId("notes").textContent = `The page cannot be shown (${error.message}); open it in a browser of 2023 or later.`;
    byId("notes").hidden = false;
    throw error;
  });
})();
