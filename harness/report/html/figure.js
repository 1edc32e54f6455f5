// One chart as a figure: controls, legend, canvas, its numbers as a table, PNG and CSV.
const Figure = (() => {
  "use strict";
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const redraw = [];
  const themed = [];
  let printing = false;
  const theme = () => dark.matches && !printing ? "dark" : "light";
  const kDash = [4, 4];
  const kInk = { light: "#333", dark: "#ccc" };
  const kGrid = { light: "#e3e3e3", dark: "#3a3d42" };
  const kGuide = { light: "#767676", dark: "#9a9a9a" };
  const kPaper = { light: "#fff", dark: "#1b1d21" };
  const repaint = () => [...redraw, ...themed].forEach((draw) => draw());
  const print = (on) => () => { printing = on; repaint(); };
  dark.addEventListener("change", repaint);
  window.addEventListener("beforeprint", print(true));
  window.addEventListener("afterprint", print(false));

  // Interval bands and whiskers of the datasets that have them.
  const intervals = {
    id: "intervals",
    beforeDatasetsDraw(chart) {
      const { ctx, chartArea: area, scales: { x, y } } = chart;
      ctx.save();
      ctx.beginPath();
      ctx.rect(area.left, area.top, area.width, area.height);
      ctx.clip();
      for (const set of chart.data.datasets) {
        if (!set.intervals) continue;
        const points = set.data.filter((p) => p.low !== null && p.low !== undefined);
        ctx.fillStyle = ctx.strokeStyle = set.borderColor;
        if (set.intervals === "band" && points.length > 1) {
          ctx.globalAlpha = 0.16;
          ctx.beginPath();
          for (const p of points) ctx.lineTo(x.getPixelForValue(p.x), y.getPixelForValue(p.high));
          for (const p of [...points].reverse()) ctx.lineTo(x.getPixelForValue(p.x), y.getPixelForValue(p.low));
          ctx.fill();
        }
        ctx.globalAlpha = 0.8;
        ctx.lineWidth = 1.5;
        for (const p of points) {
          ctx.beginPath();
          ctx.moveTo(x.getPixelForValue(p.x), y.getPixelForValue(p.low));
          ctx.lineTo(x.getPixelForValue(p.x), y.getPixelForValue(p.high));
          ctx.stroke();
        }
      }
      ctx.restore();
    },
  };
  const paper = {
    id: "paper",
    beforeDraw(chart) {
      chart.ctx.fillStyle = kPaper[theme()];
      chart.ctx.fillRect(0, 0, chart.width, chart.height);
    },
  };

  // What the chart shows now: lines with points, and guide lines to compare them with.
  function shown(spec) {
    const chosen = spec.option ? State.get(spec.option.key, spec.option.initial()) : null;
    const option = spec.option?.allows?.(chosen) === false ? spec.option.initial() : chosen;
    const all = (spec.drawn ?? View.drawn)(option).map((series) => ({ points: [], ...spec.line(series, option), series }));
    const lines = all.filter((line) => !line.series.hidden && line.points.length > 0);
    const of = (part) => typeof part === "function" ? part() : part;
    return { option, all, lines, guides: spec.guides && lines.length > 0 ? spec.guides(lines, option) : [],
      x: of(spec.x), y: spec.y(option), title: of(spec.title), about: of(spec.about) };
  }

  // The ends of an axis: all values to be shown, with a margin.
  function range(values, type) {
    const usable = values.filter((v) => v !== null && v !== undefined && (type === "linear" || v > 0));
    if (usable.length === 0) return {};
    const low = Math.min(...usable), high = Math.max(...usable);
    if (type === "linear") {
      const air = 0.08 * (high - low || Math.abs(high) || 1);
      return { min: low - air, max: high + air };
    }
    const air = Math.max((high / low) ** 0.05, 1.1);
    return { min: low / air, max: high * air };
  }

  // Ticks of a logarithmic axis: 1, 2, 5 steps within a few decades, else decades; powers of two
  // for bytes.
  function logTicks(axis, binary) {
    const base = binary ? 2 : 10;
    const log = (v) => Math.log(v) / Math.log(base);
    const span = log(axis.max) - log(axis.min);
    const steps = binary || span > 3 ? [1] : span > 1.2 ? [1, 3] : [1, 1.5, 2, 3, 5, 7];
    const stride = Math.max(1, Math.ceil(span / (binary ? 7 : 9)));
    const ticks = [];
    for (let e = Math.floor(log(axis.min)); e <= Math.ceil(log(axis.max)); ++e) {
      if (e % stride !== 0) continue;
      for (const step of steps) {
        const value = step * base ** e;
        if (value >= axis.min && value <= axis.max) ticks.push({ value });
      }
    }
    axis.ticks = ticks;
  }

  function axis(spec, limits, values) {
    const options = {
      type: spec.type, title: { display: true, text: spec.title, color: kInk[theme()] },
      grid: { color: kGrid[theme()] }, ...limits,
      ticks: { color: kInk[theme()], maxRotation: 0, autoSkipPadding: 12, includeBounds: false, callback: (value) => Format.short(spec.format(value)) },
    };
    if (spec.type === "logarithmic")
      options.afterBuildTicks = (axisNow) => {
        const sizes = [...new Set(values)].sort((a, b) => a - b);
        if (spec.own) axisNow.ticks = sizes.map((value) => ({ value }));
        else logTicks(axisNow, spec.binary);
      };
    return options;
  }

  function datasets({ lines, guides }) {
    const sets = lines.map(({ series, points, fit, connect, intervals: kind }) => {
      const colour = View.colour(series.colour, theme());
      return {
        label: fit ? `${series.shownName}  ${fit.words}` : series.shownName,
        data: points, borderColor: colour, pointStyle: series.marker, pointRadius: 4.5, pointHoverRadius: 7,
        pointHitRadius: 10, borderDash: series.dash, borderWidth: 1.75, pointBorderWidth: 1.75,
        pointBackgroundColor: points.map((p) => p.hollow ? kPaper[theme()] : colour),
        showLine: connect, intervals: kind ?? "band", series, legend: true,
      };
    });
    const fits = lines.filter((line) => line.fit).map(({ series, fit }) => ({
      data: fit.points, borderColor: View.colour(series.colour, theme()), borderDash: series.dash,
      borderWidth: 1.75, pointRadius: 0, pointHitRadius: 0, showLine: true,
    }));
    const rules = guides.map((guide) => ({
      label: guide.name, data: guide.points, borderColor: kGuide[theme()], borderDash: guide.dash ?? kDash,
      borderWidth: 1.25, pointRadius: 0, pointHitRadius: 0, pointStyle: "line", showLine: true, legend: true,
    }));
    return [...sets, ...fits, ...rules];
  }

  function words(spec, y, point) {
    const value = Format.withInterval(y.words ?? y.format, point.y, point.low, point.high);
    return `${value}${point.note ? `, ${point.note}` : ""}`;
  }

  function config(spec, now, exporting) {
    const points = now.lines.flatMap((line) => line.points);
    const mustShow = now.guides.filter((guide) => guide.seen).flatMap((guide) => guide.points);
    const xs = [...points, ...(now.x.own ? [] : mustShow)].map((p) => p.x);
    const ys = [...points, ...mustShow].flatMap((p) => [p.y, p.low, p.high]);
    return {
      type: "scatter",
      data: { datasets: datasets(now) },
      plugins: [paper, intervals, ...(spec.plugins ?? [])],
      options: {
        animation: false, responsive: !exporting, maintainAspectRatio: false,
        devicePixelRatio: exporting ? 2 : undefined,
        interaction: { mode: "nearest", intersect: true },
        scales: {
          x: axis(now.x, range(xs, now.x.type), xs),
          y: axis(now.y, { ...range(ys, now.y.type), ...now.y.limits }, []),
        },
        onClick: (event, elements, chart) => {
          const point = elements.length > 0 ? chart.data.datasets[elements[0].datasetIndex].data[elements[0].index] : null;
          if (point?.id !== undefined) Table.open(point.id);
        },
        plugins: {
          title: { display: exporting, text: `${Data.name}: ${now.title}`, color: kInk[theme()] },
          legend: {
            display: exporting, position: "bottom",
            labels: { usePointStyle: true, color: kInk[theme()], filter: (item, data) => data.datasets[item.datasetIndex].legend },
          },
          tooltip: {
            callbacks: {
              title: (items) => items.length > 0 ? `${now.x.name} = ${now.x.format(items[0].raw.x)}` : "",
              label: (item) => `${item.dataset.series.shownName}: ${words(spec, now.y, item.raw)}`,
            },
          },
        },
      },
    };
  }

  // A piece of the line with its marker, as the chart draws it.
  function marker(style, colour, dash) {
    const shapes = {
      circle: "M14 3.5a4.5 4.5 0 1 0 .01 0z", rect: "M10 4h8v8h-8z", triangle: "M14 3l5 9H9z",
      rectRot: "M14 2.5L19.5 8 14 13.5 8.5 8z", crossRot: "M10 4l8 8M18 4l-8 8",
      star: "M14 3v10M9 8h10M10.5 4.5l7 7M17.5 4.5l-7 7",
    };
    return Dom.svg("svg", { width: 28, height: 16, "aria-hidden": "true", stroke: colour, fill: colour, "stroke-width": 1.75 },
      Dom.svg("path", { d: "M0 8h28", "stroke-dasharray": dash.join(" ") }),
      style ? Dom.svg("path", { d: shapes[style] }) : null);
  }

  function legend(now) {
    const series = now.all.filter((line) => line.points.length > 0).map((line) =>
      Dom.make("button", {
        type: "button", "aria-pressed": String(!line.series.hidden), "data-series": line.series.id,
        onclick: () => View.toggle(line.series.id),
      }, marker(line.series.marker, View.colour(line.series.colour, theme()), line.series.dash), " ", line.series.shownName,
      line.fit ? Dom.make("span", { class: "fit" }, ` ${line.fit.words}`) : null));
    const guides = now.guides.map((guide) =>
      Dom.make("span", { class: "guide" }, marker(null, kGuide[theme()], guide.dash ?? kDash), " ", guide.name));
    return [...series, ...guides];
  }

  const rows = (spec, now) => now.lines.flatMap((line) => line.points.map((point) => ({ line, point })));

  function summary(spec, now) {
    const parts = now.lines.map(({ series, points, fit }) => {
      const [first, last] = [points[0], points.at(-1)];
      const at = (p) => `${words(spec, now.y, p)} at ${now.x.name} = ${now.x.format(p.x)}`;
      const ends = first === last ? at(first) : `${at(first)} to ${at(last)}`;
      return `${series.shownName}: ${ends}${fit ? `, ${fit.words}` : ""}`;
    });
    return `${now.title}. ${parts.length > 0 ? parts.join("; ") : "Nothing to show"}.`;
  }

  function numbers(spec, now) {
    return Dom.make("table", {},
      Dom.make("thead", {}, Dom.make("tr", {}, ["series", now.x.title, now.y.title].map((name, i) =>
        Dom.make("th", { scope: "col", class: i > 0 ? "number" : "" }, name)))),
      Dom.make("tbody", {}, rows(spec, now).map(({ line, point }) => Dom.make("tr", {},
        Dom.make("th", { scope: "row" }, line.series.shownName),
        Dom.make("td", { class: "number" }, now.x.format(point.x)),
        Dom.make("td", { class: "number" }, words(spec, now.y, point))))));
  }

  function csv(spec, now) {
    const text = (cell) => {
      const plain = /^[=+\-@]/.test(cell) ? `'${cell}` : cell;
      return /[",\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
    };
    const value = (v) => now.y.value && v !== null && v !== undefined ? now.y.value(v) : v ?? "";
    const lines = rows(spec, now).map(({ line, point }) =>
      [text(line.series.name), point.x, value(point.y), value(point.low), value(point.high), text(point.note ?? "")].join(","));
    const head = ["series", now.x.column, now.y.column, "low", "high", "note"].join(",");
    return `${[head, ...lines].join("\n")}\n`;
  }

  function png(spec) {
    const canvas = Dom.make("canvas", { width: 1000, height: 620 });
    const chart = new Chart(canvas, config(spec, shown(spec), true));
    canvas.toBlob((blob) => {
      Dom.download(`${Data.name}-${spec.id}.png`, blob);
      chart.destroy();
    });
  }

  // Arrow keys move from point to point and announce each; Enter opens the point's case.
  function walk(chart, spec, told, event) {
    const points = chart.data.datasets.flatMap((set, datasetIndex) =>
      set.series ? set.data.map((point, index) => ({ datasetIndex, index, point, set })) : []);
    const active = chart.getActiveElements()[0];
    const at = active ? points.findIndex((p) => p.datasetIndex === active.datasetIndex && p.index === active.index) : -1;
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (event.key === "Enter" && at >= 0 && points[at].point.id !== undefined) Table.open(points[at].point.id);
    if (!step || points.length === 0) return;
    event.preventDefault();
    const next = points[at < 0 ? 0 : (at + step + points.length) % points.length];
    const element = [{ datasetIndex: next.datasetIndex, index: next.index }];
    chart.setActiveElements(element);
    chart.tooltip.setActiveElements(element, { x: 0, y: 0 });
    chart.update("none");
    const now = shown(spec);
    told.textContent = `${next.set.series.shownName}, ${now.x.name} = ${now.x.format(next.point.x)}: ${words(spec, now.y, next.point)}`;
  }

  function add(parent, spec) {
    const canvas = Dom.make("canvas", { role: "img", tabindex: 0 });
    const told = Dom.make("p", { class: "told", "aria-live": "polite" });
    const title = Dom.make("h3"), about = Dom.make("p"), none = Dom.make("p", { class: "note none" });
    const plot = Dom.make("div", { class: "plot" }, canvas);
    const keys = Dom.make("div", { class: "legend" });
    const alternative = Dom.make("details", { ontoggle: () => draw() }, Dom.make("summary", {}, "The numbers"));
    const options = Dom.make("span", { class: "options" });
    const figure = Dom.make("figure", { id: `chart-${spec.id}` },
      Dom.make("div", { class: "bar" }, title, options,
        Dom.make("button", { type: "button", "data-png": spec.id, onclick: () => png(spec) }, "PNG"),
        Dom.make("button", {
          type: "button", "data-csv": spec.id,
          onclick: () => Dom.download(`${Data.name}-${spec.id}.csv`, new Blob([csv(spec, shown(spec))], { type: "text/csv" })),
        }, "CSV")),
      none, plot, keys, Dom.make("figcaption", {}, about), told, alternative);
    parent.append(figure);
    let chart = null;

    // A chart without a point is not drawn: one line says why.
    function draw() {
      const now = shown(spec);
      const empty = now.lines.length === 0;
      figure.hidden = spec.fits?.() === false;
      for (const part of [plot, about, alternative, ...figure.querySelectorAll("button[data-png], button[data-csv]")]) part.hidden = empty;
      none.hidden = !empty;
      title.textContent = now.title;
      about.textContent = now.about;
      none.textContent = !empty ? "" : now.all.some((line) => line.points.length > 0) ? "Every series is switched off."
        : `Nothing to draw: ${spec.none ?? "no case was timed"}.`;
      const { data, options: chartOptions, type, plugins } = config(spec, now, false);
      if (chart) {
        Object.assign(chart, { data, options: chartOptions });
        chart.update("none");
      } else {
        chart = new Chart(canvas, { type, plugins, data, options: chartOptions });
      }
      canvas.setAttribute("aria-label", summary(spec, now));
      const pressed = keys.contains(document.activeElement) ? document.activeElement.dataset.series : null;
      keys.replaceChildren(...legend(now));
      if (pressed !== null) keys.querySelector(`[data-series="${pressed}"]`)?.focus();
      options.hidden = spec.option?.values().length === 0;
      if (spec.option)
        options.replaceChildren(Dom.select(spec.option.name, spec.option.values(), now.option,
          (value) => State.set({ [spec.option.key]: value === spec.option.initial() ? null : value })));
      if (alternative.open) alternative.replaceChildren(alternative.firstChild, numbers(spec, now));
    }

    canvas.addEventListener("keydown", (event) => walk(chart, spec, told, event));
    draw();
    redraw.push(draw);
  }

  return { add, redrawAll: () => redraw.forEach((draw) => draw()), theme, ink: () => kInk[theme()], onTheme: (draw) => themed.push(draw) };
})();
