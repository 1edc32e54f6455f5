"""report.html: what the reader can choose, how the page looks, and that everybody can use it."""
import csv
import json
import unittest

from page import PageTest


class State(PageTest):
    def test_the_fragment_says_what_is_shown(self):
        self.open(self.real)
        first = self.told("time")
        legend = "document.querySelectorAll('#chart-time .legend button').length"
        self.assertEqual(self.js(legend), 4)
        self.open(self.real, "#causal=false")
        self.assertNotEqual(self.told("time"), first)
        self.open(self.real, "#causal=all&head_dim=all")
        self.assertEqual(self.js(legend), 16)
        self.open(self.real, "#window.left=8")
        self.assertEqual(self.js(legend), 3)
        self.open(self.real, "#hide=0")
        self.assertNotIn("full", self.told("time"))
        self.assertEqual(self.js("document.querySelector('[data-series=\"0\"]').getAttribute('aria-pressed')"), "false")
        self.open(self.real, "#memory=resident_peak_bytes&rate=percent_of_peak")
        self.assertNotEqual(self.told("memory"), first)
        self.assertIn(" %", self.told("rate"))

    def test_a_reader_may_pick_every_quantity_that_the_table_of_them_gives_to_a_chart(self):
        self.open(self.real)
        # The charts offer what a case of the run has; a run of one thread count has no speed-up over fewer.
        offered = json.loads(self.js("JSON.stringify(Data.quantities.filter((q) => q.chart && Data.columns[q.name].some(Boolean)))"))
        self.assertGreaterEqual(len(offered), 8)
        for quantity in offered:
            chart, name = quantity["chart"], quantity["name"]
            self.open(self.real, f"#{chart}={name}")
            select = f"document.querySelector('#chart-{chart} select')"
            self.assertEqual(self.js(f"{select}.value"), name)
            self.assertEqual(self.js(f"{select}.selectedOptions[0].text"), quantity["pick"])
            self.assertEqual(next(csv.reader(self.saved(f"[data-csv={chart}]").decode().splitlines()))[2], name)

    def test_a_pick_that_no_chart_offers_is_ignored(self):
        self.open(self.real)
        before = self.told("rate"), self.told("error")
        self.open(self.real, "#rate=heap_peak_bytes&error=nothing")
        self.assertEqual((self.told("rate"), self.told("error")), before)

    def test_what_the_reader_chooses_is_in_the_fragment_and_outlives_a_reload(self):
        self.open(self.real)
        self.js("document.querySelector('#chart-time [data-series=\"0\"]').click()")
        self.js("(() => { const s = [...document.querySelectorAll('#controls label')].find((l) => l.innerText.startsWith('causal')).querySelector('select'); s.value = 'false'; s.dispatchEvent(new Event('change')); })()")
        fragment = self.js("location.hash")
        self.assertIn("causal=false", fragment)
        before = self.told("time"), self.told("rate")
        self.open(self.real, fragment)
        self.assertEqual((self.told("time"), self.told("rate")), before)

    def test_a_fragment_that_changes_later_is_followed(self):
        self.open(self.real)
        before = self.told("time")
        self.js("new Promise((done) => { window.addEventListener('hashchange', done); location.hash = 'head_dim=16'; }).then(() => 0)")
        self.assertNotEqual(self.told("time"), before)

    def test_the_table_sorts_and_filters(self):
        self.open(self.real, "#filter=skipped")
        self.assertEqual({row["outcome"] for row in self.rows().values()}, {"skipped"})
        self.open(self.real, "#filter=n%3D16 not causal&sort=median [95 %25] down")
        medians = []
        for case in self.rows():
            times = sorted(s["time_s"] for s in self.record["cases"][case]["samples"])
            medians.append(times[2] + times[3])
        self.assertEqual(len(medians), 8)
        self.assertEqual(medians, sorted(medians, reverse=True))
        self.assertEqual(self.js("document.querySelector('th[aria-sort=descending]').innerText.trim()"), "median [95 %] ▼")

    def test_a_link_leads_to_its_row_even_if_it_is_hidden_and_keeps_the_rest(self):
        self.open(self.real, "#filter=nothing-has-this&causal=false")
        self.assertEqual(self.rows(), {})
        case = self.js("document.querySelector('.warnings .links a').getAttribute('href')").removeprefix("#case=")
        self.js("document.querySelector('.warnings .links a').click()")
        self.assertTrue(self.js(f"(() => {{ const box = document.getElementById('case-{case}').getBoundingClientRect(); return box.top >= 0 && box.bottom <= innerHeight; }})()"))
        self.assertTrue(self.js("document.querySelector('.opened') !== null"))
        self.js("document.querySelector('nav a[href=\"#method\"]').click()")
        self.assertEqual(self.js("location.hash"), f"#causal=false&case={case}")

    def test_arrow_keys_walk_a_chart_and_enter_opens_the_case(self):
        self.open(self.real)
        self.js("document.querySelector('#chart-time canvas').focus()")
        for key in ["ArrowRight", "ArrowRight", "Enter"]:
            self.js(f"document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {{key: '{key}', bubbles: true}}))")
        self.assertRegex(self.js("document.querySelector('#chart-time .told').textContent"), r"^full, n = 32: .*s \[")
        self.assertRegex(self.js("document.querySelector('.opened h4').textContent"), r"^full, .*n=32$")


