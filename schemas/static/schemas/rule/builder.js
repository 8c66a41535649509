// The rule builder: cards for groups, conditions and linked records around one hidden text area.
import { ask, button, clone, fill, h, icon, iconButton, Refused, select } from "./dom.js";
import { pick } from "./picker.js";
import { Results } from "./results.js";
import { blank, newGroup, newLink, newRule, Words } from "./tree.js";
import { valueInputs } from "./values.js";

const catalogs = new Map(); // by address, so that ten builders on a page ask once

export class Builder {
  static async on(element) {
    if (element.dataset.ready) return;
    element.dataset.ready = "yes";
    const builder = new Builder(element);
    try {
      await builder.start();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      builder.area.replaceChildren(h("p", { class: "t-note bad", role: "alert" }, error.message));
    }
  }

  constructor(element) {
    this.element = element;
    this.text = element.querySelector("textarea");
    this.area = element.querySelector(".tr-root") ?? element.appendChild(h("div", { class: "tr-root" }));
    this.memory = new Map(); // the conditions of each dimension, so that looking at another one loses nothing
  }

  async start() {
    const url = this.element.dataset.catalogUrl || "/admin/rules/catalog/";
    if (!catalogs.has(url)) catalogs.set(url, ask(url).catch((error) => { catalogs.delete(url); throw error; }));
    this.words = new Words(await catalogs.get(url));
    this.dimension = this.element.dataset.dimension ? this.text.form?.elements[this.element.dataset.dimension] : null;
    this.dimension?.addEventListener?.("change", () => this.changeSchema());
    this.results = new Results(this);
    this.tree = h("div", { class: "tr-tree-cards" });
    this.area.replaceChildren(this.tree, this.results.element);
    this.read();
    this.draw();
    if (this.rule) this.results.soon(0);
  }

  get schema() {
    return this.element.dataset.schema || this.dimension?.value || (this.dimension ? "" : this.stored?.schema ?? "");
  }

  // A whole rule, or the bare group of an activity.
  read() {
    try {
      this.stored = this.text.value.trim() ? JSON.parse(this.text.value) : null;
    } catch {
      this.stored = null;
    }
    if (this.stored?.kind === "group") this.stored = { version: 1, schema: this.schema, where: this.stored };
    const fits = this.stored?.where?.kind === "group" && this.stored.schema === this.schema;
    this.rule = !this.schema ? null : fits ? clone(this.stored) : newRule(this.schema);
    this.write();
  }

  write() {
    this.text.value = this.rule ? JSON.stringify(this.rule) : "";
  }

  changeSchema() {
    if (this.rule) this.memory.set(this.rule.schema, this.rule);
    this.rule = this.schema ? this.memory.get(this.schema) ?? newRule(this.schema) : null;
    this.changed();
  }

  // After every change: keep the JSON, tell the form, and call old figures old.
  changed({ redraw = true, focus } = {}) {
    this.write();
    this.text.dispatchEvent(new Event("input", { bubbles: true }));
    this.text.dispatchEvent(new Event("change", { bubbles: true }));
    if (redraw) this.draw(focus);
    this.results.outdated();
  }

  draw(focus) {
    const key = focus ?? (this.tree.contains(document.activeElement) ? document.activeElement.dataset.key : null);
    if (!this.rule || !this.words.schemas[this.schema]) {
      this.tree.replaceChildren(h("p", { class: "tr-nothing" }, icon("arrow_upward"), gettext("Choose first what the rule is about.")));
      this.results.element.hidden = true;
      return;
    }
    this.results.element.hidden = false;
    this.tree.replaceChildren(this.groupCard(this.rule.where, this.schema, "where", null));
    if (key) this.tree.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus();
  }

  // --- groups ---

  groupCard(group, schema, where, holder) {
    const outermost = where === "where";
    const label = outermost ? fill(gettext("Conditions on %(schema)s"), { schema: this.words.label(schema) }) : gettext("Group of conditions");
    if (!group.items.length && where.endsWith(".where")) return this.openGroup(group, schema, where);
    const body = h("div", { class: "tr-items" });
    group.items.forEach((item, n) => {
      if (n) body.append(this.joiner(group, where, n));
      body.append(this.card(item, schema, `${where}.items[${n}]`, { items: group.items, n }));
    });
    if (!group.items.length) body.append(this.emptyNote(schema, where));
    return h("section", { class: `tr-group ${group.not ? "tr-not" : ""}`, role: "group", "aria-label": label, data: { where } },
      this.groupHead(group, schema, where, holder, outermost), body, this.adders(group, schema, where));
  }

