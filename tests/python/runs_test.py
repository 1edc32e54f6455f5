"""attnbench.load reads what the real program left: types, units, exact numbers, and errors that say what is wrong."""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
from program import SOURCE, ProgramTest, attnbench as program, tiny_config  # noqa: E402

import attnbench  # noqa: E402
from attnbench import columns  # noqa: E402

HOSTILE = ["=1+1", "-x", "+x", "@x", "it's", 'say "so", twice', "NA", "µs 我 – é"]


class Runs(ProgramTest):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.made = pathlib.Path(folder.name)
        config = cls.made / "config.json"
        config.write_text(json.dumps(tiny_config(
            variants=["full", {"variant": "window", "params": {"left": [2, 4], "right": 0}}, "linear_elu"],
            probes={"influence": {"seeds": 1, "distances": 2}})))
        done = program("run", config, "--out", cls.made)
        assert done.returncode == 0, done.stderr
        cls.run_dir = cls.made / "tiny/latest"

    def copy(self, edit=lambda record: None):
        """A folder with the run's record, changed by `edit`, and the files that the program derives from it."""
        record = json.loads((self.run_dir / "run.json").read_text())
        edit(record)
        (self.folder / "run.json").write_text(json.dumps(record))
        done = program("report", self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        return self.folder

    def assert_refused(self, read, *words):
        with self.assertRaises(attnbench.RunError) as caught:
            read()
        for word in words:
            self.assertIn(word, str(caught.exception))

    def test_numbers_are_those_of_the_record(self):
        run = attnbench.load(self.run_dir)
        samples = [sample | {"case_id": case["id"]} for case in run.record["cases"] for sample in case["samples"]]
        self.assertEqual(len(run.samples), 8 * 3)
        for name in ("case_id", "round", "time_s", "cpu_s", "iterations", "first_call_s", "worker_s"):
            self.assertEqual(run.samples[name].tolist(), [sample[name] for sample in samples], name)
        for name in ("seq_len", "heads", "causal", "label", "workspace_bytes"):
            recorded = [case["kv_len" if name == "seq_len" else name] for case in run.record["cases"]]
            self.assertEqual(run.cases[name].tolist(), recorded, name)
        medians = run.samples.groupby("case_id")["time_s"].median()
        self.assertEqual(medians.tolist(), run.cases["time_median_s"].tolist())
        self.assertEqual(set(run.probes["probe"]), {"influence"})
        self.assertEqual(run.probes["value"].dtype, "float64")

    def test_params_stand_beside_cases(self):
        run = attnbench.load(self.run_dir)
        joined = run.cases.join(run.params)
        self.assertEqual(joined[joined["variant"] == "window"]["left"].tolist(), [2, 2, 4, 4])
        self.assertTrue(joined[joined["variant"] == "full"]["left"].isna().all())

    def test_every_column_of_the_program_is_known_and_every_number_has_a_unit(self):
        run = attnbench.load(self.run_dir)
        for table in (run.cases, run.samples, run.probes):
            for name in table.columns:
                self.assertTrue(columns.is_known(name), f"{name} needs a row in python/attnbench/columns.py")
                is_number = table[name].dtype in ("int64", "Int64", "float64")
                self.assertEqual(name in table.attrs["units"], is_number, name)
        self.assertEqual(run.cases.attrs["units"]["time_median_s"], "s")
        units = {"tokens_per_s": "tokens/s", "heap_peak_bytes": "B", "percent_of_roofline": "%", "cpu_mhz": "MHz",
                 "least_traffic_gbs": "GB/s", "gflops": "GFLOP/s", "speedup": "1", "label": None, "unheard_of": None}
        self.assertEqual({name: attnbench.unit(name) for name in units}, units)

    def test_types_do_not_depend_on_the_values(self):
        def empty(record):
            for case in record["cases"]:
                case.update(outcome="skipped", reason="none today", samples=[], check=None)
        whole, without = attnbench.load(self.run_dir), attnbench.load(self.copy(empty))
        self.assertEqual(without.cases.dtypes.tolist(), whole.cases.dtypes.tolist())
        self.assertEqual(without.samples.dtypes.tolist(), whole.samples.dtypes.tolist())
        self.assertEqual(len(without.samples), 0)
        self.assertTrue(without.cases["time_median_s"].isna().all())

    def test_a_run_without_probes_has_a_table_without_rows(self):
        def forget(record):
            for case in record["cases"]:
                case["probes"] = []
        whole, without = attnbench.load(self.run_dir), attnbench.load(self.copy(forget))
        self.assertEqual(len(without.probes), 0)
        self.assertEqual(without.probes.dtypes.to_dict(), whole.probes.dtypes.to_dict())

    def test_whole_numbers_are_exact_to_the_last(self):
        def saturate(record):
            record["cases"][0]["flops"] = 2**63 - 1
            record["cases"][1]["flops"] = 2**63 - 2
        run = attnbench.load(self.copy(saturate))
        self.assertEqual(run.cases["flops"].tolist()[:2], [2**63 - 1, 2**63 - 2])

    def test_text_is_as_it_was(self):
        def rename(record):
            for index, text in enumerate(HOSTILE):
                record["cases"][index].update(outcome="failed", reason=text, samples=[])
        run = attnbench.load(self.copy(rename))
        self.assertEqual(run.cases["reason"].tolist(), HOSTILE)

    def test_a_column_of_a_newer_program_gets_the_type_of_its_cells(self):
        self.copy()
        lines = (self.folder / "cases.csv").read_text().splitlines()
        cells = ["whole,number,truth,text,empty", "1,0.5,true,x,", ",,,,", *["2,1e300,false,3 y,"] * 6]
        (self.folder / "cases.csv").write_text("\n".join(map(",".join, zip(lines, cells))) + "\n")
        types = attnbench.load(self.folder).cases.dtypes.tolist()[-5:]
        self.assertEqual([str(type_) for type_ in types], ["Int64", "float64", "boolean", "string", "string"])

    def test_tables_stay_those_of_one_run_when_latest_moves_on(self):
        link = self.folder / "latest"
        link.symlink_to(self.run_dir.resolve())
        run = attnbench.load(link)
        link.unlink()
        self.assertEqual(len(run.samples), 8 * 3)

    def test_what_is_no_run_is_refused_with_what_would_be_right(self):
        self.assert_refused(lambda: attnbench.load(self.folder / "none"), "there is no folder", "none", "results/")
        self.assert_refused(lambda: attnbench.load(self.folder), "holds no run.json")
        self.assert_refused(lambda: attnbench.load(self.run_dir / "run.json"), "is a file", "the folder")
        self.assert_refused(lambda: attnbench.load(self.made / "tiny"), "these of its folders are runs", "latest")

    def test_a_killed_run_says_how_to_read_it_and_how_to_go_on(self):
        shutil.copy(self.run_dir / "journal.jsonl", self.folder)
        read = lambda: attnbench.load(self.folder)  # noqa: E731
        self.assert_refused(read, "no run.json", f"`attnbench report {self.folder}`", "--resume")

    def test_a_partial_run_is_read_only_if_asked_for(self):
        def interrupt(record):
            record["interrupted"] = "SIGINT"
            record["cases"][0].update(outcome="pending", samples=record["cases"][0]["samples"][:1])
        self.copy(interrupt)
        self.assert_refused(lambda: attnbench.load(self.folder), "interrupted by SIGINT, 7 of 8 cases", "partial=True")
        run = attnbench.load(self.folder, partial=True)
        self.assertEqual(run.cases["outcome"].tolist(), ["pending"] + ["ok"] * 7)
        self.assertEqual(len(run.samples), 1 + 7 * 3)
        self.assertIn("interrupted by SIGINT", repr(run))

    def test_a_record_that_cannot_be_read_is_named_with_the_place(self):
        read = lambda: attnbench.load(self.folder)  # noqa: E731
        file = self.folder / "run.json"
        file.write_text('{"name": ')
        self.assert_refused(read, str(file), "line 1")
        file.write_text('{"schema_version": 2}')
        self.assert_refused(read, "/schema_version is 2", "reads version 1")
        file.write_text('[]')
        self.assert_refused(read, "/schema_version")
        record = json.loads((self.run_dir / "run.json").read_text())
        del record["cases"][2]["outcome"]
        file.write_text(json.dumps(record))
        self.assert_refused(read, "/cases/2/outcome is missing")

    def test_tables_that_are_missing_stale_or_damaged_are_told_with_the_command_that_writes_them(self):
        folder = self.copy()
        derive = f"`attnbench report {folder}`"
        read = {name: (lambda name=name: getattr(attnbench.load(folder), name)) for name in
                ("cases", "samples", "probes")}
        for name, table in read.items():
            file = folder / f"{name}.csv"
            text = file.read_text()
            file.unlink()
            self.assert_refused(table, f"{name}.csv is missing", derive)
            file.write_text("")
            self.assert_refused(table, f"{name}.csv cannot be read", derive)
            lines = text.splitlines()
            file.write_text("\n".join([*lines[:2], lines[2].rpartition(",")[0]]) + "\n")
            self.assert_refused(table, f"{name}.csv, line 3", derive)
            file.write_text(text.replace("\n1,", "\n1x,", 1))
            self.assert_refused(table, f"{name}.csv, line ", "column case_id: '1x' is not of type int64", derive)
            file.write_text("\n".join(lines[:-1]) + "\n")
            if name != "probes":
                self.assert_refused(table, f"{name}.csv is of another run", derive)
            file.write_text(text)
            table()
        record = json.loads((folder / "run.json").read_text())
        file = folder / "cases.csv"
        text = file.read_text()
        file.write_text(text.replace(record["started_utc"], "yesterday", 1))
        self.assert_refused(read["cases"], "line 2, column started_utc: 'yesterday'", derive)
        file.write_text(text)
        record["started_utc"] = "2001-02-03T04:05:06Z"
        (folder / "run.json").write_text(json.dumps(record))
        self.assert_refused(read["cases"], "cases.csv is of another run", derive)

    def test_names_are_imported_when_they_are_used(self):
        code = ("import sys, attnbench; assert 'load' in dir(attnbench); "
                "assert not {'pandas', 'numpy', 'matplotlib'} & set(sys.modules); "
                "attnbench.load; assert 'matplotlib' not in sys.modules")
        subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
        with self.assertRaisesRegex(AttributeError, "no attribute 'laod'; it has .*load"):
            attnbench.laod
        code = "import sys; sys.modules['pandas'] = None; import attnbench; attnbench.load"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
        self.assertIn("attnbench.load needs the package pandas", done.stderr)

    def test_the_version_is_the_programs(self):
        stated = (SOURCE / "python/pyproject.toml").read_text().split('\nversion = "', 1)[1].split('"', 1)[0]
        self.assertIn(f"project(attnbench VERSION {stated} ", (SOURCE / "CMakeLists.txt").read_text())


if __name__ == "__main__":
    unittest.main()
