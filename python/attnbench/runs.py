"""Reads the folder of a run: its record, and its tables as pandas DataFrames."""
import csv
import functools
import json
import pathlib

import pandas as pd

from . import columns

_SCHEMA_VERSION = 1  # Of run.json, as this package knows it.


class RunError(Exception):
    """A folder that cannot be read as a run: what is wrong, where, and what would be right."""


def load(run_dir, partial=False):
    """The run in a folder such as results/quickstart/latest.

    A run that was interrupted, or still goes on, is read only with `partial=True`: its cases have fewer samples than
    planned, or none. Raises RunError if there is no run, or no whole one.
    """
    path = pathlib.Path(run_dir)
    run = Run(path.resolve(), _read_record(path))  # `latest` may lead to another run when a table is read.
    if run.missing and not partial:
        raise RunError(f"{path}: the run is partial: {run.missing}. `attnbench run CONFIG --resume` goes on with it; "
                       "attnbench.load(…, partial=True) reads what it has")
    return run


class Run:
    """What a run left in its folder `path`. Tables are read when they are first asked for.

    Each table's `attrs["units"]` says the unit of each of its columns that are numbers: "s", "B", "%", "1", …
    """

    def __init__(self, path, record):
        self.path = path
        self.record = record  # run.json as it is: config, machine, build, ceilings, cases with their samples.

    @property
    def name(self):
        return self.record["name"]

    @property
    def missing(self):
        """What a partial run lacks, in words; empty if the run is complete."""
        cases = self.record["cases"]
        pending = sum(case["outcome"] == "pending" for case in cases)
        interrupted = self.record["interrupted"]
        if not interrupted and self.record["finished_utc"] and not pending:
            return ""
        return (f"{f'interrupted by {interrupted}' if interrupted else 'not finished'}, "
                f"{len(cases) - pending} of {len(cases)} cases are done")

    @functools.cached_property
    def cases(self):
        """One row a case, with the columns of cases.csv, which results/README.md explains."""
        table = self._table("cases.csv", *self._read("cases.csv"))
        begun = pd.to_datetime(self.record["started_utc"], utc=True)
        if not (table["started_utc"] == begun).all():
            raise self._of_another_run("cases.csv")
        return self._with_ids("cases.csv", table, [case["id"] for case in self.record["cases"]])

    @functools.cached_property
    def samples(self):
        """One row a sample, in the order of cases and rounds, with the columns of samples.csv."""
        table = self._table("samples.csv", *self._read("samples.csv"))
        return self._with_ids("samples.csv", table,
                              [case["id"] for case in self.record["cases"] for _ in case["samples"]])

    @functools.cached_property
    def probes(self):
        """One row a point of a probe, with the columns of probes.csv; no row if the config asks for no probes."""
        if any(case.get("probes") for case in self.record["cases"]):
            return self._table("probes.csv", *self._read("probes.csv"))
        identity = self.cases.columns[:self.cases.columns.get_loc("outcome")]
        own = ["probe", "seeds", "distance", "pairs", "value", "low", "high", "reason"]
        return self._table("probes.csv", [*identity, *own], [])

    @functools.cached_property
    def params(self):
        """The params of each case, a column each, in the order of `cases`: `run.cases.join(run.params)`."""
        table = pd.DataFrame([case["params"] for case in self.record["cases"]], index=self.cases.index)
        return table.astype("Int64")

    def __repr__(self):
        return (f"<attnbench run {self.name} of {self.record['started_utc']}: {len(self.record['cases'])} cases, "
                f"{self.missing or 'complete'}; {self.path}>")

    def _with_ids(self, name, table, case_ids):
        """The table, if its rows are of these cases."""
        if table["case_id"].tolist() != case_ids:
            raise self._of_another_run(name)
        return table

    def _of_another_run(self, name):
        return RunError(f"{self.path / name} is of another run than the run.json beside it; {self._derive()}")

    def _derive(self):
        return f"`attnbench report {self.path}` writes it from the record"

    def _read(self, name):
        path = self.path / name
        try:
            with open(path, newline="", encoding="utf-8") as file:
                header, *rows = csv.reader(file, strict=True)
        except FileNotFoundError:
            raise RunError(f"{path} is missing; {self._derive()}") from None
        except (OSError, ValueError, csv.Error) as error:
            raise RunError(f"{path} cannot be read ({error}); {self._derive()}") from None
        for line, row in enumerate(rows, start=2):
            if len(row) != len(header):
                raise RunError(f"{path}, line {line}: {len(row)} cells under {len(header)} names of columns; "
                               f"{self._derive()}")
        return header, rows

    def _table(self, name, header, rows):
        cells = zip(*rows) if rows else [()] * len(header)
        try:
            table = pd.DataFrame({column: columns.series(column, of_column)
                                  for column, of_column in zip(header, cells)})
        except columns.CellError as error:
            raise RunError(f"{self.path / name}, line {error.row + 2}, {error}; {self._derive()}") from None
        table.attrs = {"run": self.name, "units": {column: columns.unit(column) for column in header
                                                   if columns.unit(column) is not None}}
        return table


def _read_record(path):
    if not path.exists():
        raise RunError(f"there is no folder {path}; runs land in results/NAME/TIME")
    if not path.is_dir():
        raise RunError(f"{path} is a file; a run is the folder that holds its run.json")
    file = path / "run.json"
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RunError(_no_run(path)) from None
    except (OSError, ValueError) as error:
        raise RunError(f"{file} cannot be read: {error}") from None
    version = record.get("schema_version") if isinstance(record, dict) else None
    if version != _SCHEMA_VERSION:
        raise RunError(f"{file}: /schema_version is {version}; this package reads version {_SCHEMA_VERSION}")
    _require(file, "", record, ("name", "started_utc", "finished_utc", "interrupted", "cases"))
    for index, case in enumerate(record["cases"]):
        _require(file, f"/cases/{index}", case, ("id", "outcome", "params", "samples"))
    return record


def _require(file, pointer, fields, names):
    for name in names:
        if name not in fields:
            raise RunError(f"{file}: {pointer}/{name} is missing")


def _no_run(path):
    """Why a folder without run.json is no run, and where one might be."""
    if (path / "journal.jsonl").exists():
        return (f"{path} has a journal but no run.json: the run still goes on, or was killed. `attnbench report {path}` "
                "writes the files of what was measured; `attnbench run CONFIG --resume` goes on with it")
    runs = sorted(file.parent.name for file in path.glob("*/run.json"))
    return f"{path} holds no run.json" + (f"; these of its folders are runs: {', '.join(runs)}" if runs else "")
