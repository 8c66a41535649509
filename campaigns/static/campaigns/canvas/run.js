/* A run on the canvas: counts on arrows and states on boxes, asked for every second while it is on. */

import { get, h, icon, number, post, toast, translate } from "./dom.js";

const EVERY_MS = 1000;
const OPEN = ["scheduled", "running", "paused"];
const LEVELS = { scheduled: "info", running: "info", paused: "warn", completed: "good", completed_with_errors: "warn", failed: "bad", stopped: "warn" };

export class RunView {
  constructor(place, { drawing, screen, panel, drawer, saving, urls, can, run, version }) {
    Object.assign(this, { place, drawing, screen, panel, drawer, saving, urls, can, version, run: run || null, tasks: {} });
    drawing.addEventListener("rows", (event) => this.rows(event.detail.transition));
    screen.graph.on("edge:click", ({ edge }) => {
      const t = drawing.transition(edge.id);
      if (t && this.tasks[t.source]) this.rows(t);
    });
    document.addEventListener("visibilitychange", () => !document.hidden && this.follow());
    this.tip = h("div", { class: "tc-tip", role: "tooltip", hidden: true });
    document.querySelector(".tc-root").append(this.tip);
    screen.graph.on("node:mouseenter", ({ node }) => this.hint(node.id));
    screen.graph.on("node:mouseleave", () => (this.tip.hidden = true));
    this.find();
  }

  /* The run that the address names, or else the latest of this version; "none" after it was hidden. */
  async find() {
    if (!this.run && this.urls.latest && new URL(location.href).searchParams.get("run") !== "none") {
      try {
        this.run = (await get(this.urls.latest)).run;
      } catch (error) {
        this.run = null; // no permission to see runs
      }
    }
    if (this.run) this.follow();
  }

  url(name, id) {
    return this.urls[name].replace("/0/", `/${id}/`);
  }

  async start() {
    if (!(await this.saving.settle())) return;
    try {
      const { run } = await post(this.urls.test, { version: this.version });
      this.run = run;
      this.drawing.tell("testing");
      const here = new URL(location.href);
      here.searchParams.set("run", run);
      history.replaceState(null, "", here);
      this.tasks = {};
      this.follow();
    } catch (error) {
      this.refused(error);
    }
  }

  refused(error) {
    if (error.answer && error.answer.problems) this.drawing.learn({ problems: error.answer.problems.map((p) => ({ level: "error", hint: "", where: "", ...p })) });
    this.drawing.tell("refused", { message: error.message, problems: true });
  }

  async follow() {
    clearTimeout(this.timer);
    if (!this.run || !this.urls.state) return;
    let wait = EVERY_MS;
    try {
      const state = await get(this.url("state", this.run));
      this.show(state);
      if (!OPEN.includes(state.run.status)) wait = 0;
    } catch (error) {
      wait = EVERY_MS * 5;
      if (error.status === 404 || error.status === 403) return;
    }
    if (wait && !document.hidden) this.timer = setTimeout(() => this.follow(), wait);
  }

  show({ run, tasks }) {
    this.tasks = tasks;
    this.screen.showRun(tasks);
    this.panel.showRun(tasks, this.can.control && this.urls.control ? (task) => this.control("retry", task) : null);
    const all = Object.values(tasks);
    const done = all.filter((t) => ["done", "stopped"].includes(t.status)).length;
    const title = run.kind === "test" ? gettext("Test run") : gettext("Live run");
    const progress = h("div", { class: "t-bar tc-run-progress", role: "progressbar", "aria-label": title, "aria-valuenow": done, "aria-valuemin": 0, "aria-valuemax": all.length || 1 }, h("span", {}));
    progress.firstChild.style.width = `${all.length ? (100 * done) / all.length : 0}%`;
    this.place.hidden = false;
    this.place.className = `tc-run ${LEVELS[run.status] || ""}`;
    const parts = [
      h("strong", {}, `${title} #${run.id}`),
      h("span", { class: `t-pill ${LEVELS[run.status] || ""}` }, run.status_label),
      progress,
      h("span", { class: "t-muted t-small" }, translate("%(done)s of %(all)s activities", { done: number(done), all: number(all.length) })),
      run.error ? h("span", { class: "tc-run-error", title: run.error }, run.error) : null,
      h("span", { class: "tc-grow" }),
      ...this.buttons(run),
      h("button", { type: "button", class: "tc-tool", "aria-label": gettext("Hide the run"), title: gettext("Hide the run"), onclick: () => this.hide() }, icon("close")),
    ];
    this.place.replaceChildren(...parts.filter(Boolean));
    this.place.dataset.status = run.status;
  }

  buttons(run) {
    const button = (name, text, action) => h("button", { type: "button", class: "t-button tc-small", onclick: () => this.control(action) }, icon(name), text);
    const found = [];
    if (this.can.control && this.urls.control) {
      if (run.status === "running") found.push(button("pause", gettext("Pause"), "pause"));
      if (run.status === "paused") found.push(button("play_arrow", gettext("Resume"), "resume"));
      if (OPEN.includes(run.status) || run.status === "failed") found.push(button("stop", gettext("Stop"), "stop"));
    }
    if (this.urls.monitor) found.push(h("a", { class: "t-button tc-small", href: this.url("monitor", run.id) }, icon("monitoring"), gettext("Monitor")));
    return found;
  }

  async control(action, task = null) {
    const data = new FormData();
    data.set("action", action);
    if (task) data.set("task", task.id);
    try {
      await post(this.url("control", this.run), data);
    } catch (error) {
      toast(error.message, "bad");
    }
    this.follow();
  }

  hide() {
    clearTimeout(this.timer);
    this.run = null;
    this.tasks = {};
    this.place.hidden = true;
    this.screen.showRun({});
    this.panel.showRun({});
    this.drawer.close();
    const here = new URL(location.href);
    here.searchParams.set("run", "none");
    history.replaceState(null, "", here);
  }

  hint(uid) {
    const task = this.tasks[uid];
    if (!task || task.rows_in === undefined) return;
    const frame = this.screen.element(uid).getBoundingClientRect();
    const line = (text, value) => h("div", {}, h("span", {}, text), h("b", {}, number(value)));
    const lines = [];
    if (task.rows_in !== null) lines.push(line(gettext("Rows in"), task.rows_in));
    if (task.rows_out !== null) lines.push(line(gettext("Rows out"), task.rows_out));
    if (task.complement) lines.push(line(gettext("Complement"), task.complement));
    for (const [reason, n] of Object.entries(task.excluded || {})) lines.push(line((task.excluded_labels || {})[reason] || reason, n));
    if (task.seconds !== null && task.seconds !== undefined) lines.push(h("div", {}, h("span", {}, gettext("Seconds")), h("b", {}, number(Math.round(task.seconds * 100) / 100))));
    this.tip.replaceChildren(h("strong", {}, task.status_label), ...lines, ...(task.error ? [h("em", {}, task.error)] : []));
    this.tip.hidden = false;
    this.tip.style.transform = `translate(${Math.round(frame.left)}px, ${Math.round(frame.bottom + 10)}px)`;
  }

  rows(t) {
    if (!this.run || !this.urls.rows || !this.can.preview) return;
    const address = new URL(this.urls.rows, location.href);
    address.searchParams.set("run", this.run);
    address.searchParams.set("uid", t.source);
    address.searchParams.set("port", t.source_port);
    this.drawer.open(translate("Rows from %(label)s", { label: this.drawing.activities.get(t.source).label }), address);
  }
}
