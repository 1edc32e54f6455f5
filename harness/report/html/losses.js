// The chart of time against distance from full attention, with its Pareto front.
(() => {
  "use strict";
  const kDistance = "distance_relative_error", kSize = "at";
  const isNumber = (v) => v !== null && v !== undefined;
  const known = (c) => isNumber(c[kDistance]) && isNumber(c.time_median_s);
  const all = Array.from({ length: Data.count }, (_, id) => Data.caseAt(id)).filter(known);
  // Lengths at which something is lost.
  const sizes = [...new Set(all.filter((c) => isNumber(c.on_front)).map((c) => c.seq_len))].sort((a, b) => a - b);
  // If x is not n, the page's own control chooses the length.
  const atSize = (c, size) => !View.overLength() || c.seq_len === Number(size);
  const pointOf = (c) => ({ x: c[kDistance], y: c.time_median_s, id: c.id });

  function line(series, size) {
    const points = series.cases.map(Data.caseAt).filter((c) => known(c) && atSize(c, size)).map((c) => ({
      ...pointOf(c), low: c.time_ci_low_s, high: c.time_ci_high_s, hollow: !c.on_front,
      note: [c.on_front ? "on the Pareto front" : null, isNumber(c.percent_of_attention_mass) ? `keeps ${Format.percent(c.percent_of_attention_mass)} of the attention mass` : null,
        c.untrained ? "untrained" : null].filter(Boolean).join(", ") }));
    return { points: points.sort((a, b) => a.x - b.x), intervals: "whiskers", connect: points.length > 1 };
  }

  // Steps through the cases that nothing of the same problem and length beats: a front for each
  // problem that is drawn, also through cases that have no line of their own.
  function fronts(lines) {
    const keyOf = (c) => `${c.series.group} ${c.seq_len}`;
    const groups = [...new Map(lines.flatMap((one) => one.points.map((p) => Data.caseAt(p.id))).map((c) => [keyOf(c), c])).values()];
    return groups.map((shown) => {
      const front = all.filter((c) => c.on_front && keyOf(c) === keyOf(shown)).sort((a, b) => a[kDistance] - b[kDistance] || b.time_median_s - a.time_median_s);
      const points = front.flatMap((c, i) => [
        ...(i > 0 ? [{ x: c[kDistance], y: front[i - 1].time_median_s }] : []),
        { ...pointOf(c), name: c.untrained ? `${c.series.label} (untrained)` : c.series.label }]);
      return { name: groups.length === 1 ? "Pareto front" : `Pareto front, ${shown.group.problem}, n = ${shown.seq_len}`, seen: true, dash: [2, 3], points };
    }).filter((guide) => guide.points.length > 0);
  }

  // Writes the names of the cases on the front, but none over another one.
  const names = {
    id: "frontNames",
    afterDatasetsDraw(chart) {
      const { ctx, chartArea: area, scales: { x, y } } = chart;
      const taken = [];
      ctx.save();
      ctx.fillStyle = Figure.ink();
      ctx.font = `12px ${Chart.defaults.font.family}`;
      for (const p of chart.data.datasets.filter((set) => !set.series).flatMap((set) => set.data)) {
        if (!p.name) continue;
        const at = x.getPixelForValue(p.x), level = y.getPixelForValue(p.y), width = ctx.measureText(p.name).width;
        const left = at + 9 + width < area.right ? at + 9 : Math.max(area.left, at - 9 - width);
        const top = [level - 8, level - 24, level + 20].find((one) => one > area.top && one < area.bottom &&
          taken.every((box) => box.left > left + width || box.right < left || Math.abs(box.top - one) > 14));
        if (top === undefined) continue;
        taken.push({ left, right: left + width, top });
        ctx.fillText(p.name, left, top);
      }
      ctx.restore();
    },
  };

  Charts.splice(2, 0, {
    id: "tradeoff", drawn: View.drawnBesideOthers, title: "Time against distance from full attention", fits: () => sizes.length > 0, none: "no case shown has a time and a distance", line, guides: fronts, plugins: [names],
    about: "Median time of a call with its interval, beside how far the definition is from full attention on this run's inputs. Filled and named points are on the Pareto front: by medians, no other is both as fast and as near.",
    option: { key: kSize, name: "n", initial: () => String(sizes.at(-1) ?? ""), values: () => View.overLength() ? sizes.map((n) => [String(n), String(n)]) : [], allows: (n) => sizes.includes(Number(n)) },
    x: { title: "relative error against full attention", name: "relative error", column: kDistance, type: "linear", format: (v) => v < 0 ? "" : Format.tick(v) },
    y: () => ({ title: "time a call", column: "time_s", type: "logarithmic", format: Format.time }),
  });
})();
