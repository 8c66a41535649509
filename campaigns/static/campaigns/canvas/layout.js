/* Auto-layout: boxes in the order in which people flow, downwards or from left to right. */

import { boxSize, portPlace } from "./box.js";

export function arrange(drawing) {
  const sizes = new Map([...drawing.activities.keys()].map((uid) => [uid, boxSize(drawing.describe(uid), drawing.direction)]));
  const byDrawing = plan(drawing, sizes, true);
  const byCrossings = plan(drawing, sizes, false);
  const ways = [byDrawing, byCrossings, mirrored(byCrossings, drawing.direction), mirrored(byDrawing, drawing.direction)];
  const [best] = ways.map((centers) => [crossings(drawing, sizes, centers), centers]).sort((a, b) => a[0] - b[0]);
  const corner = (uid, { x, y }) => ({ x: x - sizes.get(uid).width / 2, y: y - sizes.get(uid).height / 2 });
  drawing.move(new Map([...best[1]].map(([uid, center]) => [uid, corner(uid, center)])));
}

/* Centres of the boxes. Arrows are given in the order of their ports, which `asDrawn` keeps. */
function plan(drawing, sizes, asDrawn) {
  const Dagre = window.dagre;
  const graph = new Dagre.graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: drawing.direction, nodesep: 48, ranksep: drawing.direction === "TB" ? 58 : 124 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const [uid, size] of sizes) graph.setNode(uid, { ...size });
  for (const uid of sizes.keys()) {
    const order = drawing.describe(uid).outputs.map((port) => port.key);
    const leaving = drawing.outbound(uid).sort((a, b) => order.indexOf(a.source_port) - order.indexOf(b.source_port));
    for (const t of leaving) graph.setEdge(t.source, t.target, {}, `${t.source_port} ${t.target_port}`);
  }
  Dagre.layout(graph, { disableOptimalOrderHeuristic: asDrawn });
  return new Map([...sizes.keys()].map((uid) => [uid, graph.node(uid)]));
}

function mirrored(centers, direction) {
  return new Map([...centers].map(([uid, { x, y }]) => [uid, direction === "TB" ? { x: -x, y } : { x, y: -y }]));
}

/* How many arrows cross, taken as straight lines from port to port. */
function crossings(drawing, sizes, centers) {
  const end = (uid, side, key) => {
    const ports = drawing.describe(uid)[side === "out" ? "outputs" : "inputs"];
    const size = sizes.get(uid);
    const place = portPlace(ports, Math.max(0, ports.findIndex((port) => port.key === key)), side, size, drawing.direction);
    const { x, y } = centers.get(uid);
    return { x: x - size.width / 2 + place.x, y: y - size.height / 2 + place.y };
  };
  const lines = drawing.transitions
    .filter((t) => drawing.describe(t.source).outputs.length && drawing.describe(t.target).inputs.length)
    .map((t) => [end(t.source, "out", t.source_port), end(t.target, "in", t.target_port)]);
  let found = 0;
  lines.forEach((a, n) => lines.slice(n + 1).forEach((b) => (found += cross(a, b))));
  return found;
}

function cross([a, b], [c, d]) {
  const side = (p, q, r) => Math.sign((q.x - p.x) * (r.y - p.y) - (q.y - p.y) * (r.x - p.x));
  return side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0 ? 1 : 0;
}
