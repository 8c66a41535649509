/* The drawing on screen: X6 draws it and reports gestures; the drawing itself is in drawing.js. */

import { BOX, Box, boxSize, portPlace } from "./box.js";
import { number, toast } from "./dom.js";
import { transitionKey } from "./drawing.js";
import { placeLabel } from "./label.js";
import { portGroup, portItems } from "./ports.js";
import { detour, leadsBack, wayBack } from "./route.js";

const { Graph, Selection, Shape, Snapline } = window.X6;
const boxes = new Map();
const GRID = 8;
const LEAN = 24;
const SCALE = { min: 0.15, max: 2, whole: 0.45, readable: 0.6 }; // smaller than `whole`, a drawing opens at its start
const MARGIN = { side: 44, top: 28, bottom: 84 }; // the toolbar floats at the foot

function boxOf(uid) {
  if (!boxes.has(uid)) boxes.set(uid, new Box(uid));
  return boxes.get(uid);
}

Shape.HTML.register({
  shape: "tutti-box",
  width: BOX.width,
  height: BOX.height,
  effect: [],
  html: (cell) => boxOf(cell.id).element,
  ports: { groups: { in_LR: portGroup("left"), out_LR: portGroup("right"), in_TB: portGroup("top"), out_TB: portGroup("bottom") } },
});

Graph.registerEdge(
  "tutti-arrow",
  {
    inherit: "edge",
    zIndex: 1,
    attrs: { line: { class: "tc-line", stroke: "currentColor", strokeWidth: 2, targetMarker: { name: "classic", size: 7, offset: 0 } }, wrap: { class: "tc-line-wrap", strokeWidth: 18 } },
    defaultLabel: {
      markup: [
        { tagName: "rect", selector: "body" },
        { tagName: "text", selector: "label" },
      ],
      attrs: {
        label: { class: "tc-arrow-label", fontSize: 12, textAnchor: "middle", textVerticalAnchor: "middle", pointerEvents: "none" },
        body: { ref: "label", class: "tc-arrow-pill", refX: -9, refY: -4, refWidth: 18, refHeight: 8, refWidth2: 18, rx: 10, ry: 10 },
      },
      position: { distance: 0.56 },
    },
  },
  true,
);

export class Screen {
  constructor(container, drawing) {
    this.drawing = drawing;
    this.tasks = {};
    this.graph = new Graph({
      container,
      autoResize: true,
      async: false,
      grid: { size: GRID, visible: false },
      panning: { enabled: true, eventTypes: ["leftMouseDown", "rightMouseDown", "mouseWheel", "mouseWheelDown"] },
      mousewheel: { enabled: true, modifiers: ["ctrl", "meta"], minScale: SCALE.min, maxScale: SCALE.max, factor: 1.1 },
      scaling: { min: SCALE.min, max: SCALE.max },
      interacting: () => ({ nodeMovable: drawing.editable, magnetConnectable: drawing.editable, edgeMovable: false, edgeLabelMovable: false, arrowheadMovable: false }),
      connecting: this.connecting(),
      highlighting: { magnetAvailable: { name: "className", args: { className: "tc-available" } }, magnetAdsorbed: { name: "className", args: { className: "tc-adsorbed" } } },
    });
    this.selection = new Selection({ enabled: true, multiple: true, rubberband: true, modifiers: "shift", movable: drawing.editable, showNodeSelectionBox: false, pointerEvents: "none" });
    this.graph.use(this.selection);
    if (drawing.editable) this.graph.use(new Snapline({ enabled: true, sharp: true }));
    this.listen();
    this.watchWidth(container);
    this.sync();
    drawing.addEventListener("change", () => this.sync());
    drawing.addEventListener("learned", () => this.sync());
    drawing.addEventListener("select", () => this.showSelection());
  }

  connecting() {
    return {
      snap: { radius: 28 },
      allowBlank: false,
      allowLoop: false,
      allowEdge: false,
      allowMulti: "withPort",
      allowNode: true,
      highlight: true,
      connectionPoint: "anchor",
      createEdge: () => this.graph.createEdge({ shape: "tutti-arrow", connector: this.connector(), attrs: { line: { class: "tc-line tc-drawing" } } }),
      validateMagnet: ({ cell, magnet }) => this.mayStart(cell.id, magnet),
      validateConnection: ({ sourceCell, targetCell, sourcePort, targetPort }) => {
        if (!sourceCell || !targetCell || !targetCell.isNode()) return false;
        if (targetPort) return this.drawing.refusal(sourceCell.id, sourcePort, targetCell.id, targetPort) === "";
        return this.drawing.freeInput(sourceCell.id, sourcePort, targetCell.id) !== null;
      },
    };
  }

