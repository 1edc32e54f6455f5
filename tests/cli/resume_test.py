"""`run --resume` on the real program: a sweep that was killed at any moment ends as if it had not been."""
import json
import random
import shutil
import signal
import subprocess
import time
import unittest

from program import PROGRAM, ProgramTest, attnbench, tiny_config

KILLS = 50


def sweep(**measure):
    config = tiny_config(variants=["full", "blocked"], report={})
    config["measure"] = {"rounds": 3, "min_time_s": 0.0001, "memory_limit": "1 GiB", **measure}
    return config


def facts_of(text):
    """The facts in all whole lines of a journal."""
    return [json.loads(line) for line in text.split("\n")[:-1]]


class Resume(ProgramTest):
    def resume(self, path, *args):
        return attnbench("run", path, "--out", self.folder / "out", "--resume", *args)

    def assert_whole(self, run_dir):
        """Checks that every case is ok and has one sample for each round, as in a sweep that was never killed."""
        run = json.loads((run_dir / "run.json").read_text())
        self.assertEqual([(c["variant"], c["kv_len"]) for c in run["cases"]],
                         [("full", 16), ("full", 33), ("blocked", 16), ("blocked", 33)])
        for case in run["cases"]:
            self.assertEqual(case["outcome"], "ok", case["reason"])
            self.assertEqual([s["round"] for s in case["samples"]], [0, 1, 2])
            self.assertEqual({s["iterations"] for s in case["samples"]}, {case["iterations"]})
        self.assertNotIn("PARTIAL", (run_dir / "report.md").read_text())

    def test_a_sweep_killed_at_random_moments_loses_nothing_and_repeats_nothing(self):
        path = self.write_config(sweep())
        out = self.folder / "out"
        run_dir = out / "tiny" / "latest"
        moments = random.Random(7)
        kills = finished = 0
        known = b""
        while kills < KILLS:
            args = ["--resume"] if known else []
            process = subprocess.Popen([PROGRAM, "run", path, "--out", out, *args],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            try:
                _, errors = process.communicate(timeout=moments.uniform(0.01, 0.5))
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.communicate()
                kills += 1
            else:
                self.assertEqual(process.returncode, 0, errors)
                self.assert_whole(run_dir)
                finished += 1
                shutil.rmtree(out)
                known = b""
                continue
            journal = run_dir / "journal.jsonl"
            text = journal.read_bytes() if journal.exists() else b""
            self.assertTrue(text.startswith(known), "what was known changed")
            known = text[: text.rfind(b"\n") + 1]
            if not known:
                shutil.rmtree(out, ignore_errors=True)  # It was killed before the run had begun.
        done = self.resume(path) if known else attnbench("run", path, "--out", out)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assert_whole(run_dir)
        self.assertTrue((run_dir / "journal.jsonl").read_bytes().startswith(known))

    def partial_run(self, **changes):
        """Cuts the journal of a finished sweep inside the line of its fifth sample; its folder, and the lines kept."""
        _, run_dir = self.finished_run({**sweep(), **changes})
        lines = (run_dir / "journal.jsonl").read_text().splitlines(keepends=True)
        samples = [i for i, line in enumerate(lines) if '"fact":"sample"' in line]
        kept = "".join(lines[: samples[3] + 1])
        (run_dir / "journal.jsonl").write_text(kept + lines[samples[4]][:40])
        return run_dir, kept

    def test_a_torn_last_line_is_cut_off_and_the_lines_before_it_are_kept(self):
        run_dir, kept = self.partial_run()
        done = self.resume(self.folder / "config.json", run_dir)
        self.assertEqual(done.returncode, 0, done.stderr)
        text = (run_dir / "journal.jsonl").read_text()
        self.assertTrue(text.startswith(kept + '{"fact":"resume"}\n'))
        self.assertEqual(len([f for f in facts_of(text) if f["fact"] == "sample"]), 12)
        self.assert_whole(run_dir)

    def test_a_run_with_lists_can_be_resumed(self):
        masks = [{"variant": "block_sparse", "params": {"block": 16, "mask": mask}} for mask in ["1", "1 0 0  1 1 0  1 1 1"]]
        run_dir, _ = self.partial_run(variants=[*masks, "block_sparse"])
        done = self.resume(self.folder / "config.json", run_dir)
        self.assertEqual(done.returncode, 0, done.stderr)
        run = json.loads((run_dir / "run.json").read_text())
        self.assertEqual([c["outcome"] for c in run["cases"]], ["ok", "skipped", "ok", "ok", "ok", "ok"])
        self.assertEqual({len(c["samples"]) for c in run["cases"] if c["outcome"] == "ok"}, {3})

    def test_an_interrupted_run_can_be_resumed(self):
        path = self.write_config(sweep(rounds=5))
        run_dir = self.folder / "out/tiny/latest"
        process = subprocess.Popen([PROGRAM, "run", path, "--out", self.folder / "out"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while not (run_dir / "journal.jsonl").exists() or \
                '"sample"' not in (run_dir / "journal.jsonl").read_text():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(timeout=60), 130)
        self.assertEqual(self.resume(path).returncode, 0)
        run = json.loads((run_dir / "run.json").read_text())
        self.assertEqual(run["interrupted"], "")
        for case in run["cases"]:
            self.assertEqual([s["round"] for s in case["samples"]], list(range(5)))

    def test_a_finished_run_has_nothing_left_to_measure(self):
        _, run_dir = self.finished_run(sweep())
        before = (run_dir / "journal.jsonl").read_text()
        done = self.resume(self.folder / "config.json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("nothing is left to measure", done.stderr)
        self.assertEqual((run_dir / "journal.jsonl").read_text(), before)

    def refuse(self, run_dir, config, *reasons):
        before = (run_dir / "journal.jsonl").read_bytes()
        done = self.resume(self.write_config(config), run_dir)
        self.assertEqual(done.returncode, 2, done.stderr)
        for reason in reasons:
            self.assertIn(reason, done.stderr)
        self.assertTrue(before.startswith((run_dir / "journal.jsonl").read_bytes()))

    def test_another_config_program_or_machine_is_refused_with_the_reason(self):
        run_dir, kept = self.partial_run()
        self.refuse(run_dir, sweep(rounds=4), "config /measure/rounds: 3, now 4")
        first, rest = kept.split("\n", 1)
        for part, change, reason in [("build", {"build_id": "0123"}, 'program /build_id: "0123", now "'),
                                     ("machine", {"cpu": "Another"}, 'machine /cpu: "Another", now "'),
                                     ("machine", {"memory_bytes": 1 << 20}, "machine /memory_bytes: 1048576")]:
            fact = json.loads(first)
            fact[part].update(change)
            (run_dir / "journal.jsonl").write_text(json.dumps(fact) + "\n" + rest)
            self.refuse(run_dir, sweep(), reason)

    def test_a_second_process_is_told_who_holds_the_folder_and_exits_3(self):
        path = self.write_config(sweep(rounds=1000))
        run_dir = self.folder / "out/tiny/latest"
        process = subprocess.Popen([PROGRAM, "run", path, "--out", self.folder / "out"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        deadline = time.monotonic() + 60
        while not (run_dir / "journal.jsonl").exists():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)
        done = self.resume(path)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn(f"process {process.pid}", done.stderr)

    def test_hostile_journals_are_errors_that_name_the_line(self):
        run_dir, kept = self.partial_run()
        first = kept.split("\n", 1)[0]
        sample = next(l for l in kept.split("\n") if '"fact":"sample"' in l)
        for text, reason in [("", "holds no run"), (sample + "\n", "journal.jsonl:1: "),
                             (kept + "{}\n", "key 'fact' not found"), (first + "\n" + first + "\n", "starts with its run"), (kept + "[" * 100000 + "\n", "nested"),
                             (kept + "7\n", "journal.jsonl:"), (kept + sample + "\n", "a second sample"),
                             (kept + "[" + " " * (2 << 20) + "]\n", "a line of"),
                             (first.replace('"schema_version":', '"schema_version":9') + "\n", "schema_version"),
                             (kept + sample.replace('"round":0', '"round":3') + "\n", "journal.jsonl:"),
                             (first.replace('"kv_heads":2', '"kv_heads":0') + "\n", "kv_heads")]:
            (run_dir / "journal.jsonl").write_text(text)
            for command in (["report", run_dir],
                            ["run", self.folder / "config.json", "--resume", run_dir]):
                done = attnbench(*command)
                self.assertEqual(done.returncode, 2, (text[:80], done.stderr))
                self.assertIn(reason, done.stderr)


if __name__ == "__main__":
    unittest.main()
