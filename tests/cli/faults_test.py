"""Misbehaving variants in the real program: each costs only its own cases, and the reason names the fault."""
import json
import os
import re
import signal
import subprocess
import time
import unittest

from program import ProgramTest, children_of

PROGRAM = os.environ["ATTNBENCH_PROGRAM_WITH_FAULTS"]
SANITIZED = os.environ.get("ATTNBENCH_SANITIZED") == "1"

# How the case of length 32 ends; that of length 16 is always right.
FAULTS = {
    "segfaults": ("failed", r"^killed by SIGSEGV"),
    "aborts": ("failed", r"^killed by SIGABRT"),
    "exits": ("failed", r"^exited with code 0 before it was done"),
    "throws": ("failed", r"^killed by SIGABRT .*thrown where nothing may be"),
    "hangs": ("timeout", r"^no answer within timeout_s = 3 s"),
    "writes_past_output": ("invalid", r"^touched the output .*past its end"),
    "writes_past_workspace": ("invalid", r"^touched the workspace .*past its end"),
    "returns_nan": ("invalid", r"is NaN$"),
    "is_wrong_from_the_third_call_on":
        ("invalid", r"^a call with the same inputs was right before, this one is not: .* dim 0"),
    "changes_its_bits": ("ok", r"^$"),
    "prints_a_megabyte": ("ok", r"^$"),
    "leaves_a_child": ("ok", r"^$"),
    "allocates_without_end": ("failed", r"^out of memory: killed by SIGABRT"),
}
SPARES_LARGER = {"hangs": "a smaller case timed out: ",
                 "allocates_without_end": "a smaller case ran out of memory: "}
DIFFERENT_UNDER_SANITIZERS = {"segfaults", "allocates_without_end"}


def config_of(variants, **measure):
    return {"name": "faults", "variants": list(variants),
            "sweep": {"seq_len": [16, 32, 64], "heads": 1, "head_dim": 8, "threads": 1},
            "measure": {"rounds": 1, "min_time_s": 0.0001, "memory_limit": "64 MiB", **measure}}


