// The pictures of the patterns: a cell is the darker, the more of its pairs are seen.
const Patterns = (() => {
  "use strict";
  const kShades = 32;

  // "16x3 0" is 16 16 16 0.
  const countsOf = (text) => text.split(" ").flatMap((run) => {
    const [count, times] = run.split("x").map(Number);
    return new Array(times || 1).fill(count);
  });

  // Cells differ in size by one query or key if the length is no multiple of the cells' number.
  function cut(length) {
    const cells = Math.min(length, Data.pattern_size);
    const begin = (cell) => Math.floor((cell * length) / cells);
    const size = (cell) => begin(cell + 1) - begin(cell);
    const name = (cell) => size(cell) === 1 ? `${begin(cell)}` : `${begin(cell)} to ${begin(cell + 1) - 1}`;
    return { cells, size, name };
  }

  function gridOf({ q_len, kv_len, cells }) {
    const rows = cut(q_len), columns = cut(kv_len), counts = countsOf(cells);
    const share = (r, c) => counts[r * columns.cells + c] / (rows.size(r) * columns.size(c));
    return { rows, columns, share };
  }

  // One SVG path per shade. Neighbours of a row are one rectangle, so that no seam shows.
  function shapes({ rows, columns, share }) {
    const shade = (r, c) => Math.ceil(share(r, c) * kShades);
    const paths = new Map();
    for (let r = 0; r < rows.cells; ++r)
      for (let c = 0, next; c < columns.cells; c = next) {
        const here = shade(r, c);
        for (next = c + 1; next < columns.cells && shade(r, next) === here;) ++next;
        if (here > 0) paths.set(here, `${paths.get(here) ?? ""}M${c} ${r}h${next - c}v1h${c - next}z`);
      }
    return [...paths].map(([here, d]) =>
      Dom.svg("path", { d, "fill-opacity": (0.15 + (0.85 * here) / kShades).toFixed(3) }));
  }

  function draw(figure) {
    const grid = gridOf(Data.patterns[figure.dataset.pattern]);
    const { rows, columns, share } = grid;
    const told = figure.querySelector(".cell");
    const svg = Dom.svg("svg", {
      viewBox: `0 0 ${columns.cells} ${rows.cells}`, preserveAspectRatio: "none", role: "img",
      "aria-label": figure.querySelector("figcaption").textContent.replace(/\s+/g, " ").trim(),
      style: `aspect-ratio: ${Math.min(8, columns.cells / rows.cells)}`,
    }, shapes(grid));
    const place = (part, cells) => Math.min(cells - 1, Math.max(0, Math.floor(part * cells)));
    svg.addEventListener("pointermove", (event) => {
      const box = svg.getBoundingClientRect();
      const r = place((event.clientY - box.top) / box.height, rows.cells);
      const c = place((event.clientX - box.left) / box.width, columns.cells);
      told.textContent = `queries ${rows.name(r)}, keys ${columns.name(c)}: ${Format.percent(100 * share(r, c))} seen`;
    });
    svg.addEventListener("pointerleave", () => { told.textContent = ""; });
    figure.querySelector(".picture").append(svg);
  }

  return { start: () => document.querySelectorAll("[data-pattern]").forEach(draw) };
})();
