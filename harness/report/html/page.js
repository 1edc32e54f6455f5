// Puts the page together and keeps it in step with its state.
(() => {
  "use strict";
  Chart.defaults.font.family = "system-ui, sans-serif";
  Chart.defaults.font.size = 13;
  const form = document.getElementById("controls");
  View.renderControls(form);
  const figures = document.getElementById("figures");
  if (Data.count > 0) for (const spec of Charts) Figure.add(figures, spec);
  else figures.append("No case, no chart.");
  if (Data.patterns) Patterns.start();
  Table.start(document.getElementById("table"));
  Figure.onTheme(Table.render);

  const kOfTable = new Set(["sort", "filter", "page", "case"]);
  State.onChange((keys) => {
    if (keys.some((key) => !kOfTable.has(key))) {
      View.renderControls(form);
      Figure.redrawAll();
    }
    if (keys.some((key) => kOfTable.has(key))) Table.render();
  });
  window.addEventListener("hashchange", () => {
    if (location.hash.includes("case=")) Table.show(Table.opened());
  });

  // A link within the page keeps the reader's choices, which stand in the URL fragment.
  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#"]');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const fragment = link.getAttribute("href").slice(1);
    if (fragment.includes("=")) {
      State.set(Object.fromEntries(new URLSearchParams(fragment)));
      Table.show(Table.opened());
      return;
    }
    const target = document.getElementById(fragment);
    target.tabIndex = -1;
    target.focus({ preventScroll: true });
    target.scrollIntoView();
  });
})();