  // Linked records without conditions: one line.
  openGroup(group, schema, where) {
    const label = fill(gettext("all records of “%(schema)s”; narrow them down:"), { schema: this.words.label(schema) });
    return h("section", { class: "tr-group tr-compact", role: "group", "aria-label": gettext("Group of conditions"), data: { where } }, h("span", { class: "tr-subtitle" }, label), this.adders(group, schema, where));
  }

  emptyNote(schema, where) {
    const values = { schema: this.words.label(schema) };
    const texts = where === "where" ? gettext("No condition yet: all records of “%(schema)s” are selected.") : gettext("This group is empty. Add a condition to it, or remove it.");
    return h("p", { class: "tr-empty" }, fill(texts, values));
  }

  groupHead(group, schema, where, holder, outermost) {
    const set = (op) => () => { group.op = op; this.changed(); };
    const side = (op, text, hint) => h("button", { type: "button", class: "tr-side", "aria-pressed": String(group.op === op), title: hint, data: { key: `${where}/${op}` }, on: { click: set(op) } }, text);
    const toggle = h("div", { class: "tr-sides", role: "group", "aria-label": gettext("How the conditions are joined") },
      side("and", gettext("All (AND)"), gettext("Every condition holds")), side("or", gettext("Any (OR)"), gettext("At least one condition holds")));
    const not = h("button", { type: "button", class: "tr-toggle", "aria-pressed": String(group.not), title: gettext("Turn round: whoever does not meet this group"), data: { key: `${where}/not` }, disabled: !group.items.length && !group.not, on: { click: () => { group.not = !group.not; this.changed(); } } }, gettext("NOT"));
    const linked = where.endsWith(".where");
    const title = outermost ? this.words.label(schema) : linked ? fill(gettext("for the same record of “%(schema)s”"), { schema: this.words.label(schema) }) : gettext("Group");
    return h("div", { class: "tr-head" }, h("span", { class: outermost ? "tr-title" : "tr-subtitle" }, title), toggle, not, h("span", { class: "tr-space" }), holder && this.actions(holder, where));
  }

  joiner(group, where, n) {
    const other = group.op === "and" ? "or" : "and";
    const hint = group.op === "and" ? gettext("Joined with AND; click for OR") : gettext("Joined with OR; click for AND");
    return h("button", { type: "button", class: `tr-joiner ${group.op}`, title: hint, "aria-label": hint, data: { key: `${where}/joiner${n}` }, on: { click: () => { group.op = other; this.changed(); } } }, group.op === "and" ? gettext("and") : gettext("or"));
  }

  adders(group, schema, where) {
    const add = (item) => {
      group.items.push(item);
      this.changed({ focus: `${where}.items[${group.items.length - 1}]/field` });
    };
    const condition = async () => {
      const chosen = await pick(this.words, { schema, wanted: "field", title: fill(gettext("Choose a field of “%(schema)s”"), { schema: this.words.label(schema) }) });
      if (chosen) add(this.words.picked(schema, chosen.path, chosen.field));
    };
    const linked = async () => {
      const chosen = await pick(this.words, { schema, wanted: "link", title: fill(gettext("Choose records linked to “%(schema)s”"), { schema: this.words.label(schema) }) });
      if (chosen) add(newLink(chosen.path));
    };
    return h("div", { class: "tr-adders" },
      button(gettext("Condition"), condition, { symbol: "add", key: `${where}/add-condition`, "aria-label": gettext("Add a condition") }),
      this.words.schemas[schema]?.links.length && button(gettext("Linked records"), linked, { symbol: "add_link", key: `${where}/add-linked`, "aria-label": gettext("Add linked records") }),
      button(gettext("Group"), () => add(newGroup()), { symbol: "data_object", key: `${where}/add-group`, "aria-label": gettext("Add a group") }));
  }

  actions({ items, n }, where) {
    const copy = () => { items.splice(n + 1, 0, clone(items[n])); this.changed(); };
    const remove = () => { items.splice(n, 1); this.changed({ focus: `${where.replace(/\.items\[\d+\]$/, "")}/add-condition` }); };
    return h("span", { class: "tr-actions" },
      iconButton(gettext("Duplicate"), "content_copy", copy, `${where}/copy`), iconButton(gettext("Remove"), "delete", remove, `${where}/remove`));
  }

  card(node, schema, where, holder) {
    if (node.kind === "group") return this.groupCard(node, schema, where, holder);
    return node.kind === "link" ? this.linkCard(node, schema, where, holder) : this.conditionCard(node, schema, where, holder);
  }

  // --- conditions ---

