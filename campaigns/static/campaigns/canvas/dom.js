/* Small words for building elements and talking to the server. */

export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

export function icon(name) {
  return h("span", { class: "material-symbols-outlined", "aria-hidden": "true" }, name);
}

export function translate(text, values) {
  return values ? interpolate(gettext(text), values, true) : gettext(text);
}

/* The same for texts that depend on a number n. */
export function counted(one, many, n) {
  return interpolate(ngettext(one, many, n), { n: number(n) }, true);
}

/* Numbers as the page's language writes them. */
export function number(value) {
  return new Intl.NumberFormat(document.documentElement.lang || "en").format(value);
}

export class Refused extends Error {
  constructor(status, answer) {
    super((answer && answer.message) || gettext("The server did not answer as expected. Check your connection and try again."));
    this.status = status;
    this.answer = answer || {};
  }
}

function token() {
  return document.querySelector("[name=csrfmiddlewaretoken]").value;
}

/* POST JSON or a FormData; gives the answer (JSON or text), or throws Refused. */
export async function post(url, data, options = {}) {
  const isForm = data instanceof FormData;
  const headers = { "X-CSRFToken": token(), "X-Requested-With": "XMLHttpRequest" };
  if (!isForm) headers["Content-Type"] = "application/json";
  return answer(fetch(url, { method: "POST", headers, body: isForm ? data : JSON.stringify(data), ...options }));
}

export async function get(url) {
  return answer(fetch(url, { headers: { "X-Requested-With": "XMLHttpRequest" } }));
}

async function answer(request) {
  let response;
  try {
    response = await request;
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused(0, { message: gettext("The server cannot be reached. Your changes stay here until it can.") });
  }
  const isJson = (response.headers.get("Content-Type") || "").includes("json");
  const body = isJson ? await response.json() : await response.text();
  if (response.redirected && !isJson && response.url.includes("/login/")) {
    throw new Refused(401, { message: gettext("You have been signed out. Sign in again in another tab, then retry.") });
  }
  if (!response.ok) throw new Refused(response.status, isJson ? body : null);
  return body;
}

export function debounce(wait, action) {
  let timer = null;
  const later = (...words) => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      timer = null;
      action(...words);
    }, wait);
  };
  later.flush = (...words) => {
    if (timer === null) return;
    clearTimeout(timer);
    timer = null;
    action(...words);
  };
  return later;
}

/* A short message at the foot of the canvas, read out by screen readers. */
export function toast(text, level = "info") {
  const place = document.getElementById("tc-toasts");
  const message = h("div", { class: `tc-toast ${level}` }, icon(level === "bad" ? "error" : level === "good" ? "check_circle" : "info"), h("span", {}, text));
  place.append(message);
  setTimeout(() => message.remove(), 6000);
}
