/* The side panel: the selected box's own form, rendered by the server, or the selected arrow's label. */

import { STATES } from "./box.js";
import { debounce, h, icon, number, post, toast, translate } from "./dom.js";
import { transitionKey } from "./drawing.js";

const QUIET_MS = 400;

export class Panel {
  constructor(place, drawing, urls) {
    Object.assign(this, { place, drawing, urls, tasks: {}, shown: null, turn: 0 });
    this.soon = debounce(QUIET_MS, (uid) => this.send(uid));
    drawing.addEventListener("select", () => this.show());
    drawing.addEventListener("learned", () => {
      this.showProblems();
      this.followInputs();
    });
    drawing.addEventListener("change", (event) => {
      if (event.detail && event.detail.restored) this.show({ again: true });
    });
    drawing.addEventListener("open", () => {
      this.show();
      this.place.querySelector("input, select, textarea")?.focus();
    });
  }

  show({ again = false } = {}) {
    const keys = [...this.drawing.selection];
    const key = keys.length === 1 ? keys[0] : keys.length ? "several" : null;
    if (key === this.shown && !again) return;
    this.soon.flush(this.shown);
    this.shown = key;
    this.place.hidden = !key;
    if (!key) return this.place.replaceChildren();
    if (key === "several") return this.showSeveral(keys);
    return this.drawing.activities.has(key) ? this.showBox(key) : this.showArrow(key);
  }

  head(category, iconName, title, subtitle, help) {
    return h(
      "header",
      { class: "tc-panel-head", "data-category": category },
      h("span", { class: "tc-box-icon" }, icon(iconName)),
      h("div", { class: "tc-panel-title" }, h("h2", {}, title), h("p", { class: "t-muted t-small" }, subtitle)),
      help ? h("a", { class: "tc-tool", href: help, target: "_blank", rel: "noopener", title: gettext("Help"), "aria-label": gettext("Help about this activity") }, icon("help")) : null,
      h("button", { type: "button", class: "tc-tool", title: gettext("Close"), "aria-label": gettext("Close the panel"), onclick: () => this.drawing.select([]) }, icon("close")),
    );
  }

  /* --- one box ------------------------------------------------------------------------------------------ */

  showBox(uid) {
    const activity = this.drawing.activities.get(uid);
    const kind = this.drawing.kind(activity);
    const label = h("input", { id: "tc-label", class: "t-input tc-wide", value: activity.label, maxlength: 120, disabled: !this.drawing.editable });
    label.addEventListener("input", () => this.drawing.update(uid, { label: label.value || kind.label }, { merge: `label ${uid}` }));
    this.problems = h("div", { class: "tc-panel-problems", role: "status" });
    this.results = h("div", { class: "tc-panel-results" });
    this.fields = h("form", { class: "tc-fields", novalidate: true, onsubmit: (event) => event.preventDefault() }, h("p", { class: "t-muted" }, gettext("Loading…")));
    this.fields.addEventListener("input", (event) => this.edited(uid, event));
    this.fields.addEventListener("change", (event) => this.edited(uid, event));
    const helpUrl = this.urls.help ? this.urls.help.replace("__kind__", encodeURIComponent(kind.key)) : "";
    this.place.replaceChildren(
      this.head(kind.category, kind.icon, kind.label, kind.help, helpUrl),
      h("div", { class: "tc-panel-body" }, this.results, this.problems, h("label", { class: "tc-field-label", for: "tc-label" }, gettext("Name on the canvas")), label, this.fields),
      this.drawing.editable ? this.actions([uid]) : "",
    );
    this.showProblems();
    this.showResults();
    this.inputs = this.inputsOf(uid);
    return this.load(uid);
  }

  /* What flows in decides what a form offers; it is fetched again when that changes. */
  inputsOf(uid) {
    return JSON.stringify(this.drawing.inbound(uid).map((t) => [t.source, t.source_port, t.target_port, t.label, this.drawing.described[t.source]?.flows]));
  }

  followInputs() {
    if (!this.drawing.activities.has(this.shown)) return;
    const inputs = this.inputsOf(this.shown);
    if (inputs === this.inputs) return;
    this.inputs = inputs;
    this.reload(this.shown);
  }

  async load(uid) {
    const turn = ++this.turn;
    try {
      const html = await post(this.urls.form, { uid, graph: this.drawing.graph() });
      if (turn !== this.turn || this.shown !== uid) return;
      this.fields.innerHTML = html;
      if (!this.drawing.editable) for (const field of this.fields.querySelectorAll("input, select, textarea, button")) field.disabled = true;
      window.TuttiRule?.init(this.fields);
      window.TuttiLists?.init(this.fields);
    } catch (error) {
      if (turn === this.turn) this.fields.replaceChildren(h("p", { class: "t-note bad" }, error.message));
    }
  }

  edited(uid, event) {
    if (!this.drawing.editable || event.target.closest("[data-not-sent]")) return;
    this.mustReload = this.mustReload || Boolean(event.target.closest("[data-reload]"));
    this.soon(uid);
  }

