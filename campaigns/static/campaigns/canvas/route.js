/* Ways around boxes: a line that would run behind a box passes beside it, and one that leads back goes around its column. */

const BESIDE = 56; // leaves room for the names of ports
const NEAR = 6;
const AWAY = 24; // how far a line that leads back goes on before it turns
const AXES = { TB: ["y", "x", "height", "width"], LR: ["x", "y", "width", "height"] };

export function leadsBack(start, end, direction) {
  const [along] = AXES[direction];
  return end[along] < start[along] + NEAR;
}

/* Points to lead a line through, from one end to the other; none when the way is free. */
export function detour(start, end, obstacles, direction) {
  const [along, across, length, breadth] = AXES[direction];
  const inWay = obstacles.filter((box) => {
    const middle = box[along] + box[length] / 2;
    if (middle <= start[along] || middle >= end[along]) return false;
    const place = start[across] + ((end[across] - start[across]) * (middle - start[along])) / (end[along] - start[along]);
    return place > box[across] - NEAR && place < box[across] + box[breadth] + NEAR;
  });
  if (!inWay.length) return [];
  const first = Math.min(...inWay.map((box) => box[along]));
  const last = Math.max(...inWay.map((box) => box[along] + box[length]));
  const beside = obstacles.filter((box) => box[along] < last && box[along] + box[length] > first);
  const side = freeLane(start[across], end[across], beside.map((box) => [box[across], box[across] + box[breadth]]));
  return [first, last].map((place) => ({ [along]: place, [across]: side }));
}

/* Four corners of a line to a box further up: on, over to a free lane, back along it, and over to the box. */
export function wayBack(start, end, boxes, direction) {
  const [along, across, length, breadth] = AXES[direction];
  const [from, to] = [start[along] + AWAY, end[along] - AWAY];
  const beside = boxes.filter((box) => box[along] < from && box[along] + box[length] > to);
  const lane = freeLane(start[across], end[across], beside.map((box) => [box[across], box[across] + box[breadth]]));
  const corner = (place, aside) => ({ [along]: place, [across]: aside });
  return [corner(from, start[across]), corner(from, lane), corner(to, lane), corner(to, end[across])];
}

/* The middle of the nearest gap between boxes, or beside all of them. */
function freeLane(start, end, taken) {
  const sorted = [...taken].sort((a, b) => a[0] - b[0]);
  if (!sorted.length) return (start + end) / 2;
  let reached = sorted[0][1];
  const lanes = [sorted[0][0] - BESIDE];
  for (const [first, last] of sorted.slice(1)) {
    if (first - reached >= BESIDE) lanes.push((reached + first) / 2);
    reached = Math.max(reached, last);
  }
  lanes.push(reached + BESIDE);
  const cost = (lane) => Math.abs(lane - start) + Math.abs(lane - end);
  return lanes.reduce((best, lane) => (cost(lane) < cost(best) ? lane : best));
}
