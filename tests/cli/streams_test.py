"""Standard streams and terminals: input from pipes, output that is lost, progress at any width."""
import fcntl
import json
import os
import pty
import struct
import subprocess
import termios
import unittest

from disk_test import limited_to
from program import ONE_ROUND, PROGRAM, SOURCE, ProgramTest, attnbench, tiny_config


def without(stream, *args):
    """Runs the program in a shell that has closed one of its standard streams."""
    return subprocess.run(["sh", "-c", f'"$@" {stream}', "sh", PROGRAM, *map(str, args)],
                          stderr=subprocess.PIPE, text=True, timeout=60)


def on_terminal(columns, *args, **environment):
    """What the program shows on a terminal of this width; 0 is a terminal that does not know its width."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen([PROGRAM, *map(str, args)], stdout=subprocess.DEVNULL, stderr=its,
                               env={**os.environ, **environment})
    os.close(its)
    shown = b""
    try:
        while chunk := os.read(ours, 4096):
            shown += chunk
    except OSError:  # The terminal's other end is closed.
        pass
    os.close(ours)
    assert process.wait(timeout=60) == 0
    return shown.decode()


class Output(ProgramTest):
    def printing(self):
        """The arguments of each subcommand that prints, such that it succeeds."""
        config = tiny_config(variants=["blocked"], report={}, measure=ONE_ROUND)
        _, run = self.run_config(config)
        path = self.folder / "config.json"
        return [[], ["--help"], ["--version"], ["plan", path], ["list"], ["list", "--json"], ["describe", "full"],
                ["check", path], ["check", "full"], ["run", path, "--out", self.folder / "more"],
                ["report", run], ["report", run, "--table", "-"],
                ["report", run, run, "--html", self.folder / "two.html"], ["compare", run, run],
                ["weights"], ["machine"], ["schema"], ["run", "--help"],
                ["new", "some_variant", "--dir", self.folder / "new"]]

    def test_output_that_does_not_arrive_exits_3_and_says_why(self):
        for args in self.printing():
            with self.subTest(args), open("/dev/full", "w") as full:
                done = subprocess.run([PROGRAM, *map(str, args)], stdout=full, stderr=subprocess.PIPE, text=True,
                                      timeout=240)
                self.assertEqual(done.returncode, 3, done.stderr)
                self.assertIn("standard output: No space left on device", done.stderr)

    def test_output_that_arrives_in_part_exits_3(self):
        with open(self.folder / "schema.json", "w") as file:
            done = subprocess.run([PROGRAM, "schema"], stdout=file, stderr=subprocess.PIPE, text=True,
                                  preexec_fn=limited_to(5000), timeout=60)
        self.assertEqual(done.returncode, 3)
        self.assertIn("standard output: File too large", done.stderr)

    def test_a_closed_output_is_an_error_and_no_file_takes_its_place(self):
        path = self.write_config(tiny_config(variants=["blocked"], report={}, measure=ONE_ROUND))
        done = without(">&-", "run", path, "--out", self.folder / "out")
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("standard output: Bad file descriptor", done.stderr)
        for line in (self.folder / "out/tiny/latest/journal.jsonl").read_text().splitlines():
            json.loads(line)


class Input(ProgramTest):
    def test_a_config_comes_from_standard_input_or_a_pipe(self):
        text = json.dumps(tiny_config(variants=["blocked"], report={}))
        for command, ok in [("plan", "case "), ("check", "ok: ")]:
            for done in [attnbench(command, "-", input=text),
                         subprocess.run(["bash", "-c", f'"$0" {command} <(cat)', PROGRAM], input=text,
                                        capture_output=True, text=True, timeout=60)]:
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(done.stdout.count(ok), 2)

    def test_a_config_from_a_pipe_names_files_in_the_current_folder(self):
        config = tiny_config(variants=[{"variant": "block_sparse", "params": {"mask": {"file": "mask.txt"}}}],
                             report={})
        (self.folder / "mask.txt").write_text("1")
        for command in ['"$0" plan -', '"$0" plan <(cat)']:
            done = subprocess.run(["bash", "-c", command, PROGRAM], input=json.dumps(config), capture_output=True,
                                  text=True, timeout=60, cwd=self.folder)
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_records_to_compare_come_from_pipes(self):
        run = SOURCE / "results/example/run.json"
        files = attnbench("compare", run, run, "--format", "csv")
        pipes = subprocess.run(["bash", "-c", '"$0" compare <(cat "$1") <(cat "$1") --format csv', PROGRAM, run],
                               capture_output=True, text=True, timeout=60)
        self.assertEqual((pipes.returncode, pipes.stdout), (files.returncode, files.stdout), pipes.stderr)
        self.assertIn("window", pipes.stdout)

    def test_input_that_cannot_be_read_is_named(self):
        done = without("<&-", "plan", "-")
        self.assertEqual(done.returncode, 2)
        self.assertIn("standard input: cannot be read: Bad file descriptor", done.stderr)


class Terminal(ProgramTest):
    def check(self, columns, **environment):
        blocked = {"variant": "blocked", "label": "blocked, with all of its params at their defaults"}
        path = self.write_config(tiny_config(variants=[blocked], report={}))
        return on_terminal(columns, "check", path, **environment)

    def test_progress_is_as_wide_as_the_terminal_and_ends_between_words(self):
        whole = self.check(400, TERM="xterm").split("\r\x1b[K")
        self.assertTrue(any(line.endswith("their defaults, n=33") for line in whole), whole)
        for columns, asked, width in [(40, None, 40), (0, "30", 30), (0, "much", 80), (40, "30", 40)]:
            shown = self.check(columns, TERM="xterm", **({"COLUMNS": asked} if asked else {}))
            lines = [line for line in shown.split("\r\x1b[K") if line.strip()]
            self.assertEqual(len(lines), 2)
            for line in lines:
                self.assertLess(len(line), width)
                self.assertGreater(len(line), width - 20)
                self.assertRegex(line, r" \.\.\.$")

    def test_a_terminal_without_escape_codes_gets_plain_lines(self):
        for term in ["dumb", ""]:
            shown = self.check(80, TERM=term)
            self.assertNotIn("\x1b", shown)
            self.assertIn("2 cases", shown)


if __name__ == "__main__":
    unittest.main()
