"""`study` on the real program: measures, judges, goes on after an interruption, and derives its pages again."""
import csv
import fcntl
import json
import os
import re
import signal
import subprocess
import time
import unittest

from browser import Browser
from program import PROGRAM, SOURCE, ProgramTest, attnbench, tiny_config

STUDY = {
    "name": "tiny-study",
    "title": "A tiny study",
    "configs": [{"file": "time.json", "quick": ["sweep.seq_len.to=128"]}, {"file": "memory.json"}],
    "sections": [
        {"id": "time", "title": "Pairs", "question": "How many pairs are there?", "config": "time.json",
         "shows": [{"chart": "pairs"}, {"sentence": "我正在吃苹果", "readings": ["wǒ", "zhèng", "zài", "chī", "píng", "guǒ"]}],
         "claims": [
             {"says": "The pairs grow as n².", "measure": "growth", "quantity": "pairs", "of": "full", "within": [1.99, 2.01]},
             {"says": "Full attention is slower than nothing.", "measure": "ratio", "quantity": "pairs", "of": "full",
              "over": "window", "at_most": 0.5}]},
        {"id": "memory", "title": "Memory", "question": "What is stored?", "config": "memory.json",
         "claims": [
             {"says": "Full attention stores its scores.", "measure": "value", "quantity": "workspace_bytes", "of": "full",
              "at_least": 1}]},
    ],
}


