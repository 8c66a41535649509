/* Where the words and the number of an arrow stand: on the line, at a place that no box covers. */

const PLACES = [0.6, 0.55, 0.5, 0.65, 0.44, 0.7, 0.38, 0.78, 0.3, 0.22];
const ACROSS = [0.74, 0.68, ...PLACES]; // from left to right, the names of ports stand before it
const BENT = [0.5, 0.42, 0.58, ...PLACES]; // a line that leads around boxes
const LETTER = 7.4; // pixels, as wide as they come
const PILL = { padding: 20, height: 24 };
const BEHIND = 1;
const BEFORE = 3; // boxes are at 2

export function placeLabel(edge, view, boxes, afterNames) {
  if (!view) return;
  const [label] = edge.getLabels();
  const width = label.attrs.label.text.length * LETTER + PILL.padding;
  const places = edge.getVertices().length ? BENT : afterNames ? ACROSS : PLACES;
  const free = places.find((share) => !boxes.some((box) => covers(box, view.getPointAtRatio(share), width)));
  const level = free === undefined ? BEFORE : BEHIND;
  if (edge.getZIndex() !== level) edge.setZIndex(level);
  const distance = free ?? places[0];
  if (label.position?.distance !== distance) edge.setLabelAt(0, { ...label, position: { distance } });
}

function covers(box, point, width) {
  if (!point) return false;
  const apart = { x: width / 2, y: PILL.height / 2 };
  return point.x + apart.x > box.x && point.x - apart.x < box.x + box.width && point.y + apart.y > box.y && point.y - apart.y < box.y + box.height;
}
