// The data block, and cases as objects made from its columns.
const Data = (() => {
  "use strict";
  const data = JSON.parse(document.getElementById("data").textContent);
  const columns = data.cases;
  const names = Object.keys(columns);
  const count = names.length === 0 ? 0 : columns[names[0]].length;

  const seriesOf = new Array(count);
  data.series.forEach((series, s) => series.cases.forEach((c) => { seriesOf[c] = s; }));

  const firstSample = new Array(count);
  let next = 0;
  for (let c = 0; c < count; ++c) {
    firstSample[c] = next;
    next += columns.samples[c];
  }

  const cache = new Map();
  function caseAt(id) {
    let found = cache.get(id);
    if (!found) {
      found = { id, series: data.series[seriesOf[id]] };
      for (const name of names) found[name] = columns[name][id];
      found.reason = data.reasons[found.reason];
      found.group = data.groups[found.series.group];
      cache.set(id, found);
    }
    return found;
  }

  // In the order measured.
  function samplesOf(id) {
    const samples = [];
    for (let i = firstSample[id]; i < firstSample[id] + columns.samples[id]; ++i)
      samples.push({
        round: data.samples.round[i],
        time_s: data.samples.time_s[i],
        outlier: ["", "mild outlier", "extreme outlier"][data.samples.outlier[i]],
      });
    return samples;
  }

  const lengths = (c) => c.q_len === c.seq_len ? `n=${c.seq_len}` : `q_len=${c.q_len}, kv_len=${c.seq_len}`;
  data.series.forEach((series) => {
    const group = data.groups[series.group];
    series.name = data.groups.length === 1 ? series.label : `${series.label}, ${group.problem}`;
  });
  const describe = (c) => `${c.series.label}, ${c.group.problem}, ${lengths(c)}`;

  // What the page knows of each quantity by name, and the quantities that a chart offers.
  const quantity = (name) => data.quantities.find((q) => q.name === name);
  const offered = (chart) => data.quantities.filter((q) => q.chart === chart);

  // Whether a case is at a distance from full attention.
  const loses = (columns.distance_relative_error ?? []).some((error) => error > 0);

  return { ...data, loses, quantity, offered, count, caseAt, samplesOf, describe, columns };
})();
