/* The palette: every type of activity by group; drag one onto the canvas, or click (Enter) to add it. */

import { BOX, boxSize } from "./box.js";
import { h, icon, toast, translate } from "./dom.js";

const DRAG_PX = 5;
const GAP = { TB: 58, LR: 124 };

export class Palette {
  constructor(place, drawing, screen, kinds) {
    Object.assign(this, { place, drawing, screen });
    this.search = h("input", { type: "search", class: "t-input tc-search", placeholder: gettext("Find an activity"), "aria-label": gettext("Find an activity"), oninput: () => this.filter() });
    this.groups = this.group(kinds);
    this.empty = h("p", { class: "t-muted tc-pad", hidden: true }, gettext("Nothing is called that."));
    place.replaceChildren(h("div", { class: "tc-search-box" }, icon("search"), this.search), h("div", { class: "tc-kinds" }, this.groups, this.empty));
  }

  group(kinds) {
    const groups = new Map();
    for (const kind of kinds) {
      if (!groups.has(kind.category)) groups.set(kind.category, { label: kind.category_label, items: [] });
      groups.get(kind.category).items.push(this.item(kind));
    }
    return [...groups.values()].map(({ label, items }) => h("section", { class: "tc-kind-group" }, h("h2", {}, label), h("ul", {}, items)));
  }

  item(kind) {
    const button = h(
      "button",
      { type: "button", class: "tc-kind", "data-kind": kind.key, "data-category": kind.category, title: kind.help, disabled: !this.drawing.editable },
      h("span", { class: "tc-box-icon" }, icon(kind.icon)),
      h("span", {}, kind.label),
    );
    button.addEventListener("click", () => !this.dragged && this.addBeside(kind));
    button.addEventListener("pointerdown", (event) => this.press(event, kind));
    return h("li", { "data-words": `${kind.label} ${kind.help}`.toLowerCase() }, button);
  }

  filter() {
    const words = this.search.value.trim().toLowerCase();
    let shown = 0;
    for (const group of this.groups) {
      const items = [...group.querySelectorAll("li")];
      for (const item of items) item.hidden = !item.dataset.words.includes(words);
      const left = items.filter((item) => !item.hidden).length;
      group.hidden = !left;
      shown += left;
    }
    this.empty.hidden = shown > 0;
  }

  /* --- dragging ----------------------------------------------------------------------------------------- */

  press(event, kind) {
    if (event.button !== 0 || !this.drawing.editable) return;
    const start = { x: event.clientX, y: event.clientY };
    const steer = new AbortController();
    this.dragged = false;
    const move = (e) => {
      if (!this.ghost && Math.hypot(e.clientX - start.x, e.clientY - start.y) > DRAG_PX) this.lift(kind);
      if (this.ghost) this.ghost.style.transform = `translate(${e.clientX - 110}px, ${e.clientY - 30}px)`;
    };
    const end = (e) => {
      steer.abort();
      if (this.ghost) this.drop(e, kind);
      setTimeout(() => (this.dragged = false));
    };
    addEventListener("pointermove", move, { signal: steer.signal });
    addEventListener("pointerup", end, { signal: steer.signal });
    addEventListener("pointercancel", end, { signal: steer.signal });
  }

  lift(kind) {
    this.dragged = true;
    this.ghost = h(
      "div",
      { class: "tc-box tc-ghost", "data-category": kind.category },
      h("span", { class: "tc-box-icon" }, icon(kind.icon)),
      h("span", { class: "tc-box-text" }, h("span", { class: "tc-box-label" }, kind.label), h("span", { class: "tc-box-summary" }, gettext("Drop it on the canvas"))),
    );
    document.querySelector(".tc-root").append(this.ghost);
  }

  drop(event, kind) {
    this.ghost.remove();
    this.ghost = null;
    const frame = this.screen.graph.container.getBoundingClientRect();
    const inside = event.clientX > frame.left && event.clientX < frame.right && event.clientY > frame.top && event.clientY < frame.bottom;
    if (event.type === "pointercancel" || !inside) return;
    const { x, y } = this.screen.local(event.clientX - 110, event.clientY - 30);
    this.added(this.drawing.add(kind.key, this.screen.snap(x), this.screen.snap(y)));
  }

  /* --- clicking ----------------------------------------------------------------------------------------- */

  /* After the selected box, and connected to it where that is possible. */
  addBeside(kind) {
    if (!this.drawing.editable) return;
    const [from] = [...this.drawing.selection].filter((key) => this.drawing.activities.has(key));
    const output = from && this.drawing.freeOutput(from);
    const base = from ? this.drawing.activities.get(from) : null;
    const center = this.screen.center();
    const spot = base ? this.after(base) : { x: center.x - BOX.width / 2, y: center.y - BOX.height / 2 };
    const free = this.freeSpot(this.screen.snap(spot.x), this.screen.snap(spot.y));
    const uid = this.drawing.add(kind.key, free.x, free.y);
    if (output) {
      const input = this.drawing.freeInput(from, output.key, uid);
      if (input) this.drawing.connect(from, output.key, uid, input.key);
    }
    this.added(uid);
    toast(translate("%(label)s added.", { label: kind.label }), "good");
  }

  after(base) {
    const { width, height } = boxSize(this.drawing.describe(base.uid), this.drawing.direction);
    if (this.drawing.direction === "LR") return { x: base.x + width + GAP.LR, y: base.y };
    return { x: base.x + (width - BOX.width) / 2, y: base.y + height + GAP.TB };
  }

  freeSpot(x, y) {
    const taken = [...this.drawing.activities.values()];
    const hits = () => taken.some((a) => Math.abs(a.x - x) < BOX.width + 8 && Math.abs(a.y - y) < BOX.height + 16);
    while (hits()) {
      if (this.drawing.direction === "TB") x += BOX.width + 48;
      else y += BOX.height + 32;
    }
    return { x, y };
  }

  added(uid) {
    this.screen.fitted = false; // what was dropped stays where it was dropped
    this.drawing.select([uid]);
    this.screen.reveal(uid);
    this.drawing.tell("open", { uid });
  }
}
