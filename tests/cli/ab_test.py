"""`ab` of the real program: two builds, or two settings, measured in the same rounds."""
import json
import pathlib
import signal
import subprocess
import time
import unittest

from program import PROGRAM, ProgramTest, attnbench, tiny_config


def window_config(**measure):
    return {"name": "tiny", "variants": [{"variant": "window", "params": {"left": 4, "right": 0}}],
            "sweep": {"seq_len": [2048, 4096], "heads": 1, "head_dim": 8, "threads": 1},
            "measure": {"rounds": 9, "min_time_s": 0.001, "memory_limit": "1 GiB", **measure}}


class Ab(ProgramTest):
    def script(self, text, name="old"):
        path = self.folder / name
        path.write_text("#!/bin/sh\n" + text)
        path.chmod(0o755)
        return path

    def ab(self, config, *args, old=None):
        path = self.write_config(config)
        return attnbench("ab", *([old] if old else []), path, "--out", self.folder / "out", *args)

    def latest(self, name="tiny"):
        return self.folder / "out" / (name + "-ab") / "latest"

    def record(self, side):
        return json.loads((self.latest() / side / "run.json").read_text())

    def nothing_is_written(self):
        self.assertFalse((self.folder / "out").exists())

    def test_two_identical_programs_are_measured_in_the_same_rounds_and_compared(self):
        done = self.ab(tiny_config(), old=self.script(f'exec {PROGRAM} "$@"\n'))
        self.assertIn(done.returncode, (0, 5), done.stderr)  # 3 rounds give no verdict.
        self.assertIn("6 cases compared", done.stdout)
        self.assertIn("comparison.html", done.stdout)
        old, new = self.record("old"), self.record("new")
        self.assertEqual(old["interleaved"], new["interleaved"])
        self.assertEqual(old["build"], new["build"])
        for run in (old, new):
            self.assertEqual({c["outcome"] for c in run["cases"]}, {"ok"})
            self.assertEqual({len(c["samples"]) for c in run["cases"]}, {3})
            self.assertTrue(all(c["check"]["rows_checked"] for c in run["cases"]))
        for a, b in zip(old["cases"], new["cases"]):
            most, least = max(a["iterations"], b["iterations"]), min(a["iterations"], b["iterations"])
            self.assertTrue(most == least or most > 2 * least, (most, least))
        self.assertIn("<html", (self.latest() / "comparison.html").read_text())
        for side in ("old", "new"):
            page = (self.latest() / side / "report.html").read_bytes()
            self.assertEqual(attnbench("report", self.latest() / side).returncode, 0)
            self.assertEqual((self.latest() / side / "report.html").read_bytes(), page)
        again = attnbench("compare", self.latest() / "old", self.latest() / "new", "--allow", "build")
        self.assertEqual(again.returncode, done.returncode)
        self.assertTrue(done.stdout.startswith(again.stdout), again.stdout + done.stdout)

    def test_old_may_be_the_folder_of_an_install_or_a_source_tree(self):
        for place in ("bin", "build/release/bin"):
            tree = self.folder / place.replace("/", "_")
            (tree / place).mkdir(parents=True)
            self.script(f'exec {PROGRAM} "$@"\n', tree / place / "attnbench")
            done = self.ab(tiny_config(measure={"rounds": 1, "min_time_s": 0.0001}), old=tree)
            self.assertIn("6 cases compared", done.stdout, done.stderr)
        done = self.ab(tiny_config(), old=self.folder)
        self.assertEqual(done.returncode, 2)
        self.assertIn("holds neither bin/attnbench nor build/release/bin/attnbench", done.stderr)

    def test_an_old_that_is_no_attnbench_is_refused_before_anything_is_written(self):
        plain = self.folder / "plain"
        plain.write_text("text")
        for old, message in [
                (self.folder / "nothing", "there is no such program"),
                (plain, "is not a program that may be run"),
                (pathlib.Path("/bin/true"), "began no journal, as attnbench does: it exited with code 0"),
                (self.script("echo 'I am a teapot' >&2; exit 7\n"), "its last words: I am a teapot")]:
            done = self.ab(tiny_config(), old=old)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(message, done.stderr)
            self.assertIn(str(old.name), done.stderr)
            self.nothing_is_written()

    def test_a_worker_that_speaks_another_protocol_is_told_with_its_answer(self):
        for answer, message in [
                ('echo \'{"fact":"failed","reason":"not a task: key cse not found"}\' >&3; '
                 'echo \'{"fact":"done"}\' >&3', "not a task: key cse not found"),
                ("echo hello >&3", "sent a line that is no fact: hello"),
                ("exit 9", "exited with code 9 before it was done"),
                ('echo \'{"fact":"done"}\' >&3', "sent no ceiling")]:
            old = self.script(f'if [ "$1" = worker ]; then {answer}; exit; fi\nexec {PROGRAM} "$@"\n')
            done = self.ab(tiny_config(), old=old)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(f"{old}: its worker does not understand this program's tasks", done.stderr)
            self.assertIn(message, done.stderr)
            self.nothing_is_written()

    def test_a_record_of_another_schema_is_not_comparable(self):
        old = self.script(f'''if [ "$1" = worker ]; then exec {PROGRAM} "$@"; fi
while [ "$1" != --out ]; do shift; done
mkdir -p "$2/tiny/now"; echo '{{"fact":"run","schema_version":999}}' >"$2/tiny/now/journal.jsonl"; sleep 60
''')
        done = self.ab(tiny_config(), old=old)
        self.assertEqual(done.returncode, 5, done.stderr)
        self.assertIn("the file is version 999", done.stderr)
        self.assertIn(str(old), done.stderr)
        self.nothing_is_written()

    def test_a_case_that_fails_on_one_side_costs_that_case_only(self):
        broken = f'''if [ "$1" != worker ]; then exec {PROGRAM} "$@"; fi
task=$(cat)
case $task in *'"variant":"window"'*'"kv_len":33'*) kill -SEGV $$ ;; esac
printf '%s\\n' "$task" | {PROGRAM} "$@"
'''
        done = self.ab(tiny_config(), old=self.script(broken))
        old, new = self.record("old"), self.record("new")
        failed = [c for c in old["cases"] if c["outcome"] != "ok"]
        self.assertEqual([(c["variant"], c["kv_len"], c["outcome"]) for c in failed], [("window", 33, "failed")])
        self.assertIn("SIGSEGV", failed[0]["reason"])
        self.assertEqual({len(c["samples"]) for c in old["cases"] if c not in failed}, {3})
        self.assertEqual({c["outcome"] for c in new["cases"]}, {"ok"})
        self.assertEqual({len(c["samples"]) for c in new["cases"]}, {3})
        self.assertRegex(done.stderr, "failed: window.*, OLD: killed by SIGSEGV")

    def test_settings_of_each_side_differ_and_a_huge_difference_is_a_verdict(self):
        sides = ("variants.0.params.left=4", "variants.0.params.left=4000")
        # The narrow window is faster, but its distance from full attention regresses.
        for (old, new), code, word in [(sides, 4, "slower"), (sides[::-1], 4, "faster")]:
            done = self.ab(window_config(), "--old-set", old, "--new-set", new)
            self.assertEqual(done.returncode, code, done.stdout + done.stderr)
            self.assertRegex(done.stdout, f"\\b[12] {word}\\b")
            for side, text in (("old", old), ("new", new)):
                left = int(text.split("=")[1])
                self.assertEqual({c["params"]["left"] for c in self.record(side)["cases"]}, {left})

    def test_senseless_arguments_are_refused(self):
        for args, message in [
                ((), "nothing differs between OLD and NEW"),
                (("--old-set", "sweep.heads=2", "--new-set", "sweep.heads=2"), "nothing differs"),
                (("--old-set", "measure.rounds=3"), "--set measure.rounds=3 holds for both"),
                (("--new-set", "sweep.haeds=2"), "haeds"),
                (("--old-set", "sweep.haeds=2"), "haeds"),
                (("--old-plugin", "/nonexistent.so"), "/nonexistent.so")]:
            done = self.ab(tiny_config(), *args)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(message, done.stderr)
            self.nothing_is_written()

    def test_ctrl_c_leaves_two_partial_runs_that_cannot_be_resumed_alone(self):
        path = self.write_config(tiny_config(measure={"rounds": 1000, "min_time_s": 0.0001}))
        process = subprocess.Popen([PROGRAM, "ab", PROGRAM, path, "--out", self.folder / "out"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        journals = [self.latest() / side / "journal.jsonl" for side in ("old", "new")]
        deadline = time.monotonic() + 120
        while not all(j.exists() and '"sample"' in j.read_text() for j in journals):
            self.assertLess(time.monotonic(), deadline, "no sample appeared")
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 130, errors)
        self.assertIn("interrupted", errors)
        for side in ("old", "new"):
            self.assertEqual(self.record(side)["interrupted"], "SIGINT")
            self.assertIn("PARTIAL", (self.latest() / side / "report.md").read_text())
            done = attnbench("run", path, "--out", self.folder / "out", "--resume", self.latest() / side)
            self.assertEqual(done.returncode, 2)
            self.assertIn("is one side of `attnbench ab`", done.stderr)


if __name__ == "__main__":
    unittest.main()
