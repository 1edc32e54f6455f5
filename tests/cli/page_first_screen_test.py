"""report.html at a glance: what stands on its first screen, and what unfolds there."""
import unittest

from page import PageTest, calm, series


class FirstScreen(PageTest):
    def tearDown(self):
        self.browser.resize(1280, 900)

    def boxes(self):
        """Left, top, right and bottom of what a reader looks for first."""
        return self.js("""Object.fromEntries(Object.entries({ title: 'h1', headline: '.headline', table: '.glance', trust: '.trust',
            time: '#chart-time .plot', memory: '#chart-memory .plot' }).map(([name, where]) => {
                const box = document.querySelector(where).getBoundingClientRect();
                return [name, [box.left, box.top, box.right, box.bottom].map(Math.round)]; }))""")

    def test_a_laptop_shows_the_answer_and_both_first_charts_side_by_side(self):
        for name, run_dir in [("one", self.derived("one", series(1, 1))), ("six", self.derived("six", series(3, 2))),
                              ("forty", self.derived("forty_series", series(40, 1)))]:
            with self.subTest(name):
                self.browser.resize(1280, 800)
                self.open(run_dir)
                box = self.boxes()
                tops = [box[part][1] for part in ("title", "headline", "table", "trust", "time")]
                self.assertEqual(tops, sorted(tops), box)
                self.assertLess(abs(box["time"][1] - box["memory"][1]), 40)
                self.assertLess(box["time"][2], box["memory"][0])
                self.assertLessEqual(max(box["time"][3], box["memory"][3]), 800, box)

    def test_a_phone_shows_them_on_two_screens(self):
        for name, change in [("phone_six", series(3, 2)), ("phone_forty", series(40, 1))]:
            with self.subTest(name):
                self.browser.resize(400, 800, True)
                self.open(self.derived(name, change))
                box = self.boxes()
                self.assertLessEqual(box["memory"][3], 1600)
                self.assertLessEqual(self.js("document.documentElement.scrollWidth"), 400)
                shown = self.js("[...document.querySelectorAll('.glance thead th')].filter((th) => th.offsetWidth > 0).map((th) => th.innerText)")
                self.assertEqual(shown[0], "series")
                self.assertEqual(shown[1][:4], "n = ")

    def test_the_table_holds_each_series_with_medians_verdicts_and_percent_of_peak(self):
        self.open(self.derived("verdicts", series(2, 2)))
        head, *rows = self.js("[...document.querySelectorAll('.glance tr:not(.under)')].map((tr) => [...tr.cells].map((cell) => cell.textContent))")
        self.assertEqual(head[0], "series")
        self.assertEqual(head[-3:], ["time grows", "scratch grows", "of peak"])
        self.assertEqual([row[0] for row in rows], ["v0, not causal", "v1, not causal", "v0, causal", "v1, causal"])
        for row in rows:
            self.assertEqual(len(row), len(head))
            self.assertRegex(row[-3], r"^n\^2\.00 ")
            self.assertRegex(row[-1], r"^\d.* %$")

    def test_a_row_unfolds_to_its_sentences_and_to_whom_it_beats(self):
        self.open(self.derived("unfold", series(3, 1)))
        under = "[...document.querySelectorAll('.under')].map((tr) => tr.offsetHeight > 0)"
        self.assertEqual(self.js(under), [False] * 3)
        self.js("document.querySelector('.glance summary').click()")
        self.assertEqual(self.js(under), [True, False, False])
        words = self.js("document.querySelector('.under').innerText")
        for part in ["time grows as n^2.00", "workspace", "GFLOP/s", "worst error", "v0 is faster than v1", "v0 is faster than v2"]:
            self.assertIn(part, words)

    def test_warnings_are_one_line_that_unfolds(self):
        self.open(self.real)
        self.assertRegex(self.js("document.querySelector('.trust summary').innerText"), r"machine: .* samples? .*\d+ cases were skipped\.$")
        lists = "[...document.querySelectorAll('.warnings li')].map((li) => li.checkVisibility())"
        self.assertNotIn(True, self.js(lists))
        self.js("document.querySelector('.trust summary').click()")
        self.assertNotIn(False, self.js(lists))
        self.assertIn("skipped at n = 64", self.js("document.querySelector('.warnings').innerText"))

    def test_what_went_wrong_comes_first(self):
        def fail(record):
            calm(record)
            record["cases"][3].update(outcome="invalid", reason="NaN at row 3", samples=[], check=None)
        self.open(self.derived("wrong", fail))
        self.assertRegex(self.js("document.querySelector('.fault').innerText"), r"invalid at n = \d+: NaN at row 3")
        self.assertLess(self.js("document.querySelector('.fault').getBoundingClientRect().bottom"),
                        self.js("document.querySelector('.headline').getBoundingClientRect().top"))

    def test_the_page_says_what_the_terminal_says(self):
        run_dir = self.derived("said", series(3, 1))
        told = " ".join(self.report("said").split())
        self.open(run_dir)
        for sentence in self.js("[...document.querySelectorAll('#answer > p:not(.note):not(.trust)')].map((p) => p.innerText)"):
            self.assertIn(" ".join(sentence.split()), told)


if __name__ == "__main__":
    unittest.main()
