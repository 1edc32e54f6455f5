// The columns of the table of cases: how each is called, sorted and written.
const Columns = (() => {
  "use strict";
  const isNumber = (v) => v !== null && v !== undefined;
  const baseline = Data.groups.map((g) => g.baseline).find(isNumber);

  // Below 6 samples there is no interval: then their range, in parentheses.
  function timeWords(c) {
    if (c.median_s === null) return Format.kNone;
    if (c.low_s === null && c.min_s !== c.max_s)
      return `${Format.time(c.median_s)} (${Format.time(c.min_s)} to ${Format.time(c.max_s)})`;
    return Format.withInterval(Format.time, c.median_s, c.low_s, c.high_s);
  }
  const errorWords = (c) => c.error === null ? Format.kNone
    : `${Format.number(c.error, 2)} (${Format.number(c.error_over_bound, 2)} of its bound)`;

  const axes = View.problemAxes.map((a) => ({
    name: Data.axes[a], value: (c) => c.group.axes[a], words: (c) => String(c.group.axes[a] ?? "n"),
  }));
  const number = (name, key, format) => ({ name, value: (c) => c[key], words: (c) => format(c[key]), number: true });
  return [
    { name: "series", value: (c) => c.series.label, words: (c) => c.series.label },
    ...axes,
    { name: "n", value: (c) => c.seq_len, words: (c) => String(c.seq_len), number: true },
    { name: "outcome", value: (c) => c.outcome, words: (c) => c.outcome },
    { name: "median [95 %]", value: (c) => c.median_s, words: timeWords, number: true },
    ...(isNumber(baseline) ? [{ name: `speed-up over ${Data.series[baseline].label}`, value: (c) => c.speedup, number: true,
      words: (c) => Format.ratio(c.speedup, c.speedup_low, c.speedup_high) }] : []),
    number("GFLOP/s", "gflops", (v) => Format.number(v, 3)),
    number("% of FMA peak", "percent_of_fma_peak", (v) => Format.number(v, 2)),
    number("% of adjacent peak", "percent_of_adjacent_peak", (v) => Format.number(v, 2)),
    number("% of roofline", "percent_of_roofline", (v) => Format.number(v, 2)),
    number("% of adjacent roofline", "percent_of_adjacent_roofline", (v) => Format.number(v, 2)),
    number("workspace", "workspace_bytes", Format.bytes),
    number("heap peak", "heap_peak_bytes", Format.bytes),
    number("resident peak", "resident_peak_bytes", Format.bytes),
    { name: "worst error", value: (c) => c.error_over_bound, words: errorWords, number: true },
  ];
})();
