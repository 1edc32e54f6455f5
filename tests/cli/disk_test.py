"""Full disks and other refusals of the file system: an early error, and no damaged file."""
import json
import os
import resource
import shutil
import subprocess
import unittest

from program import ONE_ROUND, PROGRAM, ProgramTest, attnbench, tiny_config


def limited_to(size):
    """For a child process: none of its files can grow beyond `size` bytes."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


class Disk(ProgramTest):
    def test_a_disk_that_fills_ends_the_run_and_leaves_the_journal_whole(self):
        config = tiny_config(variants=["blocked"], report={})
        config["measure"]["rounds"] = 6
        path = self.write_config(config)
        whole = attnbench("run", path, "--out", self.folder / "roomy")
        self.assertEqual(whole.returncode, 0, whole.stderr)
        size = (self.folder / "roomy/tiny/latest/journal.jsonl").stat().st_size
        done = attnbench("run", path, "--out", self.folder / "out", preexec_fn=limited_to(size - 1500))
        self.assertEqual(done.returncode, 3, done.stderr)
        run_dir = self.folder / "out/tiny/latest"
        self.assertIn("journal.jsonl: File too large", done.stderr)
        text = (run_dir / "journal.jsonl").read_text()
        self.assertTrue(text.endswith("\n"))
        samples = sum('"fact":"sample"' in line for line in text.splitlines())
        self.assertGreater(samples, 0)
        resumed = attnbench("run", path, "--resume", run_dir)
        self.assertEqual(resumed.returncode, 0, resumed.stderr)
        run = json.loads((run_dir / "run.json").read_text())
        self.assertEqual([len(c["samples"]) for c in run["cases"]], [6, 6])

    def test_a_disk_that_fills_leaves_older_files_whole(self):
        _, run_dir = self.run_config(tiny_config(measure=ONE_ROUND))
        before = {f.name: f.read_bytes() for f in run_dir.iterdir()}
        done = attnbench("report", run_dir, preexec_fn=limited_to(1000))
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("File too large", done.stderr)
        self.assertEqual({f.name: f.read_bytes() for f in run_dir.iterdir()}, before)

    def test_a_disk_without_room_is_refused_before_anything_is_measured(self):
        disk = self.folder / "disk"
        disk.mkdir()
        inside = f'mount -t tmpfs -o size=16k tmpfs {disk} && exec "$@"'
        with_disk = ["unshare", "--mount", "--map-root-user", "sh", "-c", inside, "sh"]
        if shutil.which("unshare") is None or subprocess.run([*with_disk, "true"], capture_output=True).returncode:
            self.skipTest("no tmpfs can be mounted here")
        command = [PROGRAM, "run", self.write_config(tiny_config()), "--out", disk]
        done = subprocess.run([*with_disk, *map(str, command)], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertRegex(done.stderr, r"disk/tiny: .* free on this disk, this run may need ")

    def test_a_record_that_is_not_a_regular_file_or_far_too_large_is_refused(self):
        os.mkfifo(self.folder / "journal.jsonl")
        done = attnbench("report", self.folder)
        self.assertEqual((done.returncode, "not a regular file" in done.stderr), (2, True), done.stderr)
        (self.folder / "journal.jsonl").unlink()
        with open(self.folder / "run.json", "wb") as sparse:
            sparse.truncate(3 << 30)
        done = attnbench("report", self.folder)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("3 GiB, more than the 2 GiB", done.stderr)


if __name__ == "__main__":
    unittest.main()
