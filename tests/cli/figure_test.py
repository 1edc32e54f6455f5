"""Figures and tables for papers: drawn by the real gnuplot, compiled by the real LaTeX, whatever a record holds."""
import csv
import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree

from program import ProgramTest, attnbench, tiny_config

# Text in a record that somebody else sent: each would do harm if gnuplot, TeX or SVG read it as more than text.
HOSTILE = [
    "`touch owned`", "'.system('touch owned').'", '"; system "touch owned"; "', "@run", "'\nset output '|touch owned",
    "\\write18{touch owned}\\input{/etc/passwd}", "%$&#_{}^~\\", "]]></title><script>alert(1)</script>", "µs 我 – é",
    "{/Symbol a}_{b}^{c}", "[2pt] * -- ''", "<touch owned", "\\", "}\\end{document}",
]
TEX = shutil.which("pdflatex")


def needs(program, package):
    return unittest.skipUnless(shutil.which(program), f"there is no {program} here (Debian's package {package})")


class Figure(ProgramTest):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        config = pathlib.Path(folder.name) / "config.json"
        sweep = {"seq_len": [16, 33], "heads": 2, "head_dim": 8, "threads": [1, 2]}
        config.write_text(json.dumps(tiny_config(sweep=sweep)))
        done = attnbench("run", config, "--out", folder.name)
        assert done.returncode == 0, done.stderr
        cls.run_dir = pathlib.Path(folder.name) / "tiny/latest"

    def report(self, *args):
        return attnbench("report", self.run_dir, *args, cwd=self.folder)

    def hostile_run(self):
        """A run whose labels, machine and flags are hostile; long enough that each text names a series."""
        run = json.loads((self.run_dir / "run.json").read_text())
        case = run["cases"][0]
        run["cases"] = [json.loads(json.dumps(case)) | {"label": text, "id": i} for i, text in enumerate(HOSTILE)]
        run["largest_fits"] = run["input_statistics"] = []
        for key in ("patterns", "sentence"):
            run.pop(key, None)
        run["name"] = run["machine"]["cpu"] = run["build"]["flags"] = " ".join(HOSTILE)
        self.run_dir = self.folder / "hostile"
        self.run_dir.mkdir()
        (self.run_dir / "run.json").write_text(json.dumps(run))

    def files(self):
        return sorted(path.name for path in self.folder.iterdir() if path.is_file())

    def assert_refused(self, args, *words):
        before = self.files()
        done = self.report(*args)
        self.assertEqual(done.returncode, 2, done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)
        self.assertEqual(self.files(), before)

    def compile(self, *inputs):
        body = "".join(f"\\input{{{name}}}\n" for name in inputs)
        (self.folder / "paper.tex").write_text(
            "\\documentclass{article}\n\\usepackage{graphicx,booktabs,siunitx}\n\\begin{document}\n"
            f"See \\ref{{fig:time}} and \\ref{{tab:cases}}.\n{body}\\end{{document}}\n")
        done = subprocess.run([TEX, "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "paper.tex"],
                              cwd=self.folder, capture_output=True, text=True, errors="replace", timeout=240)
        self.assertEqual(done.returncode, 0, done.stdout[-3000:])

    @needs("gnuplot", "gnuplot-nox")
    def test_each_ending_gives_such_a_picture_and_a_caption(self):
        for ending, start in ((".pdf", b"%PDF"), (".png", b"\x89PNG"), (".svg", b"<?xml")):
            done = self.report("--figure", f"time{ending}", "--width", "84mm")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertTrue((self.folder / f"time{ending}").read_bytes().startswith(start))
            self.assertIn(f"time{ending}\ntime.figure.tex\n", done.stdout)
            self.assertIn("3 samples a case; bars: the range of the samples", done.stdout)
            self.assertIn(f"{{time{ending}}}", (self.folder / "time.figure.tex").read_text())
        root = xml.etree.ElementTree.parse(self.folder / "time.svg").getroot()
        self.assertAlmostEqual(float(root.get("width")), 8.4 / 2.54 * 96, delta=1)
        self.assertEqual(self.files(), ["time.figure.tex", "time.pdf", "time.png", "time.svg"])

    @needs("gnuplot", "gnuplot-nox")
    def test_the_kept_script_draws_the_same_figure(self):
        self.assertEqual(self.report("--figure", "time.svg", "--keep", "--x", "threads").returncode, 0)
        self.assertEqual(self.files(), ["time.dat", "time.figure.tex", "time.gp", "time.svg"])
        drawn = (self.folder / "time.svg").read_bytes()
        (self.folder / "time.svg").unlink()
        subprocess.run(["gnuplot", "-d", "time.gp"], cwd=self.folder, check=True, timeout=60)
        self.assertEqual((self.folder / "time.svg").read_bytes(), drawn)
        self.assertIn("window, n = 33", (self.folder / "time.gp").read_text())

    @needs("gnuplot", "gnuplot-nox")
    @needs("pdffonts", "poppler-utils")
    def test_fonts_are_embedded(self):
        self.assertEqual(self.report("--figure", "time.pdf").returncode, 0)
        done = subprocess.run(["pdffonts", self.folder / "time.pdf"], capture_output=True, text=True, check=True)
        fonts = [line.split()[-5] for line in done.stdout.splitlines()[2:]]
        self.assertTrue(fonts)
        self.assertEqual(set(fonts), {"yes"}, done.stdout)

    @needs("gnuplot", "gnuplot-nox")
    def test_every_quantity_can_be_drawn_or_says_that_no_case_has_it(self):
        done = self.report("--figure", "x.svg", "--chart", "nonsense")
        names = re.search(r"the quantities are (.*)", done.stderr)[1].split(", ")
        self.assertGreater(len(names), 20)
        for name in names:
            done = self.report("--figure", "x.svg", "--chart", name)
            if done.returncode != 0:
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn(f"no case of the run has a value of {name}", done.stderr)

    @needs("gnuplot", "gnuplot-nox")
    def test_a_record_runs_no_command_and_its_text_is_drawn_literally(self):
        self.hostile_run()
        for ending in ("svg", "pdf", "png"):
            done = self.report("--figure", f"time.{ending}", "--keep")
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assertFalse([path for path in self.folder.rglob("owned")])
        svg = (self.folder / "time.svg").read_text()
        root = xml.etree.ElementTree.fromstring(svg)
        self.assertFalse([e for e in root.iter() if e.tag.endswith("script")])
        text = "".join(root.itertext())
        for label in HOSTILE:
            self.assertIn(label.replace("\n", "\\x0a").replace("]]>", "]] >"), text)

    @needs("gnuplot", "gnuplot-nox")
    @needs("pdflatex", "texlive-latex-base, with texlive-latex-recommended and texlive-science")
    def test_a_document_with_figure_and_table_compiles(self):
        columns = [name for name in ("time_median_s", "speedup", "flops", "workspace_bytes", "check_worst_error",
                                     "percent_of_peak", "samples")]
        for args in ((), ("--columns", ",".join(columns), "--x", "threads")):
            done = self.report("--figure", "time.pdf", "--table", "cases.tex", *args)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.compile("time.figure", "cases")
        self.hostile_run()
        done = self.report("--figure", "time.pdf", "--table", "cases.tex")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.compile("time.figure", "cases")
        self.assertFalse([path for path in self.folder.rglob("owned")])

    def test_tables_in_each_format(self):
        for name in ("cases.tex", "cases.md", "cases.csv"):
            done = self.report("--table", name)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(f"\n{name}\n", done.stdout)
        self.assertIn("\\toprule", (self.folder / "cases.tex").read_text())
        done = self.report("--table", "-")
        self.assertEqual(done.stdout, (self.folder / "cases.md").read_text())
        lines = (self.folder / "cases.csv").read_text().splitlines()
        self.assertTrue(lines[0].startswith("# Cases of the run tiny; 3 samples a case"))
        rows = list(csv.DictReader(lines[1:]))
        with open(self.run_dir / "cases.csv") as file:
            recorded = list(csv.DictReader(file))
        self.assertEqual(sorted(row["time_median_s"] for row in rows), sorted(row["time_median_s"] for row in recorded))

    def test_what_does_not_apply_is_refused_with_what_would_be_right(self):
        self.assert_refused(["--table", "t.md", "--columns", "time_medain_s"], "did you mean 'time_median_s'", "gflops")
        self.assert_refused(["--figure", "t.jpg"], ".pdf, .svg, .png")
        self.assert_refused(["--table", "t.xls"], ".tex, .md, .csv")
        self.assert_refused(["--figure", "nowhere/t.pdf"], "there is no folder nowhere")
        self.assert_refused(["--figure", "t.pdf", "--width", "3.3"], "3.3in, 8.4cm, 84mm or 240pt")
        self.assert_refused(["--figure", "t.pdf", "--width", "400in"], "1.5in to 20in")
        self.assert_refused(["--figure", "t.pdf", "--x", "batch"], "these vary: seq_len, threads")
        self.assert_refused(["--figure", "t.pdf", "--chart", "time"], "no quantity has this name")
        self.assert_refused(["--columns", "gflops"], "--columns requires --table")
        self.assert_refused(["--width", "3in"], "--width requires --figure")
        self.assert_refused(["--x", "threads"], "--x needs --figure or --table")
        self.assert_refused(["--table", "t.md", "--open"], "without --open")
        self.assert_refused([self.run_dir, "--table", "t.md"], "are of one run")

    def test_without_gnuplot_the_error_says_how_to_get_it(self):
        done = attnbench("report", self.run_dir, "--figure", self.folder / "time.pdf", env={"PATH": str(self.folder)})
        self.assertEqual(done.returncode, 3)
        self.assertIn("gnuplot-nox", done.stderr)
        self.assertEqual(self.files(), [])

    def test_if_gnuplot_fails_nothing_is_written_and_its_message_is_told(self):
        tools = self.folder / "tools"
        tools.mkdir()
        (tools / "gnuplot").write_text("#!/bin/sh\necho half >time.pdf; echo 'line 3: unknown terminal' >&2; exit 1\n")
        (tools / "gnuplot").chmod(0o755)
        scratch = self.folder / "scratch"
        scratch.mkdir()
        done = attnbench("report", self.run_dir, "--figure", self.folder / "time.pdf",
                         env={"PATH": f"{tools}:/usr/bin:/bin", "TMPDIR": str(scratch)})
        self.assertEqual(done.returncode, 3)
        self.assertIn("line 3: unknown terminal", done.stderr)
        self.assertEqual(self.files(), [])
        self.assertEqual(list(scratch.iterdir()), [])


if __name__ == "__main__":
    unittest.main()
