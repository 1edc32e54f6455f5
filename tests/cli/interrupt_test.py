"""Ctrl-C and SIGTERM on the real program: the worker ends, and what was measured is written."""
import json
import signal
import subprocess
import time
import unittest

from program import PROGRAM, ProgramTest, tiny_config


class Interrupt(ProgramTest):
    def interrupt(self, number):
        config = tiny_config()
        config["measure"]["rounds"] = 1000
        out = self.folder / number.name
        process = subprocess.Popen([PROGRAM, "run", self.write_config(config), "--out", out],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        journal = out / "tiny/latest/journal.jsonl"
        deadline = time.monotonic() + 60
        while not (journal.exists() and '"sample"' in journal.read_text()):
            self.assertLess(time.monotonic(), deadline, "no sample appeared")
            time.sleep(0.02)
        process.send_signal(number)
        _, errors = process.communicate(timeout=30)
        return process.returncode, errors, out / "tiny/latest"

    def test_interruption_writes_a_partial_report_and_exits_130_or_143(self):
        for number, code in [(signal.SIGINT, 130), (signal.SIGTERM, 143)]:
            with self.subTest(number):
                returned, errors, run_dir = self.interrupt(number)
                self.assertEqual(returned, code, errors)
                run = json.loads((run_dir / "run.json").read_text())
                self.assertEqual(run["interrupted"], number.name)
                self.assertGreater(sum(len(c["samples"]) for c in run["cases"]), 0)
                self.assertIn("PARTIAL", (run_dir / "report.md").read_text())


if __name__ == "__main__":
    unittest.main()
