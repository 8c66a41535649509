// Below the cards: the sentence, the exact number with its time, the first rows, and what is wrong.
import { ask, button, h, icon, Refused } from "./dom.js";

const PAUSE = 700; // milliseconds after the last change

export class Results {
  constructor(builder) {
    this.builder = builder;
    this.automatic = true;
    this.number = h("strong", { class: "tr-number" }, "–");
    this.state = h("span", { class: "t-muted t-small tr-state" });
    this.sentence = h("p", { class: "tr-sentence" });
    this.notes = h("div", { class: "tr-notes", role: "alert" });
    this.table = h("div", { class: "tr-rows" });
    this.sql = h("code");
    this.details = h("details", { class: "tr-sql", hidden: true }, h("summary", {}, gettext("How it is counted (SQL)")), h("pre", { tabindex: "0" }, this.sql));
    this.element = h("section", { class: "tr-results", "aria-label": gettext("Result") }, this.bar(), this.sentence, this.notes, this.details, this.table);
  }

  bar() {
    const box = h("input", { type: "checkbox", checked: true, on: { change: () => { this.automatic = box.checked; if (box.checked) this.soon(0); } } });
    this.cancel = button(gettext("Cancel"), () => this.stop(gettext("cancelled")), { symbol: "close", hidden: true });
    this.figure = h("div", { class: "tr-figure", role: "status", "aria-live": "polite" }, this.number, this.state);
    return h("div", { class: "tr-bar" }, this.figure, h("span", { class: "tr-space" }), this.cancel,
      h("label", { class: "tr-choice t-small" }, box, gettext("Count automatically")),
      button(gettext("Exact count"), () => this.count(true), { symbol: "calculate", kind: "tr-primary", data: { role: "count" } }),
      button(gettext("See the rows"), () => this.rows(), { symbol: "table_rows", data: { role: "rows" } }));
  }

  // The rule has changed: what is shown was true of another one.
  outdated() {
    this.running?.abort();
    this.problems([]);
    this.element.classList.add("tr-outdated");
    this.table.replaceChildren();
    this.say(this.counted ? gettext("outdated") : "");
    this.soon(PAUSE);
  }

  soon(pause) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => { if (this.automatic) this.count(false); }, pause);
  }

  say(text) {
    this.state.textContent = text;
  }

  stop(text) {
    clearTimeout(this.timer);
    this.running?.abort();
    this.running = null;
    this.cancel.hidden = true;
    this.say(text);
  }

  async count(asked) {
    const { rule, words } = this.builder;
    clearTimeout(this.timer);
    if (!rule) return;
    if (!asked && words.incomplete(rule.schema, rule.where)) {
      this.say(gettext("Complete the conditions to count."));
      return;
    }
    const answer = await this.run("count", gettext("counting …"));
    if (!answer) return;
    this.counted = answer;
    this.element.classList.remove("tr-outdated");
    this.number.textContent = answer.count_text;
    this.say(interpolate(gettext("counted at %(time)s in %(ms)s ms"), { time: answer.at_text, ms: answer.milliseconds }, true));
    this.sentence.textContent = answer.sentence;
    this.sql.textContent = answer.sql;
    this.details.hidden = false;
    this.builder.element.dispatchEvent(new CustomEvent("tutti:counted", { bubbles: true, detail: answer }));
  }

  // Only the newest question may answer.
  async run(what, waiting) {
    this.running?.abort();
    const running = (this.running = new AbortController());
    this.problems([]);
    this.say(waiting);
    this.cancel.hidden = false;
    try {
      const url = this.builder.element.dataset[`${what}Url`] || `/admin/rules/${what}/`;
      const answer = await ask(url, { rule: this.builder.rule }, running.signal);
      return this.running === running ? answer : null;
    } catch (error) {
      if (error.name === "AbortError") return null;
      if (!(error instanceof Refused)) throw error;
      if (this.running === running) this.refused(error.problems);
      return null;
    } finally {
      if (this.running === running) { this.running = null; this.cancel.hidden = true; }
    }
  }

  refused(problems) {
    this.element.classList.add("tr-outdated");
    this.say(gettext("not counted"));
    this.problems(problems);
  }

  // Each problem at its card; what has no card, here.
  problems(problems) {
    const { tree } = this.builder;
    tree.querySelectorAll(".tr-problem").forEach((note) => note.remove());
    tree.querySelectorAll(".tr-wrong").forEach((card) => card.classList.remove("tr-wrong"));
    const loose = [];
    for (const problem of problems) {
      const card = problem.where && tree.querySelector(`[data-where="${CSS.escape(problem.where)}"]`);
      const note = h("p", { class: "tr-problem" }, icon("error"), h("span", {}, problem.text, " ", h("span", { class: "tr-hint" }, problem.hint)));
      if (!card) { loose.push(note); continue; }
      card.classList.add("tr-wrong");
      card.append(note);
    }
    if (problems.length && !loose.length) loose.push(h("p", { class: "tr-problem" }, icon("error"), ngettext("One condition needs your attention.", "Some conditions need your attention.", problems.length)));
    this.notes.replaceChildren(...loose);
  }

  async rows() {
    const answer = await this.run("rows", gettext("looking …"));
    if (!answer) return;
    this.say(this.counted && !this.element.classList.contains("tr-outdated") ? interpolate(gettext("counted at %(time)s in %(ms)s ms"), { time: this.counted.at_text, ms: this.counted.milliseconds }, true) : "");
    if (!this.counted || this.element.classList.contains("tr-outdated")) this.soon(0);
    const head = h("tr", {}, answer.columns.map((column) => h("th", { scope: "col" }, column.label)));
    const body = answer.rows.map((row) => h("tr", {}, row.map((value) => h("td", {}, value))));
    const text = answer.rows.length < answer.limit ? gettext("All rows") : interpolate(gettext("The first %(n)s rows, in the order of their key"), { n: answer.limit }, true);
    this.table.replaceChildren(h("div", { class: "tr-rows-head" }, h("strong", {}, text), !answer.personal && h("span", { class: "t-pill" }, gettext("without personal data")), button(gettext("Close"), () => this.table.replaceChildren(), { symbol: "close" })),
      answer.rows.length ? h("div", { class: "t-scroll", tabindex: "0", role: "region", "aria-label": text }, h("table", { class: "t-table" }, h("thead", {}, head), h("tbody", {}, body))) : h("p", { class: "t-empty" }, gettext("Nobody matches.")));
    this.table.scrollIntoView({ block: "nearest" });
  }
}