  mayStart(uid, magnet) {
    const port = magnet.closest("[port]")?.getAttribute("port");
    const output = this.drawing.describe(uid).outputs.find((p) => p.key === port);
    if (!output || !this.drawing.editable) return false;
    if (!output.many && this.drawing.outbound(uid, port).length) toast(gettext("This output already leads somewhere. Add a Fork to send it to several boxes."));
    return true; // the line then finds no place to end
  }

  listen() {
    const { graph, drawing } = this;
    graph.on("edge:connected", ({ isNew, edge }) => isNew && this.connected(edge));
    graph.on("node:move", () => (this.dragging = true));
    graph.on("node:moved", () => setTimeout(() => this.moved()));
    graph.on("selection:changed", ({ selected }) => {
      if (!this.showing) drawing.select(selected.map((cell) => cell.id));
    });
    graph.on("node:dblclick", ({ node }) => drawing.tell("open", { uid: node.id }));
    graph.on("node:click", ({ node }) => boxOf(node.id).element.focus({ preventScroll: true }));
  }

  /* What was in the middle stays in the middle when the side panel comes and goes. */
  watchWidth(container) {
    let { clientWidth: width, clientHeight: height } = container;
    const touched = () => (this.fitted = false);
    for (const name of ["wheel", "pointerdown"]) container.addEventListener(name, (event) => event.target.closest(".x6-cell") || touched());
    new ResizeObserver(() => {
      const wider = container.clientWidth - width;
      if (!wider && container.clientHeight === height) return;
      ({ clientWidth: width, clientHeight: height } = container);
      if (this.fitted) this.open();
      else this.graph.translateBy(wider / 2, 0);
      const [only, ...more] = this.drawing.selection;
      if (only && !more.length && this.drawing.activities.has(only)) this.reveal(only);
    }).observe(container);
  }

  connected(edge) {
    const { cell: source, port: sourcePort } = edge.getSource();
    const { cell: target, port } = edge.getTarget();
    edge.remove();
    const targetPort = port || this.drawing.freeInput(source, sourcePort, target)?.key;
    const refusal = this.drawing.connect(source, sourcePort, target, targetPort);
    if (refusal) toast(refusal);
  }

  moved() {
    this.dragging = false;
    const places = new Map();
    for (const node of this.graph.getNodes()) {
      const { x, y } = node.getPosition();
      const known = this.drawing.activities.get(node.id);
      if (known && (known.x !== Math.round(x) || known.y !== Math.round(y))) places.set(node.id, { x, y });
    }
    if (places.size) this.drawing.move(places);
  }

  /* --- drawing → screen ------------------------------------------------------------------------------- */

  sync() {
    const { graph, drawing } = this;
    const keys = new Set(drawing.transitions.map(transitionKey));
    const beingDrawn = (edge) => !edge.id.includes("|"); // by hand, at this moment
    for (const edge of graph.getEdges()) if (!keys.has(edge.id) && !beingDrawn(edge)) edge.remove();
    for (const node of graph.getNodes()) {
      if (!drawing.activities.has(node.id)) {
        node.remove();
        boxes.delete(node.id);
      }
    }
    this.planRoutes();
    const missing = [];
    for (const activity of drawing.activities.values()) this.syncBox(activity, missing);
    if (missing.length) graph.addNodes(missing);
    for (const t of drawing.transitions) this.syncArrow(t);
    this.routeArrows();
    this.showSelection();
    drawing.tell("drawn");
  }

  syncBox(activity, missing) {
    const described = this.drawing.describe(activity.uid);
    const kind = this.drawing.kind(activity);
    boxOf(activity.uid).show(activity, kind, described, this.drawing.problemsOf(activity.uid), this.tasks[activity.uid]);
    const { direction } = this.drawing;
    const size = boxSize(described, direction);
    const { width, height } = size;
    const ports = portItems(described, size, direction, this.portWords(activity.uid), this.leaning.get(activity.uid) || new Set());
    const node = this.graph.getCellById(activity.uid);
    if (!node) {
      missing.push({ id: activity.uid, shape: "tutti-box", x: activity.x, y: activity.y, width, height, zIndex: 2, ports: { items: ports } });
      return;
    }
    const { x, y } = node.getPosition();
    if (!this.dragging && (x !== activity.x || y !== activity.y)) node.position(activity.x, activity.y);
    if (node.getSize().height !== height || node.getSize().width !== width) node.resize(width, height);
    const look = (items) => JSON.stringify(items.map((p) => [p.id, p.group, p.args, p.attrs.text.text, p.label?.position.name]));
    if (look(node.ports.items) !== look(ports)) node.prop("ports/items", ports, { rewrite: true });
  }

