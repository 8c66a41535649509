// Asks before what cannot be undone, and keeps what the reader opened open while the page updates itself.
(function () {
  "use strict";
  const opened = new Set();

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-confirm]");
    if (button && !window.confirm(button.dataset.confirm)) event.preventDefault();
  });

  function name(details) {
    const row = details.closest("[id]");
    return (row ? row.id : "") + "/" + Array.from((row || document).querySelectorAll("details")).indexOf(details);
  }

  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.xhr && event.detail.xhr.status === 286) event.detail.shouldSwap = true;
    opened.clear();
    document.querySelectorAll("#run-part details[open]").forEach((details) => opened.add(name(details)));
  });
  document.addEventListener("htmx:afterSwap", () => {
    document.querySelectorAll("#run-part details").forEach((details) => { if (opened.has(name(details))) details.open = true; });
  });
})();
