"""Attention weights of sentences, and the patterns that a run keeps, by the real program."""
import json
import re
import unittest

from program import ProgramTest, attnbench, tiny_config


SENTENCE = "the cat did not eat the fish as it was too old".split()


class Weights(ProgramTest):
    def rows(self, *args):
        done = attnbench("weights", *args)
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = done.stdout.split("\n\n", 1)[1].splitlines()
        return [re.split(r"\s{2,}", line.strip()) for line in lines]

    def test_without_a_text_a_plain_sentence_is_shown_within_80_columns(self):
        header, *rows = self.rows()
        self.assertEqual(header, SENTENCE)
        self.assertLessEqual(max(map(len, attnbench("weights").stdout.split("\n\n", 1)[1].splitlines())), 80)
        self.assertEqual([row[0] for row in rows], header)
        for row in rows:
            self.assertAlmostEqual(sum(map(float, row[1:])), 1, delta=0.03)

    def test_a_window_and_causal_narrow_what_is_seen(self):
        rows = self.rows("--text", "a b c d", "--variant", "window", "--param", "left=1", "--causal")[1:]
        self.assertEqual([[cell != "." for cell in row[1:]] for row in rows],
                         [[True, False, False, False], [True, True, False, False],
                          [False, True, True, False], [False, False, True, True]])

    def test_a_param_that_is_not_given_is_scaled_down_to_the_sentence(self):
        told = attnbench("weights", "--variant", "window", "--causal").stdout
        self.assertTrue(told.startswith("window left=4 right=0, causal: "), told)
        self.assertIn("\nScaled down to the sentence: left = 4 here (256 by default)\n", told)
        self.assertRegex(told, r"\nKeeps \d\d % of the attention mass of full causal attention on this sentence; "
                               r"loses \d\d %, the most for token \d+, '\w+' \(\d\d %\)\.\n")
        told = attnbench("weights", "--variant", "window", "--causal", "--param", "left=256").stdout
        self.assertNotIn("Scaled", told)
        self.assertIn("loses nothing.", told)

    def test_a_bad_sentence_or_variant_exits_2_and_says_why(self):
        for args, why in [(["--text", ""], "--text: holds no token"),
                          (["--text", " \t"], "--text: holds no token"),
                          (["--text", "a\udcffb"], "--text: is no UTF-8 at byte 1"),
                          (["--text", "a" * 65], "--text: has 65 tokens"),
                          (["--variant", "windw"], "did you mean 'window'?"),
                          (["--variant", "window", "--param", "left=-2"], "left is an integer from -1 to"),
                          (["--variant", "window", "--param", "left"], "expected NAME=VALUE")]:
            done = attnbench("weights", *args)
            self.assertEqual((done.returncode, done.stdout), (2, ""), args)
            self.assertIn(why, done.stderr)

    def test_no_control_character_of_a_text_reaches_the_terminal(self):
        done = attnbench("weights", "--text", "a\x1b[31m \x9b2J b\u202e")
        self.assertEqual(done.returncode, 0, done.stderr)
        for character in "\x1b\x9b\u202e":
            self.assertNotIn(character, done.stdout)

    def test_a_run_keeps_the_exact_pattern_of_each_variant_and_its_view_of_a_sentence(self):
        _, run_dir = self.run_config(tiny_config())
        run = json.loads((run_dir / "run.json").read_text())
        labels = [run["cases"][p["case"]]["label"] for p in run["patterns"]]
        self.assertEqual(labels, ["full", "window", "blocked"])
        for pattern in run["patterns"]:
            case = run["cases"][pattern["case"]]
            self.assertEqual(case["kv_len"], 33)
            cells = [int(n) for part in pattern["cells"].split() for n, _, times in [part.partition("x")]
                     for _ in range(int(times or 1))]
            self.assertEqual(len(cells), 33 * 33)
            self.assertEqual(sum(cells) * case["heads"], case["pairs"])
        self.assertEqual(run["sentence"]["tokens"], SENTENCE)
        window = "".join("01"[key <= query <= key + 4] for query in range(12) for key in range(12))
        self.assertEqual([v["visible"] for v in run["sentence"]["views"]], ["1" * 144, window, "1" * 144])


if __name__ == "__main__":
    unittest.main()
