"""Variants whose backward pass is wrong, in the real program: `check` and `run` say how, by name."""
import json
import os
import re
import subprocess
import unittest

from program import ProgramTest

PROGRAM = os.environ["ATTNBENCH_PROGRAM_WITH_FAULTS"]

PAIRS = "sums each pair of query and key once in training"
# Which promises of training each breaks, and how the first failure reads.
BROKEN = {
    "forgets_d_v": ({"writes every gradient and adds to none", "agrees with the gradients of its definition", PAIRS,
                     "withstands extreme inputs in training", "keeps keys that no query sees out of gradients"},
                    r"kv_len=32, .*: d_v: batch 0 head 0 key 0 dim 0 was never written"),
    "adds_to_gradients": ({"writes every gradient and adds to none", "agrees with the gradients of its definition", PAIRS,
                           "withstands extreme inputs in training",
                           "keeps keys that no query sees out of gradients"},
                          r"kv_len=32, .*: d_v: batch 0 head 0 key \d+ dim 0: \S+ over zeros, \S+ over 0.747"),
    "gradients_differ_by_threads": ({"gives the same gradients with every number of threads"},
                                    r"kv_len=32, .*: d_v: .*: \S+ with 1 thread, \S+ with 2 threads"),
    "flips_d_v": ({"agrees with the gradients of its definition", PAIRS, "withstands extreme inputs in training"},
                  r"kv_len=32, .*: d_v: batch 0 head 0 key \d+ dim 0: expected \S+, got \S+, error"),
    "changes_what_it_saved": ({"leaves alone what backward reads"},
                              r"kv_len=32, .*: backward changes what was saved"),
}


class TrainingFaults(ProgramTest):
    def check(self, variant):
        done = subprocess.run([PROGRAM, "check", variant], capture_output=True, text=True, timeout=240)
        self.assertEqual(done.stderr, "")
        return done

    def test_check_names_the_promise_that_each_breaks_and_the_smallest_problem(self):
        for variant, (promises, failure) in BROKEN.items():
            with self.subTest(variant):
                done = self.check(variant)
                self.assertEqual(done.returncode, 1, done.stdout)
                failed = re.findall(rf"^FAILED +{variant}: ([^(\n]*) \(.*\n +(.*)$", done.stdout, re.M)
                self.assertEqual({promise for promise, _ in failed}, promises, done.stdout)
                self.assertRegex(failed[0][1], failure)

    def test_without_a_backward_pass_no_promise_of_training_applies(self):
        done = self.check("returns_nan")
        self.assertEqual(len(re.findall(r"^does not apply +returns_nan: .*: it has no backward pass$",
                                        done.stdout, re.M)), 18)

    def test_a_run_finds_wrong_gradients_before_it_times_anything(self):
        wrong = {"forgets_d_v": "^d_v: ", "adds_to_gradients": "^d_v: ", "flips_d_v": "^d_v: "}
        path = self.write_config({"name": "faults", "variants": list(wrong),
                                  "sweep": {"seq_len": [16, 32], "heads": 1, "head_dim": 8, "threads": 1,
                                            "pass": ["forward", "backward", "both"]},
                                  "measure": {"rounds": 1, "min_time_s": 0.0001}})
        done = subprocess.run([PROGRAM, "run", path, "--out", self.folder / "out"],
                              capture_output=True, text=True, timeout=240)
        self.assertEqual(done.returncode, 1, done.stderr)
        run = json.loads((self.folder / "out/faults/latest/run.json").read_text())
        self.assertEqual(len(run["cases"]), 18)
        for case in run["cases"]:
            fine = case["kv_len"] == 16 or case["pass"] == "forward"
            self.assertEqual(case["outcome"], "ok" if fine else "invalid", case)
            self.assertEqual(bool(case["samples"]), fine)
            if not fine:
                self.assertRegex(case["reason"], wrong[case["variant"]])


if __name__ == "__main__":
    unittest.main()
