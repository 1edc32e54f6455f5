"""Patterns and weights in report.html, the page of a sentence, and the page of two runs, in a real browser."""
import json
import re
import unittest

from page import HOSTILE, PageTest
from program import attnbench


def counts(cells):
    return [int(count) for part in cells.split() for count, _, times in [part.partition("x")] for _ in range(int(times or 1))]


class Patterns(PageTest):
    def test_each_pattern_is_drawn_with_its_exact_density_and_said_in_words(self):
        self.open(self.real)
        drawn = self.js("""[...document.querySelectorAll('#patterns figure')].map((f) => ({ name: f.querySelector('h3').textContent,
            words: f.querySelector('figcaption').innerText, told: f.querySelector('svg').getAttribute('aria-label'),
            box: f.querySelector('svg').viewBox.baseVal.width, area: [...f.querySelectorAll('path')].map((p) => p.getAttribute('d')).join('')
                .split('M').slice(1).reduce((sum, run) => sum + Number(run.match(/h(\\d+)/)[1]), 0) }))""")
        self.assertEqual(len(drawn), len(self.record["patterns"]))
        for pattern, shown in zip(self.record["patterns"], drawn):
            case = self.record["cases"][pattern["case"]]
            cells = counts(pattern["cells"])
            self.assertEqual(shown["name"], f"{case['label']}, {'causal' if case['causal'] else 'not causal'}")
            self.assertIn(f"sees {sum(cells)} pairs a head", shown["words"])
            self.assertIn(f"n = {case['kv_len']}", shown["told"])
            self.assertEqual(shown["box"], min(64, case["kv_len"]))
            self.assertEqual(shown["area"], sum(cell > 0 for cell in cells))

    def test_the_pointer_reads_one_cell(self):
        self.open(self.real)
        told = self.js("""(() => { const f = document.querySelector('#patterns figure'), svg = f.querySelector('svg'), box = svg.getBoundingClientRect();
            svg.dispatchEvent(new PointerEvent('pointermove', { clientX: box.left + 1, clientY: box.bottom - 2 }));
            return f.querySelector('.cell').textContent; })()""")
        self.assertEqual(told, "queries 63, keys 0: 100 % seen")

    def test_a_record_from_before_patterns_has_no_such_section(self):
        def forget(run):
            run.pop("patterns", None)
            run.pop("sentence", None)
        run_dir = self.derived("older", forget)
        self.open(run_dir)
        self.assertEqual(self.js("document.querySelectorAll('#patterns, #weights, a[href=\"#patterns\"]').length"), 0)

    def test_forty_patterns_fit_a_phone(self):
        def repeat(run):
            run["patterns"] = (self.record["patterns"] * 40)[:40]
        run_dir = self.derived("forty", repeat)
        self.browser.resize(390, 844, True)
        self.addCleanup(self.browser.resize, 1280, 900)
        self.open(run_dir)
        self.assertEqual(self.js("document.querySelectorAll('#patterns svg').length"), 40)
        self.assertLessEqual(self.js("document.documentElement.scrollWidth"), 390)


class Weights(PageTest):
    kRows = "[...document.querySelectorAll('.heat')].map((t) => [...t.tBodies[0].rows].map((r) => [...r.cells].map((c) => c.textContent)))"

    def test_the_report_shows_the_sentence_to_each_variant(self):
        self.open(self.real)
        titles = self.js("[...document.querySelectorAll('#weights figcaption')].map((h) => h.textContent).join('; ')")
        self.assertEqual(len(re.findall(", (?:not )?causal", titles)), len(self.record["sentence"]["views"]))
        self.assertIn(HOSTILE, titles)
        for table in self.js(self.kRows):
            self.assertEqual([row[0] for row in table], "the cat did not eat the fish as it was too old".split())
            for row in table:
                self.assertAlmostEqual(sum(float(cell) for cell in row[1:] if cell != "."), 1, delta=0.03)

    def test_each_heat_map_says_what_of_full_attention_its_variant_keeps_and_at_which_params(self):
        self.open(self.real)
        maps = [(caption.split("\n")[0], caption, table) for caption, table in zip(
            self.js("[...document.querySelectorAll('#weights figcaption')].map((f) => f.innerText)"), self.js(self.kRows))]
        full = {title.removeprefix("full, "): table for title, _, table in maps if title.startswith("full, ")}
        self.assertEqual(set(full), {"causal", "not causal"})
        for title, caption, table in maps:
            whole = full[title[title.index(", ") + 2:]]
            kept = [sum(float(all_of) for all_of, cell in zip(whole[q][1:], row[1:]) if "." not in (all_of, cell))
                    for q, row in enumerate(table)]
            [said] = re.findall(r"Keeps (\d+) % of the attention mass of full (?:causal )?attention on this sentence; loses", caption)
            self.assertAlmostEqual(100 * sum(kept) / len(kept), int(said), delta=3, msg=caption)
        captions = {title: caption for title, caption, _ in maps}
        self.assertIn("left = 4 here (8 in the sweep)", captions["window left=8, causal"])
        self.assertNotIn("in the sweep", captions["full, causal"])

    def test_every_character_of_the_page_is_one_that_common_fonts_have(self):
        # DejaVu Sans, which Debian's fontconfig brings along, has a glyph for each of these.
        known = set("²³µ×·–—…“”−√∝≠≥≤▲▸▼▾✓✗")
        text = (self.real / "report.html").read_text()
        self.assertEqual({c for c in text if ord(c) > 126} - known, set())

    def test_any_sentence_has_a_page_of_its_own(self):
        file = self.folder / "weights.html"
        done = attnbench("weights", "--text", f"<script>alert(1)</script> {HOSTILE} 苹果", "--causal", "--html", file)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.browser.open(file)
        self.assertEqual((self.browser.complaints, self.browser.requests), ([], []))
        [table] = self.js(self.kRows)
        self.assertEqual([row[0] for row in table], ["<script>ale…", "<img", "src=x", "onerror=ale…", "苹果"])
        self.assertEqual(table[0][1:], ["1.00", ".", ".", ".", "."])
        self.assertEqual(self.js("document.querySelectorAll('script, img').length"), 0)

    def test_a_page_that_cannot_be_written_is_an_error(self):
        for file, code in [(self.folder, 2), (self.folder / "no" / "x.html", 3)]:
            done = attnbench("weights", "--html", file)
            self.assertEqual(done.returncode, code, done.stderr)
            self.assertIn(str(self.folder), done.stderr)


