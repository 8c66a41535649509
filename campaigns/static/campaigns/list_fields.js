/* Lists in a side panel (subsets, what Enrich adds): cards to fill in, over the text area that holds the JSON. */
(function () {
  "use strict";

  const MAX_LINKS = 3; // how far the pickers look; further paths are kept when they are there already
  let catalogue = null;

  function h(tag, attributes, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value === null || value === undefined || value === false) continue;
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else element.setAttribute(name, value === true ? "" : value);
    }
    element.append(...children.flat().filter((child) => child !== null && child !== undefined));
    return element;
  }

  const icon = (name) => h("span", { class: "material-symbols-outlined", "aria-hidden": "true" }, name);
  const words = (text, values) => interpolate(gettext(text), values, true);
  let labels = 0;

  function labelled(text, control) {
    control.id = control.id || `tl-${++labels}`;
    return h("div", { class: "tl-field" }, h("label", { for: control.id }, text), control);
  }

  function select(options, value, onchange) {
    const control = h("select", { onchange: () => onchange(control.value) });
    for (const [key, label] of options) {
      if (Array.isArray(label)) control.append(h("optgroup", { label: key }, label.map(([k, l]) => h("option", { value: k }, l))));
      else control.append(h("option", { value: key }, label));
    }
    if (![...control.options].some((option) => option.value === value) && value) control.append(h("option", { value }, value));
    control.value = value;
    return control;
  }

  /* --- what there is to choose from ------------------------------------------------------------------------- */

  function urls() {
    return document.querySelector(".tutti-urls").dataset;
  }

  async function loadCatalogue() {
    if (catalogue) return true;
    const response = await fetch(urls().catalogUrl);
    if (!response.ok) return false;
    catalogue = await response.json();
    return true;
  }

  /* Paths from a schema: [[code, label, end schema, to many]]. */
  function paths(schema, { toMany }) {
    const found = [];
    const walk = (name, path, names, many, seen) => {
      if (path.length) found.push([path.join("."), names.join(" → "), name, many]);
      if (path.length === MAX_LINKS) return;
      for (const link of catalogue.schemas[name]?.links || []) {
        if (seen.includes(link.target) || (!toMany && link.to_many)) continue;
        walk(link.target, [...path, link.name], [...names, link.label], many || link.to_many, [...seen, link.target]);
      }
    };
    walk(schema, [], [], false, [schema]);
    return found;
  }

  function endOf(schema, path) {
    let name = schema;
    for (const step of path) name = catalogue.schemas[name]?.links.find((link) => link.name === step)?.target;
    return name;
  }

  function fieldsOf(schema) {
    return (catalogue.schemas[schema]?.fields || []).map((field) => [field.name, field.label]);
  }

  function aliasFrom(text, taken) {
    const base = text.toLowerCase().normalize("NFD").replace(/[^a-z0-9]+/g, "_").replace(/^[^a-z]+|_+$/g, "").slice(0, 36) || "value";
    let name = base;
    for (let n = 2; taken.includes(name); n += 1) name = `${base}_${n}`;
    return name;
  }

  /* --- one list --------------------------------------------------------------------------------------------- */

  class List {
    constructor(textarea) {
      this.textarea = textarea;
      this.schema = textarea.dataset.schema;
      this.attributes = JSON.parse(textarea.dataset.attributes || "[]");
      this.entries = this.read();
      this.open = this.entries.length === 1 ? 0 : -1;
      this.place = h("div", { class: "tl-list", "data-not-sent": "" });
      textarea.hidden = true;
      textarea.after(this.place);
      this.draw();
    }

    read() {
      try {
        const value = JSON.parse(this.textarea.value || "[]");
        return Array.isArray(value) ? value : [];
      } catch (error) {
        return [];
      }
    }

    write() {
      this.textarea.value = JSON.stringify(this.entries);
      this.textarea.dispatchEvent(new Event("input", { bubbles: true }));
    }

    set(entry, values, redraw = false) {
      Object.assign(entry, values);
      this.write();
      if (redraw) this.draw();
    }

    draw() {
      const cards = this.entries.map((entry, n) => this.card(entry, n));
      this.place.replaceChildren(h("ol", {}, cards), h("div", { class: "tl-add" }, this.adders().map(([text, make]) => h("button", { type: "button", class: "t-button", onclick: () => this.add(make()) }, icon("add"), text))));
      if (window.TuttiRule) window.TuttiRule.init(this.place);
    }

    add(entry) {
      this.entries.push(entry);
      this.open = this.entries.length - 1;
      this.write();
      this.draw();
      this.place.querySelector("li:last-child .tl-body input, li:last-child .tl-body select")?.focus();
    }

    card(entry, n) {
      const open = this.open === n;
      const toggle = h("button", { type: "button", class: "tl-title", "aria-expanded": String(open), onclick: () => this.toggle(n) }, icon(open ? "expand_less" : "expand_more"), h("span", {}, h("strong", {}, this.title(entry, n)), h("small", {}, this.sentence(entry))));
      const tool = (name, text, act, off) => h("button", { type: "button", class: "tl-tool", title: text, "aria-label": `${text}: ${this.title(entry, n)}`, disabled: off, onclick: act }, icon(name));
      return h(
        "li",
        { class: "tl-card" },
        h("div", { class: "tl-head" }, toggle, tool("arrow_upward", gettext("Up"), () => this.swap(n, n - 1), n === 0), tool("arrow_downward", gettext("Down"), () => this.swap(n, n + 1), n === this.entries.length - 1), tool("delete", gettext("Remove"), () => this.remove(n))),
        open ? h("div", { class: "tl-body" }, this.controls(entry, n)) : null,
      );
    }

    toggle(n) {
      this.open = this.open === n ? -1 : n;
      this.draw();
    }

    swap(a, b) {
      [this.entries[a], this.entries[b]] = [this.entries[b], this.entries[a]];
      if (this.open === a) this.open = b;
      this.write();
      this.draw();
    }

    remove(n) {
      this.entries.splice(n, 1);
      this.open = -1;
      this.write();
      this.draw();
    }

    text(label, entry, key, { redraw = false, type = "text", ...more } = {}) {
      const control = h("input", { type, value: entry[key] ?? "", ...more });
      const value = () => (type === "number" ? (control.value === "" ? null : Number(control.value)) : control.value);
      control.addEventListener("input", () => this.set(entry, { [key]: value() }));
      if (redraw) control.addEventListener("change", () => this.draw());
      return labelled(label, control);
    }

    /* Sorting by an attribute of the population, or by fields given. */
    sorting(entry, options, none) {
      const sort = entry.sort;
      const code = !sort ? "" : sort.column ? `@${sort.column}` : [...sort.path, sort.field].join(".");
      const by = select([["", none], ...options], code, (value) => this.set(entry, { sort: readSort(value, sort?.direction) }, true));
      const direction = select([["asc", gettext("lowest first")], ["desc", gettext("highest first")]], sort?.direction || "asc", (value) => this.set(entry, { sort: { ...entry.sort, direction: value } }));
      return h("div", { class: "tl-pair" }, labelled(gettext("Sort by"), by), sort ? labelled(gettext("Order"), direction) : null);
    }

    /* A rule builder inside a card; what it holds is a group, or nothing. */
    rule(label, entry, key, schema) {
      if (!entry[key]) return h("button", { type: "button", class: "tl-link", onclick: () => this.set(entry, { [key]: emptyGroup() }, true) }, icon("filter_alt"), label);
      const { catalogUrl, countUrl, rowsUrl } = urls();
      const value = JSON.stringify({ version: 1, schema, where: entry[key] });
      const text = h("textarea", { hidden: true });
      text.value = value;
      const changed = () => {
        try {
          this.set(entry, { [key]: JSON.parse(text.value).where });
        } catch (error) {
          return; // half typed; the builder writes again
        }
      };
      text.addEventListener("input", changed);
      text.addEventListener("change", changed);
      const builder = h("div", { class: "tutti-rule tutti-scope", "data-schema": schema, "data-dimension": "", "data-catalog-url": catalogUrl, "data-count-url": countUrl, "data-rows-url": rowsUrl }, text, h("div", { class: "tr-root" }));
      const drop = h("button", { type: "button", class: "tl-link", onclick: () => this.set(entry, { [key]: null }, true) }, icon("filter_alt_off"), gettext("Without a rule"));
      return h("div", { class: "tl-rule" }, builder, drop);
    }
  }

  function emptyGroup() {
    return { kind: "group", op: "and", not: false, items: [] };
  }

  function readSort(code, direction = "asc") {
    if (!code) return null;
    if (code.startsWith("@")) return { column: code.slice(1), direction };
    const path = code.split(".");
    return { path: path.slice(0, -1), field: path.at(-1), direction };
  }

  /* --- the subsets of a Split ------------------------------------------------------------------------------- */

  class Subsets extends List {
    adders() {
      return [[gettext("Add a subset"), () => ({ label: words("Subset %(n)s", { n: this.entries.length + 1 }), rule: null, limit_kind: "none", limit: null, sort: null })]];
    }

    title(entry, n) {
      return entry.label || words("Subset %(n)s", { n: n + 1 });
    }

    sentence(entry) {
      const parts = [entry.rule ? gettext("by rule") : null];
      if (entry.limit_kind === "percent") parts.push(words("%(n)s percent", { n: entry.limit ?? "?" }));
      if (entry.limit_kind === "number") parts.push(words("at most %(n)s", { n: entry.limit ?? "?" }));
      return parts.filter(Boolean).join(", ") || gettext("everybody who is left");
    }

    controls(entry) {
      const kinds = [["none", gettext("No limit")], ["number", gettext("A number of records")], ["percent", gettext("A percentage")]];
      const kind = select(kinds, entry.limit_kind || "none", (value) => this.set(entry, { limit_kind: value, limit: value === "none" ? null : (entry.limit ?? (value === "percent" ? 50 : 100)) }, true));
      const limited = entry.limit_kind && entry.limit_kind !== "none";
      return [
        this.text(gettext("Label"), entry, "label", { redraw: true, maxlength: 120 }),
        this.rule(gettext("Choose who by a rule"), entry, "rule", this.schema),
        h("div", { class: "tl-pair" }, labelled(gettext("Limit"), kind), limited ? this.text(entry.limit_kind === "percent" ? gettext("Percent") : gettext("Number"), entry, "limit", { type: "number", min: 0, max: entry.limit_kind === "percent" ? 100 : null, step: "any", redraw: true }) : null),
        limited ? this.sorting(entry, this.attributes, gettext("by chance")) : null,
      ];
    }
  }

  /* --- what Enrich adds ------------------------------------------------------------------------------------- */

  const FUNCTIONS = () => [["count", gettext("How many")], ["sum", gettext("Total")], ["avg", gettext("Average")], ["min", gettext("Lowest")], ["max", gettext("Highest")]];

  class Enrichments extends List {
    adders() {
      return [
        [gettext("Attribute"), () => this.named({ kind: "attribute", path: [], field: fieldsOf(this.schema)[0]?.[0] || "" })],
        [gettext("Figure"), () => this.named({ kind: "aggregate", function: "count", path: this.firstMany(), field: "", where: null })],
        [gettext("Collection"), () => this.collection()],
      ];
    }

    firstMany() {
      return (paths(this.schema, { toMany: true }).find(([, , , many]) => many)?.[0] || "").split(".").filter(Boolean);
    }

    collection() {
      const path = this.firstMany();
      const fields = fieldsOf(endOf(this.schema, path)).slice(0, 2).map(([name]) => ({ path: [], field: name, name }));
      return this.named({ kind: "collection", path, fields, where: null, sort: null, limit: 10 });
    }

    /* The name in templates follows what is chosen, until somebody types one. */
    named(entry) {
      const words = entry.kind === "attribute" ? [...entry.path, entry.field] : entry.kind === "aggregate" ? [entry.function === "count" ? "number" : entry.function, ...entry.path.slice(-1), entry.field] : entry.path.slice(-1);
      const taken = this.entries.filter((other) => other !== entry).map((other) => other.alias);
      const alias = aliasFrom(words.filter(Boolean).join("_"), [...taken, ...Object.keys(catalogue.schemas)]);
      return Object.assign(entry, { alias, label: entry.label || "" });
    }

    choose(entry, values) {
      const automatic = entry.alias === this.named({ ...entry }).alias;
      Object.assign(entry, values);
      if (automatic) this.named(entry);
      this.write();
      this.draw();
    }

    title(entry) {
      return entry.label || entry.alias || gettext("New value");
    }

    sentence(entry) {
      const label = paths(this.schema, { toMany: true }).find(([code]) => code === (entry.path || []).join("."))?.[1] || (entry.path || []).join(" → ");
      const field = fieldsOf(endOf(this.schema, entry.path || [])).find(([name]) => name === entry.field)?.[1] || entry.field;
      if (entry.kind === "attribute") return [label, field].filter(Boolean).join(" → ");
      if (entry.kind === "aggregate") return [FUNCTIONS().find(([key]) => key === entry.function)?.[1], label, field].filter(Boolean).join(" · ");
      return words("up to %(n)s of %(what)s", { n: entry.limit, what: label });
    }

    controls(entry) {
      const many = entry.kind !== "attribute";
      const found = paths(this.schema, { toMany: many }).filter(([, , , toMany]) => !many || toMany);
      const offered = [...(many ? [] : [["", gettext("The record itself")]]), ...found.map(([code, label]) => [code, label])];
      const follow = (code) => this.choose(entry, this.along(entry, code.split(".").filter(Boolean)));
      return [
        labelled(many ? gettext("Linked records") : gettext("Of"), select(offered, (entry.path || []).join("."), follow)),
        ...this.middle(entry, endOf(this.schema, entry.path || [])),
        h("div", { class: "tl-pair" }, this.text(gettext("Name in templates"), entry, "alias", { redraw: true, maxlength: 40, pattern: "[a-z][a-z0-9_]*" }), this.text(gettext("Label"), entry, "label", { redraw: true, maxlength: 120 })),
      ];
    }

    along(entry, path) {
      const fields = fieldsOf(endOf(this.schema, path)).map(([name]) => name);
      if (entry.kind === "attribute") return { path, field: fields[0] || "" };
      if (entry.kind === "aggregate") return { path, field: entry.function === "count" ? "" : fields[0] || "", where: null };
      return { path, fields: fields.slice(0, 2).map((name) => ({ path: [], field: name, name })), sort: null, where: null };
    }

    middle(entry, end) {
      if (entry.kind === "attribute") return [this.field(entry, end)];
      const rule = this.rule(gettext("Only those that meet a rule"), entry, "where", end);
      if (entry.kind === "aggregate") {
        const first = fieldsOf(end)[0]?.[0] || "";
        const figure = select(FUNCTIONS(), entry.function, (value) => this.choose(entry, { function: value, field: value === "count" ? "" : entry.field || first }));
        return [h("div", { class: "tl-pair" }, labelled(gettext("Figure"), figure), entry.function === "count" ? null : this.field(entry, end)), rule];
      }
      return [this.columns(entry, end), rule, this.sorting(entry, fieldsOf(end), gettext("by key")), this.text(gettext("At most"), entry, "limit", { type: "number", min: 1, max: 1000, redraw: true })];
    }

    field(entry, end) {
      return labelled(gettext("Field"), select(fieldsOf(end), entry.field, (value) => this.choose(entry, { field: value })));
    }

    columns(entry, end) {
      const options = [["", ""], ...paths(end, { toMany: false }).map(([code, label]) => [code, label])].flatMap(([code, label]) => fieldsOf(endOf(end, code.split(".").filter(Boolean))).map(([name, text]) => [[code, name].filter(Boolean).join("."), label ? `${label} → ${text}` : text]));
      const codes = entry.fields.map((item) => [...item.path, item.field].join("."));
      const chosen = entry.fields.map((item, n) => h("li", {}, h("code", {}, item.name), h("button", { type: "button", class: "tl-tool", "aria-label": words("Remove %(name)s", { name: item.name }), onclick: () => this.set(entry, { fields: entry.fields.filter((_, m) => m !== n) }, true) }, icon("close"))));
      const more = select([["", gettext("Add a field …")], ...options.filter(([code]) => !codes.includes(code))], "", (code) => {
        if (!code) return;
        const path = code.split(".");
        this.set(entry, { fields: [...entry.fields, { path: path.slice(0, -1), field: path.at(-1), name: aliasFrom(path.join("_"), entry.fields.map((item) => item.name)) }] }, true);
      });
      return h("div", { class: "tl-field" }, labelled(gettext("Fields to collect"), more), h("ul", { class: "tl-chips" }, chosen));
    }
  }

  /* ---------------------------------------------------------------------------------------------------------- */

  const KINDS = { subsets: Subsets, enrichments: Enrichments };

  async function init(root) {
    const found = [...root.querySelectorAll("textarea.tutti-list")].filter((textarea) => !textarea.dataset.ready && KINDS[textarea.dataset.list]);
    if (!found.length) return;
    for (const textarea of found) textarea.dataset.ready = "true";
    if (!(await loadCatalogue())) {
      for (const textarea of found) textarea.replaceWith(h("p", { class: "t-note" }, gettext("You may not see the data that these settings are about.")));
      return;
    }
    for (const textarea of found) {
      if (!textarea.dataset.schema) textarea.after(h("p", { class: "t-note" }, gettext("What can be chosen depends on what flows in: draw an arrow to this activity, and set up the one before it.")));
      if (textarea.dataset.schema) new KINDS[textarea.dataset.list](textarea);
      textarea.hidden = true;
    }
  }

  window.TuttiLists = { init };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", () => init(document));
  else init(document);
})();
