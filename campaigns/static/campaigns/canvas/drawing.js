/* The drawing: boxes and arrows as the server stores them, with undo. Knows nothing of the screen. */

const UNDO_STEPS = 200;
const MERGE_MS = 1500;

export function transitionKey(t) {
  return [t.source, t.source_port, t.target, t.target_port].join("|");
}

export function newUid() {
  const letters = "abcdefghijklmnopqrstuvwxyz0123456789";
  const chance = crypto.getRandomValues(new Uint8Array(9));
  return "a" + Array.from(chance, (n) => letters[n % letters.length]).join("");
}

export class Drawing extends EventTarget {
  constructor({ graph, described, problems, editable, palette }) {
    super();
    this.kinds = new Map(palette.map((kind) => [kind.key, kind]));
    this.editable = editable;
    this.revision = graph.revision;
    this.described = described;
    this.problems = problems;
    this.selection = new Set(); // uids of boxes, or keys of transitions
    this.past = [];
    this.future = [];
    this.load(graph);
    this.direction = this.guessDirection();
  }

  /* Downwards, unless it was drawn from left to right. */
  guessDirection() {
    const spans = this.transitions.map((t) => [this.activities.get(t.source), this.activities.get(t.target)]);
    const sideways = spans.filter(([a, b]) => Math.abs(b.x - a.x) > Math.abs(b.y - a.y) * 1.5).length;
    return spans.length && sideways * 2 > spans.length ? "LR" : "TB";
  }

  load(graph) {
    this.activities = new Map(graph.activities.map((a) => [a.uid, a]));
    this.transitions = graph.transitions;
  }

  tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  /* --- reading ------------------------------------------------------------------------------------------ */

  graph() {
    return { revision: this.revision, activities: [...this.activities.values()], transitions: this.transitions };
  }

  snapshot() {
    return JSON.stringify({ activities: [...this.activities.values()], transitions: this.transitions });
  }

  kind(activity) {
    const missing = { key: activity.kind, label: activity.kind, icon: "help", category: "flow", inputs: [], outputs: [], help: "" };
    return this.kinds.get(activity.kind) || missing;
  }

  /* What the server says about a box now; a new box has the ports of its type. */
  describe(uid) {
    const activity = this.activities.get(uid);
    const kind = this.kind(activity);
    return { inputs: kind.inputs, outputs: kind.outputs, summary: "", ...(this.described[uid] || {}) };
  }

  inbound(uid, port) {
    return this.transitions.filter((t) => t.target === uid && (port === undefined || t.target_port === port));
  }

  outbound(uid, port) {
    return this.transitions.filter((t) => t.source === uid && (port === undefined || t.source_port === port));
  }

  transition(key) {
    return this.transitions.find((t) => transitionKey(t) === key);
  }

  problemsOf(uid) {
    return this.problems.filter((p) => p.where === uid);
  }

  /* Why these two ports may not be joined; an empty text when they may. */
  refusal(source, sourcePort, target, targetPort) {
    const output = this.describe(source).outputs.find((p) => p.key === sourcePort);
    const input = this.describe(target).inputs.find((p) => p.key === targetPort);
    if (!output || !input) return gettext("Drop the line on an input at the left of a box.");
    if (source === target || this.leadsTo(target, source)) return gettext("A campaign flows in one direction: this line would close a circle.");
    if (!output.many && this.outbound(source, sourcePort).length) {
      return gettext("This output already leads somewhere. Add a Fork to send it to several boxes.");
    }
    if (!input.many && this.inbound(target, targetPort).length) {
      return gettext("This input takes one line only. Add a Combine before it to bring several together.");
    }
    return "";
  }

  leadsTo(from, to) {
    const seen = new Set();
    const open = [from];
    while (open.length) {
      const uid = open.pop();
      if (uid === to) return true;
      if (seen.has(uid)) continue;
      seen.add(uid);
      open.push(...this.outbound(uid).map((t) => t.target));
    }
    return false;
  }

  freeInput(source, sourcePort, target) {
    const ports = this.describe(target).inputs;
    return ports.find((p) => this.refusal(source, sourcePort, target, p.key) === "") || null;
  }

  freeOutput(uid) {
    return this.describe(uid).outputs.find((p) => p.many || !this.outbound(uid, p.key).length) || null;
  }

