"""Runs in which no case could be timed: they fail, and say what to change."""
import json
import os
import subprocess
import unittest

from program import ProgramTest, attnbench, tiny_config

FAULTS = os.environ["ATTNBENCH_PROGRAM_WITH_FAULTS"]


class NothingTimed(ProgramTest):
    def nothing(self, config, *parts):
        done, run_dir = self.run_config(config)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        for text in (done.stderr.splitlines()[-1], (run_dir / "report.md").read_text().replace("\\", "")):
            self.assertIn("Nothing was timed. Of ", text)
            for part in parts:
                self.assertIn(part, text)
        check = attnbench("check", self.folder / "config.json")
        self.assertEqual(check.returncode, 1, check.stdout)
        self.assertIn("Nothing was timed", check.stderr)
        return run_dir

    def test_all_over_the_memory_limit(self):
        run_dir = self.nothing(tiny_config(measure={"rounds": 2, "min_time_s": 0.001, "memory_limit": "1 KiB"}),
                               "Of 6 cases: ", "6 over the memory limit (needs", "measure.memory_limit")
        # The same is said whenever reports are derived from the record.
        self.assertEqual(attnbench("report", run_dir).returncode, 0)
        done = attnbench("run", self.folder / "config.json", "--resume", run_dir)
        self.assertEqual(done.returncode, 1)
        self.assertIn("Nothing was timed", done.stderr.splitlines()[-1])

    def test_all_refused(self):
        config = tiny_config(sweep={"seq_len": 16, "heads": 3, "kv_heads": 2, "head_dim": 8, "threads": 1})
        run_dir = self.nothing(config, "3 not supported (heads (3) is not a multiple of kv_heads (2))",
                               "change the sweep")
        # The record holds the refused cases and is still read.
        done = attnbench("report", run_dir)
        self.assertEqual(done.returncode, 0, done.stderr)
        done = attnbench("run", self.folder / "config.json", "--resume", run_dir)
        self.assertEqual(done.returncode, 1)
        self.assertIn("Nothing was timed", done.stderr.splitlines()[-1])

    def test_all_failed(self):
        config = tiny_config(variants=["segfaults"], report={})
        config["sweep"]["seq_len"] = [33, 40]
        path = self.write_config(config)
        done = self.faults("run", path, "--out", self.folder / "out")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("2 failed (", done.stderr.splitlines()[-1])
        self.assertIn("`attnbench check segfaults`", done.stderr.splitlines()[-1])

    def faults(self, *args):
        return subprocess.run([FAULTS, *map(str, args)], capture_output=True, text=True, timeout=240)

    def test_one_case_that_is_timed_is_enough(self):
        config = tiny_config(variants=["full"])
        config["sweep"]["seq_len"] = [16, 100000000]
        done, _ = self.run_config(config)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("Nothing was timed", done.stdout + done.stderr)

    def test_a_shard_may_hold_nothing_that_can_be_timed(self):
        config = tiny_config(variants=["full"])
        config["sweep"]["seq_len"] = [16, 100000000]
        codes = []
        for shard in ("1/2", "2/2"):
            done, run_dir = self.run_config(config, "--shard", shard)
            outcomes = {c["outcome"] for c in json.loads((run_dir / "run.json").read_text())["cases"]}
            codes.append((done.returncode, "ok" in outcomes))
        self.assertEqual(sorted(codes), [(0, False), (0, True)])


if __name__ == "__main__":
    unittest.main()
