/* Puts the canvas together. */

import { post, toast } from "./dom.js";
import { Drawer } from "./drawer.js";
import { Drawing } from "./drawing.js";
import { Screen } from "./graph.js";
import { Keyboard } from "./keyboard.js";
import { arrange } from "./layout.js";
import { Minimap } from "./minimap.js";
import { Palette } from "./palette.js";
import { Panel } from "./panel.js";
import { Problems } from "./problems.js";
import { RunView } from "./run.js";
import { Saving } from "./saving.js";

const at = (id) => document.getElementById(id);
const data = JSON.parse(at("canvas-data").textContent);
const drawing = new Drawing(data);
const screen = new Screen(at("tc-graph"), drawing);
const panel = new Panel(at("tc-panel"), drawing, data.urls);
const problems = new Problems(at("tc-problems-button"), at("tc-problems"), drawing, screen);
const saving = new Saving(drawing, { url: data.urls.save, place: at("tc-saved"), dialog: at("tc-dialog") });
const drawer = new Drawer(at("tc-drawer"));
const run = new RunView(at("tc-run"), { drawing, screen, panel, drawer, saving, urls: data.urls, can: data.can, run: data.run, version: data.version });
const minimap = new Minimap(at("tc-minimap"), drawing, screen);
new Keyboard(drawing, screen);
if (data.editable) new Palette(at("tc-palette"), drawing, screen, data.palette);

/* --- the toolbar --------------------------------------------------------------------------------------------- */

const tools = {
  undo: () => drawing.undo(),
  redo: () => drawing.redo(),
  "zoom-in": () => screen.zoom(1.2),
  "zoom-out": () => screen.zoom(1 / 1.2),
  fit: () => screen.fit(),
  arrange: () => {
    arrange(drawing);
    screen.fit();
  },
  turn: () => {
    screen.turn(drawing.direction === "TB" ? "LR" : "TB");
    tools.arrange();
  },
  minimap: (button) => {
    at("tc-minimap").hidden = !at("tc-minimap").hidden;
    button.setAttribute("aria-pressed", String(!at("tc-minimap").hidden));
    minimap.plan();
  },
  area: (button) => {
    const on = screen.selectArea(button.getAttribute("aria-pressed") !== "true");
    button.setAttribute("aria-pressed", String(on));
  },
  test: () => run.start(),
  submit: () => verb("submit"),
};

for (const button of document.querySelectorAll("[data-tool]")) {
  button.addEventListener("click", () => tools[button.dataset.tool](button));
}

for (const button of document.querySelectorAll("[data-verb]")) {
  button.addEventListener("click", () => verb(button.dataset.verb));
}

function refreshTools() {
  const enable = (name, on) => document.querySelectorAll(`[data-tool="${name}"]`).forEach((button) => (button.disabled = !on));
  enable("undo", drawing.past.length);
  enable("redo", drawing.future.length);
  at("tc-empty").hidden = drawing.activities.size > 0 || !data.editable;
  at("tc-zoom").textContent = `${Math.round(screen.graph.zoom() * 100)}%`;
}

drawing.addEventListener("change", refreshTools);
drawing.addEventListener("drawn", refreshTools);
screen.graph.on("scale", refreshTools);

drawing.addEventListener("refused", (event) => {
  toast(event.detail.message, "bad");
  if (event.detail.problems) problems.toggle(true);
});

/* Ask the server to do something with the version, then show where that leads. */
async function verb(name) {
  if (!(await saving.settle())) return;
  try {
    const { next } = await post(data.urls[name], {});
    location.assign(next);
  } catch (error) {
    run.refused(error);
  }
}

screen.open();
refreshTools();
document.querySelector(".tc-root").dataset.ready = "true";
window.TuttiCanvas = { drawing, screen, saving };
