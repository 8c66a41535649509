/* Keys: the canvas can be used without a mouse. */

import { counted, toast } from "./dom.js";

const STORE = "tutti.clipboard";
const STEP = 8;
const BIG_STEP = 40;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Keyboard {
  constructor(drawing, screen) {
    Object.assign(this, { drawing, screen });
    document.addEventListener("keydown", (event) => this.press(event));
    screen.graph.container.addEventListener("focusin", (event) => this.focused(event));
  }

  focused(event) {
    const uid = event.target.closest?.(".tc-box")?.dataset.uid;
    if (uid && event.target.matches(":focus-visible")) this.screen.reveal(uid);
  }

  press(event) {
    if (event.target.closest("input, select, textarea, [contenteditable], dialog")) return;
    const command = event.ctrlKey || event.metaKey;
    const done = command ? this.command(event) : this.plain(event);
    if (done) event.preventDefault();
  }

  command(event) {
    const key = event.key.toLowerCase();
    if (key === "z") return this.act(() => (event.shiftKey ? this.drawing.redo() : this.drawing.undo()));
    if (key === "y") return this.act(() => this.drawing.redo());
    if (key === "c" && this.drawing.selection.size && !this.readingText()) return this.act(() => this.copy());
    if (key === "x" && this.drawing.selection.size) return this.act(() => this.copy() && this.drawing.remove([...this.drawing.selection]));
    if (key === "v") return this.act(() => this.paste());
    if (key === "d" && this.drawing.selection.size) return this.act(() => this.drawing.paste(this.drawing.copy()));
    if (key === "a" && this.onCanvas(event)) return this.act(() => this.drawing.select([...this.drawing.activities.keys()]));
    return false;
  }

  plain(event) {
    const uid = event.target.closest(".tc-box")?.dataset.uid;
    if (["Delete", "Backspace"].includes(event.key) && this.drawing.editable && (uid || (this.drawing.selection.size && this.onCanvas(event)))) {
      return this.act(() => this.drawing.remove(this.drawing.selection.size ? [...this.drawing.selection] : [uid]));
    }
    if (event.key === "Escape" && this.drawing.selection.size) return this.act(() => this.drawing.select([]));
    if (!uid) return false;
    if (event.key === "Enter" || event.key === " ") return this.act(() => this.open(uid));
    if (event.key in ARROWS) return this.act(() => this.move(uid, ARROWS[event.key], event.shiftKey ? BIG_STEP : STEP));
    return false;
  }

  readingText() {
    const marked = getSelection();
    return !marked.isCollapsed && Boolean(marked.anchorNode.parentElement?.closest(".tc-panel, .tc-drawer, .tc-problems"));
  }

  act(action) {
    action();
    return true;
  }

  onCanvas(event) {
    return event.target === document.body || this.screen.graph.container.contains(event.target) || Boolean(event.target.closest(".tc-panel"));
  }

  open(uid) {
    this.drawing.select([uid]);
    this.drawing.tell("open", { uid });
  }

  move(uid, [dx, dy], step) {
    const uids = this.drawing.selection.has(uid) ? [...this.drawing.selection] : [uid];
    const boxes = uids.map((id) => this.drawing.activities.get(id)).filter(Boolean);
    this.drawing.move(new Map(boxes.map((a) => [a.uid, { x: a.x + dx * step, y: a.y + dy * step }])));
  }

  /* The browser's storage carries the copy from one campaign to another, also between tabs. */
  copy() {
    const text = this.drawing.copy();
    const { activities } = JSON.parse(text);
    if (!activities.length) return false;
    localStorage.setItem(STORE, text);
    toast(counted("%(n)s copied. Paste with Ctrl+V, here or in another campaign.", "%(n)s copied. Paste with Ctrl+V, here or in another campaign.", activities.length), "good");
    return true;
  }

  paste() {
    const text = localStorage.getItem(STORE);
    if (text && this.drawing.editable) this.drawing.paste(text);
  }
}
