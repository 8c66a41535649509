/* The whole drawing in a corner; press or drag in it to look elsewhere. */

import { boxSize } from "./box.js";

const SVG = "http://www.w3.org/2000/svg";
const MARGIN = 60;

export class Minimap {
  constructor(place, drawing, screen) {
    Object.assign(this, { place, drawing, screen });
    this.svg = document.createElementNS(SVG, "svg");
    this.svg.setAttribute("role", "img");
    this.svg.setAttribute("aria-label", gettext("Overview of the drawing"));
    place.append(this.svg);
    const draw = () => this.plan();
    drawing.addEventListener("drawn", draw);
    for (const name of ["scale", "translate", "resize"]) screen.graph.on(name, draw);
    this.svg.addEventListener("pointerdown", (event) => this.steer(event));
    this.svg.addEventListener("pointermove", (event) => event.buttons && this.steer(event));
    this.plan();
  }

  /* At most once a frame. */
  plan() {
    if (this.planned || this.place.hidden) return;
    this.planned = requestAnimationFrame(() => {
      this.planned = 0;
      this.draw();
    });
  }

  draw() {
    const boxes = [...this.drawing.activities.values()];
    const frame = this.screen.graph.container.getBoundingClientRect();
    const from = this.screen.local(frame.left, frame.top);
    const to = this.screen.local(frame.right, frame.bottom);
    const sizes = boxes.map((a) => boxSize(this.drawing.describe(a.uid), this.drawing.direction));
    const xs = [from.x, to.x, ...boxes.flatMap((a, n) => [a.x, a.x + sizes[n].width])];
    const ys = [from.y, to.y, ...boxes.flatMap((a, n) => [a.y, a.y + sizes[n].height])];
    const [left, top] = [Math.min(...xs) - MARGIN, Math.min(...ys) - MARGIN];
    this.svg.setAttribute("viewBox", `${left} ${top} ${Math.max(...xs) + MARGIN - left} ${Math.max(...ys) + MARGIN - top}`);
    const shapes = boxes.map((a, n) => this.rect("tc-mini-box", a.x, a.y, sizes[n].width, sizes[n].height, this.drawing.kind(a).category));
    this.svg.replaceChildren(...shapes, this.rect("tc-mini-view", from.x, from.y, to.x - from.x, to.y - from.y));
  }

  rect(name, x, y, width, height, category = "") {
    const shape = document.createElementNS(SVG, "rect");
    const values = { class: name, x, y, width, height, rx: 12, "data-category": category };
    for (const [key, value] of Object.entries(values)) shape.setAttribute(key, value);
    return shape;
  }

  steer(event) {
    const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(this.svg.getScreenCTM().inverse());
    this.screen.graph.centerPoint(x, y);
  }
}
