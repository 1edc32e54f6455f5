// The columns of the table of cases: how each is called, sorted and written.
const Columns = (() => {
  "use strict";
  const isNumber = (v) => v !== null && v !== undefined;
  const baseline = Data.groups.map((g) => g.baseline).find(isNumber);

  // How a quantity's format writes its value in a case; report/quantities.h lists the formats.
  const kWords = {
    // Below 6 samples there is no interval; the cell shows their range, in parentheses.
    time(q, c) {
      const [value, low, least, most] = [q.name, q.low, q.least, q.most].map((name) => c[name]);
      if (!isNumber(value)) return Format.kNone;
      if (!isNumber(low) && isNumber(least) && least !== most)
        return `${Format.time(value)} (${Format.time(least)} to ${Format.time(most)})`;
      return Format.withInterval(Format.time, value, low, c[q.high]);
    },
    ratio: (q, c) => Format.ratio(c[q.name], c[q.low], c[q.high]),
    bytes: (q, c) => Format.bytes(c[q.name]),
    number: (q, c) => c[q.name] === 0 ? "0" : Format.number(c[q.name], q.digits),
    percent: (q, c) => (c[q.name] === 0 ? "0" : Format.number(c[q.name], q.digits))
      + (q.of_peak && isNumber(c[q.name]) && c.group.peak !== "FMA" ? ` (${c.group.peak})` : ""),
    whole: (q, c) => isNumber(c[q.name]) ? String(c[q.name]) : Format.kNone,
    error: (q, c) => isNumber(c[q.name])
      ? `${Format.number(c[q.error], q.digits)} (${Format.number(c[q.name], q.digits)} of its bound)` : Format.kNone,
  };
  const quantities = Data.table.map(Data.quantity).filter((q) => !q.over_baseline || isNumber(baseline)).map((q) => ({
    name: q.over_baseline ? `${q.title} over ${Data.series[baseline].label}` : q.title,
    // A text in a value's place is beyond all numbers, as a path that never ends.
    value: (c) => typeof c[q.name] === "string" ? Infinity : c[q.name], words: (c) => kWords[q.format](q, c), number: true,
  }));

  const axes = View.problemAxes.map((a) => ({
    name: Data.axes[a], value: (c) => c.group.axes[a], words: (c) => c.group.words[a],
  }));
  return [
    { name: "series", value: (c) => c.series.label, words: (c) => c.series.label },
    ...axes,
    { name: "n", value: (c) => c.seq_len, words: (c) => String(c.seq_len), number: true },
    { name: "outcome", value: (c) => c.outcome, words: (c) => c.outcome },
    ...quantities,
  ];
})();
