"""The real program, stopped for longer than timeout_s: no case times out, and no disturbed sample is kept."""
import json
import os
import signal
import subprocess
import time
import unittest

from program import PROGRAM, ProgramTest, children_of, tiny_config

TIMEOUT_S = 6


def state_of(pid):
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().rpartition(")")[2].split()[0]


class Stopped(ProgramTest):
    def setUp(self):
        super().setUp()
        config = tiny_config(variants=["full"], report={},
                             measure={"rounds": 2, "min_time_s": 0.5, "timeout_s": TIMEOUT_S, "memory_limit": "1 GiB"})
        self.process = subprocess.Popen([PROGRAM, "run", self.write_config(config), "--out", self.folder / "out"],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.addCleanup(self.process.stderr.close)
        self.addCleanup(self.process.wait)
        self.addCleanup(self.process.kill)
        journal = self.folder / "out/tiny/latest/journal.jsonl"
        self.wait_for(lambda: journal.exists() and '"fact":"ceiling"' in journal.read_text())
        self.worker = self.wait_for(lambda: next(iter(children_of(self.process.pid)), None))

    def wait_for(self, condition):
        deadline = time.monotonic() + 60
        while not (found := condition()):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.005)
        return found

    def stop(self, pids, seconds=TIMEOUT_S + 2):
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        time.sleep(seconds)
        for pid in pids:
            os.kill(pid, signal.SIGCONT)

    def assert_made_up_for(self):
        _, errors = self.process.communicate(timeout=120)
        self.assertEqual(self.process.returncode, 0, errors)
        self.assertIn("could not run for a while: it or its parent was stopped, or the machine slept: run again", errors)
        for case in json.loads((self.folder / "out/tiny/latest/run.json").read_text())["cases"]:
            self.assertEqual((case["outcome"], [s["round"] for s in case["samples"]]), ("ok", [0, 1]), errors)
            for sample in case["samples"]:
                self.assertLess(sample["worker_s"], TIMEOUT_S)
        return errors

    def test_both_stopped(self):
        self.stop([self.process.pid, self.worker])
        self.assert_made_up_for()

    def test_the_worker_alone_stopped(self):
        self.stop([self.worker])
        self.assertIn(f"`kill -CONT {self.worker}` lets it go on", self.assert_made_up_for())

    def test_the_conductor_alone_stopped(self):
        self.stop([self.process.pid])
        self.assert_made_up_for()

    def test_a_stop_by_the_terminal_stops_the_worker_too(self):
        self.process.send_signal(signal.SIGTSTP)
        self.wait_for(lambda: state_of(self.process.pid) == "T" and state_of(self.worker) == "T")
        self.process.send_signal(signal.SIGCONT)
        self.assert_made_up_for()


if __name__ == "__main__":
    unittest.main()
