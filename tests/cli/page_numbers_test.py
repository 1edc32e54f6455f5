"""report.html shows the same numbers as the record and the other reports."""
import csv
import re
import unittest

from page import HOSTILE, PageTest


class Numbers(PageTest):
    def test_the_table_says_what_the_markdown_report_says(self):
        self.open(self.real)
        shown = {}
        for case, cells in self.rows().items():
            c = self.record["cases"][case]
            shown[(c["label"], c["head_dim"], c["causal"], c["kv_len"])] = cells
        compared, problem, names = 0, None, None
        for line in (self.real / "report.md").read_text().split("\n## Cases\n")[1].split("\n## ")[0].splitlines():
            if line.startswith("### "):
                problem = (int(re.search(r"head_dim (\d+)", line)[1]), "not causal" not in line)
            cells = [re.sub(r"\\(.)", r"\1", cell.strip()) for cell in line.split(" | ")] if line.startswith("| ") else []
            cells = [cell.removeprefix("| ").removesuffix(" |") for cell in cells]
            if cells[:1] == ["series"]:
                names = cells
            elif cells and not cells[0].startswith("---"):
                row = dict(zip(names, cells))
                page = shown[(row["series"], *problem, int(row["n"]))]
                self.assertEqual({name: page[name] for name in names}, row)
                compared += 1
        self.assertEqual(compared, sum(c["outcome"] == "ok" for c in self.record["cases"]))
        self.assertGreater(compared, 40)

    def test_cases_that_were_not_run_say_why(self):
        skipped = [c for c in self.record["cases"] if c["outcome"] == "skipped"]
        self.assertTrue(skipped)
        self.open(self.real, f"#case={skipped[0]['id']}")
        self.assertEqual(self.rows()[skipped[0]["id"]]["outcome"], "skipped")
        self.assertIn(skipped[0]["reason"], self.js("document.querySelector('.opened').innerText"))

    def test_the_traceback_of_a_case_is_folded_in_its_opened_row(self):
        traceback = f"Traceback (most recent call last):\n  File \"{HOSTILE}\", line 1\x1b[31m, in f\n\nValueError: no </script>"

        def fail(record):
            record["cases"][3].update(outcome="failed", reason="ValueError: no", details=traceback, samples=[])
        self.open(self.derived("failed", fail), "#case=3")
        folds = """[...document.querySelectorAll('.opened details')].map((d) => [d.open, d.firstChild.innerText, d.querySelector('pre')?.textContent])"""
        self.assertEqual(self.js(folds), [[False, "Its traceback, or the last output of its process",
                                           traceback.replace("\x1b", "\\x1b") + "\n"]])
        self.js("State.set({case: 4})")
        self.assertNotIn("traceback", self.js("document.querySelector('.opened').innerText"))

    def test_a_size_that_is_too_large_to_count_is_marked(self):
        def saturate(record):
            record["cases"][0]["workspace_bytes"] = 2**63 - 1
            record["cases"][1]["workspace_bytes"] = 2**62
        self.open(self.derived("saturated", saturate))
        self.assertEqual([self.rows()[case]["workspace"] for case in (0, 1)], ["≥ 8 EiB", "4 EiB"])

    def test_opened_rows_hold_every_sample_in_the_order_measured(self):
        self.open(self.real)
        shown = self.js(f"""Array.from({{length: {len(self.record['cases'])}}}, (_, id) => {{ State.set({{case: id}});
            return [...document.querySelectorAll('.opened li')].map((li) => Number(li.dataset.timeS)); }})""")
        self.assertEqual(shown, [[s["time_s"] for s in c["samples"]] for c in self.record["cases"]])

    def test_outliers_are_labelled_in_opened_rows(self):
        def disturb(record):
            for sample in record["cases"][0]["samples"]:
                sample["time_s"] = 1e-4 * (1 + 0.001 * sample["round"]) * (100 if sample["round"] == 2 else 1)
        self.open(self.derived("disturbed", disturb), "#case=0")
        items = self.js("[...document.querySelectorAll('.opened li')].map((li) => li.textContent)")
        self.assertIn("extreme outlier", items[2])

    def test_the_csv_of_a_chart_is_what_it_shows(self):
        self.open(self.real, "#causal=true&head_dim=16")
        text = self.saved("[data-csv=time]").decode()
        shown = {(row["seq_len"], row["time_s"], row["low"], row["high"]) for row in csv.DictReader(text.splitlines())}
        with open(self.real / "cases.csv", newline="") as file:
            cases = [c for c in csv.DictReader(file) if c["causal"] == "true" and c["head_dim"] == "16" and c["outcome"] == "ok"]
        self.assertEqual({tuple(map(float, row)) for row in shown},
                         {(float(c["seq_len"]), float(c["time_median_s"]), float(c["time_ci_low_s"]), float(c["time_ci_high_s"])) for c in cases})

    def test_the_png_of_a_chart_has_twice_its_points(self):
        self.open(self.real)
        png = self.saved("[data-png=time]")
        self.assertEqual(png[:8], b"\x89PNG\r\n\x1a\n")
        self.assertEqual((int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")), (2000, 1240))

    def test_every_chart_shows_its_numbers_with_units(self):
        def calm(record):
            for c in record["cases"]:
                for s in c["samples"]:
                    s["time_s"] = 1e-6 * c["kv_len"] ** 2 * (1 + 0.001 * s["round"])
        self.open(self.derived("calm", calm))
        for chart, words in {"time": "ms", "memory": "KiB at n = 16", "speedup": "x", "rate": "of the FMA peak",
                             "roofline": "GFLOP/s, n = 64", "local": "from n = 16", "error": "of its bound"}.items():
            self.assertIn(words, self.told(chart), chart)
        self.assertRegex(self.js("document.querySelector('#chart-time .legend').innerText"), r"full\s+n\^-?\d\.\d\d \[")
        self.assertNotRegex(self.told("time") + self.told("rate") + self.told("error"), r"[1-9]\d*\.\d{4,}")

    def test_a_case_in_bf16_is_shown_beside_the_peak_of_bf16(self):
        def narrow(record):
            for ceiling in record["ceilings"]:
                ceiling["bf16_gflops"] = 400
            for c in record["cases"]:
                c.update(dtype="bf16", kv_dtype="bf16")
        self.open(self.derived("narrow", narrow))
        legend = lambda chart: self.js(f"document.querySelector('#chart-{chart} .legend').innerText")
        self.assertIn("of the bf16 peak", self.told("rate"))
        self.assertIn("bf16 peak 400 GFLOP/s", legend("rate"))
        self.assertIn("GFLOP/s of bf16", legend("roofline"))
        shares = [row["% of peak"] for row in self.rows().values() if row["% of peak"] != "–"]
        self.assertTrue(shares and all(share.endswith(" (bf16)") for share in shares), shares)
        self.open(self.real)
        self.assertIn("FMA peak", legend("rate"))
        self.assertFalse(any("bf16" in row["% of peak"] for row in self.rows().values()))

    def test_speed_ups_over_another_baseline_are_the_inverse_ratios(self):
        self.open(self.real, "#baseline=window left=4")
        for line in csv.DictReader(self.saved("[data-csv=speedup]").decode().splitlines()):
            if line["series"].startswith("full,"):
                full, window = (next(c for c in self.record["cases"] if c["label"] == label and c["kv_len"] == int(line["seq_len"])
                                     and c["head_dim"] == 8 and c["causal"]) for label in ("full", "window left=4"))
                medians = [sorted(s["time_s"] for s in c["samples"]) for c in (window, full)]
                ratio = sum(medians[0][2:4]) / sum(medians[1][2:4])
                self.assertAlmostEqual(float(line["speedup"]) / ratio, 1, places=9)
                self.assertTrue(float(line["low"]) <= ratio <= float(line["high"]))

    def test_ties_round_as_in_the_other_reports(self):
        self.open(self.real)
        self.assertEqual(self.js("[2.5, 3.5, 0.125, 1.6e-7, 12346].map((v) => Format.number(v, v === 0.125 ? 2 : 1))"), ["2", "4", "0.12", "2e-7", "12346"])
        self.assertEqual(self.js("[0, 1023, 1152, 1047552, 2 ** 40].map(Format.bytes)"), ["0 B", "1023 B", "1.12 KiB", "1023 KiB", "1 TiB"])
        self.assertEqual(self.js("[9.996e-4, 0.0013, 119.6, 120, 7200].map(Format.time)"), ["1.00 ms", "1.30 ms", "120 s", "2.00 min", "2.00 h"])


if __name__ == "__main__":
    unittest.main()
