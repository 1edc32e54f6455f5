// What each chart shows. Every number comes from the data block; nothing is fitted here.
const Charts = (() => {
  "use strict";
  const over = (what) => () => `${what} against ${View.x().name}`;
  const log = (title, column, format, more = {}) => ({ title, column, format, type: "logarithmic", ...more });
  const cases = (series) => series.cases.map(Data.caseAt);
  const timed = (series) => cases(series).filter((c) => c.time_median_s !== null);
  const isNumber = (v) => v !== null && v !== undefined;
  const points = (list, y) => list.map((c) => ({ x: View.xOf(c), id: c.id, ...y(c) })).filter((p) => isNumber(p.y));

  // The line of a fit, over the sizes that were fitted.
  function fitted(growth) {
    if (!growth) return null;
    const ends = [growth.sizes[0], growth.sizes.at(-1)];
    return { words: growth.words, points: ends.map((x) => ({ x, y: growth.scale * x ** growth.slope })) };
  }
  const leftOut = (growth, c) => growth && !growth.sizes.includes(c.seq_len)
    ? { hollow: true, note: "not in the fit" } : {};

  function timeLine(series) {
    const list = points(timed(series), (c) => ({ y: c.time_median_s, low: c.time_ci_low_s, high: c.time_ci_high_s, ...leftOut(series.time, c) }));
    return { points: list, fit: fitted(series.time), connect: !series.time };
  }

  // The cases that x does not vary, as levels over its whole range.
  function levels(lines, yOf) {
    const xs = lines.flatMap((line) => line.points.map((p) => p.x));
    return View.levels().map((c) => ({ name: c.series.label, seen: true, y: yOf(c) })).filter((l) => isNumber(l.y) && l.y > 0)
      .map(({ y, ...guide }) => ({ ...guide, points: [Math.min(...xs), Math.max(...xs)].map((x) => ({ x, y })) }));
  }

  // Slopes n and n^2 through the smallest point of the slowest line.
  function slopeGuides(lines) {
    const all = lines.flatMap((line) => line.points.filter((p) => p.y > 0));
    if (all.length === 0) return [];
    const from = Math.min(...all.map((p) => p.x)), to = Math.max(...all.map((p) => p.x));
    const start = Math.max(...all.filter((p) => p.x === from).map((p) => p.y));
    const { name: x, grows, key } = View.x();
    const slopes = View.overLength() ? [["∝ n", 1, [2, 4]], ["∝ n²", 2, [8, 4]]]
      : grows ? [[`∝ ${x}`, 1, [2, 4]]] : key === "threads" ? [["∝ 1 / threads", -1, [2, 4]]] : [];
    return [...levels(lines, (c) => c.time_median_s), ...slopes.map(([name, power, dash]) => ({
      name, dash, points: [from, to].map((at) => ({ x: at, y: start * (at / from) ** power })),
    }))];
  }

  // A chart for which the reader picks one of the quantities that quantities.cpp offers for it.
  const pick = (chart, name, first) => ({
    key: chart, name, initial: () => (offered(chart).find((q) => q.name === first) ?? offered(chart)[0]).name,
    values: () => offered(chart).map((q) => [q.name, q.pick]),
    allows: (value) => offered(chart).some((q) => q.name === value),
  });
  // Only quantities that a case of the run has; all, if no case has any.
  const has = (q) => Data.columns[q.name]?.some((v) => isNumber(v) && v !== 0);
  const offered = (chart) => Data.offered(chart).some(has) ? Data.offered(chart).filter(has) : Data.offered(chart);
  const decodes = Data.count > 0 && Data.columns.q_len.every((q, i) => q < Data.columns.seq_len[i]);

  // Workspace and saved bytes are known for every planned case, heap and resident peaks for cases that ran.
  const isPlanned = (option) => option === "workspace_bytes" || option === "saved_bytes";
  function memoryLine(series, option) {
    const growth = series[option.replace(/_bytes$/, "")];
    const list = points(cases(series).filter((c) => isPlanned(option) || c.outcome === "ok"), (c) => ({
      y: c[option] || null, ...leftOut(growth, c),
      ...(c.outcome === "skipped" ? { hollow: true, note: "skipped" } : {}),
    }));
    return { points: list, fit: fitted(growth), connect: !growth };
  }
  function limitGuide(lines, option) {
    const xs = lines.flatMap((line) => line.points.map((p) => p.x));
    const others = levels(lines, (c) => c[option]);
    if (xs.length === 0 || !(Data.memory_limit_bytes > 0)) return others;
    const y = Data.memory_limit_bytes;
    return [...others, { name: `memory limit ${Format.bytes(y)}`, seen: true, dash: [10, 4],
      points: [Math.min(...xs), Math.max(...xs)].map((x) => ({ x, y })) }];
  }

  // Speed-ups are the analysis's ratios, inverted if the analysis divided the other way round.
  const ratios = new Map(Data.ratios.a.map((a, i) => [`${a}:${Data.ratios.b[i]}`,
    ["value", "low", "high"].map((key) => Data.ratios[key][i])]));
  function speedup(base, c) {
    if (base.id === c.id) return { y: 1 };
    const direct = ratios.get(`${base.id}:${c.id}`);
    if (direct) return { y: direct[0], low: direct[1], high: direct[2] };
    const inverse = ratios.get(`${c.id}:${base.id}`);
    if (!inverse) return { y: null };
    const [value, low, high] = inverse.map((v) => v === null ? null : 1 / v);
    return { y: value, low: high, high: low };
  }
  const baselines = () => [...new Set(Data.series.map((series) => series.label))];
  function initialBaseline() {
    const group = Data.groups.find((g) => isNumber(g.baseline));
    return group ? Data.series[group.baseline].label : baselines()[0] ?? "";
  }
  // The baseline's case on the same problem and length.
  const placeOf = (c) => `${c.series.group} ${c.seq_len} ${c.series.label}`;
  const places = new Map();
  for (let id = 0; id < Data.count; ++id) places.set(placeOf(Data.caseAt(id)), id);
  function overBaseline(c, label) {
    const base = places.get(`${c.series.group} ${c.seq_len} ${label}`);
    return base === undefined ? { y: null } : speedup(Data.caseAt(base), c);
  }
  const speedupLine = (series, label) => ({ connect: true, points: points(timed(series), (c) => overBaseline(c, label)) });
  function level(lines, y, name) {
    const xs = lines.flatMap((line) => line.points.map((p) => p.x));
    return xs.length === 0 ? [] : [{ name, points: [Math.min(...xs), Math.max(...xs)].map((x) => ({ x, y })) }];
  }

  const isPercent = (option) => Data.quantity(option).format === "percent";
  function rateLine(series, option) {
    return { connect: true, points: points(timed(series), (c) => ({
      y: c[option],
      note: option !== "gflops" ? `${Format.number(c.gflops, 3)} GFLOP/s`
        : isNumber(c.percent_of_peak) ? `${Format.percent(c.percent_of_peak)} of the ${c.group.peak} peak` : undefined,
    })) };
  }
  const shownGroups = (lines) => [...new Set(lines.flatMap((line) => line.points.map((p) => Data.caseAt(p.id).group)))];

  // With threads as x: how much faster than with the fewest, and what part of linear that is.
  const fewest = () => Math.min(...Data.groups.map((g) => g.axes[Data.axes.indexOf("threads")]));
  const threadsLine = (series, option) => ({ connect: true, points: points(timed(series), (c) =>
    option === "thread_speedup" ? { y: c[option], low: c.thread_speedup_ci_low, high: c.thread_speedup_ci_high } : { y: c[option] }) });
  function linearGuide(lines, option) {
    if (isPercent(option)) return level(lines, 100, "linear").map((guide) => ({ ...guide, seen: true }));
    const xs = lines.flatMap((line) => line.points.map((p) => p.x));
    return [{ name: "linear", seen: true, points: [Math.min(...xs), Math.max(...xs)].map((x) => ({ x, y: x / fewest() })) }];
  }
  function rateGuides(lines, option) {
    const others = levels(lines, (c) => c[option]);
    if (isPercent(option)) return [...others, ...level(lines, 100, "100 %").map((guide) => ({ ...guide, seen: true }))];
    const ceilingOf = { gflops: (g) => [g.peak_gflops, `${g.peak} peak`, "GFLOP/s"], least_traffic_gbs: (g) => [g.memory_gbs, "memory bandwidth", "GB/s"] }[option];
    if (!ceilingOf) return others;
    const ceilings = shownGroups(lines).map(ceilingOf).filter(([value]) => value > 0)
      .map(([value, name, unit]) => [`${name} ${Format.number(value, 3)} ${unit}`, value]);
    return [...others, ...[...new Map(ceilings)].flatMap(([name, value]) => level(lines, value, name)).map((guide) => ({ ...guide, seen: true }))];
  }

  function rooflineLine(series) {
    const list = timed(series).map((c) => ({ x: c.flop_per_byte, y: c.gflops, id: c.id,
      note: `${View.x().name} = ${View.xOf(c)}${isNumber(c.percent_of_roofline) ? `, ${Format.percent(c.percent_of_roofline)} of the roofline` : ""}` }));
    return { points: list.filter((p) => isNumber(p.x) && isNumber(p.y)), connect: false };
  }
  function roofs(lines) {
    const xs = lines.flatMap((line) => line.points.map((p) => p.x));
    const seen = new Map();
    for (const group of shownGroups(lines))
      if (group.peak_gflops > 0 && group.memory_gbs > 0) seen.set(`${group.peak_gflops}/${group.memory_gbs}`, group);
    return [...seen.values()].map(({ peak: name, peak_gflops: peak, memory_gbs: memory }) => {
      const ridge = peak / memory;
      const from = Math.min(...xs, ridge / 2), to = Math.max(...xs, ridge * 2);
      const at = (x) => ({ x, y: Math.min(peak, x * memory) });
      return { name: `roof: ${Format.number(peak, 3)} GFLOP/s of ${name}, ${Format.number(memory, 3)} GB/s`, seen: true, dash: [],
        points: [at(from), at(ridge), at(to)] };
    });
  }

  const workingSet = (series, n) => {
    const c = cases(series).find((one) => one.seq_len === n);
    return c ? Format.bytes(c.input_bytes + c.output_bytes + c.workspace_bytes + c.saved_bytes) : "";
  };
  function localLine(series) {
    const local = series.time ? series.time.local : [];
    const set = cases(series).some((c) => c.saved_bytes > 0) ? "inputs, output, workspace and saved bytes" : "inputs, output and workspace";
    return { connect: true, intervals: "whiskers", points: local.map(([from, to, y, low, high]) => ({
      x: to, y, low, high, note: `from n = ${from}; ${set} ${workingSet(series, from)} to ${workingSet(series, to)}` })) };
  }

  const kError = "check_worst_error", kPart = "check_worst_error_over_bound";
  function errorLine(series, option) {
    return { connect: true, points: points(cases(series), (c) => ({
      y: c[option] || null,
      note: option === kError && isNumber(c[kPart]) ? `${Format.number(c[kPart], 2)} of its bound` : undefined,
    })) };
  }

  const distanceLine = (series, option) => ({ connect: true, points: points(cases(series), (c) => ({
    y: c[option], note: option !== "percent_of_attention_mass" && isNumber(c.percent_of_attention_mass)
      ? `${Format.percent(c.percent_of_attention_mass)} of the attention mass` : undefined })) });

  const caches = () => ["L1d", "L2", "L3"].map((name, i) => [name, Data.cache_bytes[i]])
    .filter(([, size]) => size > 0).map(([name, size]) => `${name} ${Format.bytes(size)}`).join(", ");

  return [
    {
      id: "time", title: over("Time"), x: View.xAxis, line: timeLine, guides: slopeGuides,
      about: () => `Median time of a call with its interval${View.overLength() ? "; the line is the fit, its exponent stands in the legend. Hollow points are not in the fit." : "."}`,
      y: () => log("time a call", "time_s", Format.time),
    },
    {
      id: "memory", title: over("Memory"), none: "no call shown takes memory of its own", x: View.xAxis, line: memoryLine, guides: limitGuide,
      about: () => `A call's own memory, without inputs and output. Hollow points were skipped${View.overLength() ? " or are not in the fit" : ""}.`,
      option: pick("memory", "number"),
      y: (option) => log(Data.quantity(option).title, option, Format.bytes, { binary: true }),
    },
    {
      id: "distance", title: over("Distance from full"), fits: () => Data.loses, none: "no case shown has a distance", x: View.xAxis, line: distanceLine,
      about: "How far each definition is from full attention on this run's inputs, in double, over sampled rows of every head: no part of it is rounding.",
      guides: (lines, option) => levels(lines, (c) => c[option]),
      option: pick("distance", "as"),
      y: (option) => ({ title: Data.quantity(option).pick, column: option, type: "linear", format: Format.tick, words: (v) => v === 0 ? "0" : Format.number(v, Data.quantity(option).digits) }),
    },
    {
      id: "speedup", title: "Speed-up over a baseline", fits: () => baselines().length > 1, none: "the baseline was not timed here", x: View.xAxis, line: speedupLine,
      about: "Ratio of medians at the same n; above 1 is faster than the baseline.",
      guides: (lines, label) => [...levels(lines, (c) => overBaseline(c, label).y), ...level(lines, 1, "as fast as the baseline")],
      option: { key: "baseline", name: "baseline", initial: initialBaseline, values: () => baselines().map((label) => [label, label]) },
      y: (label) => log(`times as fast as ${label}`, "speedup", (v) => `${Format.tick(v)}x`, { words: (v) => Format.ratio(v) }),
    },
    {
      id: "threads", title: () => `Speed-up over ${fewest()} ${fewest() === 1 ? "thread" : "threads"}`, x: View.xAxis, line: threadsLine, guides: linearGuide,
      fits: () => View.x().key === "threads",
      about: "Median with the fewest threads over the median with more; linear is as many times faster as there are more threads.",
      option: pick("threads", "as"),
      y: (option) => isPercent(option)
        ? { title: Data.quantity(option).pick, column: option, type: "linear", limits: { min: 0 }, format: (v) => `${Format.tick(v)} %`, words: Format.percent }
        : log("times as fast", option, (v) => `${Format.tick(v)}x`, { words: (v) => Format.ratio(v) }),
    },
    {
      id: "rate", title: "Rates", none: "no rate of a timed case is known", x: View.xAxis, line: rateLine, guides: rateGuides,
      about: "FLOPs, queries, or bytes of the least traffic over the median time, against what this machine reached with the same threads. A percentage above 100 is not drawn; the row of its case, opened, says why.",
      option: pick("rate", "unit", decodes ? "tokens_per_s" : "gflops"),
      y: (option) => {
        const { pick: title, digits } = Data.quantity(option);
        const formats = isPercent(option) ? { format: (v) => `${Format.tick(v)} %`, words: Format.percent }
          : { format: Format.tick, words: (v) => `${Format.number(v, digits)} ${title}` };
        return { title, column: option, type: "linear", limits: { min: 0 }, ...formats };
      },
    },
    {
      id: "roofline", title: "Roofline", none: "the machine's ceilings or the rates are not known", line: rooflineLine, guides: roofs,
      x: { title: "FLOPs a byte of least memory traffic", name: "FLOP/byte", column: "flop_per_byte", type: "logarithmic", format: (v) => Format.number(v, 3) },
      about: "One point a case, under the lesser of its peak (that of FMA, or of native bf16) and the bandwidth of reading times intensity.",
      y: () => log("GFLOP/s", "gflops", Format.tick, { words: (v) => `${Format.number(v, 3)} GFLOP/s` }),
    },
    {
      id: "local", title: "Local growth", fits: () => View.overLength() && View.sizes.length > 1, none: "no series shown has a fit", x: View.xAxis, line: localLine,
      about: `Slope of time between neighbouring sizes, drawn at the larger one: steps show where the working set outgrows a cache (${caches() || "sizes unknown"}).`,
      guides: (lines) => [[1, "n"], [2, "n²"]].flatMap(([y, name]) => level(lines, y, name)),
      y: () => ({ title: "exponent", column: "slope", type: "linear", format: Format.tick, words: (v) => Format.number(v, 2) }),
    },
    {
      id: "error", title: "Error against the oracle", none: "no case shown has an error above 0", x: View.xAxis, line: errorLine,
      about: "Largest rounding error against the variant's own definition in double precision (the oracle), in the checked rows, at the timed shape. Above 1 of its bound a case is invalid.",
      guides: (lines, option) => [...levels(lines, (c) => c[option]), ...(option === kPart ? level(lines, 1, "the bound").map((g) => ({ ...g, seen: true })) : [])],
      option: pick("error", "as"),
      y: (option) => log(Data.quantity(option).pick, option, (v) => Format.number(v, Data.quantity(option).digits)),
    },
  ];
})();