  async send(uid) {
    if (!this.drawing.activities.has(uid) || !this.fields.isConnected) return;
    const turn = ++this.turn;
    const data = new FormData(this.fields);
    const reload = this.mustReload;
    this.mustReload = false;
    data.set("__uid", uid);
    data.set("__graph", JSON.stringify(this.drawing.graph()));
    try {
      const answer = await post(this.urls.config, data);
      if (!this.drawing.activities.has(uid)) return;
      this.drawing.described = { ...this.drawing.described, [uid]: answer.described };
      this.drawing.update(uid, { config: answer.config }, { merge: `config ${uid}` });
      if (turn !== this.turn || this.shown !== uid) return;
      this.showErrors(answer.errors);
      if (reload || answer.reload) await this.reload(uid);
    } catch (error) {
      toast(error.message, "bad");
    }
  }

  /* The form again, with the cursor where it was. */
  async reload(uid) {
    const focused = document.activeElement?.name;
    await this.load(uid);
    if (focused) this.fields.elements[focused]?.focus?.();
  }

  showErrors(errors) {
    for (const old of this.fields.querySelectorAll(".tc-error")) old.remove();
    for (const [name, texts] of Object.entries(errors)) {
      const field = this.fields.querySelector(`[data-field="${CSS.escape(name)}"]`);
      const list = h("ul", { class: "tc-error", role: "alert" }, texts.map((text) => h("li", {}, text)));
      (field || this.fields).append(list);
    }
  }

  showProblems() {
    if (!this.problems || !this.problems.isConnected || !this.drawing.activities.has(this.shown)) return;
    const notes = this.drawing.problemsOf(this.shown).map((p) => h("div", { class: `t-note ${p.level === "warning" ? "warn" : "bad"}` }, h("strong", {}, p.text), p.hint ? h("div", { class: "t-small" }, p.hint) : null));
    this.problems.replaceChildren(...notes);
  }

  /* --- the run ------------------------------------------------------------------------------------------ */

  /* `retry(task)` is given when this person may try a failed activity again. */
  showRun(tasks, retry = null) {
    this.tasks = tasks;
    this.retry = retry;
    this.showResults();
  }

  showResults() {
    const task = this.tasks[this.shown];
    if (!this.results || !this.results.isConnected) return;
    this.results.replaceChildren(...(task ? [resultCard(task, this.retry)] : []));
  }

  /* --- arrows and several ------------------------------------------------------------------------------- */

  showArrow(key) {
    const t = this.drawing.transition(key);
    const names = [t.source, t.target].map((uid) => this.drawing.activities.get(uid).label);
    const label = h("input", { id: "tc-arrow-label", class: "t-input tc-wide", value: t.label, maxlength: 120, disabled: !this.drawing.editable });
    label.addEventListener("input", () => this.drawing.relabelTransition(key, label.value));
    const rows = h("button", { type: "button", class: "t-button", onclick: () => this.drawing.tell("rows", { transition: t }) }, icon("table_rows"), gettext("See the rows"));
    this.place.replaceChildren(
      this.head("flow", "arrow_forward", gettext("Transition"), translate("From %(source)s to %(target)s", { source: names[0], target: names[1] })),
      h("div", { class: "tc-panel-body" }, h("label", { class: "tc-field-label", for: "tc-arrow-label" }, gettext("Label")), label, this.tasks[t.source] ? h("div", { class: "tc-pad-top" }, rows) : null),
      this.drawing.editable ? this.actions([transitionKey(t)], false) : "",
    );
  }

  showSeveral(keys) {
    this.place.replaceChildren(
      this.head("flow", "select_all", translate("%(n)s selected", { n: number(keys.length) }), gettext("Move, copy or delete them together.")),
      this.drawing.editable ? this.actions(keys) : h("div", {}),
    );
  }

  actions(keys, copies = true) {
    const button = (name, text, act, level = "") => h("button", { type: "button", class: `t-button ${level}`, onclick: act }, icon(name), text);
    return h(
      "footer",
      { class: "tc-panel-foot" },
      copies ? button("content_copy", gettext("Duplicate"), () => this.drawing.paste(this.drawing.copy())) : null,
      button("delete", gettext("Delete"), () => this.drawing.remove(keys), "t-danger"),
    );
  }
}

/* What happened here: rows in = rows out + complement + excluded, with the reasons. */
export function resultCard(task, retry = null) {
  const row = (text, value, sub = false) => (value === null || value === undefined ? null : h("tr", { class: sub ? "tc-sub" : "" }, h("th", { scope: "row" }, text), h("td", { class: "t-number" }, number(value))));
  const reasons = Object.entries(task.excluded || {}).map(([reason, n]) => row((task.excluded_labels || {})[reason] || reason, n, true));
  const total = Object.values(task.excluded || {}).reduce((sum, n) => sum + n, 0);
  const sending = task.sending ? [row(gettext("Planned messages"), task.sending.planned), row(gettext("Sent"), task.sending.sent)] : [];
  return h(
    "section",
    { class: "tc-result" },
    h("div", { class: "t-row t-spread" }, h("h3", {}, gettext("This run")), h("span", { class: `t-pill ${STATES[task.status]?.level || ""}` }, task.status_label)),
    task.error ? h("p", { class: "t-note bad" }, task.error) : null,
    task.status === "failed" && retry ? h("button", { type: "button", class: "t-button t-primary", onclick: () => retry(task) }, icon("replay"), gettext("Try again")) : null,
    h("table", {}, h("tbody", {}, row(gettext("Rows in"), task.rows_in), row(gettext("Rows out"), task.rows_out), task.complement ? row(gettext("Complement"), task.complement) : null, total ? row(gettext("Excluded"), total) : null, reasons, sending)),
  );
}
