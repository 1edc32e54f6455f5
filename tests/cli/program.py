"""Runs the real program for the tests beside this file. CTest sets ATTNBENCH_PROGRAM."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

PROGRAM = os.path.abspath(os.environ["ATTNBENCH_PROGRAM"])
SOURCE = pathlib.Path(__file__).resolve().parents[2]


# For tests that ask nothing of the number of rounds: before each, the ceilings are measured for a second.
ONE_ROUND = {"rounds": 1, "min_time_s": 0.001, "memory_limit": "1 GiB"}


def attnbench(*args, **kwargs):
    return subprocess.run([PROGRAM, *map(str, args)], capture_output=True, text=True, timeout=240, **kwargs)


def tiny_config(**changes):
    """A sweep of three variants over two lengths that takes about a second."""
    config = {
        "name": "tiny",
        "variants": ["full", {"variant": "window", "params": {"left": 4, "right": 0}}, "blocked"],
        "sweep": {"seq_len": [16, 33], "heads": 2, "head_dim": 8, "threads": 1},
        "measure": {"rounds": 3, "min_time_s": 0.001, "memory_limit": "1 GiB"},
        "report": {"baseline": "full"},
    }
    config.update(changes)
    return config


def children_of(pid):
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat") as stat:
                facts = stat.read().rpartition(")")[2].split()
        except OSError:
            continue
        if int(facts[1]) == pid and facts[0] != "Z":
            found.append(int(entry))
    return found


class ProgramTest(unittest.TestCase):
    """A test with a folder of its own, which is removed after it."""

    finished = {}  # What finished_run has run, by the text of its config: the process, and the folder of its --out.

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def write_config(self, config, name="config.json"):
        path = self.folder / name
        path.write_text(config if isinstance(config, str) else json.dumps(config))
        return path

    def run_config(self, config, *args):
        """Runs a config; returns the finished process and the run's folder."""
        path = self.write_config(config)
        done = attnbench("run", path, "--out", self.folder / "out", *args)
        return done, self.folder / "out" / config["name"] / "latest"

    def finished_run(self, config):
        """What run_config returns, of a run that all tests of a module share; this test may change its copy."""
        text = json.dumps(config)
        if text not in self.finished:
            folder = tempfile.TemporaryDirectory()
            unittest.addModuleCleanup(folder.cleanup)
            out = pathlib.Path(folder.name) / "out"
            self.finished[text] = attnbench("run", self.write_config(text), "--out", out), out
        done, out = self.finished[text]
        self.assertEqual(done.returncode, 0, done.stderr)
        self.write_config(text)
        shutil.rmtree(self.folder / "out", ignore_errors=True)
        shutil.copytree(out, self.folder / "out", symlinks=True)
        return done, self.folder / "out" / config["name"] / "latest"
