// Charts, table columns and opened rows of the page that compares two runs.
const isNumber = (v) => v !== null && v !== undefined;

const Charts = (() => {
  "use strict";
  const sizeAxis = { title: "sequence length n (tokens)", name: "n", column: "seq_len", type: "logarithmic", own: true, format: String };
  const cases = (series, y) => series.cases.map(Data.caseAt)
    .map((c) => ({ x: c.seq_len, id: c.id, ...y(c) })).filter((p) => isNumber(p.y));
  const sizes = (lines) => lines.flatMap((line) => line.points.map((p) => p.x));
  function level(lines, y, name, more = {}) {
    const xs = sizes(lines);
    return xs.length === 0 ? [] : [{ name, seen: true, points: [Math.min(...xs), Math.max(...xs)].map((x) => ({ x, y })), ...more }];
  }
  const floor = Data.noise_floor;
  const limits = (lines) => [...level(lines, 1, "as fast as BASE", { dash: [] }),
    ...level(lines, floor, `same: within ${Format.number(floor, 4)}x`), ...level(lines, 1 / floor, `${Format.number(1 / floor, 4)}x`)];

  return [
    {
      id: "ratio", title: "NEW beside BASE", x: sizeAxis, guides: limits,
      about: "How many times as fast as BASE NEW is, with its interval; below 1, NEW is slower. Between the dashed lines they are the same.",
      line: (series) => ({ connect: true, points: cases(series, (c) => ({ y: c.as_fast, low: c.as_fast_low, high: c.as_fast_high, note: c.outcome })) }),
      y: () => ({ title: "x as fast as BASE", column: "as_fast", type: "logarithmic", format: (v) => `${Format.tick(v)}x`, words: (v) => Format.ratio(v) }),
    },
    {
      id: "time", title: "Time against n", x: sizeAxis,
      about: "Median time of a call with its interval, of one run.",
      option: { key: "run", name: "run", initial: () => "new", values: () => [["new", "NEW"], ["base", "BASE"]] },
      line: (series, run) => ({ connect: true, points: cases(series, (c) =>
        ({ y: c[`${run}_s`], low: c[`${run}_low_s`], high: c[`${run}_high_s`] })) }),
      y: (run) => ({ title: `time a call, ${run.toUpperCase()}`, column: `${run}_s`, type: "logarithmic", format: Format.time }),
    },
  ];
})();

const Columns = (() => {
  "use strict";
  const worst = new Map(Data.worst_first.map((id, place) => [id, place]));
  const time = (name, run) => ({ name, number: true, value: (c) => c[`${run}_s`],
    words: (c) => Format.withInterval(Format.time, c[`${run}_s`], c[`${run}_low_s`], c[`${run}_high_s`]) });
  const columns = [
    { name: "verdict", value: (c) => worst.get(c.id) ?? worst.size, words: (c) => c.outcome, short: true },
    { name: "as fast [95 %]", value: (c) => c.as_fast, words: (c) => Format.ratio(c.as_fast, c.as_fast_low, c.as_fast_high), number: true },
    { name: "series", value: (c) => c.series.label, words: (c) => c.series.label },
    ...View.problemAxes.map((a) => ({ name: Data.axes[a], value: (c) => c.group.axes[a], words: (c) => String(c.group.axes[a] ?? "n") })),
    { name: "n", value: (c) => c.seq_len, words: (c) => String(c.seq_len), number: true },
    time("BASE", "base"),
    time("NEW", "new"),
    { name: "p (Holm)", value: (c) => c.p_adjusted, words: (c) => Format.number(c.p_adjusted, 2), number: true },
    { name: "memory and accuracy", value: (c) => c.changes, words: (c) => c.changes },
  ];
  columns.standard = "verdict up";
  return columns;
})();

const Samples = (() => {
  "use strict";
  function render(c) {
    const why = c.reason ? `${c.outcome}: ${c.reason}` : c.outcome;
    return { draw: () => null, parts: [
      Dom.make("h4", {}, Data.describe(c)),
      Dom.make("p", {}, why),
      Dom.make("ul", {}, Data.quantities[c.id].map((words) => Dom.make("li", {}, words))),
    ] };
  }
  return { render };
})();
