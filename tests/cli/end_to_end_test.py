"""A tiny sweep by the real program; its files are read with Python's own modules."""
import csv
import json
import re
import unittest

from program import ONE_ROUND, ProgramTest, attnbench, tiny_config


class EndToEnd(ProgramTest):
    def test_a_sweep_leaves_a_whole_record(self):
        done, run_dir = self.finished_run(tiny_config())
        self.assertEqual(done.returncode, 0, done.stderr)
        run = json.loads((run_dir / "run.json").read_text())
        self.assertEqual(run["schema_version"], 1)
        self.assertEqual(run["name"], "tiny")
        self.assertEqual(run["interrupted"], "")
        self.assertTrue(run["finished_utc"])
        self.assertEqual(run["config"]["sweep"]["seq_len"], [16, 33])
        self.assertEqual([c["outcome"] for c in run["cases"]], ["ok"] * 6)
        for case in run["cases"]:
            self.assertEqual(sorted(s["round"] for s in case["samples"]), [0, 1, 2])
            self.assertTrue(all(s["time_s"] > 0 for s in case["samples"]))
            self.assertEqual({s["iterations"] for s in case["samples"]}, {case["iterations"]})
            self.assertLessEqual(case["check"]["worst_error_over_bound"], 1)
        full = run["cases"][1]
        self.assertEqual((full["pairs"], full["flops"]), (2 * 33 * 33, 4 * 8 * 2 * 33 * 33))
        self.assertEqual(run["ceilings"][0]["threads"], 1)
        self.assertGreater(run["ceilings"][0]["fma_gflops"], 0)

    def test_csv_files_are_tidy(self):
        _, run_dir = self.finished_run(tiny_config())
        run = json.loads((run_dir / "run.json").read_text())
        with open(run_dir / "cases.csv", newline="") as file:
            cases = list(csv.DictReader(file))
        with open(run_dir / "samples.csv", newline="") as file:
            samples = list(csv.DictReader(file))
        self.assertEqual(len(cases), 6)
        self.assertEqual(len(samples), 18)
        self.assertEqual({c["outcome"] for c in cases}, {"ok"})
        for row, case in zip(cases, run["cases"]):
            times = sorted(s["time_s"] for s in case["samples"])
            self.assertEqual(float(row["time_median_s"]), times[1])
            self.assertEqual(int(row["seq_len"]), case["kv_len"])
        recorded = sorted(s["time_s"] for c in run["cases"] for s in c["samples"])
        self.assertEqual(sorted(float(s["time_s"]) for s in samples), recorded)

    def test_reports_derive_again_byte_for_byte(self):
        _, run_dir = self.finished_run(tiny_config())
        names = ["cases.csv", "samples.csv", "report.md", "run.json"]
        before = {name: (run_dir / name).read_bytes() for name in names}
        for name in names[:3]:
            (run_dir / name).unlink()
        done = attnbench("report", run_dir)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual({name: (run_dir / name).read_bytes() for name in names}, before)

    def test_a_journal_alone_gives_a_partial_report(self):
        _, run_dir = self.finished_run(tiny_config())
        lines = (run_dir / "journal.jsonl").read_text().splitlines(keepends=True)
        (run_dir / "journal.jsonl").write_text("".join(lines[:-20]) + lines[-20][:25])
        (run_dir / "run.json").unlink()
        done = attnbench("report", run_dir)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("PARTIAL", (run_dir / "report.md").read_text())

    def test_a_case_beyond_the_memory_limit_is_skipped_with_the_sum(self):
        config = tiny_config(measure={**ONE_ROUND, "memory_limit": "32 KiB"})
        config["sweep"]["seq_len"] = [16, 128]
        done, run_dir = self.run_config(config)
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(run_dir / "cases.csv", newline="") as file:
            skipped = [c for c in csv.DictReader(file) if c["outcome"] == "skipped"]
        self.assertIn("full", [c["variant"] for c in skipped])
        for case in skipped:
            self.assertRegex(case["reason"], r"KiB.*limit 32 KiB")
            self.assertEqual(case["time_median_s"], "")

    def test_a_timeout_is_an_outcome_and_the_exit_code_says_so(self):
        config = tiny_config(variants=["blocked"], report={}, measure={**ONE_ROUND, "timeout_s": 1})
        config["sweep"].update(seq_len=[16, 20000], head_dim=64, heads=8)
        done, run_dir = self.run_config(config)
        self.assertEqual(done.returncode, 1, done.stderr)
        run = json.loads((run_dir / "run.json").read_text())
        self.assertEqual([c["outcome"] for c in run["cases"]], ["ok", "timeout"])

    def test_progress_without_a_terminal_is_one_plain_line_for_each_round(self):
        done, _ = self.finished_run(tiny_config())
        self.assertEqual(len(re.findall(r"^round \d of 3: 6 cases", done.stderr, re.M)), 3)
        self.assertNotIn("\r", done.stderr)
        self.assertNotIn("\033", done.stdout)

    def test_a_mask_comes_from_a_file_beside_the_config(self):
        config = tiny_config(report={}, measure=ONE_ROUND, variants=[
            {"variant": "block_sparse", "label": "mask", "params": {"block": 8, "mask": {"file": "mask.txt"}}},
            {"variant": "document", "label": "documents", "params": {"lengths": "10 0 6 30"}}])
        config["sweep"].update(seq_len=[16, 24, 46, 47], heads=1)
        (self.folder / "mask.txt").write_text("1 0 0\n1 1 0\n0 1 0\n")
        done, run_dir = self.run_config(config)
        self.assertEqual(done.returncode, 0, done.stderr)
        run = json.loads((run_dir / "run.json").read_text())
        self.assertEqual(run["config"]["variants"][0]["params"]["mask"], "1 0 0 1 1 0 0 1 0")
        self.assertEqual([(c["kv_len"], c["outcome"], c["pairs"]) for c in run["cases"]],
                         [(16, "ok", 3 * 64), (24, "ok", 4 * 64), (46, "skipped", 0), (47, "skipped", 0),
                          (16, "ok", 10**2 + 6**2), (24, "ok", 10**2 + 6**2 + 8**2),
                          (46, "ok", 10**2 + 6**2 + 30**2), (47, "skipped", 0)])
        self.assertEqual(run["cases"][2]["reason"], "its mask has fewer blocks than the sequence")

    def test_a_mask_that_is_not_square_is_refused_with_its_file(self):
        config = tiny_config(report={}, variants=[
            {"variant": "block_sparse", "params": {"block": 8, "mask": {"file": "mask.txt"}}}])
        (self.folder / "mask.txt").write_text("1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1\n" * 4)
        done, _ = self.run_config(config)
        self.assertEqual(done.returncode, 2)
        self.assertIn("/variants/0/params/mask/file: mask.txt: has 4 lines of 16 values", done.stderr)
        (self.folder / "mask.txt").write_text("1 1 1\n1\n")
        done, _ = self.run_config(config)
        self.assertEqual(done.returncode, 2)
        self.assertIn("mask.txt:2: has 1 value, line 1 has 3", done.stderr)

    def test_set_overrides_a_field(self):
        done, run_dir = self.run_config(tiny_config(), "--set", "sweep.seq_len=[8]", "--set",
                                        "measure.rounds=2")
        self.assertEqual(done.returncode, 0, done.stderr)
        run = json.loads((run_dir / "run.json").read_text())
        self.assertEqual([c["kv_len"] for c in run["cases"]], [8, 8, 8])
        self.assertEqual(run["rounds"], 2)


if __name__ == "__main__":
    unittest.main()
