/* All problems at once; a click selects the box that has one. */

import { h, icon, counted } from "./dom.js";

export class Problems {
  constructor(button, place, drawing, screen) {
    Object.assign(this, { button, place, drawing, screen });
    button.addEventListener("click", () => this.toggle());
    drawing.addEventListener("learned", () => this.show());
    drawing.addEventListener("change", () => this.show());
    this.show();
  }

  toggle(open = this.place.hidden) {
    this.place.hidden = !open;
    this.button.setAttribute("aria-expanded", String(open));
    if (open) this.place.querySelector("button")?.focus();
  }

  show() {
    const problems = this.drawing.problems.filter((p) => !p.where || this.drawing.activities.has(p.where));
    const errors = problems.filter((p) => p.level !== "warning");
    this.button.className = `tc-tool tc-problem-count ${errors.length ? "bad" : problems.length ? "warn" : "good"}`;
    this.button.replaceChildren(icon(errors.length ? "error" : problems.length ? "warning" : "check_circle"), h("span", {}, problems.length ? String(problems.length) : gettext("No problems")));
    this.button.setAttribute("aria-label", problems.length ? counted("%(n)s problem", "%(n)s problems", problems.length) : gettext("No problems"));
    this.place.replaceChildren(
      h("header", { class: "t-row t-spread" }, h("h2", {}, gettext("Problems")), h("button", { type: "button", class: "tc-tool", "aria-label": gettext("Close the problems"), onclick: () => this.toggle(false) }, icon("close"))),
      problems.length ? h("ul", {}, problems.map((p) => h("li", {}, this.item(p)))) : h("p", { class: "t-muted tc-pad" }, gettext("Nothing to mend: this campaign can be submitted.")),
    );
  }

  item(problem) {
    const activity = this.drawing.activities.get(problem.where);
    return h(
      "button",
      { type: "button", class: `tc-problem ${problem.level === "warning" ? "warn" : "bad"}`, onclick: () => this.go(problem.where) },
      icon(problem.level === "warning" ? "warning" : "error"),
      h("span", {}, h("strong", {}, activity ? activity.label : gettext("The campaign")), h("span", {}, problem.text), problem.hint ? h("span", { class: "t-muted t-small" }, problem.hint) : null),
    );
  }

  go(uid) {
    if (!this.drawing.activities.has(uid)) return;
    this.drawing.select([uid]);
    this.screen.reveal(uid);
    this.screen.element(uid).focus({ preventScroll: true });
  }
}