  /* --- changing ----------------------------------------------------------------------------------------- */

  /* Every change goes through here: it can be undone, is drawn again and gets saved. */
  change(action, { merge = "" } = {}) {
    if (!this.editable) return;
    const before = this.snapshot();
    action();
    if (this.snapshot() === before) return;
    const now = Date.now();
    const last = this.past.at(-1);
    if (!(merge && last && last.merge === merge && now - last.at < MERGE_MS)) this.past.push({ before, merge, at: now });
    else last.at = now;
    if (this.past.length > UNDO_STEPS) this.past.shift();
    this.future = [];
    this.tell("change");
  }

  undo() {
    this.step(this.past, this.future);
  }

  redo() {
    this.step(this.future, this.past);
  }

  step(from, to) {
    const entry = from.pop();
    if (!entry || !this.editable) return;
    to.push({ before: this.snapshot(), merge: "", at: 0 });
    this.load(JSON.parse(entry.before));
    this.select([...this.selection]);
    this.tell("change", { restored: true });
  }

  add(kindKey, x, y, { config = {}, label } = {}) {
    const kind = this.kinds.get(kindKey);
    const uid = newUid();
    const name = label || this.freeLabel(kind.label);
    this.change(() => this.activities.set(uid, { uid, kind: kindKey, label: name, x: Math.round(x), y: Math.round(y), config }));
    return uid;
  }

  freeLabel(label) {
    const used = new Set([...this.activities.values()].map((a) => a.label));
    let n = 2;
    let name = label;
    while (used.has(name)) name = `${label} ${n++}`;
    return name;
  }

  connect(source, sourcePort, target, targetPort) {
    const refusal = this.refusal(source, sourcePort, target, targetPort);
    if (refusal) return refusal;
    const t = { source, source_port: sourcePort, target, target_port: targetPort, label: "" };
    this.change(() => this.transitions.push(t));
    return "";
  }

  remove(keys) {
    const gone = new Set(keys);
    this.change(() => {
      for (const key of gone) this.activities.delete(key);
      this.transitions = this.transitions.filter((t) => !gone.has(transitionKey(t)) && !gone.has(t.source) && !gone.has(t.target));
    });
    this.select([]);
  }

  move(places) {
    this.change(() => {
      for (const [uid, { x, y }] of places) Object.assign(this.activities.get(uid) || {}, { x: Math.round(x), y: Math.round(y) });
    });
  }

  update(uid, values, options) {
    this.change(() => Object.assign(this.activities.get(uid) || {}, values), options);
  }

  relabelTransition(key, label) {
    this.change(() => Object.assign(this.transition(key) || {}, { label }), { merge: `label ${key}` });
  }

  /* --- copies ------------------------------------------------------------------------------------------- */

  copy() {
    const uids = [...this.selection].filter((key) => this.activities.has(key));
    const inside = (t) => uids.includes(t.source) && uids.includes(t.target);
    return JSON.stringify({ activities: uids.map((uid) => this.activities.get(uid)), transitions: this.transitions.filter(inside) });
  }

  paste(text, dx = 40, dy = 40) {
    const { activities, transitions } = JSON.parse(text);
    const known = activities.filter((a) => this.kinds.has(a.kind));
    const names = new Map(known.map((a) => [a.uid, newUid()]));
    this.change(() => {
      for (const a of known) this.activities.set(names.get(a.uid), { ...a, uid: names.get(a.uid), label: this.freeLabel(a.label), x: a.x + dx, y: a.y + dy });
      for (const t of transitions) {
        if (names.has(t.source) && names.has(t.target)) this.transitions.push({ ...t, source: names.get(t.source), target: names.get(t.target) });
      }
    });
    this.select([...names.values()]);
    return names.size;
  }

  /* --- what the server says ----------------------------------------------------------------------------- */

  learn({ revision, described, problems }) {
    if (revision !== undefined) this.revision = revision;
    if (described) this.described = described;
    if (problems) this.problems = problems;
    this.tell("learned");
  }

  select(keys) {
    const valid = keys.filter((key) => this.activities.has(key) || this.transition(key));
    const same = valid.length === this.selection.size && valid.every((key) => this.selection.has(key));
    this.selection = new Set(valid);
    if (!same) this.tell("select");
  }
}
