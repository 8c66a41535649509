// The rule builder's door: draws every .tutti-rule of the page, and later fragments by TuttiRule.init(root).
(() => {
  "use strict";
  // Pages without the translation catalogue still work, in English.
  window.gettext ??= (text) => text;
  window.ngettext ??= (one, many, n) => (n === 1 ? one : many);
  window.interpolate ??= (text, values) => text.replace(/%\((\w+)\)s/g, (_match, name) => String(values[name]));

  const parts = import(new URL("./rule/builder.js", document.currentScript.src).href);

  async function init(root = document) {
    const { Builder } = await parts;
    const found = [...root.querySelectorAll(".tutti-rule")];
    if (root instanceof Element && root.matches(".tutti-rule")) found.push(root);
    await Promise.all(found.map((element) => Builder.on(element)));
  }

  window.TuttiRule = { init };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", () => init());
  else init();
})();
