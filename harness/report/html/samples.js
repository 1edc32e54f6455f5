// The raw samples of one case: a dot plot in the order measured, the same as text, and the command.
const Samples = (() => {
  "use strict";

  // The number that stands for a list in a case's params, as registry/list_digest.h computes it.
  function digest(text) {
    let hash = 0xCBF29CE484222325n;
    for (const value of text.split(" ")) {
      hash = BigInt.asUintN(64, (hash ^ BigInt.asUintN(64, BigInt(value))) * 0x100000001B3n);
      hash ^= hash >> 29n;
    }
    return Number(hash & 0xFFFFFFFFFFFFn) || 1;
  }

  // The params of a series as a config gives them: the integers of a list, not their digest.
  function paramsOf(series) {
    const params = { ...series.params };
    for (const spec of Data.config.variants) {
      if (spec.variant !== series.variant) continue;
      for (const [name, text] of Object.entries(spec.params ?? {}))
        if (typeof text === "string" && digest(text) === series.params[name]) params[name] = text;
    }
    return params;
  }

  // The config of one case: the run's, with nothing left to sweep.
  function configOf(c) {
    const variant = { variant: c.series.variant, params: paramsOf(c.series) };
    if (c.series.label !== c.series.variant && [...c.series.label].length <= 100) variant.label = c.series.label;
    const sweep = { seq_len: c.seq_len };
    Data.axes.forEach((axis, a) => {
      if (c.group.axes[a] !== null) sweep[axis] = c.group.axes[a];
    });
    const { report, ...config } = Data.config;
    return { ...config, variants: [variant], sweep, measure: { ...config.measure, memory_limit: Data.memory_limit_bytes } };
  }

  // Within the here-document's quotes the shell reads nothing.
  const command = (c) => `${Data.run_command} <<'END'\n${JSON.stringify(configOf(c))}\nEND`;

  const names = {
    id: "names",
    afterDatasetsDraw(chart) {
      const { ctx, scales: { x, y } } = chart;
      ctx.save();
      ctx.fillStyle = chart.options.color;
      ctx.font = `12px ${Chart.defaults.font.family}`;
      for (const p of chart.data.datasets[0].data) {
        if (!p.name) continue;
        const at = x.getPixelForValue(p.x);
        const right = at < (chart.chartArea.left + chart.chartArea.right) / 2;
        ctx.textAlign = right ? "left" : "right";
        ctx.fillText(p.name, at + (right ? 9 : -9), y.getPixelForValue(p.y) + 4);
      }
      ctx.restore();
    },
  };

  function plot(canvas, c, samples) {
    const dark = Figure.theme() === "dark";
    const ink = dark ? "#ccc" : "#333", grid = dark ? "#3a3d42" : "#e3e3e3", dot = View.colour(0, Figure.theme());
    const last = samples.length;
    const level = (y) => [{ x: 0.5, y }, { x: last + 0.5, y }];
    const lines = c.time_median_s === null ? [] : [level(c.time_median_s), ...(c.time_ci_low_s === null ? [] : [level(c.time_ci_low_s), level(c.time_ci_high_s)])];
    const axis = (title, format) => ({ title: { display: true, text: title, color: ink }, grid: { color: grid },
      ticks: { color: ink, callback: format, maxRotation: 0 } });
    return new Chart(canvas, {
      type: "scatter", plugins: [names],
      data: { datasets: [
        { data: samples.map((s, i) => ({ x: i + 1, y: s.time_s, name: s.outlier, round: s.round })),
          pointRadius: 4.5, borderColor: dot, pointBackgroundColor: samples.map((s) => s.outlier ? "transparent" : dot) },
        ...lines.map((data, i) => ({ data, showLine: true, pointRadius: 0, pointHitRadius: 0, borderWidth: i === 0 ? 1.5 : 1,
          borderColor: ink, borderDash: i === 0 ? [] : [4, 4] })),
      ] },
      options: {
        animation: false, responsive: true, maintainAspectRatio: false, color: ink,
        scales: {
          x: { ...axis("order measured", (v) => Number.isInteger(v) ? v : ""), min: 0.5, max: last + 0.5 },
          y: { ...axis("time a call", (v) => Format.short(Format.time(v))), grace: "10%" },
        },
        plugins: { legend: { display: false }, tooltip: { callbacks: {
          label: ({ raw }) => `round ${raw.round + 1}: ${Format.time(raw.y)}${raw.name ? `, ${raw.name}` : ""}` } } },
      },
    });
  }

  function list(samples) {
    return Dom.make("ol", { class: "samples" }, samples.map((s) =>
      Dom.make("li", { "data-time-s": s.time_s }, Format.time(s.time_s), s.outlier ? Dom.make("em", {}, ` ${s.outlier}`) : null)));
  }

  function render(c) {
    const samples = Data.samplesOf(c.id);
    const outliers = samples.filter((s) => s.outlier).length;
    const parts = [Dom.make("h4", {}, Data.describe(c))];
    if (Data.reasons[c.hidden]) parts.push(Dom.make("p", {}, Data.reasons[c.hidden]));
    if (c.reason) parts.push(Dom.make("p", {}, `${c.outcome}: ${c.reason}`));
    if (Data.reasons[c.details])
      parts.push(Dom.make("details", {}, Dom.make("summary", {}, "Its traceback, or the last output of its process"), Dom.make("pre", { tabindex: 0 }, Data.reasons[c.details])));
    if (Data.reasons[c.no_distance]) parts.push(Dom.make("p", {}, `No distance from full attention: ${Data.reasons[c.no_distance]}.`));
    let canvas = null;
    if (samples.length > 0) {
      canvas = Dom.make("canvas", { role: "img", "aria-label": `${samples.length} samples in the order measured, ${outliers} of them outliers; the list below holds them.` });
      parts.push(Dom.make("p", {}, `${samples.length} samples, ${outliers === 0 ? "no outlier" : `${outliers} outside Tukey's fences`}; the line is the median, dashed its interval.`),
        Dom.make("div", { class: "plot small" }, canvas),
        Dom.make("details", {}, Dom.make("summary", {}, "The samples, in the order measured"), list(samples)));
    } else {
      parts.push(Dom.make("p", {}, "No sample."));
    }
    parts.push(Dom.make("p", {}, "This case alone, once again:"),
      Dom.make("pre", { class: "command", tabindex: 0 }, command(c)),
      Dom.make("button", { type: "button", onclick: (event) => copy(event.target, command(c)) }, "Copy the command"));
    return { parts, draw: () => canvas ? plot(canvas, c, samples) : null };
  }

  function copy(button, text) {
    const done = (word) => { button.textContent = word; };
    if (navigator.clipboard) navigator.clipboard.writeText(text).then(() => done("Copied"), () => done("Select it and copy by hand"));
    else done("Select it and copy by hand");
  }

  return { render, command };
})();
