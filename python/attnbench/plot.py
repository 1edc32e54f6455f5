"""Pictures of a run by matplotlib: time and memory against n, distance from full attention against time.

Each function takes a run, or cases of one (`run.cases[run.cases.causal]`), draws into `ax` or a new figure's axes, and
returns the axes, so that all of matplotlib applies to the picture.
"""
import itertools

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.ticker import EngFormatter, FuncFormatter, LogLocator, NullFormatter

from . import columns

# Okabe and Ito's colours, which the colour-blind can tell apart, without the yellow, which white paper hides. Series
# of one colour differ in marker and dash: 7, 10 and 3 have no common factor.
_COLOURS = ["#000000", "#e69f00", "#0072b2", "#56b4e9", "#d55e00", "#009e73", "#cc79a7"]
_MARKERS = "osD^v<>Pph"
_DASHES = ["-", (0, (5, 2)), (0, (1, 1.5))]

_MOST_TICKS = 12  # With more values than these, x has ticks at round numbers.

_WORDS = {
    "seq_len": "n (tokens)",
    "time_median_s": "median time per call",
    "workspace_bytes": "workspace",
    "saved_bytes": "saved for backward",
    "heap_peak_bytes": "heap peak",
    "resident_peak_bytes": "resident peak",
    "distance_relative_error": "distance from full attention\n(relative error)",
}


def time(run, x="seq_len", by="label", ax=None):
    """Median time of a call against `x`, with the interval of each median, or of few samples their range.

    A line is drawn for each value of the column `by`, and of each axis of the sweep that varies besides.
    """
    return _lines(run, x, "time_median_s", by, ax, (("time_ci_low_s", "time_min_s"), ("time_ci_high_s", "time_max_s")))


def memory(run, quantity="workspace_bytes", x="seq_len", by="label", ax=None):
    """One memory number of a call against `x`: workspace_bytes, saved_bytes, heap_peak_bytes or resident_peak_bytes.

    Where a case needs 0 bytes there is no point, because the axis is logarithmic.
    """
    return _lines(run, x, quantity, by, ax)


def distance(run, by="label", ax=None):
    """Distance from full attention against the median time of a call; a line joins the sizes of a series."""
    known = _having(run, by, "time_median_s", "distance_relative_error")
    ax = _axes(ax)
    for name, of_series, style in _series(known, "seq_len", by):
        of_series = of_series.sort_values("seq_len")
        ax.plot(*_numbers(of_series, "time_median_s", "distance_relative_error"), label=name, **style)
    ax.set_xscale("log")
    _write_axis(ax.xaxis, "time_median_s")
    _write_axis(ax.yaxis, "distance_relative_error")
    ax.set_ylim(bottom=-0.03 * known["distance_relative_error"].max() or None)  # Points at 0 stay whole.
    ax.legend()
    return ax


def _lines(run, x, y, by, ax, bar_ends=()):
    known = _having(run, by, x, y)
    known = known[known[y] > 0]
    if known.empty:
        raise ValueError(f"{y} is 0 in all cases, and a logarithmic axis has no 0")
    ax = _axes(ax)
    for name, of_series, style in _series(known, x, by):
        of_series = of_series.sort_values(x)
        xs, ys = _numbers(of_series, x, y)
        ax.errorbar(xs, ys, yerr=_bars(of_series, ys, bar_ends), label=name, capsize=2, elinewidth=1, **style)
    values = sorted(set(known[x].astype(float)))
    if values[0] > 0:
        ax.set_xscale("log", base=2)
    ax.set_yscale("log", base=2 if columns.unit(y) == "B" else 10)
    _write_axis(ax.xaxis, x)
    _write_axis(ax.yaxis, y)
    if len(values) <= _MOST_TICKS:
        ax.set_xticks(values)
    ax.legend()
    return ax


def _axes(ax):
    return plt.subplots(layout="constrained")[1] if ax is None else ax


def _having(run, by, *names):
    """The cases that have numbers in all columns of `names`. Raises ValueError if there are none."""
    cases = getattr(run, "cases", run)
    for name in ("params", "outcome", by, *names):  # The axes of the sweep stand between the first two.
        if name not in cases.columns:
            raise ValueError(f"the cases have no column {name!r}")
    for name in names:
        if not pd.api.types.is_numeric_dtype(cases[name].dtype):
            raise ValueError(f"the column {name!r} does not hold numbers")
    known = cases.dropna(subset=list(names))
    if known.empty:
        raise ValueError(f"no case has {' and '.join(names)}")
    return known


def _series(cases, x, by):
    """Name, cases and style of each series: of one value of `by`, and of each axis that varies besides."""
    apart = [by]
    axes = cases.columns[cases.columns.get_loc("params") + 1:cases.columns.get_loc("outcome")]
    for axis in axes.drop([x, by], errors="ignore"):
        if (cases.groupby([*apart, x], dropna=False)[axis].nunique(dropna=False) > 1).any():
            apart.append(axis)
    styles = zip(itertools.cycle(_COLOURS), itertools.cycle(_MARKERS), itertools.cycle(_DASHES))
    groups = cases.groupby(apart if len(apart) > 1 else by, sort=False, dropna=False)
    for (values, of_series), (colour, marker, dash) in zip(groups, styles):
        first, *others = values if len(apart) > 1 else (values,)
        name = ", ".join([str(first), *map(_words, apart[1:], others)])
        yield name, of_series, {"color": colour, "marker": marker, "markersize": 4, "linestyle": dash}


def _words(axis, value):
    if pd.api.types.is_bool(value):
        return axis if value else f"not {axis}"
    return f"{axis} {value}"


def _numbers(cases, *names):
    return [cases[name].astype(float).to_numpy() for name in names]


def _bars(cases, ys, ends):
    """How far a bar reaches below and above each value: each end by the first of two columns that has a value."""
    if not ends:
        return None
    low, high = (cases[first].fillna(cases[second]).to_numpy() for first, second in ends)
    return [ys - low, high - ys]


def _bytes(value, _):
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if value < 1024 or unit == "TiB":
            return f"{value:.3g} {unit}"
        value /= 1024


def _write_axis(axis, column):
    """Names the axis, and writes its numbers with their unit."""
    unit = columns.unit(column)
    axis.set_label_text(_WORDS.get(column, column))
    if unit == "s":
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter(EngFormatter("s"))
        axis.set_minor_formatter(NullFormatter())
    elif unit == "B":
        axis.set_major_locator(LogLocator(base=2, numticks=8))
        axis.set_major_formatter(FuncFormatter(_bytes))
    elif axis.axis_name == "x":
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_formatter(NullFormatter())
