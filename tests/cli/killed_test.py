"""Workers of the real program that others kill: what that costs, and how a resumed run makes up for it."""
import json
import os
import signal
import subprocess
import time
import unittest

from program import PROGRAM, ProgramTest, attnbench, children_of, tiny_config


class Killed(ProgramTest):
    def test_a_case_whose_workers_are_killed_fails_alone_and_resume_takes_it_up_again(self):
        config = tiny_config(variants=["full"], report={}, measure={"rounds": 2, "min_time_s": 0.3, "memory_limit": "1 GiB"})
        path = self.write_config(config)
        process = subprocess.Popen([PROGRAM, "run", path, "--out", self.folder / "out"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.kill)
        killed = set()
        while len(killed) < 5:  # The program tries so often.
            self.assertIsNone(process.poll(), "the program ended")
            for child in children_of(process.pid):
                if child not in killed and len(killed) < 5:
                    os.kill(child, signal.SIGKILL)
                    killed.add(child)
            time.sleep(0.001)
        _, errors = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 1, errors)
        self.assertEqual(errors.count("killed by SIGKILL (Killed): run again"), 4, errors)
        run_dir = self.folder / "out/tiny/latest"
        small, large = json.loads((run_dir / "run.json").read_text())["cases"]
        self.assertEqual((small["outcome"], small["reason"]), ("failed", "killed by SIGKILL (Killed)"))
        self.assertEqual((large["outcome"], len(large["samples"])), ("ok", 2))
        self.assertIn("--resume", errors)

        done = attnbench("run", path, "--resume", run_dir)
        self.assertEqual(done.returncode, 0, done.stderr)
        for case in json.loads((run_dir / "run.json").read_text())["cases"]:
            self.assertEqual((case["outcome"], case["reason"]), ("ok", ""))
            self.assertEqual([s["round"] for s in case["samples"]], [0, 1])

    def test_a_used_up_limit_of_cpu_time_is_named(self):
        config = tiny_config(variants=["full"], report={}, measure={"rounds": 1, "min_time_s": 1000, "memory_limit": "1 GiB"})
        config["sweep"]["seq_len"] = [16]
        path = self.write_config(config)
        done = subprocess.run(["sh", "-c", 'ulimit -t 1; exec "$0" "$@"', PROGRAM, "run", path, "--out", self.folder / "out"],
                              capture_output=True, text=True, timeout=280)
        self.assertEqual(done.returncode, 1, done.stderr)
        run = json.loads((self.folder / "out/tiny/latest/run.json").read_text())
        self.assertIn("ulimit -t", run["cases"][0]["reason"])
        self.assertNotIn("run again", done.stderr)


if __name__ == "__main__":
    unittest.main()
