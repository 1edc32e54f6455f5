// The table of cases: sortable, filterable, in pages; a row opens to its samples.
const Table = (() => {
  "use strict";
  const kPage = 100;
  const isNumber = (v) => v !== null && v !== undefined;

  const body = Dom.make("tbody");
  const head = Dom.make("tr");
  const status = Dom.make("p", { class: "note", "aria-live": "polite" });
  const pages = Dom.make("div", { class: "bar" });
  const filter = Dom.make("input", {
    type: "search", placeholder: "e.g. causal skipped", value: State.get("filter", ""),
    oninput: () => State.set({ filter: filter.value || null, page: null }),
  });
  const opened = () => Number(State.get("case", "-1"));
  let plot = null;

  const texts = [];
  const textOf = (id) => texts[id] ??= ((c) => `${Data.describe(c)} ${c.outcome} ${c.reason}`.toLowerCase())(Data.caseAt(id));

  function order() {
    const words = State.get("filter", "").toLowerCase().split(/\s+/).filter(Boolean);
    const ids = [];
    for (let id = 0; id < Data.count; ++id)
      if (words.every((word) => textOf(id).includes(word))) ids.push(id);
    const [name, direction] = State.get("sort", Columns.standard ?? "").split(/ (?=(?:up|down)$)/);
    const column = Columns.find((one) => one.name === name);
    if (!column) return ids;
    const sign = direction === "down" ? -1 : 1;
    const values = new Map(ids.map((id) => [id, column.value(Data.caseAt(id))]));
    const compare = (a, b) => {
      if (!isNumber(a) || !isNumber(b)) return isNumber(b) - isNumber(a);
      return sign * (typeof a === "string" ? a.localeCompare(b, "en", { numeric: true }) : a - b);
    };
    return ids.sort((a, b) => compare(values.get(a), values.get(b)) || a - b);
  }

  function renderHead() {
    const [name, direction] = State.get("sort", Columns.standard ?? "").split(/ (?=(?:up|down)$)/);
    head.replaceChildren(...Columns.map((column) => {
      const sorted = column.name === name;
      const next = sorted && direction === "up" ? "down" : "up";
      return Dom.make("th", { scope: "col", class: column.number ? "number" : "",
        "aria-sort": !sorted ? "none" : direction === "up" ? "ascending" : "descending" },
      Dom.make("button", { type: "button", "data-sort": column.name,
        onclick: () => State.set({ sort: `${column.name} ${next}`, page: null }) },
      column.name, sorted ? (direction === "up" ? " ▲" : " ▼") : ""));
    }));
  }

  function row(id) {
    const c = Data.caseAt(id);
    const open = id === opened();
    const button = Dom.make("button", { type: "button", class: "opener", "aria-expanded": String(open), "aria-label": `Samples of ${Data.describe(c)}`,
      onclick: () => State.set({ case: open ? null : id }) }, open ? "▾" : "▸");
    const cells = Columns.map((column, i) => i === 0
      ? Dom.make("th", { scope: "row" }, button, " ", column.words(c))
      : Dom.make("td", { class: column.number ? "number" : column.short ? "short" : "" }, column.words(c)));
    const line = Dom.make("tr", { id: `case-${id}`, class: c.outcome }, cells);
    if (!open) return [line];
    const { parts, draw } = Samples.render(c);
    drawOpened = draw;
    return [line, Dom.make("tr", { class: "opened" }, Dom.make("td", { colspan: Columns.length }, Dom.make("div", { class: "inside" }, parts)))];
  }
  let drawOpened = null;

  function renderPages(count) {
    const last = Math.max(0, Math.ceil(count / kPage) - 1);
    const page = Math.min(last, Number(State.get("page", "1")) - 1);
    const go = (to, name) => Dom.make("button", { type: "button", disabled: to < 0 || to > last || to === page,
      onclick: () => State.set({ page: to === 0 ? null : to + 1 }) }, name);
    pages.replaceChildren(...(last === 0 ? [] : [go(0, "First"), go(page - 1, "Previous"),
      Dom.make("span", {}, `page ${page + 1} of ${last + 1}`), go(page + 1, "Next"), go(last, "Last")]));
    return page;
  }

  function render() {
    const ids = order();
    renderHead();
    const page = renderPages(ids.length);
    plot?.destroy();
    plot = drawOpened = null;
    body.replaceChildren(...ids.slice(page * kPage, (page + 1) * kPage).flatMap(row));
    plot = drawOpened ? drawOpened() : null;
    if (filter.value !== State.get("filter", "")) filter.value = State.get("filter", "");
    status.textContent = ids.length === Data.count ? `${Data.count} ${Data.count === 1 ? "case" : "cases"}` : `${ids.length} of ${Data.count} cases`;
  }

  // Brings a case into view, whatever filter or page hides it.
  function show(id) {
    if (!(id >= 0 && id < Data.count)) return;
    if (!order().includes(id)) State.set({ filter: null });
    const page = Math.floor(order().indexOf(id) / kPage);
    if (page !== Number(State.get("page", "1")) - 1) State.set({ page: page === 0 ? null : page + 1 });
    document.getElementById(`case-${id}`)?.scrollIntoView({ block: "start" });
  }

  function open(id) {
    State.set({ case: id });
    show(id);
  }

  function start(parent) {
    parent.append(
      Dom.make("div", { class: "bar" }, Dom.make("label", {}, "filter ", filter), status),
      Dom.make("div", { class: "scroll", tabindex: 0, role: "region", "aria-labelledby": "cases-title" },
        Dom.make("table", {}, Dom.make("thead", {}, head), body)),
      pages);
    render();
    show(opened());
  }

  return { start, render, open, show, opened };
})();
