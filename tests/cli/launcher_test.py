"""The launcher, with stand-ins for apt, cmake and the program that would be built."""
import os
import shutil
import subprocess
import unittest

from program import SOURCE, ProgramTest

# What each stand-in does; LOG gathers what was asked of them.
TOOLS = {
    "cmake": """[ "$1" = --build ] || exit 0
mkdir -p "$2/bin" && cp "$TREE/program" "$2/bin/attnbench" && chmod +x "$2/bin/attnbench\"""",
    "dpkg-query": """case " $MISSING " in *" $4 "*) echo not-installed;; *) echo installed;; esac""",
    "apt-get": """echo "apt-get $*" >>"$LOG\"""",
    "sudo": """[ "$1" != -n ] || shift; exec "$@\"""",
}


class Launcher(ProgramTest):
    def setUp(self):
        super().setUp()
        self.tree, self.log = self.folder / "tree", self.folder / "log"
        for folder in ("cmake", "harness", "variants", "tests", "configs"):
            (self.tree / folder).mkdir(parents=True)
        for file in ("CMakeLists.txt", "CMakePresets.json"):
            (self.tree / file).write_text("")
        shutil.copy(SOURCE / "attnbench", self.tree)
        self.schema = self.tree / "configs/config.schema.json"
        self.schema.write_text("old")
        self.log.write_text("")
        tools = self.folder / "tools"
        tools.mkdir()
        for name, text in TOOLS.items():
            (tools / name).write_text("#!/bin/sh\n" + text + "\n")
            (tools / name).chmod(0o755)
        self.path = f"{tools}:{os.environ['PATH']}"

    def launch(self, *args, program='echo "$@"', missing="", **environment):
        """Runs the launcher; `program` is the shell script that the build makes."""
        if program is not None:
            (self.tree / "program").write_text("#!/bin/sh\n" + program + "\n")
        return subprocess.run([self.tree / "attnbench", *args], capture_output=True, text=True, timeout=60,
                              env={**os.environ, "PATH": self.path, "TREE": str(self.tree), "LOG": str(self.log),
                                   "MISSING": missing, **environment})

    def test_a_build_whose_variants_have_changed_writes_the_schema_anew(self):
        done = self.launch("list")
        self.assertEqual((done.returncode, done.stdout), (0, "list\n"), done.stderr)
        self.assertEqual(self.schema.read_text(), "schema\n")
        self.assertIn("configs/config.schema.json was written anew", done.stderr)
        before = self.schema.stat().st_mtime_ns
        (self.tree / "variants/new.cpp").write_text("")
        done = self.launch("list")
        self.assertIn("building", done.stderr)
        self.assertNotIn("anew", done.stderr)
        self.assertEqual(self.schema.stat().st_mtime_ns, before)

    def test_plugins_do_not_get_into_the_schema(self):
        self.launch("list", program='echo "$1 $ATTNBENCH_PLUGINS"', ATTNBENCH_PLUGINS="/some/plugin.so")
        self.assertEqual(self.schema.read_text(), "schema \n")

    def test_a_program_that_cannot_run_here_leaves_the_schema_as_it_was(self):
        done = self.launch("list", program='[ "$1" != schema ] || { echo half; kill -ILL $$; }; echo "$@"')
        self.assertEqual((done.returncode, done.stdout), (0, "list\n"), done.stderr)
        self.assertEqual(self.schema.read_text(), "old")

    def test_setup_installs_what_is_missing_of_all_that_presets_tests_and_style_need(self):
        done = self.launch("setup", missing="libeigen3-dev qemu-user")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([line for line in self.log.read_text().splitlines() if " install " in line],
                         ["apt-get install -y -q --no-install-recommends libeigen3-dev qemu-user"])
        self.log.write_text("")
        self.assertEqual(self.launch("setup").returncode, 0)
        self.assertEqual(self.log.read_text(), "")

    def test_running_installs_no_more_than_the_program_needs(self):
        done = self.launch("list", missing="libcli11-dev catch2")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("--no-install-recommends libcli11-dev\n", self.log.read_text())

    def without_gnuplot(self, *args, **more):
        """Launches with a PATH on which there is no gnuplot."""
        tools = self.folder / "bare"
        tools.mkdir(exist_ok=True)
        for name in ("bash", "env", "readlink", "dirname", "find", "mkdir", "cat", "tail", "mktemp", "flock", "cmp", "mv",
                     "rm", "grep", "cp", "chmod", "sh"):
            if not (tools / name).exists():
                (tools / name).symlink_to(shutil.which(name))
        self.path = f"{self.folder / 'tools'}:{tools}"
        return self.launch(*args, **more)

    def test_a_figure_brings_gnuplot_and_no_other_report_does(self):
        for args in (("report", "run"), ("report", "run", "--table", "t.md"), ("list", "--figure")):
            self.assertEqual(self.without_gnuplot(*args, missing="gnuplot-nox").returncode, 0)
            self.assertEqual(self.log.read_text(), "")
        for args in (("report", "run", "--figure", "t.pdf"), ("report", "--figure=t.pdf", "run")):
            done = self.without_gnuplot(*args, missing="gnuplot-nox")
            self.assertEqual((done.returncode, done.stdout), (0, " ".join(args) + "\n"), done.stderr)
            self.assertIn("--no-install-recommends gnuplot-nox\n", self.log.read_text())
            self.log.write_text("")

    def test_a_gnuplot_that_is_there_is_not_installed_again(self):
        gnuplot = self.folder / "tools/gnuplot"
        gnuplot.write_text("")
        gnuplot.chmod(0o755)
        self.assertEqual(self.launch("report", "run", "--figure", "t.pdf", missing="gnuplot-nox").returncode, 0)
        self.assertEqual(self.log.read_text(), "")


if __name__ == "__main__":
    unittest.main()
