/* The time line of a report: Chart.js (from the admin theme) on what the page carries as JSON; drawn again after each refresh and change of theme. */
(function () {
  "use strict";
  const colours = {
    light: { "state.sent": "#c4b5fd", "event.opened_unique": "#7c3aed", "event.clicked_unique": "#0e9384", "event.unsubscribed_unique": "#c4540a" },
    dark: { "state.sent": "#6d5bb8", "event.opened_unique": "#c4b5fd", "event.clicked_unique": "#5fd3c4", "event.unsubscribed_unique": "#f5a25d" },
  };
  let charts = [];
  let open = [];

  function dataset(series, palette) {
    const colour = palette[series.key];
    return series.back
      ? { label: series.label, data: series.values, borderColor: colour, backgroundColor: colour, borderWidth: 2, pointRadius: series.values.length > 30 ? 0 : 2.5, tension: 0.25 }
      : { label: series.label, data: series.values, backgroundColor: colour, borderRadius: 3, maxBarThickness: 28 };
  }

  function options(style, showsTime) {
    const number = new Intl.NumberFormat(document.documentElement.lang || "en");
    const muted = style.getPropertyValue("--t-muted"), line = style.getPropertyValue("--t-line");
    return {
      animation: false, responsive: true, maintainAspectRatio: false, interaction: { mode: "index", intersect: false },
      plugins: {
        legend: { align: "start", labels: { color: muted, boxWidth: 10, boxHeight: 10, useBorderRadius: true, borderRadius: 2 } },
        tooltip: { callbacks: { label: (item) => " " + item.dataset.label + ": " + number.format(item.parsed.y) } },
      },
      scales: {
        x: { grid: { display: false }, border: { color: line }, ticks: { display: showsTime, color: muted, maxTicksLimit: 6, maxRotation: 0 } },
        y: { beginAtZero: true, afterFit: (axis) => { axis.width = 52; }, grid: { color: line }, border: { display: false }, ticks: { color: muted, maxTicksLimit: 4, precision: 0, callback: (value) => number.format(value) } },
      },
    };
  }

  function draw() {
    charts.forEach((chart) => chart.destroy());
    charts = [];
    const data = document.getElementById("r-points");
    if (!data || !window.Chart) return;
    const points = JSON.parse(data.textContent);
    const palette = document.documentElement.classList.contains("dark") ? colours.dark : colours.light;
    const style = getComputedStyle(document.querySelector(".tutti"));
    const back = points.series.filter((series) => series.back && series.values.some(Boolean));
    const sent = points.series.filter((series) => !series.back);
    document.getElementById("r-back").parentElement.hidden = !back.length;
    charts.push(new Chart("r-sent", { type: "bar", data: { labels: points.labels, datasets: sent.map((s) => dataset(s, palette)) }, options: options(style, !back.length) }));
    if (back.length) {
      charts.push(new Chart("r-back", { type: "line", data: { labels: points.labels, datasets: back.map((s) => dataset(s, palette)) }, options: options(style, true) }));
    }
  }

  document.addEventListener("DOMContentLoaded", function () {
    draw();
    new MutationObserver(draw).observe(document.documentElement, { attributes: true, attributeFilter: ["class"] });
    const select = document.getElementById("r-run");
    if (select) select.addEventListener("change", () => select.form.submit());
    // Whoever is reading with the keyboard inside the figures is not thrown out of them by a refresh.
    document.body.addEventListener("htmx:beforeRequest", function (event) {
      const figures = event.target;
      if (figures.id !== "r-figures") return;
      if (figures.contains(document.activeElement)) event.preventDefault();
      open = Array.from(figures.querySelectorAll("details[open]"), (details) => details.id);
    });
    document.body.addEventListener("htmx:afterSettle", function () {
      open.forEach((id) => { const details = document.getElementById(id); if (details) details.open = true; });
      draw();
    });
  });
})();
