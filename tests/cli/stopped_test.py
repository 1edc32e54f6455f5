"""The real program, stopped for longer than timeout_s: no case times out, and no disturbed sample is kept."""
import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import unittest

from program import PROGRAM, ProgramTest, children_of, tiny_config

TIMEOUT_S = 10


def facts_of(pid):
    """What /proc says of a process from its state on. Z is the state of one that has ended."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()
    except OSError:
        return ["Z"] + ["0"] * 50


def state_of(pid):
    """T if it is stopped, Z if it has ended."""
    return facts_of(pid)[0]


def cpu_s_of(pid):
    """How long it has computed. Until its parent waits for it, this is known of one that has ended, too."""
    return sum(map(int, facts_of(pid)[11:13])) / os.sysconf("SC_CLK_TCK")


class Stopped(ProgramTest):
    def start(self, name="out"):
        """A run that is in its first round, and the worker that it has then."""
        config = tiny_config(variants=["full"], report={},
                             measure={"rounds": 2, "min_time_s": 0.3, "timeout_s": TIMEOUT_S, "memory_limit": "1 GiB"})
        # A group of its own, whose parent is in another: the kernel stops no orphaned group by SIGTSTP.
        process = subprocess.Popen([PROGRAM, "run", self.write_config(config), "--out", self.folder / name],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, process_group=0)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        journal = self.folder / name / "tiny/latest/journal.jsonl"
        self.wait_for(lambda: journal.exists() and '"fact":"ceiling"' in journal.read_text())
        return process, self.wait_for(lambda: next(iter(children_of(process.pid)), None))

    def wait_for(self, condition):
        deadline = time.monotonic() + 60
        while not (found := condition()):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.005)
        return found

    def assert_made_up_for(self, process, name="out"):
        _, errors = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 0, errors)
        self.assertIn("could not run for a while: it or its parent was stopped, or the machine slept: run again", errors)
        for case in json.loads((self.folder / name / "tiny/latest/run.json").read_text())["cases"]:
            self.assertEqual((case["outcome"], [s["round"] for s in case["samples"]]), ("ok", [0, 1]), errors)
            for sample in case["samples"]:
                self.assertLess(sample["worker_s"], TIMEOUT_S)
        return errors

    def test_the_conductor_and_the_worker_stopped_and_each_alone(self):
        stopped = {}  # At the same time, to wait once.
        for name in ("both", "the worker", "the conductor"):
            process, worker = self.start(name)
            stopped[name] = process, worker, {"both": [process.pid, worker], "the worker": [worker]}.get(name, [process.pid])
            for pid in stopped[name][2]:
                os.kill(pid, signal.SIGSTOP)
        time.sleep(TIMEOUT_S + 1)
        for _, _, pids in stopped.values():
            for pid in pids:
                os.kill(pid, signal.SIGCONT)
        for name, (process, worker, _) in stopped.items():
            with self.subTest(name):
                errors = self.assert_made_up_for(process, name)
                if name == "the worker":
                    self.assertIn(f"`kill -CONT {worker}` lets it go on", errors)

    def stop_by_the_terminal(self, process, worker):
        """Whether the worker was stopped, and had not ended before. Fails if it computes on while its parent is stopped."""
        process.send_signal(signal.SIGTSTP)
        self.wait_for(lambda: state_of(process.pid) == "T")
        before = cpu_s_of(worker)
        self.wait_for(lambda: state_of(worker) in "TZ")
        # A worker that goes on takes 0.3 s. One that was about to end can't be stopped, and takes what its end takes.
        self.assertLess(cpu_s_of(worker) - before, 0.1)
        stopped = state_of(worker) == "T"
        process.send_signal(signal.SIGCONT)
        return stopped

    def test_a_stop_by_the_terminal_stops_the_worker_too(self):
        process, worker = self.start()
        self.assertTrue(self.stop_by_the_terminal(process, worker))
        self.assert_made_up_for(process)

    def test_a_stop_by_the_terminal_just_after_a_worker_was_started_stops_it_too(self):
        process, _ = self.start()
        children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children")
        stopped = False
        while not stopped:  # On a busy machine, a worker may have ended first.
            known = set(children.read_text().split())
            while not (new := set(children.read_text().split()) - known):  # Without a pause, to be early enough.
                self.assertIsNone(process.poll())
            stopped = self.stop_by_the_terminal(process, int(new.pop()))
        self.assert_made_up_for(process)


@unittest.skipIf(len(os.sched_getaffinity(0)) < 2, "needs two CPUs")
class StoppedBeforeItRuns(ProgramTest):
    def test_a_worker_stopped_before_it_runs_the_program_is_no_time_out(self):
        """Until then it holds its parent, too: that waits in the call that starts it."""
        busy, free = sorted(os.sched_getaffinity(0))[:2]
        hogs = []
        for _ in range(3):  # They keep a new process waiting for its CPU, which is when it is stopped.
            hog = subprocess.Popen([sys.executable, "-c", "while True: pass"],
                                   preexec_fn=lambda: os.sched_setaffinity(0, {busy}))
            self.addCleanup(hog.wait)
            self.addCleanup(hog.kill)
            hogs.append(hog)
        config = tiny_config(variants=["full"], report={},
                             measure={"rounds": 1, "min_time_s": 0.001, "timeout_s": TIMEOUT_S, "memory_limit": "1 GiB"})
        program = subprocess.Popen([PROGRAM, "run", self.write_config(config), "--out", self.folder / "out"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                   preexec_fn=lambda: (os.sched_setaffinity(0, {busy}), os.nice(10)))
        self.addCleanup(program.stderr.close)
        self.addCleanup(program.wait)
        self.addCleanup(program.kill)
        here = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {free})
        self.addCleanup(os.sched_setaffinity, 0, here)
        worker = self.stop_before_it_runs(program)
        for hog in hogs:
            hog.kill()
        if worker is None:
            self.skipTest("no worker could be stopped so early")
        time.sleep(TIMEOUT_S + 1)
        os.kill(worker, signal.SIGCONT)
        _, errors = program.communicate(timeout=200)
        self.assertEqual(program.returncode, 0, errors)
        self.assertIn("could not run for a while", errors)

    def stop_before_it_runs(self, program):
        """A stopped worker that still is a copy of its parent; None if all were faster."""
        def is_copy(pid):
            return b"worker" not in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()

        seen = set()
        while program.poll() is None:
            for pid in set(pathlib.Path(f"/proc/{program.pid}/task/{program.pid}/children").read_text().split()) - seen:
                seen.add(pid)
                try:
                    if is_copy(pid):
                        os.kill(int(pid), signal.SIGSTOP)
                        time.sleep(0.05)
                        if is_copy(pid):
                            return int(pid)
                        os.kill(int(pid), signal.SIGCONT)
                except OSError:
                    pass  # It has ended.
        return None


if __name__ == "__main__":
    unittest.main()
