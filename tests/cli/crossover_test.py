"""Crossovers searched by the real program: what is said and recorded, never how long something took."""
import json
import os
import signal
import subprocess
import time
import unittest

from program import PROGRAM, ProgramTest, attnbench, tiny_config

WITH_FAULTS = os.environ["ATTNBENCH_PROGRAM_WITH_FAULTS"]


def crossing_config(**changes):
    return tiny_config(**{
        "variants": ["full", {"variant": "window", "params": {"left": 8, "right": 0}}, "sleeps"],
        "sweep": {"seq_len": [4, 64], "heads": 1, "head_dim": 8, "threads": 1, "causal": True},
        "measure": {"rounds": 9, "min_time_s": 0.0002, "memory_limit": "1 GiB"}, "report": {}, **changes})


class Crossover(ProgramTest):
    def crossover(self, config, *args, program=WITH_FAULTS):
        return subprocess.run([program, "crossover", self.write_config(config), *args, "--out", self.folder / "out"],
                              capture_output=True, text=True, timeout=240)

    def latest(self):
        return self.folder / "out" / "tiny-crossover" / "latest"

    def test_a_crossover_is_found_and_its_record_is_an_ordinary_run(self):
        # `sleeps` returns at once below 32 keys, and takes 10 ms from there on; `full` takes far less.
        config = crossing_config()
        config["sweep"].update(seq_len=[4, 512], head_dim=64)
        done = self.crossover(config, "full", "sleeps")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        lines = done.stdout.splitlines()
        self.assertLessEqual(len(lines), 25)
        self.assertLessEqual(max(map(len, lines[:-1])), 80, done.stdout)
        text = " ".join(done.stdout.split())
        self.assertIn("full becomes faster than sleeps at n = ", text)
        self.assertIn("Measured afresh at the end: ", text)

        run = json.loads((self.latest() / "run.json").read_text())
        self.assertEqual({c["label"] for c in run["cases"]}, {"full", "sleeps"})
        self.assertGreaterEqual(run["rounds"], 9)
        for case in run["cases"]:
            self.assertEqual(sorted(s["round"] for s in case["samples"]), list(range(run["rounds"])))
        self.assertIn("full becomes faster than sleeps at n = ", run["description"])
        self.assertIn("full becomes faster than sleeps at n = ", (self.latest() / "report.html").read_text())

        again = attnbench("report", self.latest())
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertEqual(json.loads((self.latest() / "run.json").read_text()), run)

        # The samples that steered are a run of their own, in the order in which they were wanted.
        search = json.loads((self.latest() / "search" / "run.json").read_text())
        self.assertEqual(search["rounds"], 5)
        self.assertEqual(search["interrupted"], "")
        sizes = [c["kv_len"] for c in search["cases"] if c["label"] == "full"]
        self.assertEqual(sizes[:7], sorted(sizes[:7]))
        self.assertGreater(len(sizes), 7)
        self.assertEqual(attnbench("report", self.latest() / "search").returncode, 0)

    def test_a_param_can_be_searched(self):
        config = crossing_config()
        config["variants"][1]["params"]["left"] = [2, 60]
        config["sweep"]["seq_len"] = 48
        done = self.crossover(config, "window", "full", "--x", "window.left")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("window and full by window.left", " ".join(done.stdout.split()))
        run = json.loads((self.latest() / "run.json").read_text())
        self.assertEqual(len([c for c in run["cases"] if c["label"] == "full"]), 1)
        self.assertIn("window left=2", {c["label"] for c in run["cases"]})

    def test_a_variant_that_fails_is_told_and_its_sizes_are_left_out(self):
        config = crossing_config(variants=["full", "segfaults"])
        done = self.crossover(config, "full", "segfaults")
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        text = " ".join(done.stdout.split())
        self.assertIn("Not measured: segfaults, n=", text)
        self.assertIn("failed: ", text)

    def test_bad_input_is_refused_before_anything_is_made(self):
        for args, part in [(("full", "full"), "'full' is named twice"),
                           (("full", "windw"), "did you mean 'window'?"),
                           (("full", "window", "--x", "heads"), "--set sweep.heads=[1,64]"),
                           (("full", "window", "--x", "causal"), "no numeric axis; there are: seq_len, "),
                           (("full", "window", "--x", "window.left"), "fewer than two"),
                           (("full",), "B")]:
            with self.subTest(args):
                done = self.crossover(crossing_config(), *args)
                self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
                self.assertIn(part, done.stderr)
                self.assertFalse((self.folder / "out").exists())

    def test_interruption_says_what_is_known_such_as_equal_work_and_exits_130(self):
        config = crossing_config(variants=["full", {"variant": "window", "params": {"left": 8, "right": 0}}])
        config["measure"]["min_time_s"] = 0.5
        config = self.write_config(config)
        process = subprocess.Popen([PROGRAM, "crossover", config, "window", "full", "--out", self.folder / "out"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        journal = self.latest() / "search" / "journal.jsonl"
        deadline = time.monotonic() + 60
        while not (journal.exists() and '"sample"' in journal.read_text()):
            self.assertLess(time.monotonic(), deadline, "no sample appeared")
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130, errors)
        self.assertIn("PARTIAL: interrupted by SIGINT.", output)
        self.assertIn("So far ", output)
        run = json.loads((self.latest() / "search" / "run.json").read_text())
        self.assertEqual(run["interrupted"], "SIGINT")
        # What the plan knows is said all the same.
        self.assertIn("Equal work up to n = 9; the search begins there.", " ".join(output.split()))
        self.assertEqual(min(c["kv_len"] for c in run["cases"]), 9)


if __name__ == "__main__":
    unittest.main()
