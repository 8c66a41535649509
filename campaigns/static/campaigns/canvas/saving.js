/* Saves a second after the last change, and says so; when somebody else saved first, asks what to do. */

import { debounce, h, icon, post, translate } from "./dom.js";

const QUIET_MS = 1000;

export class Saving {
  constructor(drawing, { url, place, dialog }) {
    Object.assign(this, { drawing, url, place, dialog });
    this.dirty = this.busy = this.conflict = false;
    this.soon = debounce(QUIET_MS, () => this.save());
    drawing.addEventListener("change", () => {
      this.dirty = true;
      this.show("cloud_upload", gettext("Unsaved changes"));
      this.soon();
    });
    window.addEventListener("beforeunload", (event) => {
      if (this.dirty && !this.conflict) event.preventDefault();
    });
    document.addEventListener("visibilitychange", () => document.hidden && this.soon.flush());
  }

  show(name, text, level = "") {
    this.place.className = `tc-saved ${level}`;
    this.place.replaceChildren(icon(name), h("span", {}, text));
  }

  /* Saved when this comes back true; used before anything that needs the stored drawing. */
  async settle() {
    while (this.busy) await this.busy;
    if (this.dirty) await this.save();
    return !this.dirty && !this.conflict;
  }

  /* Stores what changed since the last save; nothing is sent when nothing did. */
  save() {
    if (this.conflict || !this.dirty) return Promise.resolve(this.busy);
    if (this.busy) {
      this.soon();
      return this.busy;
    }
    this.busy = this.send().finally(() => {
      this.busy = false;
    });
    return this.busy;
  }

  async send() {
    this.dirty = false;
    this.show("sync", gettext("Saving…"));
    try {
      const answer = await post(this.url, this.drawing.graph());
      this.drawing.learn(answer);
      if (!this.dirty) this.show("cloud_done", translate("Saved %(time)s", { time: answer.saved_at }), "good");
    } catch (error) {
      this.dirty = true;
      if (error.status === 409) this.ask(error.answer);
      else this.failed(error);
    }
  }

  failed(error) {
    this.show("cloud_off", gettext("Not saved"), "bad");
    const again = h("button", { type: "button", class: "tc-link", onclick: () => this.save() }, gettext("Try again"));
    this.place.append(again);
    this.place.title = error.message;
    this.drawing.tell("refused", { message: error.message });
  }

  ask(answer) {
    this.conflict = true;
    this.show("warning", gettext("Not saved: changed by somebody else"), "bad");
    const download = h("button", { type: "button", class: "t-button", onclick: () => this.download() }, icon("download"), gettext("Download my drawing"));
    const copy = h("button", { type: "button", class: "t-button", onclick: () => this.keep() }, icon("content_copy"), gettext("Keep mine in the clipboard"));
    const reload = h("button", { type: "button", class: "t-button t-primary", onclick: () => location.reload() }, icon("refresh"), gettext("Load the saved drawing"));
    this.dialog.replaceChildren(
      h("h2", {}, gettext("Somebody else saved this campaign")),
      h("p", {}, answer.message),
      h("p", { class: "t-muted" }, gettext("Nothing was overwritten. Keep your drawing first if you need it: what you keep in the clipboard can be pasted into the saved drawing with Ctrl+V.")),
      h("div", { class: "t-row tc-dialog-buttons" }, download, copy, reload),
    );
    this.dialog.showModal();
  }

  keep() {
    this.drawing.select([...this.drawing.activities.keys()]);
    localStorage.setItem("tutti.clipboard", this.drawing.copy());
    location.reload();
  }

  download() {
    const blob = new Blob([JSON.stringify(this.drawing.graph(), null, 2)], { type: "application/json" });
    const link = h("a", { href: URL.createObjectURL(blob), download: "campaign-drawing.json" });
    link.click();
    URL.revokeObjectURL(link.href);
  }
}
