"""The committed example run and study: this program derives the same reports from their records."""
import json
import shutil
import unittest

from program import SOURCE, ProgramTest, attnbench

EXAMPLE = SOURCE / "results" / "example"
STUDY = SOURCE / "results" / "example-study"
PAGES = ["study.html", "study.md", "verdicts.json", "claims.csv"]
REPORTS = ["report.html", "report.md", "cases.csv", "samples.csv"]


class Example(ProgramTest):
    def test_the_example_derives_from_its_record_byte_for_byte(self):
        shutil.copy(EXAMPLE / "run.json", self.folder)
        done = attnbench("report", self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        for name in REPORTS:
            # Not assertEqual: nobody reads the difference of two pages.
            self.assertTrue((self.folder / name).read_bytes() == (EXAMPLE / name).read_bytes(),
                            f"results/example/{name} is stale: run `attnbench report results/example`")

    def test_the_study_derives_from_its_records_byte_for_byte(self):
        copy = self.folder / "study"
        shutil.copytree(STUDY, copy)
        for name in PAGES:
            (copy / name).unlink()
        done = attnbench("report", copy)
        self.assertEqual(done.returncode, 0, done.stderr)
        for name in PAGES:
            self.assertTrue((copy / name).read_bytes() == (STUDY / name).read_bytes(),
                            f"results/example-study/{name} is stale: run `attnbench report results/example-study`")

    def test_report_leaves_the_record_of_a_run_as_it_is(self):
        record = json.loads((EXAMPLE / "run.json").read_text())
        for ceiling in record["ceilings"]:  # As a record that is older than these fields.
            del ceiling["read_gbs"], ceiling["pages"]
        text = json.dumps(record)
        (self.folder / "run.json").write_text(text)
        done = attnbench("report", self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual((self.folder / "run.json").read_text(), text)


if __name__ == "__main__":
    unittest.main()
