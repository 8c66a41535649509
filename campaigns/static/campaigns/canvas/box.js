/* How a box looks: an icon, its name, one line of summary, and badges for problems and the run. */

import { h, icon, counted } from "./dom.js";

export const BOX = { width: 248, height: 60 };
const PORT = { across: 104, along: 30 }; // room for one port and its label, below a box and beside it

export const STATES = {
  pending: { icon: "schedule", level: "" },
  queued: { icon: "hourglass_empty", level: "" },
  running: { icon: "progress_activity", level: "info" },
  waiting: { icon: "hourglass_top", level: "warn" },
  sending: { icon: "outgoing_mail", level: "info" },
  done: { icon: "check_circle", level: "good" },
  failed: { icon: "error", level: "bad" },
  stopped: { icon: "stop_circle", level: "warn" },
};

/* A box grows with its ports: wider when people flow downwards ("TB"), higher when they flow to the right ("LR"). */
export function boxSize({ inputs, outputs }, direction) {
  const ports = Math.max(inputs.length, outputs.length);
  if (direction === "TB") return { width: Math.max(BOX.width, PORT.across * ports), height: BOX.height };
  return { width: BOX.width, height: Math.max(BOX.height, PORT.along * ports + 12) };
}

/* Where a port is, from the box's corner. A lone way on is in the middle; the complement stands aside. */
export function portPlace(ports, n, side, size, direction) {
  const main = ports.filter((port) => port.role !== "complement");
  const aside = ports[n].role === "complement";
  const share = main.length === 1 && ports.length <= 2 ? (aside ? 0.86 : 0.5) : (n + 0.5) / ports.length;
  const end = side === "out" ? 1 : 0;
  return direction === "TB" ? { x: size.width * share, y: size.height * end } : { x: size.width * end, y: size.height * (ports.length === 2 && main.length === 1 ? (aside ? 0.8 : 0.4) : share) };
}

export class Box {
  constructor(uid) {
    this.uid = uid;
    this.icon = h("span", { class: "tc-box-icon" });
    this.label = h("span", { class: "tc-box-label" });
    this.summary = h("span", { class: "tc-box-summary" });
    this.state = h("span", { class: "tc-box-state" });
    this.badge = h("span", { class: "tc-badge", hidden: true });
    this.element = h(
      "div",
      { class: "tc-box", tabindex: "0", role: "button", "data-uid": uid },
      this.icon,
      h("span", { class: "tc-box-text" }, this.label, this.summary),
      this.state,
      this.badge,
    );
  }

  show(activity, kind, described, problems, task) {
    const errors = problems.filter((p) => p.level !== "warning");
    const look = JSON.stringify([activity.label, kind.key, described.summary, problems.length, errors.length, task && task.status, task && task.status_label]);
    if (look === this.look) return;
    this.look = look;
    this.element.dataset.category = kind.category;
    this.icon.replaceChildren(icon(kind.icon));
    this.label.textContent = activity.label;
    this.summary.textContent = described.summary || (kind.label === activity.label ? "" : kind.label);
    this.summary.hidden = !this.summary.textContent;
    this.badge.hidden = !problems.length;
    this.badge.className = `tc-badge ${errors.length ? "bad" : "warn"}`;
    this.badge.textContent = problems.length;
    this.badge.title = problems.map((p) => p.text).join("\n");
    this.showState(task);
    this.element.setAttribute("aria-label", this.spoken(activity, kind, described, problems, task));
  }

  showState(task) {
    const state = task && STATES[task.status];
    this.element.dataset.state = task ? task.status : "";
    this.state.className = `tc-box-state ${state ? state.level : ""}`;
    this.state.replaceChildren(...(state ? [icon(state.icon)] : []));
    this.state.title = task ? task.status_label : "";
  }

  spoken(activity, kind, described, problems, task) {
    const words = [activity.label, kind.label, described.summary];
    if (problems.length) words.push(counted("%(n)s problem", "%(n)s problems", problems.length));
    if (task) words.push(task.status_label);
    return words.filter(Boolean).join(", ");
  }
}
