// The rule as a tree of plain values, and what the descriptions say about it. Nothing here touches the page.

export const newGroup = (...items) => ({ kind: "group", op: "and", not: false, items });
export const newRule = (schema) => ({ version: 1, schema, where: newGroup() });

export class Words {
  constructor(catalog) {
    Object.assign(this, catalog);
  }

  field(schema, name) {
    return this.schemas[schema]?.fields.find((field) => field.name === name);
  }

  link(schema, name) {
    return this.schemas[schema]?.links.find((link) => link.name === name);
  }

  label(schema) {
    return this.schemas[schema]?.label ?? schema;
  }

  // The schema at the end of a path, or undefined where it breaks.
  end(schema, path) {
    return path.reduce((here, name) => here && this.link(here, name)?.target, schema);
  }

  // Labels along a path; a link that is no longer there keeps its name.
  pathLabels(schema, path) {
    const labels = [];
    for (const name of path) {
      const link = schema && this.link(schema, name);
      labels.push(link?.label ?? name);
      schema = link?.target;
    }
    return labels;
  }

  fieldAt(schema, node) {
    return this.field(this.end(schema, node.path), node.field);
  }

  operators(schema, node) {
    const type = this.fieldAt(schema, node)?.type;
    return type ? this.types[type].operators : [];
  }

  // The type of what a link card compares.
  figureType(schema, node) {
    if (node.quantifier === "count") return "big_integer";
    if (node.quantifier === "min" || node.quantifier === "max") return this.fieldAt(schema, node)?.type;
    return "decimal";
  }

  figureOperators(schema, node) {
    const type = this.figureType(schema, node);
    return type ? this.types[type].figure_operators : [];
  }

  // A picked field as a node: what lies behind a to-many link becomes a card of linked records.
  picked(schema, path, field) {
    const cut = this.firstMany(schema, path);
    if (cut < 0) {
      const node = { kind: "condition", path, field, op: "", value: null };
      node.op = this.operators(schema, node)[0]?.key ?? "";
      node.value = blank(this.arity(this.operators(schema, node), node.op));
      return node;
    }
    const head = path.slice(0, cut + 1);
    return { ...newLink(head), where: newGroup(this.picked(this.end(schema, head), path.slice(cut + 1), field)) };
  }

  firstMany(schema, path) {
    for (const [n, name] of path.entries()) {
      const link = this.link(schema, name);
      if (!link || link.to_many) return link ? n : -1;
      schema = link.target;
    }
    return -1;
  }

  arity(operators, op) {
    return operators.find((operator) => operator.key === op)?.arity ?? "none";
  }

  // Is anything still to be filled in? Such a rule is not counted by itself.
  incomplete(schema, node) {
    if (node.kind === "group") return node.items.some((item) => this.incomplete(schema, item) || (item.kind === "group" && !item.items.length));
    if (node.kind === "condition") return !node.field || missing(this.arity(this.operators(schema, node), node.op), node.value);
    if (!node.path.length || this.incomplete(this.end(schema, node.path), node.where)) return true;
    if (node.quantifier === "any" || node.quantifier === "none") return false;
    if (node.quantifier !== "count" && !node.field) return true;
    return missing(this.arity(this.figureOperators(schema, node), node.op), node.value);
  }
}

export const newLink = (path) => ({ kind: "link", path, quantifier: "any", field: null, op: null, value: null, where: newGroup() });

export function blank(arity) {
  return { none: null, one: "", list: [], range: ["", ""], relative: { amount: 30, unit: "day" } }[arity];
}

function missing(arity, value) {
  if (arity === "none") return false;
  if (arity === "one") return value === "" || value === null;
  if (arity === "relative") return !Number.isInteger(value?.amount);
  return !value?.length || value.some((item) => item === "");
}
