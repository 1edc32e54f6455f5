"""report.html of runs of every kind, the commands that it shows, and how it is opened."""
import json
import re
import subprocess
import unittest

from page import CONFIG, HOSTILE, PageTest
from program import ONE_ROUND, PROGRAM, attnbench, tiny_config


class Kinds(PageTest):
    def test_a_name_that_is_markup_is_text(self):
        self.open(self.real)
        self.assertEqual(self.js("document.images.length"), 0)
        self.assertIn(HOSTILE, self.js("document.querySelector('#chart-time .legend').innerText"))
        self.assertIn(HOSTILE, self.js("document.querySelector('#growth').innerText"))
        self.assertIn(HOSTILE, {row["series"] for row in self.rows().values()})
        self.assertFalse([e for e in self.browser.events if e.get("method") == "Page.javascriptDialogOpening"])

    def test_text_that_would_end_the_script_does_not(self):
        def rename(record):
            record["name"] = "</script><script>alert(1)</script><!--\u2028"
            record["config"]["description"] = "</script><!--<script>"
            record["cases"][0]["outcome"], record["cases"][0]["reason"] = "failed", "</SCRIPT>\u2029<!-- {{name}} {{{script}}}"
        self.open(self.derived("script", rename), "#case=0")
        self.assertIn("</script><script>alert(1)</script><!--", self.js("document.querySelector('h1').textContent"))
        self.assertIn("<!-- {{name}} {{{script}}}", self.js("document.querySelector('.opened').textContent"))
        self.assertEqual(self.js("document.scripts.length"), 2)

    def test_a_run_without_cases_renders(self):
        def empty(record):
            record.update(cases=[], largest_fits=[], input_statistics=[])
        self.open(self.derived("empty", empty))
        self.assertIn("No case, no answer.", self.js("document.querySelector('#answer').innerText"))
        self.assertIn("0 cases", self.js("document.querySelector('#cases').innerText"))

    def test_a_run_with_one_case_renders(self):
        def single(record):
            record.update(cases=record["cases"][:1], largest_fits=[], input_statistics=[])
        self.open(self.derived("single", single), "#case=0")
        self.assertEqual(len(self.rows()), 1)
        self.assertIn("full: ", self.told("time"))

    def test_ten_thousand_cases_render_in_bounded_pages(self):
        def many(record):
            ok = [c for c in record["cases"] if c["outcome"] == "ok"]
            record.update(cases=[{**ok[i % len(ok)], "id": i, "label": f"v{i // 20}", "q_len": 16 + i % 20, "kv_len": 16 + i % 20} for i in range(10000)], largest_fits=[], input_statistics=[])
        run_dir = self.derived("many", many)
        self.open(run_dir, "#page=37&case=3617")
        self.assertEqual(list(self.rows()), list(range(3600, 3700)))
        self.assertLessEqual(self.js("document.querySelectorAll('#chart-time .legend button').length"), 24)
        # The page lays out a limited number at once; the growth of all series can be opened.
        self.assertFalse(self.js("document.querySelector('#growth details').open"))
        self.open(run_dir, "#series=v321")
        self.assertIn("v321", self.told("time"))

    def test_a_run_of_skipped_cases_only_renders(self):
        config = {**CONFIG, "name": "skipped", "measure": {**CONFIG["measure"], "memory_limit": "1 KiB"}}
        self.open(self.sweep(config, returns=1))
        self.assertEqual({row["outcome"] for row in self.rows().values()}, {"skipped"})
        self.assertEqual(self.told("time"), "Time against n. Nothing to show.")
        self.assertIn("memory limit 1 KiB", self.js("document.querySelector('#chart-memory .legend').innerText"))

    def test_a_partial_journal_renders_and_says_so(self):
        run_dir = self.folder / "partial"
        run_dir.mkdir()
        lines = (self.real / "journal.jsonl").read_text().splitlines(keepends=True)
        (run_dir / "journal.jsonl").write_text("".join(lines[:len(lines) // 2]) + lines[-1][:9])
        self.assertEqual(attnbench("report", run_dir).returncode, 0)
        self.open(run_dir)
        self.assertIn("PARTIAL", self.js("document.querySelector('.partial').innerText"))
        self.assertIn("pending", {row["outcome"] for row in self.rows().values()})


class Commands(PageTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Its commands are run: each takes as many rounds as it.
        cls.short = cls.sweep({**CONFIG, "name": "short", "measure": {**CONFIG["measure"], "rounds": 2}})
        cls.short_record = json.loads((cls.short / "run.json").read_text())

    def shell(self, command, folder, name="page"):
        folder.mkdir()
        launcher = folder / "attnbench"
        launcher.write_text(f'#!/bin/sh\nexec "{PROGRAM}" "$@"\n')
        launcher.chmod(0o755)
        done = subprocess.run(["bash", "-c", command], cwd=folder, capture_output=True, text=True, timeout=240)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads((folder / "results" / name / "latest" / "run.json").read_text())

    def test_the_command_of_a_row_measures_that_case_alone(self):
        facts = ["variant", "label", "params", "batch", "heads", "kv_heads", "q_len", "kv_len", "head_dim", "causal", "threads", "flops"]
        for label in [HOSTILE, "window left=8"]:
            case = next(c for c in self.short_record["cases"] if c["label"] == label and not c["causal"] and c["head_dim"] == 16)
            self.open(self.short, f"#case={case['id']}")
            again = self.shell(self.js("document.querySelector('.command').textContent"), self.folder / f"again{case['id']}", "short")
            self.assertEqual([[c[f] for f in facts] for c in again["cases"]], [[case[f] for f in facts]])
            self.assertEqual((again["seed"], again["memory_limit_bytes"], again["rounds"]), (1, 62 * 1024, 2))
            self.assertEqual(again["cases"][0]["outcome"], "ok")

    def test_the_command_of_a_row_with_a_list_holds_the_list(self):
        masks = [{"variant": "block_sparse", "params": {"block": 8, "mask": mask}} for mask in ["1 0 1 1", "1 0 0 1"]]
        run_dir = self.sweep(tiny_config(name="lists", report={}, measure=ONE_ROUND, variants=[*masks, "block_sparse"],
                                         sweep={"seq_len": 16, "heads": 1, "threads": 1}))
        for case in json.loads((run_dir / "run.json").read_text())["cases"]:
            self.open(run_dir, f"#case={case['id']}")
            again = self.shell(self.js("document.querySelector('.command').textContent"), self.folder / f"list{case['id']}", "lists")
            self.assertEqual([(c["params"], c["pairs"], c["outcome"]) for c in again["cases"]],
                             [(case["params"], case["pairs"], "ok")])

    def test_the_commands_that_reproduce_a_run_do(self):
        self.open(self.short)
        command = self.js("document.getElementById('reproduce').textContent")
        self.assertIn("ATTNBENCH_MARCH=", command)
        again = self.shell(re.sub(r"^git checkout .*$", "", command, flags=re.M), self.folder / "reproduced", "short")
        self.assertEqual([c["label"] for c in again["cases"]], [c["label"] for c in self.short_record["cases"]])
        self.assertEqual(again["config"], self.short_record["config"])

    def test_report_open_hands_the_page_to_the_desktop(self):
        fake = self.folder / "bin"
        fake.mkdir()
        (fake / "xdg-open").write_text(f"#!/bin/sh\necho \"$1\" > '{self.folder}/shown'\n")
        (fake / "xdg-open").chmod(0o755)
        done = attnbench("report", "--open", self.real, env={"PATH": f"{fake}:/usr/bin:/bin"})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual((self.folder / "shown").read_text().strip(), f"{self.real}/report.html")
        self.assertIn("report.html", done.stdout.splitlines()[-1])

    def test_report_open_without_a_desktop_says_what_is_missing(self):
        done = attnbench("report", self.real, "--open", env={"PATH": str(self.folder)})
        self.assertEqual(done.returncode, 3)
        self.assertRegex(done.stderr, r"no xdg-open .*xdg-utils.*open .*/report\.html in a browser yourself")


if __name__ == "__main__":
    unittest.main()
