"""Distance from full attention in report.html, in a real browser: beside time, against n, and where there is none."""
import unittest

from page import HOSTILE, PageTest, calm

TRADEOFF = "document.getElementById('chart-tradeoff')"


def lossless(record):
    for case in record["cases"]:
        if "quality" in case:
            case["quality"].update(relative_error=0, worst_head_error=0, worst_head=0, cosine=1, mass_recall=1)


class Losses(PageTest):
    def hidden(self, chart):
        return self.js(f"document.getElementById('chart-{chart}').hidden")

    def front(self, n):
        """Labels of the cases of a length that no other one beats, by the record, of the first problem."""
        first = self.record["cases"][0]
        cases = [c for c in self.record["cases"] if c["kv_len"] == n and c["samples"] and
                 all(c[axis] == first[axis] for axis in ("head_dim", "causal"))]
        points = {c["label"]: (sorted(s["time_s"] for s in c["samples"]), c["quality"]["relative_error"]) for c in cases}
        points = {label: ((times[2] + times[3]) / 2, error) for label, (times, error) in points.items()}
        return {label for label, (t, e) in points.items()
                if not any(u <= t and f <= e and (u < t or f < e) for u, f in points.values())}

    def test_the_real_record_has_the_distances_that_windows_must_have(self):
        for case in self.record["cases"]:
            if case["outcome"] != "ok":
                continue
            sees_all = not case["label"].startswith("window")
            self.assertEqual(case["quality"]["relative_error"] == 0, sees_all, case)
            self.assertEqual(case["quality"]["mass_recall"] == 1, sees_all)

    def test_points_on_the_front_say_so_and_no_others(self):
        for n in (16, 32):
            self.open(self.real, f"#at={n}")
            told = self.told("tradeoff")
            for part in told.removesuffix(".").split(". ", 1)[1].split("; "):
                label = part.split(": ")[0]
                self.assertEqual("on the Pareto front" in part, label in self.front(n), part)
            self.assertIn("Pareto front", self.js(f"{TRADEOFF}.querySelector('.legend').innerText"))
            self.assertIn("keeps 100 % of the attention mass at relative error = 0", told)

    def test_the_length_is_chosen_and_kept_in_the_address(self):
        self.open(self.real)
        before = self.told("tradeoff")
        box = f"{TRADEOFF}.querySelector('select')"
        sizes = self.js(f"[...{box}.options].map((o) => o.value)")
        self.assertEqual(sizes[0], "16")
        self.assertEqual(self.js(f"{box}.value"), sizes[-1])
        self.js(f"(() => {{ {box}.value = '16'; {box}.dispatchEvent(new Event('change')); }})()")
        self.assertIn("at=16", self.js("location.hash"))
        self.assertNotEqual(self.told("tradeoff"), before)
        self.open(self.real, "#at=7")  # No such length: the page takes the largest.
        self.assertEqual(self.js(f"{box}.value"), sizes[-1])

    def test_the_saved_numbers_are_those_of_the_record(self):
        self.open(self.real, "#at=32")
        head, *rows = self.saved('[data-csv="tradeoff"]').decode().splitlines()
        self.assertEqual(head, "series,distance_relative_error,time_s,low,high,note")
        first = self.record["cases"][0]
        wanted = {c["label"]: c["quality"]["relative_error"] for c in self.record["cases"]
                  if c["kv_len"] == 32 and c["samples"] and all(c[axis] == first[axis] for axis in ("head_dim", "causal"))}
        self.assertEqual(len(rows), len(wanted))
        windows = [row for row in rows if row.startswith("window left=4 right=0")]
        self.assertEqual([float(row.split(",")[-5]) for row in windows],
                         [wanted[label] for label in wanted if label.startswith("window left=4 right=0")])

    def test_with_a_param_as_x_the_front_still_has_the_others(self):
        self.open(self.real, "#x=window.left&seq_len=32")
        self.assertTrue(self.js(f"{TRADEOFF}.querySelector('.options').hidden"))
        self.assertIn("Pareto front", self.js(f"{TRADEOFF}.querySelector('.legend').innerText"))
        told = self.told("tradeoff")
        # One line through the widths of the window, and the others at the same n beside it.
        names = [part.split(": ")[0] for part in told.removesuffix(".").split(". ", 1)[1].split("; ")]
        self.assertEqual(sorted(names), sorted(["window", "full", HOSTILE]))
        self.open(self.real, "#x=window.left&seq_len=16")
        self.assertNotEqual(self.told("tradeoff"), told)

    def test_where_nothing_is_lost_there_is_no_such_chart(self):
        self.open(self.real)
        self.assertEqual((self.hidden("tradeoff"), self.hidden("distance")), (False, False))
        self.open(self.derived("lossless", lossless))
        self.assertEqual((self.hidden("tradeoff"), self.hidden("distance")), (True, True))

        def forget(record):
            for case in record["cases"]:
                case.pop("quality", None)
        self.open(self.derived("before_distances", forget))
        self.assertEqual((self.hidden("tradeoff"), self.hidden("distance")), (True, True))

    def test_a_case_without_a_distance_says_why(self):
        def document(record):
            for case in record["cases"]:
                if case["label"] == HOSTILE and "quality" in case:
                    case["quality"] = dict(rows=0, relative_error=None, worst_head_error=None, worst_head=None, cosine=None,
                                           mass_recall=None, reason="it <b>keeps</b> documents apart")
        run_dir = self.derived("document", document)
        case = next(c["id"] for c in self.record["cases"] if c["label"] == HOSTILE and c["outcome"] == "ok")
        self.open(run_dir, f"#case={case}")
        self.assertIn("No distance from full attention: it <b>keeps</b> documents apart.", self.js("document.querySelector('.inside').innerText"))
        self.assertNotIn("<img", self.told("tradeoff"))

    def test_a_phone_has_room_for_both_charts(self):
        self.browser.resize(390, 844, True)
        self.addCleanup(self.browser.resize, 1280, 900)
        self.open(self.derived("phone", calm))
        self.assertLessEqual(self.js("document.documentElement.scrollWidth"), 390)


if __name__ == "__main__":
    unittest.main()
