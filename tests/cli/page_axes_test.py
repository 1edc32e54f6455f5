"""report.html with any axis of the sweep as x: every numeric axis, params, threads, decoding; and no empty chart."""
import csv
import json
import unittest

from page import PageTest, calm
from program import attnbench

SCHEMA = json.loads(attnbench("schema").stdout)["properties"]["sweep"]["properties"]
VALUES = {"scale": [0.25, 0.5, 1.5], "softcap": [0, 10, 30], "head_dim": [8, 16, 32], "q_len": [1, 4, 16], "kv_heads": [1, 2, 4]}


def numeric_axes():
    """Each axis of the schema one of whose values is a number, with three values of it."""
    for name, schema in SCHEMA.items():
        if any(kind.get("type") in ("integer", "number") for kind in schema["anyOf"]):
            yield name, VALUES.get(name, [2, 4, 8])


def vary(axis, values):
    """A change of a run: one case for each variant and value of an axis, slower for a larger value."""
    def change(record):
        ok = [c for c in record["cases"] if c["outcome"] == "ok" and c["kv_len"] == 32 and not c["causal"] and c["head_dim"] == 16][:3]
        cases = []
        for case in ok:
            for value in values:
                new = {**json.loads(json.dumps(case)), "id": len(cases), "heads": 8, "kv_heads": 8, "q_len": 32, "kv_len": 32}
                if axis == "seq_len":
                    new["q_len"] = new["kv_len"] = value
                elif axis == "heads":
                    new["heads"] = new["kv_heads"] = value
                else:
                    new[axis] = value
                if axis == "q_len":
                    new["q_len_follows"] = False
                for sample in new["samples"]:
                    sample["time_s"] = 1e-5 * (1 + value) * (1 + len(cases) // 3) * (1 + 0.001 * sample["round"])
                cases.append(new)
        record.update(cases=cases, largest_fits=[], input_statistics=[])
    return change


class Axes(PageTest):
    def figures(self):
        """What a reader sees of each chart: its title, and the line that says why it is empty."""
        return self.js("""[...document.querySelectorAll('#figures figure')].filter((f) => f.checkVisibility()).map((f) => [f.id.replace('chart-', ''),
            f.querySelector('h3').innerText, f.querySelector('canvas').checkVisibility(), f.querySelector('.none').innerText])""")

    def test_every_numeric_axis_that_a_sweep_varies_is_x_by_itself(self):
        axes = dict(numeric_axes())
        self.assertGreaterEqual(set(axes), {"seq_len", "threads", "batch", "heads", "head_dim", "q_len", "kv_heads"})
        for axis, values in axes.items():
            with self.subTest(axis):
                self.open(self.derived(f"vary_{axis}", vary(axis, values)))
                name = "n" if axis == "seq_len" else axis
                told = self.told("time")
                self.assertTrue(told.startswith(f"Time against {name}."), told)
                self.assertEqual(len(told.split("; ")), 3)
                rows = list(csv.DictReader(self.saved("[data-csv=time]").decode().splitlines()))
                self.assertEqual([float(row[axis]) for row in rows], 3 * list(map(float, values)))
                self.assertTrue(all(shown or why for _, _, shown, why in self.figures()))

    def test_a_seed_is_x_by_choice_alone(self):
        def draw(record):
            vary("seq_len", [32])(record)
            window = next(c for c in record["cases"] if c["variant"] == "window")
            others = [c for c in record["cases"] if c["variant"] != "window"]
            draws = [{**json.loads(json.dumps(window)), "params": {**window["params"], "seed": seed}, "label": f"window seed={seed}"} for seed in (1, 2, 3)]
            record["cases"] = [{**case, "id": i} for i, case in enumerate(others + draws)]
        page = self.derived("seeds", draw)
        self.open(page)
        self.assertTrue(self.told("time").startswith("Time against n."), self.told("time"))
        self.open(page, "#x=window.seed")
        self.assertTrue(self.told("time").startswith("Time against window: seed."), self.told("time"))

    def test_of_draws_the_one_nearest_to_their_median_is_drawn_first(self):
        def draw(record):
            vary("seq_len", [32])(record)
            window = next(c for c in record["cases"] if c["variant"] == "window")
            others = [c for c in record["cases"] if c["variant"] != "window"]
            draws = []
            for seed, error in ((1, 0.3), (2, 0.1), (3, 0.2)):
                drawn = json.loads(json.dumps(window))
                drawn["quality"]["relative_error"] = error
                draws.append({**drawn, "params": {**window["params"], "seed": seed}, "label": f"window seed={seed}"})
            record["cases"] = [{**case, "id": i} for i, case in enumerate(others + draws)]
        page = self.derived("draws", draw)
        for choice, seeds in (("", [3]), ("#window.seed=1", [1]), ("#window.seed=all", [1, 2, 3])):
            self.open(page, choice)
            rows = csv.DictReader(self.saved("[data-csv=time]").decode().splitlines())
            self.assertEqual({row["series"] for row in rows if row["series"].startswith("window")}, {f"window seed={seed}" for seed in seeds})

    def test_a_param_is_x_and_the_other_variants_are_levels(self):
        self.open(self.derived("param", calm), "#x=window.left&causal=false&head_dim=16&seq_len=32")
        legend = self.js("[...document.querySelectorAll('#chart-time .legend .guide')].map((g) => g.textContent.trim())")
        self.assertIn("full", legend)
        # The lengths are chosen by a control then, and fits belong to n.
        self.assertIn("n", self.js("[...document.querySelectorAll('#controls label')].map((l) => l.firstChild.textContent.trim())"))
        self.assertNotIn("local", [chart for chart, *_ in self.figures()])
        rows = list(csv.DictReader(self.saved("[data-csv=time]").decode().splitlines()))
        self.assertEqual([(row["series"], row["window.left"]) for row in rows], [("window", "4"), ("window", "8")])

    def test_the_reader_picks_x_and_the_fragment_keeps_it(self):
        self.open(self.real)
        self.js("(() => { const s = document.querySelector('#controls select'); s.value = 'head_dim'; s.dispatchEvent(new Event('change')); })()")
        self.assertIn("x=head_dim", self.js("location.hash"))
        before = self.told("memory")
        self.assertIn("head_dim = 8", before)
        self.open(self.real, self.js("location.hash"))
        self.assertEqual(self.told("memory"), before)
        self.open(self.real, "#x=nothing")
        self.assertIn("Time against n.", self.told("time"))

    def test_threads_have_a_speed_up_over_one_and_an_efficiency(self):
        def scale(record):
            vary("threads", [1, 2, 4])(record)
            for case in record["cases"]:
                for sample in case["samples"]:
                    sample["time_s"] = 1e-3 / case["threads"] ** 0.5 * (1 + 0.001 * sample["round"])
        self.open(self.derived("threads", scale))
        self.assertIn(["threads", "Speed-up over 1 thread", True, ""], self.figures())
        rows = list(csv.DictReader(self.saved("[data-csv=threads]").decode().splitlines()))
        for row in rows:
            self.assertAlmostEqual(float(row["thread_speedup"]), float(row["threads"]) ** 0.5, places=6)
        self.open(self.folder / "threads", "#threads=percent_of_linear_speedup")
        self.assertIn("50 % at threads = 4", self.told("threads"))
        self.open(self.real)
        self.assertNotIn("threads", [chart for chart, *_ in self.figures()])

    def test_decoding_shows_tokens_a_second_first_and_offers_bytes_a_second(self):
        self.open(self.derived("decode", vary("q_len", [1, 2, 4])))
        rows = list(csv.DictReader(self.saved("[data-csv=rate]").decode().splitlines()))
        self.assertAlmostEqual(float(rows[0]["tokens_per_s"]), 1 / (2e-5 * 1.0025), delta=1)
        self.open(self.folder / "decode", "#rate=least_traffic_gbs")
        self.assertIn("GB/s of least traffic", self.told("rate"))
        self.assertIn("memory bandwidth", self.js("document.querySelector('#chart-rate .legend').innerText"))

    def test_a_chart_that_has_nothing_says_why_in_one_line(self):
        def nothing(record):
            for case in record["cases"]:
                case.update(workspace_bytes=0)
                case["memory"].update(heap_peak_bytes=0, resident_peak_bytes=0)
                case["samples"] = case["samples"][:1]
            record["ceilings"] = []
        self.open(self.derived("nothing", nothing), "#memory=workspace_bytes")
        shown = {chart: (drawn, why) for chart, _, drawn, why in self.figures()}
        self.assertEqual(shown["memory"], (False, "Nothing to draw: no call shown takes memory of its own."))
        self.assertEqual(shown["time"], (True, ""))
        self.assertTrue(all(drawn or why for drawn, why in shown.values()))
        self.js("document.querySelectorAll('#chart-time .legend button').forEach((b) => document.querySelector(`#chart-time [data-series=\"${b.dataset.series}\"]`).click())")
        self.assertIn(["time", "Time against n", False, "Every series is switched off."], self.figures())

    def test_a_softcap_of_0_reads_none(self):
        self.open(self.derived("softcap", vary("softcap", [0, 30])), "#x=seq_len")
        self.assertEqual({row["softcap"] for row in self.rows().values()}, {"none", "30"})

    def test_a_percentage_above_100_is_hidden_with_the_reason(self):
        def fast(record):
            for ceiling in record["ceilings"]:
                ceiling["fma_gflops"] = 1e-6
        self.open(self.derived("fast", fast), "#case=0")
        self.assertIn("% of peak", self.js("document.querySelector('.opened').innerText"))
        self.assertIn("the limit was measured too low", self.js("document.querySelector('.opened').innerText"))
        self.assertEqual(self.rows()[0]["% of peak"], "–")


if __name__ == "__main__":
    unittest.main()