class Study(ProgramTest):
    def write_study(self, **changes):
        folder = self.folder / "study"
        folder.mkdir(exist_ok=True)
        time_config = tiny_config(name="time", sweep={"seq_len": {"from": 16, "to": 256, "factor": 2}, "heads": 2,
                                                      "head_dim": 8, "threads": 1})
        (folder / "time.json").write_text(json.dumps(time_config))
        (folder / "memory.json").write_text(json.dumps(tiny_config(name="memory")))
        (folder / "study.json").write_text(json.dumps({**STUDY, **changes}))
        return folder

    def study(self, folder, *args):
        return attnbench("study", folder, "--out", self.folder / "out", *args)

    def latest(self):
        return self.folder / "out" / "tiny-study" / "latest"

    def verdicts(self):
        return {c["id"]: c["verdict"] for c in json.loads((self.latest() / "verdicts.json").read_text())["claims"]}

    def test_a_study_measures_its_configs_and_judges_its_claims(self):
        done = self.study(self.write_study())
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.verdicts(), {"time.1": "holds", "time.2": "does not hold", "memory.1": "holds"})
        self.assertIn("3 claims: 2 hold on this machine, 1 does not hold.", done.stdout)
        for name in "study.html", "study.md", "claims.csv", "study.json", "time/report.html", "memory/run.json":
            self.assertTrue((self.latest() / name).exists(), name)
        with open(self.latest() / "claims.csv", newline="") as file:
            self.assertEqual([row["verdict"] for row in csv.DictReader(file)], ["holds", "does not hold", "holds"])

    def test_every_shipped_study_is_read_without_a_problem(self):
        for path in (SOURCE / "configs").glob("*/study.json"):
            text = re.sub(r"(?m)^\s*//.*$", "", path.read_text())
            ids = [section["id"] for section in json.loads(text)["sections"]]
            # All problems are told at once, so that an unknown section is the only one, and nothing is measured.
            only = [word for id in [*ids, "nowhere"] for word in ("--only", id)]
            for size in [], ["--quick"]:
                done = self.study(path.parent, *size, *only)
                self.assertEqual(done.returncode, 2)
                self.assertRegex(done.stderr, r"\Aattnbench: --only nowhere: there is no such section[^\n]*\n\Z")

    def test_the_gate_fails_if_a_claim_does_not_hold(self):
        self.assertEqual(self.study(self.write_study(), "--gate").returncode, 4)

    def test_the_pages_are_derived_again_byte_for_byte(self):
        self.study(self.write_study(), "--quick")
        names = ["study.html", "study.md", "verdicts.json", "claims.csv"]
        first = {name: (self.latest() / name).read_bytes() for name in names}
        for name in names:
            (self.latest() / name).unlink()
        done = attnbench("report", self.latest())
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual({name: (self.latest() / name).read_bytes() for name in names}, first)
        run = json.loads((self.latest() / "time/run.json").read_text())
        self.assertEqual(max(case["kv_len"] for case in run["cases"]), 128)
        self.assertIn("--quick", (self.latest() / "study.md").read_text())

    def test_only_one_section_runs_what_that_needs(self):
        done = self.study(self.write_study(), "--only", "memory")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertFalse((self.latest() / "time").exists())
        self.assertEqual(self.verdicts()["memory.1"], "holds")

    def test_a_section_that_shares_the_config_of_the_one_asked_for_is_not_judged(self):
        claim = {"says": "There are pairs.", "measure": "value", "quantity": "pairs", "of": "full", "at_least": 1}
        more = {"id": "more", "title": "More", "question": "?", "config": "memory.json", "claims": [claim]}
        folder = self.write_study(sections=[*STUDY["sections"], more])
        done = self.study(folder, "--only", "memory")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(list(self.verdicts()), ["memory.1"])
        self.assertIn("1 of 3 sections was asked for with --only", done.stdout)
        self.assertEqual(attnbench("report", self.latest()).returncode, 0)
        self.assertEqual(list(self.verdicts()), ["memory.1"])
        done = self.study(folder, "--resume", "--only", "more")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(list(self.verdicts()), ["memory.1", "more.1"])
        self.study(folder, "--resume")
        self.assertEqual(len(self.verdicts()), 4)

    def test_a_study_that_is_under_way_is_left_alone(self):
        folder = self.write_study()
        self.study(folder, "--only", "memory")
        before = (self.latest() / "study.json").stat().st_mtime_ns
        # Last, so that a folder that holds a study holds all that says how it is measured.
        self.assertLessEqual((self.latest() / "how.json").stat().st_mtime_ns, before)
        held = os.open(self.latest(), os.O_RDONLY)
        self.addCleanup(os.close, held)
        fcntl.flock(held, fcntl.LOCK_EX)
        refused = self.study(folder, "--resume")
        self.assertEqual(refused.returncode, 3)
        self.assertIn("another process measures into this folder", refused.stderr)
        self.assertEqual((self.latest() / "study.json").stat().st_mtime_ns, before)

    def test_a_study_of_which_nothing_could_be_timed_says_why(self):
        folder = self.write_study()
        config = tiny_config(name="memory", measure={"rounds": 1, "min_time_s": 0.001, "memory_limit": "1 KiB"})
        (folder / "memory.json").write_text(json.dumps(config))
        done = self.study(folder, "--only", "memory")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"\nattnbench: memory.json: Nothing was timed\. Of \d cases: \d over the memory limit")

    def test_an_interrupted_study_goes_on_and_loses_nothing(self):
        folder = self.write_study()
        process = subprocess.Popen([PROGRAM, "study", folder, "--out", self.folder / "out",
                                    "--only", "time", "--only", "memory"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        journal = self.latest() / "time" / "journal.jsonl"
        while process.poll() is None and not (journal.exists() and '"sample"' in journal.read_text()):
            time.sleep(0.002)
        process.send_signal(signal.SIGINT)
        errors = process.communicate()[1]
        if process.returncode == 0:
            self.skipTest("it was faster than the signal")
        self.assertEqual(process.returncode, 130, errors)
        self.assertIn("--resume", errors)
        self.assertIn(" --only time --only memory` goes on", errors)
        self.assertIn("cannot be told here", (self.latest() / "study.md").read_text())
        before = journal.read_bytes()
        done = self.study(folder, "--resume")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(journal.read_bytes().startswith(before))
        self.assertEqual(len(list((self.folder / "out" / "tiny-study").iterdir())), 2)  # One run, and `latest`.
        self.assertEqual(self.verdicts()["memory.1"], "holds")
        refused = self.study(folder, "--resume", "--quick")
        self.assertEqual(refused.returncode, 2)
        self.assertIn("was begun without --quick", refused.stderr)

    def test_nothing_is_overwritten_in_a_folder_that_cannot_be_gone_on_with(self):
        folder = self.write_study()
        self.study(folder, "--only", "memory")
        names = ["study.json", "how.json", "study.md"]
        before = {name: (self.latest() / name).read_bytes() for name in names}
        self.write_study(name="another", title="Another")
        refused = self.study(folder, "--resume", self.latest())
        self.assertEqual(refused.returncode, 2)
        self.assertIn("holds the study tiny-study, not another", refused.stderr)
        self.write_study(title="Changed")
        (folder / "memory.json").write_text(json.dumps(tiny_config(name="memory", description="Changed")))
        refused = self.study(folder, "--resume")
        self.assertEqual(refused.returncode, 2)
        self.assertIn("/description", refused.stderr)
        self.assertEqual({name: (self.latest() / name).read_bytes() for name in names}, before)
        self.assertFalse((self.latest() / "time").exists())

    def test_a_study_that_was_killed_before_a_plan_was_written_goes_on(self):
        folder = self.write_study()
        self.study(folder, "--only", "memory")
        (self.latest() / "time").mkdir()
        journal = self.latest() / "memory" / "journal.jsonl"
        (self.latest() / "time" / "journal.jsonl").write_bytes(journal.read_bytes()[:100])
        done = attnbench("report", self.latest())
        self.assertEqual(done.returncode, 0, done.stderr)
        done = self.study(folder, "--resume")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.verdicts()["time.1"], "holds")

    def test_claims_that_were_changed_are_judged_anew(self):
        folder = self.write_study()
        self.study(folder, "--only", "memory")
        claim = {**STUDY["sections"][1]["claims"][0], "at_least": 1e12}
        self.write_study(sections=[STUDY["sections"][0], {**STUDY["sections"][1], "claims": [claim]}])
        done = self.study(folder, "--resume", "--only", "memory")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("nothing is left to measure", done.stderr)
        self.assertIn("tiny-study: 1 config, about 0 s, to ", done.stderr)
        self.assertEqual(self.verdicts()["memory.1"], "does not hold")

    def test_a_figure_is_of_one_run_of_a_study(self):
        self.study(self.write_study(), "--only", "memory")
        refused = attnbench("report", self.latest(), "--figure", self.folder / "x.pdf")
        self.assertEqual(refused.returncode, 2)
        self.assertIn("holds a study; name one of its runs", refused.stderr)

    def test_a_wrong_study_is_refused_with_all_that_is_wrong(self):
        claim = {"says": "x", "measure": "growth", "quantity": "pairs", "of": "full", "at_least": 1}
        claims = [{**claim, "quantity": "pears"}, {**claim, "of": "fulll"}]
        section = {"id": "a", "title": "A", "question": "?", "config": "time.json", "claims": claims}
        done = self.study(self.write_study(sections=[section]))
        self.assertEqual(done.returncode, 2)
        for words in "/sections/0/claims/0/quantity", "/sections/0/claims/1/of":
            self.assertIn(words, done.stderr)
        self.assertFalse((self.folder / "out").exists())

    def test_the_page_shows_in_a_browser_without_scripts_and_fits_a_phone(self):
        self.study(self.write_study(), "--quick")
        browser = Browser()
        self.addCleanup(browser.close)
        browser.resize(400, 800, mobile=True)
        browser.open(self.latest() / "study.html")
        self.assertEqual(browser.complaints, [])
        self.assertEqual(browser.evaluate("document.documentElement.scrollWidth"), 400)
        self.assertEqual(browser.evaluate("document.querySelectorAll('main section').length"), 3)
        self.assertEqual(browser.evaluate("document.querySelectorAll('svg[role=img] title').length"), 1)
        self.assertIn("wǒ", browser.evaluate("document.querySelector('.heat').textContent"))


if __name__ == "__main__":
    unittest.main()
