"""`compare` of the real program, and benchmark.json as Google Benchmark's compare.py reads it."""
import csv
import io
import json
import pathlib
import shutil
import statistics
import subprocess
import sys
import unittest

from program import ProgramTest, attnbench, tiny_config

COMPARE_PY = pathlib.Path("/usr/share/benchmark/compare.py")  # Debian's libbenchmark-tools


class Compare(ProgramTest):
    def runs(self):
        """A run with steadier samples than any machine gives, and a copy for tests to change."""
        _, base = self.finished_run(tiny_config())
        run = json.loads((base / "run.json").read_text())
        run["rounds"] = 9
        for case in run["cases"]:
            sample = case["samples"][0]
            case["samples"] = [dict(sample, round=r, time_s=1e-3 * (1 + (r * 4 % 9) / 1000)) for r in range(9)]
        self.write(self.folder / "base.json", run)
        return self.folder / "base.json", run

    def write(self, path, run):
        path.write_text(json.dumps(run))
        return path

    def compare(self, base, run, *args):
        return attnbench("compare", base, self.write(self.folder / "new.json", run), *args)

    def test_a_run_against_itself_has_no_regression(self):
        base, run = self.runs()
        done = self.compare(base, run)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("6 cases compared: 0 slower, 0 faster, 6 same", done.stdout)

    def test_a_slower_case_is_a_regression_in_every_format(self):
        base, run = self.runs()
        for sample in run["cases"][2]["samples"]:
            sample["time_s"] *= 2
        self.assertIn("1 slower", self.compare(base, run).stdout)
        self.assertIn("| slower | 0.500x [", self.compare(base, run, "--format", "md").stdout)
        done = self.compare(base, run, "--format", "csv")
        rows = list(csv.DictReader(io.StringIO(done.stdout)))
        self.assertEqual([r["verdict"] for r in rows], ["same"] * 2 + ["slower"] + ["same"] * 3)
        done = self.compare(base, run, "--format", "json")
        self.assertEqual(done.returncode, 4, done.stderr)
        told = json.loads(done.stdout)
        self.assertEqual(told["regressions"], 1)
        self.assertAlmostEqual(told["cases"][2]["ratio"], 2)
        self.assertGreater(told["cases"][2]["ratio_low"], 1.5)

    def test_a_noise_floor_above_the_difference_hides_it(self):
        base, run = self.runs()
        for sample in run["cases"][2]["samples"]:
            sample["time_s"] *= 1.05
        floor = {"schema_version": 1, "cpu": run["machine"]["cpu"], "cores": run["machine"]["cores"],
                 "hostname": "here", "measured_utc": "2024-01-01T00:00:00Z", "floor": 1.2, "cases": []}
        noise = self.write(self.folder / "noise.json", floor)
        done = self.compare(base, run, "--noise", noise)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("the noise floor of 1.200x was measured 2024-01-01T00:00:00Z on here", " ".join(done.stdout.split()))

    def conclusion(self, done):
        """The first paragraph, unwrapped."""
        return " ".join(done.stdout.split("\n\n")[0].split())

    def words(self, done):
        return " ".join(done.stdout.split())

    def test_without_any_verdict_no_format_passes_the_gate(self):
        base, run = self.runs()
        for case in run["cases"]:
            case["samples"] = [dict(s, time_s=10 * s["time_s"]) for s in case["samples"][:5]]
        for form in ("text", "md", "json", "csv"):
            done = self.compare(base, run, "--format", form)
            self.assertEqual(done.returncode, 5, form)
            self.assertIn("No case got a verdict", done.stderr.splitlines()[-1])
            self.assertIn("fewer than 6 samples", done.stderr)
        self.assertIn("No case got a verdict", self.conclusion(self.compare(base, run)))
        told = json.loads(self.compare(base, run, "--format", "json").stdout)
        self.assertEqual([told["result"], told["without_verdict"]], ["no verdict", 6])

    def test_cases_without_a_verdict_are_counted_and_fail_if_asked(self):
        base, run = self.runs()
        for case in run["cases"][:2]:
            case["samples"] = case["samples"][:5]
        done = self.compare(base, run)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("2 of 6 cases got no verdict (fewer than 6 samples on a side)", self.conclusion(done))
        self.assertIn("--fail-on-unknown", self.conclusion(done))
        done = self.compare(base, run, "--fail-on-unknown")
        self.assertEqual(done.returncode, 5)
        self.assertIn("2 of 6 cases got no verdict", self.conclusion(done))
        self.assertIn("2 of 6 cases got no verdict", done.stderr)
        _, whole = self.runs()
        done = self.compare(base, whole, "--fail-on-unknown")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.conclusion(done), "No regression: 6 cases judged.")

    def test_a_slowdown_of_all_cases_is_found_even_if_no_single_case_can_be_judged(self):
        base, run = self.runs()
        many = dict(run, largest_fits=[], input_statistics=[], patterns=[], sentence={"tokens": [], "views": []})
        many["cases"] = [dict(case, id=3 * n + i, head_dim=8 + n,
                              samples=case["samples"][:6])
                         for n in range(10) for i, case in enumerate(run["cases"][::2])]
        many["rounds"] = 6
        self.write(self.folder / "base.json", many)
        for case in many["cases"]:
            case["samples"] = [dict(s, time_s=10 * s["time_s"]) for s in case["samples"]]
        done = self.compare(base, many)
        self.assertEqual(done.returncode, 4, done.stdout + done.stderr)
        self.assertIn("0 slower, 0 faster, 0 same, 30 cannot tell", done.stdout)
        self.assertIn("All 30 cases together: slower, 0.100x [", done.stdout)
        self.assertIn("Regressed: all 30 cases together", self.conclusion(done))
        told = json.loads(self.compare(base, many, "--format", "json").stdout)
        self.assertEqual(told["result"], "regression")
        self.assertEqual([p["verdict"] for p in told["pools"]], ["slower"] * 4)
        self.assertEqual([p["variant"] for p in told["pools"]], [None, "blocked", "full", "window"])

    def test_what_differs_stands_beside_the_verdict(self):
        base, run = self.runs()
        for sample in run["cases"][2]["samples"]:
            sample["time_s"] *= 2
        done = self.compare(base, run)
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertNotIn("differs:", done.stdout)
        self.assertNotIn("also differ", done.stdout)
        run["conditions"].update(governor="powersave", cgroup_cpus=1.5)
        run["build"].update(compiler="another compiler\x1b[31m", flags="-O1")
        run["conditions"]["counters"] = "of no effect"
        done = self.compare(base, run)
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertNotIn("\x1b", done.stdout + done.stderr)
        for line in ("differs: governor: 'unknown' in BASE, 'powersave' in NEW",
                     "differs: cgroup cpus: 'none' in BASE, '1.5' in NEW"):
            self.assertIn(line.split("'")[0], self.words(done))
            self.assertIn(line.split(", ")[1], self.words(done))
        self.assertIn("The runs also differ in compiler, flags, governor, cgroup cpus.", self.conclusion(done))
        told = json.loads(self.compare(base, run, "--format", "json").stdout)
        self.assertEqual([d["name"] for d in told["differences"]], ["compiler", "flags", "governor", "cgroup cpus"])

    def test_a_floor_that_hides_everything_is_not_used(self):
        base, run = self.runs()
        for sample in run["cases"][2]["samples"]:
            sample["time_s"] *= 1.5
        floor = {"schema_version": 1, "cpu": run["machine"]["cpu"], "cores": run["machine"]["cores"],
                 "hostname": "here", "measured_utc": "2024-01-01T00:00:00Z", "floor": 35.49, "cases": []}
        noise = self.write(self.folder / "noise.json", floor)
        done = self.compare(base, run, "--noise", noise)
        self.assertEqual(done.returncode, 2)
        self.assertIn("noise.json: /floor: is 35.49x", done.stderr)

    def test_what_is_not_comparable_exits_5_unless_allowed(self):
        base, run = self.runs()
        run["machine"]["cpu"] = "another\x1b[31m"
        done = self.compare(base, run)
        self.assertEqual(done.returncode, 5)
        self.assertNotIn("\x1b", done.stdout + done.stderr)
        self.assertEqual(self.compare(base, run, "--allow", "missing").returncode, 5)
        self.assertEqual(self.compare(base, run, "--allow", "missing,machine").returncode, 0)
        _, run = self.runs()
        run["cases"].pop()
        run["largest_fits"] = run["patterns"] = run["input_statistics"] = []
        del run["sentence"]
        done = self.compare(base, run)
        self.assertEqual(done.returncode, 5)
        self.assertIn("only in BASE: blocked", done.stdout)
        self.assertEqual(self.compare(base, run, "--allow", "missing").returncode, 0)
        run["schema_version"] = 999
        self.assertEqual(self.compare(base, run, "--allow", "missing").returncode, 5)

    def test_a_tolerance_makes_differences_within_it_the_same(self):
        base, run = self.runs()
        for sample in run["cases"][2]["samples"]:
            sample["time_s"] *= 1.08
        verdict = lambda *args: json.loads(self.compare(base, run, "--format", "json", *args).stdout)["cases"][2]["verdict"]
        self.assertEqual(verdict(), "cannot tell")
        self.assertEqual(verdict("--tolerance", "10%"), "same")
        self.assertEqual(verdict("--tolerance", "0.1"), "same")
        self.assertEqual(verdict("--tolerance", "10 %"), "same")
        for text, why in (("5x", "is no number"), ("-1%", "is negative"), ("", "is no number"), ("5", "is 500 %"),
                          ("nan", "is negative"), ("100%", "is 100 %")):
            done = self.compare(base, run, f"--tolerance={text}") if text else self.compare(base, run, "--tolerance", " ")
            self.assertEqual(done.returncode, 2, text)
            self.assertIn(why, done.stderr)
            self.assertIn("such as 5% or 0.05", done.stderr)

    def side(self, name, factors, slower=1.0):
        """Runs of one program that drift apart by `factors`."""
        _, run = self.runs()
        paths = []
        for i, factor in enumerate(factors):
            one = json.loads(json.dumps(run))
            one["started_utc"] = f"2026-01-01T00:00:0{i}Z{name}"
            for case in one["cases"]:
                for sample in case["samples"]:
                    sample["time_s"] *= factor * slower
            paths.append(self.write(self.folder / f"{name}{i}.json", one))
        return paths

    def test_several_runs_a_side_know_their_drift(self):
        old = self.side("old", [1.00, 1.01, 0.99, 1.005])
        same, slow = self.side("same", [1.02, 0.99, 1.01, 1.0]), self.side("slow", [1.00, 1.01, 0.99], 1.2)
        done = attnbench("compare", *old, "--", *same)
        self.assertNotEqual(done.returncode, 4, done.stdout + done.stderr)
        self.assertNotIn("A single pair of runs", done.stdout)
        done = attnbench("compare", *old, "--", *slow, "--format", "json")
        self.assertEqual(done.returncode, 4, done.stdout + done.stderr)
        told = json.loads(done.stdout)
        self.assertEqual([told["base_runs"], told["new_runs"]], [4, 3])
        self.assertEqual({c["verdict"] for c in told["cases"]}, {"slower"})
        again = attnbench("compare", *old, "--format", "json", "--new", *slow)
        self.assertEqual(again.stdout, done.stdout)

    def test_runs_that_cannot_be_sides_are_refused(self):
        one, two, three = self.side("run", [1, 1, 1])
        for args, why in (([one, two, three], "not 3 runs without --"), ([one], "not 1 run without --"),
                          ([one, two, one, "--", three], "BASE: "), ([one, two, "--", three, one], "are the same run"),
                          ([one, "--"], "--new")):
            done = attnbench("compare", *args)
            self.assertEqual(done.returncode, 2, args)
            self.assertIn(why, done.stderr)

    def test_a_single_pair_says_last_what_it_cannot_exclude(self):
        base, run = self.runs()
        self.assertIn("A single pair of runs cannot exclude that the machine drifted", self.words(self.compare(base, run)))
        last = [line for line in self.compare(base, run, "--format", "md").stdout.splitlines() if line][-1]
        self.assertIn("A single pair of runs", last)

    def test_interleaved_runs_have_no_drift_between_them(self):
        base, run = self.runs()
        was = json.loads(base.read_text())
        was["interleaved"] = run["interleaved"] = "one sweep"
        self.write(base, was)
        for sample in run["cases"][2]["samples"]:
            sample["time_s"] *= 1.05
        done = self.compare(base, run)
        self.assertEqual(done.returncode, 4, done.stdout + done.stderr)
        self.assertIn("1 slower", done.stdout)
        self.assertNotIn("A single pair of runs", self.words(done))
        run["interleaved"] = "another sweep"
        self.assertIn("A single pair of runs", self.words(self.compare(base, run)))

    def test_a_changed_default_is_named_and_the_times_compared(self):
        base, run = self.runs()
        for case in run["cases"]:
            if case["variant"] == "blocked":
                case["params"] = {name: value + 8 for name, value in case["params"].items()}
        done = self.compare(base, run)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("6 same", done.stdout)
        self.assertRegex(self.words(done), r"param of blocked changed: \w+ \d+ → \d+")
        rows = list(csv.DictReader(io.StringIO(self.compare(base, run, "--format", "csv").stdout)))
        self.assertEqual([r["variant"] for r in rows if r["changed_defaults"]], ["blocked", "blocked"])

    def test_benchmark_json_is_google_benchmarks(self):
        _, run_dir = self.finished_run(tiny_config())
        run = json.loads((run_dir / "run.json").read_text())
        told = json.loads((run_dir / "benchmark.json").read_text())
        self.assertEqual(told["context"]["num_cpus"], run["machine"]["cores"])
        self.assertEqual(told["context"]["library_build_type"], "release")
        singles = [b for b in told["benchmarks"] if b["run_type"] == "iteration"]
        self.assertEqual(len(singles), 18)
        for name in {b["name"] for b in singles}:
            mine = [b for b in singles if b["name"] == name]
            self.assertEqual([b["repetition_index"] for b in mine], [0, 1, 2])
            self.assertEqual({b["repetitions"] for b in mine}, {3})
            self.assertEqual({b["time_unit"] for b in mine}, {"ns"})
            whole = {b["aggregate_name"]: b for b in told["benchmarks"] if b["run_name"] == name and b not in mine}
            for field in ("real_time", "cpu_time"):
                values = [b[field] for b in mine]
                self.assertAlmostEqual(whole["mean"][field] / statistics.mean(values), 1)
                self.assertAlmostEqual(whole["median"][field] / statistics.median(values), 1)
                self.assertAlmostEqual(whole["stddev"][field], statistics.stdev(values), delta=1e-6 * values[0])
                self.assertAlmostEqual(whole["cv"][field], statistics.stdev(values) / statistics.mean(values))
        first = run["cases"][0]["samples"][0]
        self.assertAlmostEqual(singles[0]["real_time"] / (first["time_s"] * 1e9), 1)

    @unittest.skipUnless(COMPARE_PY.exists(), "libbenchmark-tools is not installed")
    def test_compare_py_reads_it(self):
        python = shutil.which("python3", path="/usr/bin") or sys.executable
        if subprocess.run([python, "-c", "import scipy"], capture_output=True).returncode != 0:
            self.skipTest("scipy, which compare.py needs, is not installed")
        _, run_dir = self.finished_run(tiny_config())
        file = run_dir / "benchmark.json"
        done = subprocess.run([python, "-B", COMPARE_PY, "--no-color", "benchmarks", file, file],
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("full/batch:1/heads:2/kv_heads:2/q_len:16/kv_len:16/head_dim:8/causal:0/threads:1_pvalue",
                      done.stdout)


if __name__ == "__main__":
    unittest.main()
