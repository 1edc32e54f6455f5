// Numbers for people: the words of harness/record/format.cpp, digit for digit.
const Format = (() => {
  "use strict";

  // Rounds half to even, as C++ does; toFixed alone rounds ties up.
  function fixed(value, decimals) {
    const kMore = 40;
    if (Math.abs(value) < 1e21 && decimals + kMore <= 100) {
      const exact = value.toFixed(decimals + kMore);
      const tie = exact.endsWith("5" + "0".repeat(kMore - 1));
      const down = exact.slice(0, -kMore).replace(/\.$/, "");
      if (tie && Number(down.at(-1)) % 2 === 0) return down;
    }
    return value.toFixed(decimals);
  }

  const exponent = (value, digits) => Number(value.toExponential(digits - 1).split("e")[1]);
  const rounded = (value, digits) => fixed(value, Math.max(0, digits - 1 - exponent(value, digits)));

  // The largest unit of which the rounded value is at least one.
  function unitOf(value, units) {
    for (let i = units.length - 1; i > 0; --i) {
      if (Math.abs(value) >= units[i][0]) return units[i];
      const inSmaller = Number(rounded(Math.abs(value) / units[i - 1][0], 3));
      if (inSmaller >= Math.round(units[i][0] / units[i - 1][0])) return units[i];
    }
    return units[0];
  }

  const withoutZeros = (text) => text.includes(".") ? text.replace(/\.?0+$/, "") : text;
  const kBytes = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"].map((name, i) => [1024 ** i, name]);
  const kTimes = [[1e-9, "ns"], [1e-6, "µs"], [1e-3, "ms"], [1, "s"]];

  function bytes(value) {
    const [size, name] = unitOf(value, kBytes);
    const atLeast = value >= 2 ** 63 ? "≥ " : "";
    return `${atLeast}${withoutZeros(rounded(value / size, 3))} ${name}`;
  }

  function time(seconds) {
    if (seconds === 0) return "0 s";
    if (Math.abs(seconds) >= 7200) return `${rounded(seconds / 3600, 3)} h`;
    if (Math.abs(seconds) >= 120) return `${rounded(seconds / 60, 3)} min`;
    const [size, name] = unitOf(seconds, kTimes);
    return `${rounded(seconds / size, 3)} ${name}`;
  }

  function number(value, digits) {
    const magnitude = Math.abs(value);
    if (magnitude === 0 || (magnitude >= 1e-4 && magnitude < 1e15)) return rounded(value, digits);
    return value.toExponential(digits - 1).replace("e+", "e");
  }

  // Without trailing zeros, for ticks: 0.5, 2, 1.5e-7.
  const tick = (value) => String(Number(value.toPrecision(3))).replace("e+", "e");

  // "30.0 ms" as a tick: "30 ms".
  const short = (text) => text.replace(/^(-?\d+)(\.\d*?)0+(?=\D|$)/, (_, whole, part) => whole + (part === "." ? "" : part));

  const kNone = "–";
  const orNone = (format) => (value, ...rest) => value === null || value === undefined ? kNone : format(value, ...rest);

  function withInterval(format, value, low, high) {
    return low === null || low === undefined ? format(value) : `${format(value)} [${format(low)}, ${format(high)}]`;
  }

  return {
    bytes: orNone(bytes),
    time: orNone(time),
    number: orNone(number),
    percent: orNone((value) => `${number(value, 2)} %`),
    ratio: orNone((value, low, high) =>
      low === null || low === undefined ? `${number(value, 3)}x`
        : `${number(value, 3)}x [${number(low, 3)}, ${number(high, 3)}]`),
    tick, short, withInterval, kNone,
  };
})();
