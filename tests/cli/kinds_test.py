"""What describe, plan, weights and the page say of variants that are not exact."""
import json
import os
import re
import subprocess
import unittest

from program import ProgramTest

PROGRAM = os.environ["ATTNBENCH_PROGRAM_WITH_FAULTS"]
CONFIG = {"name": "kinds", "variants": ["full", "leaky_sum", "top_two"],
          "sweep": {"seq_len": [8, 16], "heads": 2, "head_dim": 8, "threads": 1},
          "measure": {"rounds": 1, "min_time_s": 0.0001}}


def attnbench(*args):
    return subprocess.run([PROGRAM, *map(str, args)], capture_output=True, text=True, timeout=240)


class Kinds(ProgramTest):
    def test_describe_says_of_a_definition_what_it_reads_and_costs_and_why_there_is_no_picture(self):
        told = attnbench("describe", "leaky_sum").stdout
        for line in ["  kind    baseline: a definition of its own",
                     "  task    its own: it sums values up",
                     "  takes   no scale, softcap, alibi or type but f32",
                     "  call    of one head, n = 4096, head_dim 64; it has inputs beside q, k and v",
                     "            decay [1, 1, 1, 1]: sigmoid of normal, plus 1; training would set it, "
                     "here it is untrained",
                     "            524 kFLOP, 1 B of traffic, 4096 steps one after another, longest path 4096",
                     "  no picture of a pattern: its output is a definition of its own, such as a recurrence "
                     "or a sum of features, and no softmax over a set of keys"]:
            self.assertIn(line + "\n", told)

    def test_describe_says_of_a_selective_variant_that_the_data_decide(self):
        told = attnbench("describe", "top_two").stdout
        for line in ["  kind    approximate: softmax attention over keys that the data decide",
                     "  task    stands in for full attention: its distance from that is an error",
                     "  no picture of a pattern: the data decide which keys a query sees, so that without "
                     "inputs there is no pattern"]:
            self.assertIn(line + "\n", told)
        self.assertNotIn("rows are queries", told)

    def test_describe_tells_the_terms_of_a_sum_and_the_path_of_a_pattern(self):
        told = attnbench("describe", "prefix_lm").stdout
        self.assertIn("  theory  time n^2/2 + 32768 (n^2 leads from n = 257), memory constant "
                      "(with default params)\n", told)
        self.assertRegex(told, r"\n            time +n\^2/2 +keys up to the query\n"
                               r"            time +32768 +keys of the prefix after the query\n")
        self.assertIn("n = 4096: causal 16 layers; not causal never, as position 1 does not reach the first query\n",
                      attnbench("describe", "window").stdout)

    def test_plan_counts_a_variant_that_is_not_exact_as_it_says_itself(self):
        done = attnbench("plan", self.write_config(CONFIG))
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = [line for line in done.stdout.splitlines() if line.startswith("case")]
        self.assertEqual(["by its own count" in line for line in lines], [False] * 2 + [True] * 4)

    def test_weights_of_a_variant_without_a_pattern_exit_2_and_say_why(self):
        for variant, why in [("top_two", "the data decide which keys a query sees"),
                             ("leaky_sum", "its output is a definition of its own")]:
            done = attnbench("weights", "--variant", variant)
            self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
            self.assertIn(f"--variant {variant}: there are no weights to show, because {why}", done.stderr)

    def test_a_run_draws_exact_patterns_and_keeps_why_the_others_have_none(self):
        done = attnbench("run", self.write_config(CONFIG), "--out", self.folder / "out")
        self.assertEqual(done.returncode, 0, done.stderr)
        run_dir = self.folder / "out/kinds/latest"
        run = json.loads((run_dir / "run.json").read_text())
        labels = lambda entries: [run["cases"][entry["case"]]["label"] for entry in entries]
        self.assertEqual(labels(run["patterns"]), ["full"])
        self.assertEqual(labels(run["undrawn"]), ["leaky_sum", "top_two"])
        self.assertEqual([(c["steps"], c["path"]) for c in run["cases"] if c["kv_len"] == 16],
                         [(1, 1), (16, 16), (1, 1)])
        page = re.sub(r"<script.*", "", (run_dir / "report.html").read_text(), flags=re.DOTALL)
        self.assertIn("No pattern of top_two: the data decide", page)
        self.assertIn("No pattern of leaky_sum: its output is a definition", page)
        table = (run_dir / "report.md").read_text()
        self.assertIn("| sequential steps | longest path |", table)


if __name__ == "__main__":
    unittest.main()
