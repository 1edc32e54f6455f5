// Which series the charts show: a control for each swept axis and param, colours, markers, legend.
const View = (() => {
  "use strict";
  const kMostDrawn = 24;
  const kColours = {
    light: ["#0072b2", "#d55e00", "#00835f", "#b0478f", "#a66f00", "#3c8ed0", "#555555"],
    dark: ["#5cb8f2", "#ff8a3d", "#2fd3a2", "#ee9fce", "#f2c14e", "#a9b8ff", "#c8c8c8"],
  };
  const kMarkers = ["circle", "rect", "triangle", "rectRot", "crossRot", "star"];
  const kDashes = [[], [7, 3], [2, 3], [9, 3, 2, 3]];
  const labels = [...new Set(Data.series.map((series) => series.label))];
  const kAll = "all";

  // Indices in Data.axes of axes that take more than one value; kv_heads is not one of them if it
  // follows heads.
  const valueOf = (group, a) => String(group.axes[a] ?? "n");
  const heads = Data.axes.indexOf("heads");
  const problemAxes = [...Data.axes.keys()].filter((a) =>
    new Set(Data.groups.map((g) => valueOf(g, a))).size > 1 &&
    !(Data.axes[a] === "kv_heads" && Data.groups.every((g) => g.axes[a] === g.axes[heads])));

  // An axis of a series in a name: "head_dim 64", "not causal".
  function axisWords(a, series) {
    const value = valueOf(Data.groups[series.group], a);
    if (value === "true" || value === "false") return value === "true" ? Data.axes[a] : `not ${Data.axes[a]}`;
    return `${Data.axes[a]} ${value}`;
  }

  const problemControls = () => problemAxes.map((a) => {
    const values = [...new Set(Data.groups.map((g) => valueOf(g, a)))];
    return { key: Data.axes[a], name: Data.axes[a], values, initial: values[0],
      has: (series, value) => valueOf(Data.groups[series.group], a) === value };
  });

  // Params for which one variant is measured with more than one value.
  function paramControls() {
    const found = new Map();
    for (const series of Data.series)
      for (const [param, value] of Object.entries(series.params)) {
        const key = `${series.variant}.${param}`;
        if (!found.has(key)) found.set(key, { variant: series.variant, param, values: new Set() });
        found.get(key).values.add(String(value));
      }
    return [...found].filter(([, c]) => c.values.size > 1).map(([key, c]) => ({
      key, name: `${c.variant}: ${c.param}`, values: [...c.values], initial: kAll,
      has: (series, value) => series.variant !== c.variant || String(series.params[c.param]) === value,
    }));
  }

  const controls = [...problemControls(), ...paramControls()];
  const chosen = (control) => State.get(control.key, control.initial);
  const hidden = () => new Set(State.get("hide", "").split(",").filter((s) => s !== "").map(Number));

  // All series that the controls let through, in order.
  function selected() {
    const wanted = State.get("series", "").toLowerCase();
    return Data.series.map((series, id) => ({ ...series, id })).filter((series) =>
      series.name.toLowerCase().includes(wanted) &&
      controls.every((c) => chosen(c) === kAll || c.has(series, chosen(c))));
  }

  // The series of those that are drawn, with colour and marker.
  function drawn() {
    const all = selected().slice(0, kMostDrawn);
    const groups = [...new Set(all.map((series) => series.group))];
    const off = hidden();
    const told = problemAxes.filter((a) => new Set(all.map((series) => valueOf(Data.groups[series.group], a))).size > 1);
    return all.map((series) => ({
      ...series,
      hidden: off.has(series.id),
      shownName: [series.label, ...told.map((a) => axisWords(a, series))].join(", "),
      colour: labels.indexOf(series.label),
      marker: kMarkers[labels.indexOf(series.label) % kMarkers.length],
      dash: kDashes[groups.indexOf(series.group) % kDashes.length],
    }));
  }

  function toggle(id) {
    const off = hidden();
    if (!off.delete(id)) off.add(id);
    State.set({ hide: off.size === 0 ? null : [...off].sort((a, b) => a - b).join(",") });
  }

  const colour = (index, theme) => kColours[theme][index % kColours[theme].length];

  function renderControls(form) {
    form.addEventListener("submit", (event) => event.preventDefault());
    const parts = controls.map((control) => Dom.select(control.name,
      [...control.values.map((v) => [v, v]), [kAll, "all"]], chosen(control),
      (value) => State.set({ [control.key]: value === control.initial ? null : value })));
    if (labels.length > 8)
      parts.push(Dom.make("label", {}, "series ", Dom.make("input", {
        type: "search", value: State.get("series", ""), placeholder: "part of a name",
        oninput: (event) => State.set({ series: event.target.value || null }),
      })));
    const total = selected().length;
    if (total > kMostDrawn)
      parts.push(Dom.make("p", { class: "note" }, `${kMostDrawn} of ${total} series are drawn.`));
    if (total === 0) parts.push(Dom.make("p", { class: "note" }, "No series has these values together."));
    const focused = form.contains(document.activeElement) ? [...form.elements].indexOf(document.activeElement) : -1;
    form.replaceChildren(...parts);
    if (focused >= 0) form.elements[focused]?.focus();
  }

  return { drawn, selected, toggle, colour, problemAxes, renderControls };
})();
