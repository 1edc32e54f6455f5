"""attnbench.plot draws what the tables hold: a line a series, the intervals, and numbers with units on the axes."""
import json
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
from program import SOURCE, ProgramTest, attnbench as program, tiny_config  # noqa: E402

import matplotlib  # noqa: E402

matplotlib.use("agg")
import matplotlib.pyplot as plt  # noqa: E402

import attnbench  # noqa: E402

EXAMPLE = SOURCE / "results/example"


def lines(ax):
    """The points of each line, by its name in the legend."""
    handles, names = ax.get_legend_handles_labels()
    drawn = [handle[0] if hasattr(handle, "lines") else handle for handle in handles]
    return {name: list(zip(*line.get_data())) for name, line in zip(names, drawn)}


def tick_labels(axis):
    axis.figure.canvas.draw()
    return [label.get_text() for label in axis.get_ticklabels()]


class Plot(ProgramTest):
    def setUp(self):
        super().setUp()
        self.addCleanup(plt.close, "all")

    def test_time_has_a_line_a_series_through_the_medians_with_their_intervals(self):
        run = attnbench.load(EXAMPLE)
        causal = run.cases[run.cases["causal"]]
        # Of 7 samples the interval is the range, which must not be taken for it.
        causal = causal.assign(time_min_s=causal["time_min_s"] / 2, time_max_s=causal["time_max_s"] * 2)
        ax = attnbench.plot.time(causal)
        self.assertEqual(list(lines(ax)), ["full", "window", "blocked"])
        window = causal[causal["label"] == "window"]
        self.assertEqual(lines(ax)["window"], list(zip(window["seq_len"], window["time_median_s"])))
        bars = ax.containers[1].lines[2][0].get_segments()
        self.assertEqual(len(bars), 6)
        for bar, low, high in zip(bars, window["time_ci_low_s"], window["time_ci_high_s"]):
            self.assertAlmostEqual(bar[0][1] / low, 1)
            self.assertAlmostEqual(bar[1][1] / high, 1)
        self.assertEqual(tick_labels(ax.xaxis), ["256", "512", "1024", "2048", "4096", "8192"])
        self.assertTrue({"1 ms", "100 ms"} <= set(tick_labels(ax.yaxis)))
        self.assertEqual((ax.get_xscale(), ax.get_yscale()), ("log", "log"))

    def test_axes_that_vary_besides_part_the_lines(self):
        ax = attnbench.plot.time(attnbench.load(EXAMPLE))
        self.assertEqual(list(lines(ax)), [f"{label}, {causal}" for label in ("full", "window", "blocked")
                                           for causal in ("not causal", "causal")])

    def test_memory_is_in_powers_of_two(self):
        run = attnbench.load(EXAMPLE)
        ax = attnbench.plot.memory(run.cases[run.cases["causal"]])
        self.assertEqual(lines(ax)["full"][-1], (8192, 2**31))
        for label in tick_labels(ax.yaxis):
            self.assertRegex(label, "^(1|2|4|8|16|32|64|128|256|512) (KiB|MiB|GiB)$")
        self.assertEqual(attnbench.plot.memory(run, "resident_peak_bytes").get_ylabel(), "resident peak")

    def test_of_few_samples_the_bars_are_the_range_and_distance_is_drawn_against_time(self):
        config = tiny_config(variants=["full", {"variant": "window", "params": {"left": [2, 4], "right": 0}}])
        done, run_dir = self.run_config(config)
        self.assertEqual(done.returncode, 0, done.stderr)
        run = attnbench.load(run_dir)
        bars = attnbench.plot.time(run).containers[0].lines[2][0].get_segments()
        self.assertAlmostEqual(bars[0][1][1] / run.cases["time_max_s"][0], 1)

        ax = attnbench.plot.distance(run)
        points = list(zip(run.cases["time_median_s"], run.cases["distance_relative_error"]))
        self.assertEqual(list(lines(ax).values()), [points[i:i + 2] for i in (0, 2, 4)])
        self.assertLess(ax.get_ylim()[0], 0)
        far = run.cases.assign(distance_relative_error=run.cases["distance_relative_error"].replace(0, float("nan")))
        self.assertEqual(len(lines(attnbench.plot.distance(far))), 2)

        ax = attnbench.plot.time(run.cases.join(run.params), x="left", by="variant")
        self.assertEqual(list(lines(ax)), ["window, seq_len 16", "window, seq_len 33"])
        self.assertEqual(tick_labels(ax.xaxis), ["2", "4"])

    def test_cases_without_a_time_are_left_out(self):
        record = json.loads((EXAMPLE / "run.json").read_text())
        for case in record["cases"]:
            if case["label"] == "full" and case["kv_len"] == 8192 or case["label"] == "blocked":
                case.update(outcome="failed", reason="crashed", samples=[])
        (self.folder / "run.json").write_text(json.dumps(record))
        self.assertEqual(program("report", self.folder).returncode, 0)
        run = attnbench.load(self.folder)
        found = lines(attnbench.plot.time(run.cases[run.cases["causal"]]))
        self.assertEqual({name: len(points) for name, points in found.items()}, {"full": 5, "window": 6})

    def test_it_draws_into_the_axes_that_are_given(self):
        run = attnbench.load(EXAMPLE)
        _, both = plt.subplots(1, 2)
        self.assertIs(attnbench.plot.time(run, ax=both[0]), both[0])
        self.assertIs(attnbench.plot.memory(run, ax=both[1]), both[1])

    def test_what_cannot_be_drawn_is_refused_and_no_figure_is_left(self):
        run = attnbench.load(EXAMPLE)
        for draw, words in ((lambda: attnbench.plot.memory(run, "heap_bytes"), "no column 'heap_bytes'"),
                            (lambda: attnbench.plot.time(run, x="pages"), "'pages' does not hold numbers"),
                            (lambda: attnbench.plot.time(run, by="variants"), "no column 'variants'"),
                            (lambda: attnbench.plot.memory(run, "saved_bytes"), "saved_bytes is 0 in all cases"),
                            (lambda: attnbench.plot.distance(run), "no case has time_median_s and distance_rel")):
            with self.assertRaisesRegex(ValueError, words):
                draw()
        self.assertEqual(plt.get_fignums(), [])


if __name__ == "__main__":
    unittest.main()
