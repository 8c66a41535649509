// Making elements, and talking to the server.

export function h(tag, options = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "on") for (const [event, act] of Object.entries(value)) element.addEventListener(event, act);
    else if (name === "data") Object.assign(element.dataset, value);
    else if (name === "class") element.className = value;
    else if (name === "value") element.value = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export const icon = (name) => h("span", { class: "material-symbols-outlined tr-icon", "aria-hidden": "true" }, name);

export function button(label, act, { symbol, kind = "", key, ...more } = {}) {
  const content = symbol ? [icon(symbol), h("span", {}, label)] : [label];
  return h("button", { type: "button", class: `tr-button ${kind}`, data: { key: key ?? "" }, on: { click: act }, ...more }, content);
}

export function iconButton(label, symbol, act, key) {
  return h("button", { type: "button", class: "tr-icon-button", title: label, "aria-label": label, data: { key }, on: { click: act } }, icon(symbol));
}

export function select(label, options, chosen, act, key) {
  const element = h("select", { class: "tr-input", "aria-label": label, data: { key }, on: { change: () => act(element.value) } },
    options.map(({ key: value, label: text }) => h("option", { value, selected: value === chosen }, text)));
  return element;
}

export const fill = (text, values) => window.interpolate(text, values, true);

export const clone = (value) => JSON.parse(JSON.stringify(value));

// What the server refuses, as problems with places.
export class Refused extends Error {
  constructor(problems) {
    super(problems.map((problem) => problem.text).join(" "));
    this.problems = problems;
  }
}

export async function ask(url, body, signal) {
  const headers = { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": csrfToken() };
  let response;
  try {
    response = await fetch(url, body === undefined ? { headers, signal } : { method: "POST", headers, signal, body: JSON.stringify(body) });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused([{ where: "", text: gettext("The server does not answer."), hint: gettext("Check the connection and try again.") }]);
  }
  if (!(response.headers.get("Content-Type") || "").includes("json")) {
    const signedOut = response.redirected || response.status === 403;
    const text = signedOut ? gettext("You are signed out.") : gettext("The server cannot answer just now.");
    throw new Refused([{ where: "", text, hint: signedOut ? gettext("Sign in again in another tab, then try again.") : gettext("Try again in a minute.") }]);
  }
  const answer = await response.json();
  if (!response.ok) throw new Refused(answer.problems ?? []);
  return answer;
}

function csrfToken() {
  const field = document.querySelector("input[name=csrfmiddlewaretoken]");
  return field?.value ?? document.cookie.match(/(?:^|; )csrftoken=([^;]*)/)?.[1] ?? "";
}