  conditionCard(node, schema, where, holder) {
    const field = this.words.fieldAt(schema, node);
    const change = async () => {
      const chosen = await pick(this.words, { schema, wanted: "field", title: fill(gettext("Choose a field of “%(schema)s”"), { schema: this.words.label(schema) }) });
      if (!chosen) return;
      holder.items[holder.n] = this.words.picked(schema, chosen.path, chosen.field);
      this.changed({ focus: `${where}/field` });
    };
    const labels = [...this.words.pathLabels(schema, node.path), field?.label ?? node.field];
    return h("div", { class: "tr-card tr-condition", data: { where } },
      this.chip(labels, field?.type, change, `${where}/field`, gettext("Field")),
      this.comparison(node, field, field?.type, this.words.operators(schema, node), where), h("span", { class: "tr-space" }), this.actions(holder, where));
  }

  chip(labels, type, act, key, name) {
    const place = labels.slice(0, -1).map((label) => [h("span", { class: "tr-step" }, label), h("span", { class: "tr-step", "aria-hidden": "true" }, "›")]);
    return h("button", { type: "button", class: "tr-chip", title: type ? this.words.types[type].label : name, "aria-haspopup": "dialog", data: { key }, on: { click: act } },
      place, h("span", { class: "tr-field" }, labels.at(-1) || gettext("Choose …")), icon("expand_more"));
  }

  comparison(node, field, type, operators, where) {
    if (!operators.length) return [];
    const arity = this.words.arity(operators, node.op);
    const change = (op) => {
      const next = this.words.arity(operators, op);
      if (next !== arity) node.value = blank(next);
      node.op = op;
      this.changed();
    };
    const changed = (value) => { node.value = value; this.changed({ redraw: false }); };
    return [select(gettext("Comparison"), operators, node.op, change, `${where}/op`),
      ...valueInputs(this.words, { type, field, arity, value: node.value ?? blank(arity), key: where, label: gettext("Value"), changed })];
  }

  // --- linked records ---

  linkCard(node, schema, where, holder) {
    const end = this.words.end(schema, node.path);
    const change = async () => {
      const chosen = await pick(this.words, { schema, wanted: "link", title: fill(gettext("Choose records linked to “%(schema)s”"), { schema: this.words.label(schema) }) });
      if (!chosen) return;
      const same = this.words.end(schema, chosen.path) === end;
      Object.assign(node, { path: chosen.path }, same ? {} : { quantifier: "any", field: null, op: null, value: null, where: newGroup() });
      this.changed({ focus: `${where}/field` });
    };
    const head = h("div", { class: "tr-head" }, icon("stacks"), select(gettext("Quantity"), this.words.quantifiers, node.quantifier, (chosen) => this.quantify(node, schema, chosen), `${where}/quantifier`),
      this.figureChip(node, schema, where), h("span", { class: "tr-word" }, ["any", "none"].includes(node.quantifier) ? gettext("in") : gettext("of")),
      this.chip(this.words.pathLabels(schema, node.path), null, change, `${where}/field`, gettext("Linked records")),
      this.figureComparison(node, schema, where), h("span", { class: "tr-space" }), this.actions(holder, where));
    return h("section", { class: "tr-card tr-linked", role: "group", "aria-label": gettext("Linked records"), data: { where } }, head, end && this.groupCard(node.where, end, `${where}.where`, null));
  }

  quantify(node, schema, quantifier) {
    const figure = !["any", "none", "count"].includes(quantifier);
    const fits = figure && node.field && this.words.types[this.words.fieldAt(schema, node)?.type]?.figures.includes(quantifier);
    Object.assign(node, { quantifier, field: fits ? node.field : null });
    const operators = this.words.figureOperators(schema, node);
    if (["any", "none"].includes(quantifier) || !operators.length) Object.assign(node, { op: null, value: null });
    else if (!operators.some(({ key }) => key === node.op)) Object.assign(node, { op: "ge", value: quantifier === "count" ? "1" : "" });
    this.changed();
  }

  figureChip(node, schema, where) {
    if (["any", "none", "count"].includes(node.quantifier)) return null;
    const end = this.words.end(schema, node.path);
    const change = async () => {
      const fits = (field) => this.words.types[field.type].figures.includes(node.quantifier);
      const chosen = await pick(this.words, { schema: end, wanted: "figure", fits, title: gettext("Choose a number or a date") });
      if (!chosen) return;
      node.field = chosen.field;
      this.quantify(node, schema, node.quantifier);
    };
    const field = this.words.fieldAt(schema, node);
    return this.chip([field?.label ?? node.field ?? ""], field?.type, change, `${where}/figure`, gettext("Field"));
  }

  figureComparison(node, schema, where) {
    if (["any", "none"].includes(node.quantifier)) return [];
    if (node.quantifier !== "count" && !node.field) return [];
    return this.comparison(node, null, this.words.figureType(schema, node), this.words.figureOperators(schema, node), where);
  }
}