class Faults(ProgramTest):
    def test_each_fault_costs_its_own_cases_and_is_named(self):
        faults = {n: f for n, f in FAULTS.items() if not (SANITIZED and n in DIFFERENT_UNDER_SANITIZERS)}
        path = self.write_config(config_of(["full", *faults], timeout_s=3))
        done = subprocess.run([PROGRAM, "run", path, "--out", self.folder / "out"],
                              capture_output=True, text=True, timeout=240)
        self.assertEqual(done.returncode, 1, done.stderr)
        run = json.loads((self.folder / "out/faults/latest/run.json").read_text())
        cases = {(c["variant"], c["kv_len"]): c for c in run["cases"]}
        for length in (16, 32, 64):
            self.assertEqual(cases["full", length]["outcome"], "ok")
        for name, (outcome, reason) in faults.items():
            with self.subTest(name):
                self.assertEqual(cases[name, 16]["outcome"], "ok", cases[name, 16]["reason"])
                self.assertEqual(cases[name, 32]["outcome"], outcome, cases[name, 32]["reason"])
                self.assertRegex(cases[name, 32]["reason"], reason)
                self.assertEqual(bool(cases[name, 32]["samples"]), outcome == "ok")
                if name in SPARES_LARGER:
                    self.assertEqual(cases[name, 64]["outcome"], "skipped")
                    self.assertIn(SPARES_LARGER[name], cases[name, 64]["reason"])
                else:
                    self.assertEqual(cases[name, 64]["outcome"], outcome)
        if SANITIZED:
            return  # A build without these faults has other counts.
        report = (self.folder / "out/faults/latest/report.md").read_text()
        self.assertIn("2 of 42 cases gave other bits in a later call with the same inputs", report)
        self.assertRegex(report, "judged, too: changes_its_bits, .*; changes_its_bits, ")

    def run_faults(self, variants):
        path = self.write_config(config_of(variants))
        done = subprocess.run([PROGRAM, "run", path, "--out", self.folder / "out"],
                              capture_output=True, text=True, timeout=240)
        run = json.loads((self.folder / "out/faults/latest/run.json").read_text())
        return done, [(c["kv_len"], c["outcome"], c["reason"]) for c in run["cases"]]

    def check(self, variant):
        """The exit code of `check`, and a line for each status and promise."""
        done = subprocess.run([PROGRAM, "check", variant], capture_output=True, text=True, timeout=240)
        self.assertEqual(done.stderr, "")
        return done.returncode, re.findall(rf"^(ok|FAILED|does not apply|not tried) +{variant}: (.*)$",
                                           done.stdout, re.M)

    def test_a_variant_that_writes_7_everywhere_is_invalid_and_fails_its_check(self):
        done, cases = self.run_faults(["writes_sevens"])
        self.assertEqual(done.returncode, 1, done.stderr)
        for _, outcome, reason in cases:
            self.assertEqual(outcome, "invalid")
            self.assertRegex(reason, "expected -?[0-9].*, got 7, error ")
        code, lines = self.check("writes_sevens")
        self.assertEqual(code, 1)
        self.assertEqual([p for s, p in lines if s == "FAILED"],
                         ["agrees with its definition (1 problem)", "withstands extreme inputs (1 problem)",
                          "agrees across thread counts (1 problem)"])
        self.assertEqual([p for s, p in lines if s == "does not apply" and p.startswith("states well-formed keys")],
                         ["states well-formed keys: only an exact variant states which keys a query sees"])

    def test_what_could_not_be_tried_is_not_ok(self):
        code, lines = self.check("does_nothing")
        self.assertEqual(code, 1)
        self.assertEqual({s for s, _ in lines}, {"not tried", "does not apply"})
        self.assertIn(("not tried", "agrees with its definition: no problem could be tried: the day is not a Monday"),
                      lines)

    def test_declared_inputs_that_do_not_fit_are_skipped_with_the_sum(self):
        done, cases = self.run_faults(["declares_a_petabyte"])
        self.assertEqual(done.returncode, 0, done.stderr)
        small, *large = cases
        self.assertEqual(small, (16, "ok", ""))
        for _, outcome, reason in large:
            self.assertEqual(outcome, "skipped")
            self.assertRegex(reason, r"^needs 1 PiB: inputs 1 PiB \+ output .* \+ workspace 0 B; limit 64 MiB")
        planned = subprocess.run([PROGRAM, "plan", self.write_config(config_of(["declares_a_petabyte"]))],
                                 capture_output=True, text=True)
        self.assertEqual(planned.returncode, 0, planned.stderr)
        self.assertIn("needs 1 PiB: inputs 1 PiB", planned.stdout)

    def test_a_worker_dies_with_its_conductor(self):
        path = self.write_config(config_of(["hangs"], timeout_s=200))
        conductor = subprocess.Popen([PROGRAM, "run", path, "--out", self.folder / "out"],
                                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(conductor.wait)
        self.addCleanup(conductor.kill)
        hanging = self.wait_for(lambda: self.hanging_child(conductor.pid))
        conductor.send_signal(signal.SIGKILL)
        conductor.wait()
        self.wait_for(lambda: not os.path.exists(f"/proc/{hanging}") or self.is_zombie(hanging))

    def hanging_child(self, conductor):
        """The worker that is still there after several looks: the one that hangs."""
        first = children_of(conductor)
        time.sleep(0.5)
        return next((pid for pid in first if pid in children_of(conductor)), None)

    def is_zombie(self, pid):
        try:
            with open(f"/proc/{pid}/stat") as stat:
                return stat.read().rpartition(")")[2].split()[0] == "Z"
        except OSError:
            return True

    def wait_for(self, condition):
        deadline = time.monotonic() + 60
        while True:
            found = condition()
            if found:
                return found
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)


if __name__ == "__main__":
    unittest.main()
