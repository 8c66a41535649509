// Choosing a field or a link: a searchable tree in a dialog, to any depth of links.
import { button, fill, h, icon, iconButton } from "./dom.js";

const SEARCH_DEPTH = 4; // links; the tree itself opens further
const MOST_FOUND = 60;
const SYMBOLS = { text: "notes", number: "tag", date: "event", datetime: "schedule", boolean: "toggle_on", time: "alarm", uuid: "fingerprint" };

// `wanted`: "field" (over any links), "link", or "figure" (fields of this schema that `fits` accepts).
export function pick(words, { schema, wanted, fits = () => true, title }) {
  return new Promise((resolve) => new Picker(words, schema, wanted, fits, title, resolve).open());
}

class Picker {
  constructor(words, schema, wanted, fits, title, resolve) {
    Object.assign(this, { words, schema, wanted, fits, title, resolve });
  }

  open() {
    const from = document.activeElement;
    const hint = this.wanted === "link" ? gettext("Search links") : gettext("Search fields and links");
    this.search = h("input", { type: "search", class: "tr-input tr-search", placeholder: hint, "aria-label": hint, on: { input: () => this.draw() } });
    this.list = h("div", { class: "tr-tree", role: "tree", "aria-label": this.title, on: { keydown: (event) => this.move(event) } });
    const head = h("div", { class: "tr-dialog-head" }, h("h2", {}, this.title), iconButton(gettext("Close"), "close", () => this.dialog.close(), "close"));
    this.dialog = h("dialog", { class: "tr-dialog tutti-scope", "aria-label": this.title }, head, this.search, this.list);
    this.dialog.addEventListener("close", () => {
      this.dialog.remove();
      from?.focus?.();
      this.resolve(this.chosen ?? null);
    });
    this.dialog.addEventListener("click", (event) => { if (event.target === this.dialog) this.dialog.close(); });
    this.search.addEventListener("keydown", (event) => this.fromSearch(event));
    document.body.append(this.dialog);
    this.draw();
    this.dialog.showModal();
    this.search.focus();
  }

  choose(path, field) {
    this.chosen = { path, field };
    this.dialog.close();
  }

  draw() {
    const typed = this.search.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const shown = typed.length ? this.found(typed) : this.branch(this.schema, []);
    this.list.replaceChildren(...(shown.length ? shown : [h("p", { class: "t-empty" }, gettext("Nothing is called so."))]));
  }

  // --- the tree ---

  branch(schema, path) {
    const described = this.words.schemas[schema];
    const fields = this.wanted === "link" ? [] : described.fields.filter((field) => this.fits(field)).map((field) => this.fieldItem(field, path));
    const links = this.wanted === "figure" ? [] : described.links.map((link) => this.linkItem(link, path));
    return [...fields, ...links];
  }

  fieldItem(field, path, place = "") {
    const type = this.words.types[field.type];
    return h("div", { role: "treeitem", "aria-selected": "false" },
      h("button", { type: "button", class: "tr-item", data: { path: [...path, field.name].join(".") }, on: { click: () => this.choose(path, field.name) } },
        icon(field.key ? "key" : SYMBOLS[type.family] ?? "notes"), h("span", { class: "tr-item-label" }, field.label, place && h("span", { class: "t-muted t-small" }, place)),
        field.personal && h("span", { class: "t-pill warn" }, gettext("personal")), h("span", { class: "tr-type" }, type.label)));
  }

  linkItem(link, path, place = "") {
    const inner = h("div", { class: "tr-branch", role: "group", hidden: true });
    const symbol = icon("chevron_right");
    const item = h("div", { role: "treeitem", "aria-expanded": "false", "aria-selected": "false" });
    const toggle = (open = inner.hidden) => {
      if (open && !inner.childElementCount) inner.append(...this.branch(link.target, [...path, link.name]));
      inner.hidden = !open;
      item.setAttribute("aria-expanded", String(open));
      symbol.classList.toggle("tr-open", open);
    };
    const many = link.to_many ? gettext("many") : gettext("one");
    const row = h("button", { type: "button", class: "tr-item tr-link", data: { path: [...path, link.name].join(".") }, on: { click: () => toggle(), toggle: (event) => toggle(event.detail) } },
      symbol, icon(link.to_many ? "stacks" : "link"), h("span", { class: "tr-item-label" }, link.label, place && h("span", { class: "t-muted t-small" }, place)),
      h("span", { class: `t-pill ${link.to_many ? "accent" : ""}` }, many), h("span", { class: "tr-type" }, link.target_label));
    const use = this.wanted === "link" && button(gettext("Choose"), () => this.choose([...path, link.name], null), { kind: "tr-choose", "aria-label": fill(gettext("Choose %(link)s"), { link: link.label }) });
    item.append(h("div", { class: "tr-item-row" }, row, use || null), inner);
    return item;
  }

  // --- searching ---

  found(typed) {
    const results = [];
    let front = [{ schema: this.schema, path: [], visited: [this.schema] }];
    for (let depth = 0; depth <= SEARCH_DEPTH && front.length && results.length < MOST_FOUND; depth += 1) {
      const next = [];
      for (const { schema, path, visited } of front) {
        const described = this.words.schemas[schema];
        const place = path.length ? this.words.pathLabels(this.schema, path).join(" › ") : "";
        if (this.wanted !== "link") results.push(...described.fields.filter((f) => this.fits(f) && matches(f, typed, place)).map((f) => this.fieldItem(f, path, place)));
        if (this.wanted === "figure") continue;
        for (const link of described.links) {
          if (matches(link, typed, place)) results.push(this.linkItem(link, path, place));
          if (!visited.includes(link.target)) next.push({ schema: link.target, path: [...path, link.name], visited: [...visited, link.target] });
        }
      }
      front = next;
    }
    return results.slice(0, MOST_FOUND);
  }

  // --- keyboard ---

  visible() {
    return [...this.list.querySelectorAll("button.tr-item")].filter((item) => !item.closest("[hidden]"));
  }

  fromSearch(event) {
    const items = this.visible();
    if (event.key === "ArrowDown") items[0]?.focus();
    else if (event.key === "Enter") (items.find((item) => !item.classList.contains("tr-link")) ?? items[0])?.click();
    else return;
    event.preventDefault();
  }

  move(event) {
    const items = this.visible();
    const here = items.indexOf(document.activeElement);
    if (here < 0) return;
    const toggle = (open) => items[here].dispatchEvent(new CustomEvent("toggle", { detail: open }));
    const isLink = items[here].classList.contains("tr-link");
    if (event.key === "ArrowDown") items[here + 1]?.focus();
    else if (event.key === "ArrowUp") (items[here - 1] ?? this.search).focus();
    else if (event.key === "ArrowRight" && isLink) toggle(true);
    else if (event.key === "ArrowLeft" && isLink) toggle(false);
    else return;
    event.preventDefault();
  }
}

// Every word typed is in the name or on the way to it, and at least one in the name itself.
function matches({ label, name }, typed, place) {
  const own = `${label} ${name}`.toLowerCase();
  const whole = `${place.toLowerCase()} ${own}`;
  return typed.every((word) => whole.includes(word)) && typed.some((word) => own.includes(word));
}
