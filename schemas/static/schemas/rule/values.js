// Inputs for values: one, two, a list, or an amount of days, in the way their type is best given.
import { fill, h, select } from "./dom.js";

export function valueInputs(words, { type, field, arity, value, key, label, changed }) {
  const one = (current, set, place, name) => oneInput(words, { type, field, value: current, key: `${key}/${place}`, label: name, set });
  if (arity === "none") return [];
  if (arity === "one") return [one(value, changed, "value", label)];
  if (arity === "relative") return relativeInputs(words, value, key, changed);
  if (arity === "list") return [listInput(field, value, `${key}/list`, label, changed)];
  const [low, high] = value;
  const range = [low, high];
  const put = (place) => (text) => { range[place] = text; changed([...range]); };
  return [one(low, put(0), "low", gettext("Lowest")), h("span", { class: "tr-and" }, gettext("and")), one(high, put(1), "high", gettext("Highest"))];
}

function oneInput(words, { type, field, value, key, label, set }) {
  if (field?.choices.length) {
    const options = [{ key: "", label: gettext("Choose …") }, ...field.choices.map((choice) => ({ key: choice, label: choice }))];
    return select(label, options, value ?? "", set, key);
  }
  const family = words.types[type].family;
  if (family === "datetime") return momentInputs(value ?? "", key, label, set);
  const kinds = { number: "number", date: "date", time: "time" };
  const step = type === "integer" || type === "big_integer" ? "1" : "any";
  const input = h("input", {
    type: kinds[family] ?? "text", class: `tr-input tr-${family}`, value: value ?? "", "aria-label": label, data: { key }, autocomplete: "off",
    maxlength: kinds[family] ? null : words.limits.text, placeholder: kinds[family] ? null : gettext("value"),
    step: family === "number" ? step : family === "time" ? "1" : null, on: { input: () => set(input.value) },
  });
  return input;
}

// A day, with a time only where one is wanted: without it the whole day is meant.
function momentInputs(value, key, label, set) {
  const [day, time = ""] = value.split("T");
  const put = () => set(dayInput.value ? dayInput.value + (timeInput.value ? `T${timeInput.value}` : "") : "");
  const dayInput = h("input", { type: "date", class: "tr-input", value: day, "aria-label": label, data: { key }, on: { input: put } });
  const hint = gettext("Time (if left empty, the whole day)");
  const timeInput = h("input", { type: "time", class: "tr-input tr-time", value: time.slice(0, 5), "aria-label": hint, title: hint, data: { key: `${key}/time` }, on: { input: put } });
  return h("span", { class: "tr-moment" }, dayInput, timeInput);
}

function relativeInputs(words, value, key, changed) {
  const relative = { ...value };
  const amount = h("input", {
    type: "number", min: "0", step: "1", class: "tr-input tr-amount", value: relative.amount ?? "", "aria-label": gettext("How many"), data: { key: `${key}/amount` },
    on: { input: () => { relative.amount = /^\d+$/.test(amount.value) ? Number(amount.value) : null; changed({ ...relative }); } },
  });
  const unit = select(gettext("Unit"), words.units, relative.unit, (chosen) => { relative.unit = chosen; changed({ ...relative }); }, `${key}/unit`);
  return [amount, unit];
}

function listInput(field, value, key, label, changed) {
  if (field?.choices.length) return choiceList(field.choices, value, key, label, changed);
  const counted = h("span", { class: "t-small t-muted" });
  const show = (values) => {
    counted.textContent = fill(ngettext("%(n)s value", "%(n)s values", values.length), { n: values.length });
  };
  const area = h("textarea", {
    class: "tr-input tr-list", rows: 3, "aria-label": label, data: { key }, placeholder: gettext("One value per line; a list can be pasted"),
    on: { input: () => { const values = lines(area.value); show(values); changed(values); } },
  });
  area.value = value.join("\n");
  show(value);
  return h("span", { class: "tr-list-box" }, area, counted);
}

const lines = (text) => [...new Set(text.split(/[\n\r\t]+/).map((line) => line.trim()).filter(Boolean))];

function choiceList(choices, value, key, label, changed) {
  const chosen = new Set(value);
  const boxes = choices.map((choice, n) => {
    const box = h("input", { type: "checkbox", checked: chosen.has(choice), data: { key: n ? `${key}/${n}` : key }, on: { change: () => {
      if (box.checked) chosen.add(choice); else chosen.delete(choice);
      changed(choices.filter((item) => chosen.has(item)));
    } } });
    return h("label", { class: "tr-choice" }, box, choice);
  });
  return h("span", { class: "tr-choices", role: "group", "aria-label": label }, boxes);
}
