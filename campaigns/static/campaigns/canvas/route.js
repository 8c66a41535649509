/* Ways around boxes: a line that would run behind a box passes beside it. */

const BESIDE = 30;
const NEAR = 6;

/* Points to lead a line through, from one end to the other; none when the way is free. */
export function detour(start, end, obstacles, direction) {
  const down = direction === "TB";
  const [along, across] = down ? ["y", "x"] : ["x", "y"];
  const [length, breadth] = down ? ["height", "width"] : ["width", "height"];
  if (end[along] <= start[along]) return [];
  const inWay = obstacles.filter((box) => {
    const middle = box[along] + box[length] / 2;
    if (middle <= start[along] || middle >= end[along]) return false;
    const place = start[across] + ((end[across] - start[across]) * (middle - start[along])) / (end[along] - start[along]);
    return place > box[across] - NEAR && place < box[across] + box[breadth] + NEAR;
  });
  if (!inWay.length) return [];
  const before = Math.min(...inWay.map((box) => box[across])) - BESIDE;
  const after = Math.max(...inWay.map((box) => box[across] + box[breadth])) + BESIDE;
  const cost = (side) => Math.abs(side - start[across]) + Math.abs(side - end[across]);
  const side = cost(before) < cost(after) ? before : after;
  const first = Math.min(...inWay.map((box) => box[along]));
  const last = Math.max(...inWay.map((box) => box[along] + box[length]));
  return [first, last].map((place) => ({ [along]: place, [across]: side }));
}
