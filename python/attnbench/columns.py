"""The columns of cases.csv, samples.csv and probes.csv: type and unit of each, and how cells become values."""
import pandas as pd


class CellError(ValueError):
    """A cell that is no value of its column's type; `row` counts from 0."""

    def __init__(self, row, words):
        super().__init__(words)
        self.row = row


# Types, by pandas' names. Of whole numbers, "int64" is never empty, and "Int64" may be.
_NEVER_EMPTY = "int64"
_COUNT = "Int64"
_NUMBER = "float64"
_TRUTH = "boolean"
_TEXT = "string"
_TIME = "datetime64[ns, UTC]"

_TYPES = {
    _NEVER_EMPTY: "case_id batch heads kv_heads seq_len q_len kv_len head_dim threads round",
    _COUNT: "samples iterations flops pairs steps path check_rows check_rows_counted check_differing_outputs"
            " distance_rows distance_worst_head seeds distance involuntary_switches cycles instructions llc_misses",
    _NUMBER: "scale softcap thread_speedup thread_speedup_ci_low thread_speedup_ci_high"
             " speedup speedup_ci_low speedup_ci_high check_worst_error check_worst_error_over_bound"
             " check_visible_error distance_relative_error distance_worst_head_error distance_cosine"
             " value low high load_1min issue_share",
    _TRUTH: "causal alibi projections smooth_k distance_untrained",
    _TEXT: "variant label kind params peak dtype kv_dtype pages cache pass inputs outcome reason distance_reason saturated path_reason"
           " run_name machine_cpu git_commit outlier probe",
    _TIME: "started_utc",
}
_TYPE_OF = {name: type_ for type_, names in _TYPES.items() for name in names.split()}

# What a name begins or ends with: its unit and type. The first that fits counts.
_BEGINNINGS = {"percent_": ("%", _NUMBER)}
_ENDINGS = {
    "tokens_per_s": ("tokens/s", _NUMBER),
    "flop_per_byte": ("FLOP/B", _NUMBER),
    "gflops": ("GFLOP/s", _NUMBER),
    "_gbs": ("GB/s", _NUMBER),
    "_mhz": ("MHz", _NUMBER),
    "_bytes": ("B", _COUNT),
    "_s": ("s", _NUMBER),
}
_UNIT_OF = {"flops": "FLOP", "seq_len": "tokens", "q_len": "tokens", "kv_len": "tokens", "distance": "tokens"}


def _by_name(column):
    """Unit and type, as far as the name tells: (None, None) if it tells neither."""
    if column in _TYPE_OF:
        type_ = _TYPE_OF[column]
        pure = "1" if type_ in (_NEVER_EMPTY, _COUNT, _NUMBER) else None
        return _UNIT_OF.get(column, pure), type_
    for beginning, told in _BEGINNINGS.items():
        if column.startswith(beginning):
            return told
    for ending, told in _ENDINGS.items():
        if column.endswith(ending):
            return told
    return None, None


def unit(column):
    """The unit of a column: "s", "B", "%", …; "1" of a pure number; None of text, and of a column not known here."""
    return _by_name(column)[0]


def is_known(column):
    """Whether unit and type of this column are known; else its type is guessed from its cells."""
    return _by_name(column)[1] is not None


def _truth(cell):
    return {"true": True, "false": False}[cell]


def _text(cell):
    """Undoes what keeps a spreadsheet from reading text as a formula: an apostrophe before it."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in tuple("=+-@") else cell


def _time(cell):
    return pd.to_datetime(cell, utc=True)


_READERS = {_NEVER_EMPTY: int, _COUNT: int, _NUMBER: float, _TRUTH: _truth, _TIME: _time}


def _guess(cells):
    """The type of a column that this package does not know, such as one of a newer program."""
    full = [cell for cell in cells if cell]
    for type_ in (_COUNT, _NUMBER, _TRUTH):
        try:
            for cell in full:
                _READERS[type_](cell)
            return type_ if full else _TEXT
        except (ValueError, KeyError):
            continue
    return _TEXT


def series(column, cells):
    """The cells of one column, as texts, as a pandas Series of its type; an empty cell is a missing value.

    Whole numbers stay exact up to 2⁶³ − 1. Raises CellError.
    """
    type_ = _by_name(column)[1] or _guess(cells)
    if type_ == _TEXT:
        return pd.Series([_text(cell) for cell in cells], dtype=_TEXT)
    values = []
    for row, cell in enumerate(cells):
        try:
            values.append(_READERS[type_](cell) if cell or type_ == _NEVER_EMPTY else None)
        except (ValueError, KeyError):
            raise CellError(row, f"column {column}: {cell!r} is not of type {type_}") from None
    return pd.Series(values, dtype=type_)
