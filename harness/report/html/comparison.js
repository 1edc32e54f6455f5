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
  const limits = (lines) => [...level(lines, 1, "the same time", { dash: [] }),
    ...level(lines, floor, `noise floor ${Format.number(floor, 4)}x`), ...level(lines, 1 / floor, `${Format.number(1 / floor, 4)}x`)];

  return [
    {
      id: "ratio", title: "NEW over BASE", x: sizeAxis, guides: limits,
      about: "Ratio of medians with its interval; above 1, NEW is slower. Between the dashed lines is noise.",
      line: (series) => ({ connect: true, points: cases(series, (c) => ({ y: c.ratio, low: c.ratio_low, high: c.ratio_high, note: c.outcome })) }),
      y: () => ({ title: "time of NEW over BASE", column: "ratio", type: "logarithmic", format: (v) => `${Format.tick(v)}x`, words: (v) => Format.ratio(v) }),
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
  const time = (name, run) => ({ name, number: true, value: (c) => c[`${run}_s`],
    words: (c) => Format.withInterval(Format.time, c[`${run}_s`], c[`${run}_low_s`], c[`${run}_high_s`]) });
  return [
    { name: "series", value: (c) => c.series.label, words: (c) => c.series.label },
    ...View.problemAxes.map((a) => ({ name: Data.axes[a], value: (c) => c.group.axes[a], words: (c) => String(c.group.axes[a] ?? "n") })),
    { name: "n", value: (c) => c.seq_len, words: (c) => String(c.seq_len), number: true },
    { name: "verdict", value: (c) => c.outcome, words: (c) => c.outcome, short: true },
    { name: "ratio [95 %]", value: (c) => c.ratio, words: (c) => Format.ratio(c.ratio, c.ratio_low, c.ratio_high), number: true },
    time("BASE", "base"),
    time("NEW", "new"),
    { name: "p (Holm)", value: (c) => c.p_adjusted, words: (c) => Format.number(c.p_adjusted, 2), number: true },
    { name: "memory and accuracy", value: (c) => c.changes, words: (c) => c.changes },
  ];
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
