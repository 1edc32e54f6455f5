"""The noise floor measured by the real program, and used by compare."""
import json
import math
import os
import subprocess
import unittest

from program import ProgramTest, attnbench, tiny_config

PROGRAM = os.environ["ATTNBENCH_PROGRAM_WITH_FAULTS"]


class Noise(ProgramTest):
    def test_the_floor_is_printed_stored_and_used(self):
        out = self.folder / "results"
        done = self.noise_of("sleeps", rounds=6)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("Noise floor: ", done.stdout)
        files = [f for f in (out / "noise").glob("*.json") if f.name != "config.json"]
        self.assertEqual(len(files), 1)
        floor = json.loads(files[0].read_text())
        self.assertGreater(floor["floor"], 1)
        self.assertEqual(len(floor["cases"]), 2)
        self.assertEqual({c["samples"] for c in floor["cases"]}, {6})
        self.assertEqual(max(c["floor"] for c in floor["cases"]), floor["floor"])

        run = out / "noise" / "latest"
        labels = [c["label"] for c in json.loads((run / "run.json").read_text())["cases"]]
        self.assertEqual(labels, ["A", "A", "B", "B"])
        told = json.loads(attnbench("compare", run, run, "--format", "json").stdout)
        self.assertEqual(told["noise_floor"], floor["floor"])
        self.assertIn(floor["hostname"], told["noise_floor_source"])

    def test_several_runs_measure_the_drift_and_compare_uses_it(self):
        done = self.noise_of("sleeps", 6, "--runs", "3", "--pause", "0.5")
        folder = self.folder / "results" / "noise"
        runs = sorted(path for path in folder.iterdir() if path.is_dir() and not path.is_symlink())
        self.assertEqual(len(runs), 3)
        if done.returncode == 3 and "too busy" in done.stderr:
            self.skipTest("the machine is too busy for a noise floor")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("Drift between runs: ", done.stdout)
        self.assertIn("by 3 runs 500 ms apart", done.stdout)
        floor = json.loads(next(f for f in folder.glob("*.json") if f.name != "config.json").read_text())
        self.assertEqual([floor["runs"], floor["pause_s"]], [3, 0.5])
        told = json.loads(attnbench("compare", runs[0], runs[1], "--format", "json").stdout)
        self.assertAlmostEqual(told["drift"], math.exp(math.sqrt(2) * 4.30265 * floor["drift_sd"]), places=4)
        self.assertIn("by 3 runs", told["noise_floor_source"])

    def test_senseless_runs_and_pauses_are_refused(self):
        for args in (["--runs", "0"], ["--pause", "-1"]):
            done = self.noise_of("full", 6, *args)
            self.assertEqual(done.returncode, 2)
            self.assertIn(args[0], done.stderr)
            self.assertFalse((self.folder / "results").exists())

    def noise_of(self, variant, rounds=9, *args):
        config = self.write_config(tiny_config(
            variants=[variant], sweep={"seq_len": [33, 40], "heads": 2, "head_dim": 8, "threads": 1},
            measure={"rounds": rounds, "min_time_s": 0.0001}, report={}))
        return subprocess.run([PROGRAM, "noise", config, "--out", self.folder / "results", *args],
                              capture_output=True, text=True, timeout=240)

    def test_a_floor_of_a_busy_machine_is_not_stored_and_the_old_one_stays(self):
        done = self.noise_of("is_erratic")
        self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
        self.assertIn("this machine is too busy", done.stderr.splitlines()[-1])
        self.assertIn("Nothing was stored", done.stderr)
        self.assertNotIn("Noise floor: ", done.stdout)
        folder = self.folder / "results" / "noise"
        self.assertEqual([f.name for f in folder.glob("*.json")], ["config.json"])

        host = json.loads((folder / "latest" / "run.json").read_text())["machine"]["hostname"]
        stored = folder / ("".join(c if c.isascii() and (c.isalnum() or c in "-_") else "-" for c in host) + ".json")
        stored.write_text("the old one")
        done = self.noise_of("is_erratic")
        self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
        self.assertIn("stays as it was", done.stderr)
        self.assertEqual(stored.read_text(), "the old one")

    def test_too_few_rounds_for_a_floor_are_refused_before_anything_runs(self):
        done = self.noise_of("full", rounds=5)
        self.assertEqual(done.returncode, 2)
        self.assertIn("/measure/rounds: a noise floor needs 6 rounds or more, not 5", done.stderr)
        self.assertFalse((self.folder / "results").exists())


if __name__ == "__main__":
    unittest.main()
