"""The committed example run: this program derives the same reports from its record."""
import shutil
import unittest

from program import SOURCE, ProgramTest, attnbench

EXAMPLE = SOURCE / "results" / "example"
REPORTS = ["report.html", "report.md", "cases.csv"]


class Example(ProgramTest):
    def test_the_example_derives_from_its_record_byte_for_byte(self):
        shutil.copy(EXAMPLE / "run.json", self.folder)
        done = attnbench("report", self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        for name in REPORTS:
            # Not assertEqual: nobody reads the difference of two pages.
            self.assertTrue((self.folder / name).read_bytes() == (EXAMPLE / name).read_bytes(),
                            f"results/example/{name} is stale: run `attnbench report results/example`")


if __name__ == "__main__":
    unittest.main()