class Look(PageTest):
    def tearDown(self):
        self.browser.resize(1280, 900)
        self.browser.media()

    def test_the_page_fits_a_phone_a_desk_and_paper(self):
        for width, mobile, media in [(390, True, ""), (1280, False, ""), (1100, False, "print")]:
            self.browser.resize(width, 844, mobile)
            self.browser.media(media=media)
            self.open(self.real, "#case=0&causal=all&head_dim=all")
            self.assertLessEqual(self.js("document.documentElement.scrollWidth"), width)

    def test_dark_mode_follows_the_system(self):
        self.open(self.real)
        pixel = "(() => { const c = document.querySelector('#chart-time canvas'); return [...c.getContext('2d').getImageData(2, 2, 1, 1).data]; })()"
        paper = "getComputedStyle(document.body).backgroundColor"
        self.assertEqual((self.js(pixel), self.js(paper)), ([255, 255, 255, 255], "rgb(255, 255, 255)"))
        self.browser.media("dark")
        self.js("new Promise((go) => requestAnimationFrame(() => setTimeout(go, 50))).then(() => 0)")
        self.assertLess(sum(self.js(pixel)[:3]), 150)
        self.assertEqual(self.js(paper), "rgb(27, 29, 33)")

    def test_readers_without_sight_or_mouse_are_served(self):
        self.open(self.real, "#case=0")
        self.assertEqual(self.js("document.documentElement.lang"), "en")
        self.assertEqual(self.js("[...document.querySelectorAll('canvas')].filter((c) => !c.getAttribute('aria-label') || c.getAttribute('role') !== 'img').length"), 0)
        self.assertEqual(self.js("[...document.querySelectorAll('select, input')].filter((i) => !i.closest('label')).length"), 0)
        self.assertEqual(self.js("[...document.querySelectorAll('section')].filter((s) => !document.getElementById(s.getAttribute('aria-labelledby'))).length"), 0)
        self.assertEqual(self.js("[...document.querySelectorAll('[onclick]')].length"), 0)
        self.js("document.querySelectorAll('#chart-time details')[0].open = true")
        self.assertGreater(self.js("new Promise((go) => setTimeout(() => go(document.querySelectorAll('#chart-time details tr').length), 100))"), 9)

    def test_the_page_without_its_data_is_small(self):
        html = (self.real / "report.html").read_bytes()
        start = html.index(b'id="data">')
        self.assertLess(len(html) - (html.index(b"</script>", start) - start), 1_000_000)


if __name__ == "__main__":
    unittest.main()
