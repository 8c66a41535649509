/* The drawer at the foot: the rows behind a number. */

import { get, h, icon } from "./dom.js";

export class Drawer {
  constructor(place) {
    this.place = place;
  }

  async open(title, address) {
    this.address = String(address);
    const body = h("div", { class: "tc-drawer-body", tabindex: "0" }, h("p", { class: "t-muted" }, gettext("Loading…")));
    const close = h("button", { type: "button", class: "tc-tool", "aria-label": gettext("Close the rows"), onclick: () => this.close() }, icon("close"));
    this.place.replaceChildren(h("header", { class: "t-row t-spread" }, h("h2", {}, title), close), body);
    this.place.hidden = false;
    try {
      const html = await get(address);
      if (this.address === String(address)) body.innerHTML = html;
    } catch (error) {
      body.replaceChildren(h("p", { class: "t-note bad" }, error.message));
    }
  }

  close() {
    this.place.hidden = true;
    this.place.replaceChildren();
  }
}
