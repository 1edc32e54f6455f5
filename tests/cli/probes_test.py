"""Probes of behaviour on the real program: a config asks for them, and probes.csv gives the answers."""
import csv
import json
import unittest

from program import ProgramTest, attnbench, tiny_config

LEFT = 4


def probing():
    return tiny_config(
        variants=["full", {"variant": "window", "params": {"left": LEFT, "right": 0}}, "rnn"],
        sweep={"seq_len": 32, "heads": 2, "head_dim": 16, "causal": True, "threads": 1},
        measure={"rounds": 1, "min_time_s": 0.0001, "memory_limit": "1 GiB"},
        report={},
        probes={"influence": {"seeds": 8, "distances": 10},
                "recall": {"seeds": 32, "distances": 10, "pairs": [1]},
                "memory": {"seeds": 512, "distances": 4}})


class Probes(ProgramTest):
    def answers(self, run_dir):
        """{(label, probe): {distance: value}}, by probes.csv."""
        found = {}
        with open(run_dir / "probes.csv", newline="") as file:
            for row in csv.DictReader(file):
                if row["reason"]:
                    self.assertEqual(row["value"], "")
                    continue
                self.assertLessEqual(float(row["low"]), float(row["value"]))
                self.assertLessEqual(float(row["value"]), float(row["high"]))
                values = found.setdefault((row["variant"], row["probe"]), {})
                values[int(row["distance"])] = float(row["value"])
        return found

    def test_a_run_answers_what_is_known_of_full_attention_a_window_and_a_recurrence(self):
        done, run_dir = self.run_config(probing())
        self.assertEqual(done.returncode, 0, done.stderr)
        answers = self.answers(run_dir)
        self.assertEqual(set(answers), {("full", "influence"), ("full", "recall"), ("window", "influence"),
                                        ("window", "recall"), ("rnn", "influence"), ("rnn", "memory")})
        for (variant, _), values in answers.items():
            self.assertEqual(min(values), 1, variant)
            self.assertEqual(max(values), 31, variant)
        for distance, value in answers["window", "influence"].items():
            self.assertEqual(value > 0, distance <= LEFT, distance)
        self.assertGreater(min(answers["full", "influence"].values()), 0)
        for distance, value in answers["full", "recall"].items():
            self.assertGreater(value, 0.9, distance)
        for distance, value in answers["window", "recall"].items():
            if distance <= LEFT:
                self.assertGreater(value, 0.9, distance)
            else:
                self.assertLess(value, 0.4, distance)  # 1 in 16 by chance.
        for probe in "influence", "memory":
            values = answers["rnn", probe]
            self.assertGreater(values[1], 2 * values[31], probe)
        cases = json.loads((run_dir / "run.json").read_text())["cases"]
        reasons = {(case["variant"], probe["name"]): probe["reason"] for case in cases for probe in case["probes"]}
        self.assertIn("it sees no q and k", reasons["rnn", "recall"])
        for variant in "full", "window":
            self.assertIn("it sees q and k", reasons[variant, "memory"])
        for known in answers:
            self.assertEqual(reasons[known], "")

    def test_a_resumed_run_makes_the_probes_that_are_missing_and_no_others(self):
        done, run_dir = self.run_config(probing())
        self.assertEqual(done.returncode, 0, done.stderr)
        whole = self.answers(run_dir)
        journal = run_dir / "journal.jsonl"
        lines = journal.read_text().splitlines(keepends=True)
        probes = [at for at, line in enumerate(lines) if json.loads(line)["fact"] == "probe"]
        self.assertEqual(len(probes), 9)
        for cut in probes[0], probes[4], probes[-1]:
            with self.subTest(cut):
                kept = "".join(lines[:cut])
                journal.write_text(kept + lines[cut][:-20])  # A line that was not written to its end.
                done = attnbench("run", self.folder / "config.json", "--out", self.folder / "out", "--resume")
                self.assertEqual(done.returncode, 0, done.stderr)
                text = journal.read_text()
                self.assertTrue(text.startswith(kept))
                facts = [json.loads(line) for line in text.splitlines()]
                self.assertEqual(sum(fact["fact"] == "probe" for fact in facts), 9)
                self.assertEqual(self.answers(run_dir), whole)


if __name__ == "__main__":
    unittest.main()
