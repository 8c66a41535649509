/* Ports as X6 wants them: a dot, a larger circle to take hold of, and a name. */

import { portPlace } from "./box.js";

const PORT_MARKUP = [
  { tagName: "circle", selector: "hit" },
  { tagName: "circle", selector: "dot" },
];

const LETTER = 6.2; // pixels of a port's name
const BEFORE = { name: "left", args: { x: -9, y: 12 } };
const LABELS = { left: { name: "left", args: { x: -12, y: -11 } }, right: { name: "right", args: { x: 12, y: -11 } }, top: { name: "right", args: { x: 9, y: -11 } }, bottom: { name: "right", args: { x: 9, y: 12 } } };

export function portGroup(side) {
  const label = { position: LABELS[side] };
  const hit = { r: 13, fill: "transparent", stroke: "none", magnet: true };
  return { position: "absolute", markup: PORT_MARKUP, label, attrs: { hit, dot: { r: 5, class: "tc-port-dot" }, text: { class: "tc-port-label" } } };
}

/* A name stands at the right of its port; at the left where the line leans to the right and the name before leaves room. */
export function portItems({ inputs, outputs }, size, direction, words, leaning) {
  const width = (n) => (outputs[n] ? words(outputs[n]).length * LETTER : 0);
  const roomBefore = (n) => (n ? size.width / outputs.length - width(n) - (leaning.has(outputs[n - 1].key) ? 0 : width(n - 1)) > 24 : true);
  const item = (side, ports) => (port, n) => ({
    id: port.key,
    group: `${side}_${direction}`,
    args: portPlace(ports, n, side, size, direction),
    ...(side === "out" && leaning.has(port.key) && roomBefore(n) ? { label: { position: BEFORE } } : {}),
    attrs: { text: { text: ports.length > 1 ? words(port) : "" }, dot: { class: `tc-port-dot ${port.role === "complement" ? "tc-complement" : ""}` } },
  });
  return [...inputs.map(item("in", inputs)), ...outputs.map(item("out", outputs))];
}