  /* What to write at a port: its label, unless its arrow has one; and its count, when no arrow shows it. */
  portWords(uid) {
    const counts = this.tasks[uid]?.counts || {};
    return (port) => {
      const arrows = this.drawing.outbound(uid, port.key);
      if (arrows.some((t) => t.label)) return "";
      return arrows.length || counts[port.key] === undefined ? port.label : `${port.label} · ${number(counts[port.key])}`;
    };
  }

  syncArrow(t) {
    const id = transitionKey(t);
    const task = this.tasks[t.source];
    const count = task && task.counts ? task.counts[t.source_port] : undefined;
    const counted = count === undefined || count === null ? "" : number(count);
    const text = [t.label, counted].filter(Boolean).join(" · ");
    let edge = this.graph.getCellById(id);
    if (!edge) {
      if (!this.graph.getCellById(t.source) || !this.graph.getCellById(t.target)) return;
      edge = this.graph.addEdge({ id, shape: "tutti-arrow", connector: this.connector(), source: { cell: t.source, port: t.source_port }, target: { cell: t.target, port: t.target_port, anchor: this.tip() } });
    }
    const state = task ? (task.status === "done" ? "tc-passed" : ["running", "sending"].includes(task.status) ? "tc-flowing" : "") : "";
    const look = `${text}|${state}|${counted}`;
    if (edge.tuttiLook === look) return;
    edge.tuttiLook = look;
    edge.setLabels(text ? [{ attrs: { label: { text, class: `tc-arrow-label ${counted ? "tc-counted" : ""}` }, body: { class: `tc-arrow-pill ${counted ? "tc-counted" : ""}` } } }] : []);
    edge.attr("line/class", `tc-line ${state}`);
  }

  /* Boxes as they lie there, with their sizes. */
  laid() {
    const { drawing } = this;
    return [...drawing.activities.values()].map((a) => ({ uid: a.uid, x: a.x, y: a.y, ...boxSize(drawing.describe(a.uid), drawing.direction) }));
  }

  /* Long lines pass beside the boxes in their way. `leaning`: ports by box whose line turns to the right at once. */
  planRoutes() {
    const { direction } = this.drawing;
    const boxes = this.laid();
    const byUid = new Map(boxes.map((box) => [box.uid, box]));
    this.routes = new Map();
    this.leaning = new Map();
    for (const t of this.drawing.transitions) {
      if (!byUid.has(t.source) || !byUid.has(t.target)) continue;
      const [from, to] = [this.portPoint(byUid.get(t.source), "out", t.source_port), this.portPoint(byUid.get(t.target), "in", t.target_port)];
      const back = leadsBack(from, to, direction);
      const others = boxes.filter((box) => box.uid !== t.source && box.uid !== t.target);
      const points = back ? wayBack(from, to, boxes, direction) : detour(from, to, others, direction);
      this.routes.set(transitionKey(t), { back, points });
      if (direction === "TB" && (points[0] || to).x > from.x + LEAN) this.leaning.set(t.source, new Set([...(this.leaning.get(t.source) || []), t.source_port]));
    }
  }

  /* Numbers stand where no box covers them. */
  routeArrows() {
    const boxes = this.laid();
    const names = (uid) => this.drawing.describe(uid).outputs.length > 1;
    for (const [key, { back, points }] of this.routes) {
      const edge = this.graph.getCellById(key);
      if (!edge) continue;
      const connector = back ? { name: "rounded", args: { radius: 18 } } : this.connector();
      if (JSON.stringify(edge.getConnector()) !== JSON.stringify(connector)) edge.setConnector(connector);
      if (JSON.stringify(points) !== JSON.stringify(edge.getVertices())) edge.setVertices(points);
      if (edge.getLabels().length) placeLabel(edge, this.graph.findViewByCell(edge), boxes, this.drawing.direction === "LR" && names(edge.getSourceCellId()));
    }
  }

  portPoint(box, side, key) {
    const ports = this.drawing.describe(box.uid)[side === "out" ? "outputs" : "inputs"];
    const n = ports.findIndex((port) => port.key === key);
    const place = n < 0 ? { x: box.width / 2, y: box.height / 2 } : portPlace(ports, n, side, box, this.drawing.direction);
    return { x: box.x + place.x, y: box.y + place.y };
  }

  connector() {
    return { name: "smooth", args: { direction: this.drawing.direction === "TB" ? "V" : "H" } };
  }

