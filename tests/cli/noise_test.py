"""The noise floor measured by the real program, and used by compare."""
import json
import unittest

from program import ProgramTest, attnbench, tiny_config


class Noise(ProgramTest):
    def test_the_floor_is_printed_stored_and_used(self):
        config = self.folder / "config.json"
        config.write_text(json.dumps(tiny_config(measure={"rounds": 6, "min_time_s": 0.001})))
        out = self.folder / "results"
        done = attnbench("noise", config, "--out", out)
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


if __name__ == "__main__":
    unittest.main()
