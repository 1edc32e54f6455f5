"""Charts of the probes in report.html, in a real browser: their lines whatever x is, zeros, and what is saved."""
import csv
import json
import unittest

from page import HOSTILE, PageTest, calm
from page_axes_test import vary

# The last of three distances is out of reach, and of the others the nearest is.
INFLUENCE = {1: 0.0, 4: 0.5, 16: 0.01, 31: 0.0}


def probed(record):
    """Puts made-up probes on every case of n = 32 and 64; recall with two numbers of pairs, the larger first."""
    for case in record["cases"]:
        if case["outcome"] != "ok" or case["kv_len"] < 32:
            continue
        scale = case["kv_len"] / 64
        influence = [dict(distance=d, pairs=0, value=v * scale, low=v * scale / 2, high=v * scale * 2) for d, v in INFLUENCE.items()]
        recall = [dict(distance=d, pairs=pairs, value=v, low=v, high=v) for pairs in (8, 4) for d, v in ((1, 0.0), (4, 1.0))]
        case["probes"] = [dict(name="influence", seeds=4, reason="", points=influence), dict(name="recall", seeds=4, reason="", points=recall)]


def all_of(*changes):
    def change(record):
        for one in changes:
            one(record)
    return change


class Probes(PageTest):
    run_dir = None

    def setUp(self):
        if Probes.run_dir is None:
            Probes.run_dir = self.derived("probed", all_of(calm, probed))

    def names(self, chart):
        return self.js(f"[...document.querySelectorAll('#chart-{chart} .legend button')].map((b) => b.innerText.trim())")

    def ids(self, chart):
        return self.js(f"[...document.querySelectorAll('#chart-{chart} .legend button')].map((b) => b.dataset.series)")

    def table(self, chart):
        return list(csv.DictReader(self.saved(f'[data-csv="{chart}"]').decode().splitlines()))

    def test_a_run_without_probes_has_no_such_chart(self):
        self.open(self.real)
        self.assertEqual(self.js("document.querySelectorAll('[id^=chart-probe]').length"), 0)

    def test_the_probes_lead(self):
        self.open(self.run_dir)
        headline = self.js("document.querySelector('.headline').innerText")
        self.assertTrue(headline.startswith("At n = 64, tokens move the last output at some distances and not at others: "), headline)
        self.assertIn("(2 of 4 distances tried, 4 and 16)", headline)
        self.assertNotIn("<img", headline.replace(HOSTILE, ""))

    def test_each_probe_has_a_chart_with_a_line_a_series(self):
        self.open(self.run_dir)
        for chart in ("probe-influence", "probe-recall"):
            self.assertEqual(len(self.names(chart)), 4)
            self.assertEqual(self.ids(chart), self.ids("time"))
        self.assertEqual(self.js("document.getElementById('chart-probe-memory')"), None)
        self.open(self.run_dir, f"#hide={self.ids('time')[0]}")
        self.assertEqual(len(self.told("probe-influence").split("; ")), 3)

    def test_zeros_stand_on_a_floor_and_are_told_and_saved_as_zeros(self):
        self.open(self.run_dir)
        rows = self.table("probe-influence")
        self.assertEqual([(float(row["distance"]), float(row["influence"])) for row in rows[:4]], list(INFLUENCE.items()))
        self.assertEqual([float(row["low"]) for row in rows[:4]], [0, 0.25, 0.005, 0])
        self.assertIn("0 [0, 0] at distance = 1", self.told("probe-influence"))
        guides = self.js("document.querySelector('#chart-probe-influence .legend').innerText")
        self.assertIn("rounding of float32", guides)
        self.assertIn("by chance", self.js("document.querySelector('#chart-probe-recall .legend').innerText"))
        # The floor lies below all else: a point of the chart is higher the more the output moves.
        levels = self.js("""Chart.getChart(document.querySelector('#chart-probe-influence canvas')).data.datasets[0].data.map((p) => p.y)""")
        self.assertTrue(0 < levels[0] < 1e-6 and levels[0] == levels[3] < levels[2] < levels[1], levels)

    def test_the_largest_n_and_the_most_pairs_come_first(self):
        self.open(self.run_dir)
        chosen = "document.querySelector('#chart-{} select').value"
        self.assertEqual(self.js(chosen.format("probe-influence")), "n = 64")
        self.assertEqual(self.js(chosen.format("probe-recall")), "n = 64, 8 pairs")
        self.open(self.run_dir, "#probe_influence=n = 32")
        self.assertEqual(float(self.table("probe-influence")[1]["influence"]), 0.25)

    def test_the_controls_of_the_page_hold_but_that_of_n(self):
        self.open(self.run_dir, "#causal=all")
        self.assertEqual(len(self.names("probe-influence")), 8)
        self.assertEqual(len(set(self.names("probe-influence"))), 8)
        self.open(self.run_dir, "#window.left=8")
        self.assertEqual(len(self.names("probe-influence")), 3)
        self.open(self.run_dir, "#series=full")
        self.assertEqual(self.names("probe-influence"), ["full"])

    def test_at_another_x_the_lines_are_still_the_series_each_by_a_name_of_its_own(self):
        run_dir = self.derived("threads", all_of(vary("threads", [1, 2, 4]), calm, probed))
        self.open(run_dir, "#x=threads")
        names = self.names("probe-influence")
        self.assertEqual(len(names), 9)
        self.assertEqual(len(set(names)), 9, names)
        self.assertIn("full, threads 4", names)
        # What hides a line of time hides no series of another meaning.
        lines, series = self.ids("time"), self.ids("probe-influence")
        self.assertEqual(len(lines), 3)
        self.assertEqual(set(lines) & set(series), set())
        self.open(run_dir, f"#x=threads&hide={lines[0]}")
        self.assertEqual(len(self.told("time").split("; ")), 2)
        self.assertEqual(len(self.told("probe-influence").split("; ")), 9)

    def test_only_series_with_points_take_a_place_among_those_that_are_drawn(self):
        def many(record):
            case = next(c for c in record["cases"] if c["outcome"] == "ok" and c["kv_len"] == 64)
            record["cases"] = [{**json.loads(json.dumps(case)), "id": i, "label": f"v{i}"} for i in range(40)]
            for one in record["cases"][:30]:
                del one["probes"]
            record.update(largest_fits=[], input_statistics=[])
        self.open(self.derived("many", all_of(probed, many)))
        self.assertEqual(self.names("probe-influence"), [f"v{i}" for i in range(30, 40)])


if __name__ == "__main__":
    unittest.main()
