// Charts of the probes: how much of a token reaches the last output, against its distance.
(() => {
  "use strict";
  const found = Data.probes.rows.case.map((id, i) =>
    Object.fromEntries(Object.keys(Data.probes.rows).map((key) => [key, Data.probes.rows[key][i]])));
  const lengthOf = (row) => Data.columns.seq_len[row.case];
  const settingOf = (row) => `n = ${lengthOf(row)}${row.pairs > 0 ? `, ${row.pairs} pairs` : ""}`;
  const ends = (lines) => {
    const xs = lines.flatMap((line) => line.points.map((p) => p.x));
    return [Math.min(...xs), Math.max(...xs)];
  };
  const level = (lines, name, y) => ({ name, seen: true, points: ends(lines).map((x) => ({ x, y })) });

  // A linear axis, with what guessing gives.
  const linear = ({ name, value, chance }) => ({
    drawnAt: (v) => v,
    y: () => ({ title: value, column: name, type: "linear", limits: { min: 0 }, format: Format.tick, words: (v) => Format.number(v, 2) }),
    guides: (lines) => chance > 0 ? [level(lines, "by chance", chance)] : [],
  });

  // A logarithmic axis, on which 0 stands on a floor below all other values.
  function logarithmic({ name, value, rounding }, rows) {
    const least = Math.min(...rows.flatMap((row) => [row.value, row.low]).filter((v) => v > 0), rounding);
    const floor = 10 ** (Math.floor(Math.log10(least)) - 1);
    const told = (v) => v <= floor ? 0 : v;
    return {
      drawnAt: (v) => Math.max(v, floor),
      y: () => ({ title: value, column: name, type: "logarithmic", value: told, format: (v) => told(v) === 0 ? "0" : Format.tick(v),
        words: (v) => told(v) === 0 ? "0" : Format.number(v, 2) }),
      guides: (lines) => [level(lines, "rounding of float32", rounding),
        ...(lines.some((line) => line.points.some((p) => p.y <= floor)) ? [level(lines, "0", floor)] : [])],
    };
  }

  function chartOf(kind) {
    const rows = found.filter((row) => row.probe === kind.name);
    const settings = [...new Map([...rows].sort((a, b) => lengthOf(a) - lengthOf(b) || a.pairs - b.pairs).map((row) => [settingOf(row), row])).keys()];
    const scale = kind.rounding ? logarithmic(kind, rows) : linear(kind);
    const rowsOf = (series, setting) => rows.filter((row) => series.cases.includes(row.case) && settingOf(row) === setting);
    const title = kind.name[0].toUpperCase() + kind.name.slice(1);
    return {
      id: `probe-${kind.name}`, title: `${title} against distance`, none: "the probe does not apply to what is shown",
      drawn: (setting) => View.drawnSeries((series) => rowsOf(series, setting).length > 0),
      x: { title: "distance before the last token", name: "distance", column: "distance", type: "logarithmic", format: String },
      // A band down to 0 would fill a logarithmic chart.
      line: (series, setting) => ({
        connect: true, intervals: scale.y().type === "logarithmic" && rowsOf(series, setting).some((row) => row.low === 0 && row.value > 0) ? "" : "band",
        points: rowsOf(series, setting).map((row) => ({ x: row.distance, y: scale.drawnAt(row.value), low: scale.drawnAt(row.low), high: scale.drawnAt(row.high), id: row.case })),
      }),
      about: `${kind.doc} The band reaches from the smallest to the largest of the ${kind.name === "memory" ? "folds" : "seeds"}${kind.rounding ? "; it is not drawn if it reaches down to 0" : ""}.`,
      option: { key: `probe_${kind.name}`, name: "case", initial: () => settings.at(-1) ?? "", values: () => settings.map((s) => [s, s]), allows: (s) => settings.includes(s) },
      y: scale.y, guides: scale.guides,
    };
  }
  Charts.push(...Data.probes.kinds.filter((kind) => found.some((row) => row.probe === kind.name)).map(chartOf));
})();
