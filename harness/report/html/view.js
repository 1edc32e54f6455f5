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
  const kAll = "all", kMedian = "nearest to the median";
  const isNumber = (v) => v !== null && v !== undefined;
  const unique = (values) => [...new Set(values)];
  const byNumber = (a, b) => a - b;

  // Indices in Data.axes of axes that take more than one value; kv_heads is not one of them if it
  // follows heads.
  const valueOf = (group, a) => String(group.words[a]);
  const heads = Data.axes.indexOf("heads");
  const problemAxes = [...Data.axes.keys()].filter((a) =>
    new Set(Data.groups.map((g) => g.axes[a])).size > 1 &&
    !(Data.axes[a] === "kv_heads" && Data.groups.every((g) => g.axes[a] === g.axes[heads])));

  // An axis of a series in a name: "head_dim 64", "not causal".
  function axisWords(name, value) {
    if (value === "true" || value === "false") return value === "true" ? name : `not ${name}`;
    return `${name} ${value}`;
  }

  // What a sweep varies: an axis or a param. `words` tells the values apart; `number` is the place
  // of a case on an x axis. A series that lacks a param has neither.
  const sizes = unique(Data.columns.seq_len ?? []).sort(byNumber);
  const seqLen = { key: "seq_len", name: "n", title: "sequence length n (tokens)", numeric: true, values: sizes.map(String),
    words: (series, c) => String(c.seq_len), number: (series, c) => c.seq_len };
  const axisDimensions = problemAxes.map((a) => ({
    key: Data.axes[a], name: Data.axes[a], title: Data.axes[a], numeric: Data.numeric[a], grows: Data.grows[a], side_by_side: Data.side_by_side[a],
    values: unique(Data.groups.map((g) => valueOf(g, a))),
    words: (series) => valueOf(Data.groups[series.group], a),
    number: (series, c) => Data.axes[a] === "q_len" ? c.q_len : Number(Data.groups[series.group].axes[a] ?? Data.groups[series.group].words[a]) || 0,
  }));
  // Params for which one variant is measured with more than one value. A list's digest is no number.
  const isList = (variant, param) => (Data.config?.variants ?? []).some((v) => v.variant === variant && typeof v.params?.[param] === "string");
  function paramDimensions() {
    const found = new Map();
    for (const series of Data.series)
      for (const [param, value] of Object.entries(series.params)) {
        const key = `${series.variant}.${param}`;
        if (!found.has(key)) found.set(key, { variant: series.variant, param, values: new Set() });
        found.get(key).values.add(String(value));
      }
    return [...found].filter(([, d]) => d.values.size > 1).map(([key, { variant, param, values }]) => ({
      key, name: `${variant}: ${param}`, title: `${param} of ${variant}`, variant, param, values: [...values], numeric: !isList(variant, param),
      words: (series) => series.variant === variant ? String(series.params[param]) : null,
      number: (series) => series.variant === variant ? series.params[param] : null,
    }));
  }
  const dimensions = [seqLen, ...axisDimensions, ...paramDimensions()];

  // The x axis: what the reader chose, else the length if it takes three values or no axis takes
  // more, else the axis with the most values. A seed is no quantity: it comes first only by choice.
  const candidates = Data.any_x ? dimensions.filter((d) => d === seqLen || (d.numeric && d.values.length > 1)) : [seqLen];
  const initialX = sizes.length >= 3 ? seqLen
    : candidates.filter((d) => d.param !== "seed").reduce((best, d) => d.values.length > best.values.length ? d : best);
  const x = () => candidates.find((d) => d.key === State.get("x", initialX.key)) ?? initialX;

  // Of series that differ in their seed alone one is drawn unless the reader asks for more: the one that
  // stands for all of them at the largest length that has distances, else the first.
  function nearestToMedian(all) {
    const stand = all.flatMap((series) => series.cases.map(Data.caseAt)).filter((c) => c.stands);
    return stand.sort((a, b) => b.seq_len - a.seq_len)[0]?.series ?? all[0];
  }
  const typical = (() => {
    const draws = new Map();
    for (const series of Data.series) {
      const key = JSON.stringify([series.variant, { ...series.params, seed: null }, series.group]);
      draws.set(key, [...(draws.get(key) ?? []), series]);
    }
    return new Set([...draws.values()].map(nearestToMedian));
  })();

  // A param other than x stays in a series' label; the other dimensions are chosen by controls.
  const controls = () => dimensions.filter((d) => d !== x() && d.values.length > 1 && (d !== seqLen || Data.any_x)).filter((d) => d !== seqLen || x() !== seqLen)
    .map((d) => d.param !== "seed"
      ? { ...d, initial: d.param || d.side_by_side ? kAll : d === seqLen ? largestTimed() : d.values[0], has: (series, c, value) => (d.words(series, c) ?? value) === value }
      : { ...d, values: [kMedian, ...d.values], initial: kMedian,
        has: (series, c, value) => series.variant !== d.variant || (value === kMedian ? typical.has(series) : d.words(series, c) === value) });
  const largestTimed = () => String(Math.max(sizes[0], ...sizes.filter((n) =>
    Data.columns.seq_len.some((size, id) => size === n && isNumber(Data.columns.time_median_s?.[id])))));
  const chosen = (control) => {
    const value = State.get(control.key, control.initial);
    return value === kAll || control.values.includes(value) ? value : control.initial;
  };
  const hidden = () => new Set(State.get("hide", "").split(",").filter((s) => s !== ""));

  // Series without what x varies: "window" for "window left=4" and "window left=8".
  function labelOf(series) {
    const { variant, param } = x();
    if (!param || series.variant !== variant) return series.label;
    const others = dimensions.filter((d) => d.param && d.variant === variant && d.param !== param);
    return [variant, ...others.map((d) => `${d.param}=${series.params[d.param]}`)].join(" ");
  }

  // Series are hidden by their places, in every chart that draws them; lines at another x by its name and
  // their places there, so that a link never hides what it did not mean.
  const allSeries = () => Data.series.map((series, place) => ({ ...series, id: String(place) }));

  // The lines that x gives: cases that differ in nothing else. With n these are the series.
  function allLines() {
    if (x() === seqLen) return allSeries();
    const lines = new Map();
    for (const series of Data.series)
      for (const id of series.cases) {
        const c = Data.caseAt(id), at = x().number(series, c);
        if (!isNumber(at)) continue;
        const key = JSON.stringify([labelOf(series), ...dimensions.filter((d) => d !== x() && !d.param).map((d) => d.words(series, c))]);
        if (!lines.has(key))
          lines.set(key, { label: labelOf(series), variant: series.variant, params: series.params, group: series.group, cases: [],
            time: null, workspace: null, saved: null, heap_peak: null, resident_peak: null });
        lines.get(key).cases.push(id);
      }
    const place = (id) => x().number(Data.caseAt(id).series, Data.caseAt(id));
    return [...lines.values()].map((line, id) => ({ ...line, id: `${x().key}:${id}`, name: line.label, cases: line.cases.sort((a, b) => place(a) - place(b)) }));
  }

  const lets = (control, series, c) => chosen(control) === kAll || control.has(series, c, chosen(control));
  const passes = (series, c) => controls().every((control) => lets(control, series, c));
  const isWanted = (line) => `${line.label} ${line.name}`.toLowerCase().includes(State.get("series", "").toLowerCase());

  // All lines that the controls let through, in order.
  function selected() {
    return allLines().filter((line) => {
      const c = Data.caseAt(line.cases[0]);
      return isWanted(line) && passes(c.series, c);
    });
  }

  // Cases of the series that lack the param that x varies: they are levels to compare with.
  function levels() {
    if (!x().param) return [];
    return Data.series.filter((series) => series.variant !== x().variant).flatMap((series) =>
      series.cases.map(Data.caseAt).filter((c) => passes(series, c)));
  }

  // The lines of those that are drawn, with colour and marker.
  const drawn = () => styled(selected().slice(0, kMostDrawn), allLines(), x());

  // For charts with an x and lengths of their own: their lines are the series that have points there,
  // whatever x varies, and all controls but that of n hold.
  function drawnSeries(hasPoints) {
    const own = controls().filter((control) => control.key !== seqLen.key);
    const shown = allSeries().filter((series) => isWanted(series) && hasPoints(series) &&
      own.every((control) => lets(control, series, Data.caseAt(series.cases[0]))));
    return styled(shown.slice(0, kMostDrawn), allSeries(), seqLen);
  }

  // The lines, and beside them the series that lack the param that x varies, each with the cases that pass.
  function drawnBesideOthers() {
    if (!x().param) return drawn();
    const others = allSeries().filter((series) => series.variant !== x().variant && isWanted(series))
      .map((series) => ({ ...series, cases: series.cases.filter((id) => passes(series, Data.caseAt(id))) }))
      .filter((series) => series.cases.length > 0);
    return styled([...selected(), ...others].slice(0, kMostDrawn), [...allLines(), ...others], x());
  }

  // `along` is the dimension in which the cases of a line differ: no name tells it.
  function styled(all, every, along) {
    const labels = unique(every.map((line) => line.label));
    const groups = unique(all.map((line) => line.group));
    const off = hidden();
    const wordsOf = (d, line) => d.words(Data.caseAt(line.cases[0]).series, Data.caseAt(line.cases[0]));
    const told = dimensions.filter((d) => d !== along && !d.param && d.values.length > 1)
      .filter((d) => unique(all.map((line) => wordsOf(d, line))).length > 1);
    return all.map((line) => ({
      ...line,
      hidden: off.has(line.id),
      shownName: [line.label, ...told.map((d) => axisWords(d.name, wordsOf(d, line)))].join(", "),
      colour: labels.indexOf(line.label),
      marker: kMarkers[labels.indexOf(line.label) % kMarkers.length],
      dash: kDashes[groups.indexOf(line.group) % kDashes.length],
    }));
  }

  function toggle(id) {
    const off = hidden();
    if (!off.delete(id)) off.add(id);
    State.set({ hide: off.size === 0 ? null : [...off].sort().join(",") });
  }

  const colour = (index, theme) => kColours[theme][index % kColours[theme].length];

  function renderControls(form) {
    form.addEventListener("submit", (event) => event.preventDefault());
    const parts = controls().map((control) => Dom.select(control.name,
      [...control.values.map((v) => [v, v]), [kAll, "all"]], chosen(control),
      (value) => State.set({ [control.key]: value === control.initial ? null : value })));
    if (candidates.length > 1)
      parts.unshift(Dom.select("x axis", candidates.map((d) => [d.key, d.name]), x().key,
        (value) => State.set({ x: value === initialX.key ? null : value, hide: null })));
    if (unique(Data.series.map((series) => series.label)).length > 8)
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

  // The x axis as charts draw it; a value of 0 has no place on a logarithmic one.
  function xAxis() {
    const d = x();
    const positive = Data.any_x !== true || selected().every((line) => line.cases.every((id) => d.number(Data.caseAt(id).series, Data.caseAt(id)) > 0));
    return { title: d.title, name: d.name, column: d.key, type: positive ? "logarithmic" : "linear", own: true, format: String };
  }
  const xOf = (c) => x().number(c.series, c);
  const overLength = () => x() === seqLen;

  return { drawn, drawnSeries, drawnBesideOthers, selected, levels, toggle, colour, problemAxes, renderControls, x, xAxis, xOf, overLength, sizes };
})();