class TwoRuns(PageTest):
    def page(self, base, fresh, *args):
        file = self.folder / "two.html"
        done = attnbench("report", base, fresh, "--html", file, *args)
        self.browser.open(file)
        self.assertEqual((self.browser.complaints, self.browser.requests), ([], []))
        return done

    def steady(self, first_s):
        """A change of a run: steadier samples than any machine gives, those of the first case about `first_s` long."""
        def change(run):
            run["rounds"] = 9
            for case in run["cases"]:
                base = first_s if case["id"] == 0 else 1e-3
                case["samples"] = [dict(case["samples"][0], round=r, time_s=base * (1 + (r * 4 % 9) / 1000)) for r in range(9) if case["samples"]]
        return change

    def test_ratios_and_verdicts_are_those_of_compare(self):
        steady = self.derived("steady", self.steady(1e-3))
        slow = self.derived("slow", self.steady(2e-3))
        before = {path.name: path.read_bytes() for path in slow.iterdir()}
        done = self.page(steady, slow)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("1 slower", done.stdout)
        told = json.loads(attnbench("compare", steady, slow, "--format", "json").stdout)
        rows = self.rows()
        self.assertEqual(len(rows), len(told["cases"]))
        for case in told["cases"]:
            row = rows[case["new_case"]]
            self.assertEqual(row["verdict"], case["verdict"])
            if case["ratio"] is not None:
                self.assertAlmostEqual(float(row["as fast [95 %]"].split("x")[0]), 1 / case["ratio"], delta=0.01 / case["ratio"])
        self.assertEqual(rows[0]["verdict"], "slower")
        self.assertIn("0.500x", self.told("ratio"))
        self.assertEqual({path.name: path.read_bytes() for path in slow.iterdir()}, before)
        self.browser.open(self.folder / "two.html", "#sort=as fast [95 %25] up&filter=" + "n%3D16")
        self.assertEqual(next(iter(self.rows())), 0)
        self.browser.open(self.folder / "two.html", "#case=0")
        self.assertIn("workspace", self.js("document.querySelector('.opened').innerText"))

    def test_what_differs_is_marked_and_what_is_missing_listed(self):
        def change(run):
            run["cases"].pop()
            run["machine"]["cpu"] = HOSTILE
            run["patterns"], run["sentence"], run["largest_fits"], run["input_statistics"] = [], {"tokens": [], "views": []}, [], []
        other = self.derived("other", change)
        done = self.page(self.real, other)
        self.assertEqual(done.returncode, 5)
        self.assertIn("Not comparable", done.stderr)
        self.assertIn("only in BASE", self.js("document.querySelector('#missing').innerText"))
        marked = self.js("[...document.querySelectorAll('tr.differs')].map((r) => r.innerText)")
        self.assertEqual(len([row for row in marked if HOSTILE in row]), 1)
        self.assertIn("Not comparable", self.js("document.querySelector('.partial').innerText"))
        self.assertEqual(self.page(self.real, other, "--allow", "missing,machine").returncode, 0)

    def test_the_page_lies_where_the_user_says_but_in_no_run(self):
        done = attnbench("report", self.real, self.real, cwd=self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("comparison.html", done.stdout)
        self.assertTrue((self.folder / "comparison.html").exists())
        done = attnbench("report", self.real, self.real, "--html", self.real / "two.html")
        self.assertEqual(done.returncode, 2)
        self.assertIn("outside of both runs", done.stderr)
        done = attnbench("report", self.real, "--html", self.folder / "one.html")
        self.assertEqual(done.returncode, 2)
        self.assertIn("need two runs", done.stderr)


if __name__ == "__main__":
    unittest.main()
