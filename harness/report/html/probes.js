// Charts of the probes: how much of a token reaches the last output, against its distance.
(() => {
  "use strict";
  const found = Data.probes.rows.case.map((id, i) =>
    Object.fromEntries(Object.keys(Data.probes.rows).map((key) => [key, Data.probes.rows[key][i]])));
  const settingOf = (row) => `n = ${Data.columns.seq_len[row.case]}${row.pairs > 0 ? `, ${row.pairs} pairs` : ""}`;

  const charts = Data.probes.kinds.map(({ name, doc, value }) => {
    const rows = found.filter((row) => row.probe === name);
    const settings = [...new Set(rows.map(settingOf))];
    const title = name[0].toUpperCase() + name.slice(1);
    return {
      id: `probe-${name}`, drawn: View.drawnSeries, title: `${title} against distance`, none: "the probe does not apply to what is shown",
      x: { title: "distance before the last token", name: "distance", column: "distance", type: "logarithmic", format: String },
      line: (series, setting) => ({
        connect: true,
        points: rows.filter((row) => series.cases.includes(row.case) && settingOf(row) === setting)
          .map((row) => ({ x: row.distance, y: row.value, low: row.low, high: row.high, id: row.case })),
      }),
      about: `${doc} The band reaches from the smallest to the largest of the seeds.`,
      option: { key: `probe_${name}`, name: "case", initial: () => settings.at(-1) ?? "", values: () => settings.map((s) => [s, s]), allows: (s) => settings.includes(s) },
      y: () => ({ title: value, column: name, type: "linear", limits: { min: 0 }, format: Format.tick, words: (v) => Format.number(v, 2) }),
    };
  }).filter((chart) => found.some((row) => chart.id === `probe-${row.probe}`));
  Charts.push(...charts);
})();