  /* Where the tip of an arrow ends: just before the port's dot. */
  tip() {
    return { name: "center", args: this.drawing.direction === "TB" ? { dy: -8 } : { dx: -8 } };
  }

  /* Let people flow in the other direction. */
  turn(direction) {
    this.drawing.direction = direction;
    this.graph.clearCells();
    this.sync();
  }

  showSelection() {
    this.showing = true;
    const cells = [...this.drawing.selection].map((key) => this.graph.getCellById(key)).filter(Boolean);
    this.selection.reset(cells);
    this.showing = false;
    for (const [uid, box] of boxes) box.element.classList.toggle("tc-selected", this.drawing.selection.has(uid));
    for (const edge of this.graph.getEdges()) {
      const view = this.graph.findViewByCell(edge);
      if (view) view.container.classList.toggle("tc-selected", this.drawing.selection.has(edge.id));
    }
  }

  showRun(tasks) {
    this.tasks = tasks;
    this.sync();
  }

  /* Dragging the ground selects an area instead of moving the view. */
  selectArea(on) {
    this.selection.setRubberbandModifiers(on ? null : "shift");
    if (on) this.graph.disablePanning();
    else this.graph.enablePanning();
    this.graph.container.parentElement.classList.toggle("tc-area", on);
    return on;
  }

  /* --- places ------------------------------------------------------------------------------------------- */

  element(uid) {
    return boxOf(uid).element;
  }

  /* Everything, as large as it goes between the top and the toolbar; at `scale` it starts at its first boxes. */
  fit(scale = this.wholeScale()) {
    this.fitted = true;
    const { left, top, width, height } = this.extent();
    const room = this.room();
    const spare = { x: Math.max(0, room.width - width * scale), y: Math.max(0, room.height - height * scale) };
    this.graph.zoomTo(scale);
    this.graph.translate(MARGIN.side + spare.x / 2 - left * scale, MARGIN.top + spare.y / 2 - top * scale);
  }

  /* The room that boxes take, and the lines that lead around them. */
  extent() {
    const boxes = this.laid();
    const corners = this.graph.getEdges().flatMap((edge) => edge.getVertices());
    if (!boxes.length) return { left: 0, top: 0, width: 0, height: 0 };
    const [left, top] = ["x", "y"].map((axis) => Math.min(...[...boxes, ...corners].map((place) => place[axis])));
    const right = Math.max(...boxes.map((b) => b.x + b.width), ...corners.map((c) => c.x));
    const bottom = Math.max(...boxes.map((b) => b.y + b.height), ...corners.map((c) => c.y));
    return { left, top, width: right - left, height: bottom - top };
  }

  room() {
    const { clientWidth, clientHeight } = this.graph.container;
    return { width: clientWidth - 2 * MARGIN.side, height: clientHeight - MARGIN.top - MARGIN.bottom };
  }

  wholeScale() {
    const { width, height } = this.extent();
    const room = this.room();
    return Math.max(SCALE.min, Math.min(1, room.width / (width || 1), room.height / (height || 1)));
  }

  zoom(factor) {
    this.fitted = false;
    const { width, height } = this.graph.container.getBoundingClientRect();
    this.graph.zoomTo(Math.min(SCALE.max, Math.max(SCALE.min, this.graph.zoom() * factor)), { center: this.graph.clientToLocal(this.middle(width, height)) });
  }

  middle(width, height) {
    const { left, top } = this.graph.container.getBoundingClientRect();
    return { x: left + width / 2, y: top + height / 2 };
  }

  center() {
    const { width, height } = this.graph.container.getBoundingClientRect();
    return this.graph.clientToLocal(this.middle(width, height));
  }

  /* The first look: all of it when that can be read. */
  open() {
    const whole = this.wholeScale();
    this.fit(whole >= SCALE.whole ? whole : SCALE.readable);
  }

  /* Bring a box into view when it is not. */
  reveal(uid) {
    const node = this.graph.getCellById(uid);
    if (!node) return;
    const inside = this.graph.localToClient(node.getBBox());
    const frame = this.graph.container.getBoundingClientRect();
    const visible = inside.x >= frame.left + 8 && inside.y >= frame.top + 8 && inside.x + inside.width <= frame.right - 8 && inside.y + inside.height <= frame.bottom - 8;
    if (!visible) this.graph.centerCell(node);
  }

  local(clientX, clientY) {
    return this.graph.clientToLocal({ x: clientX, y: clientY });
  }

  snap(value) {
    return Math.round(value / GRID) * GRID;
  }
}
