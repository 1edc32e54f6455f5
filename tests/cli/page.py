"""What the tests of report.html share: a real run, its page in a real browser, and ways to read the page."""
import base64
import json
import pathlib
import subprocess
import tempfile
import unittest

from browser import Browser
from program import PROGRAM, attnbench

HOSTILE = "<img src=x onerror=alert(1)>\"'"
CONFIG = {
    "name": "page",
    "variants": ["full", {"variant": "window", "params": {"left": [4, 8], "right": 0}}, {"variant": "blocked", "label": HOSTILE}],
    "sweep": {"seq_len": [16, 32, 64], "heads": 2, "head_dim": [8, 16], "causal": [True, False], "threads": 1},
    "measure": {"rounds": 6, "min_time_s": 0.0001, "memory_limit": "62 KiB"},
    "report": {"baseline": "full"},
}


def calm(record):
    """Steady samples that grow as n^2, in place of what the machine gave."""
    for case in record["cases"]:
        for sample in case["samples"]:
            sample["time_s"] = 1e-6 * case["kv_len"] ** 2 * (1 + 0.001 * sample["round"])


def series(labels, problems):
    """A change of a run: so many series on each of one or two problems, the first one the fastest, at six sizes."""
    def change(record):
        ok = next(c for c in record["cases"] if c["outcome"] == "ok")
        record["cases"] = []
        for problem in range(problems):
            for label in range(labels):
                for n in (256, 512, 1024, 2048, 4096, 8192):
                    case = json.loads(json.dumps(ok))
                    case.update(id=len(record["cases"]), label=f"v{label}", q_len=n, kv_len=n, causal=problem == 1,
                                flops=10 * n * n, workspace_bytes=4 * n * n * (label + 1))
                    for sample in case["samples"]:
                        sample["time_s"] = 1e-9 * n * n * (1 + label) * (1 + 0.001 * sample["round"])
                    record["cases"].append(case)
        record.update(largest_fits=[], input_statistics=[])
        record["config"]["report"] = {}
    return change


class PageTest(unittest.TestCase):
    """A test with one real run and one browser, which all tests of the class share."""

    shared = None

    @classmethod
    def setUpClass(cls):
        if PageTest.shared is None:
            PageTest.shared = True
            folder = tempfile.TemporaryDirectory()
            unittest.addModuleCleanup(folder.cleanup)
            PageTest.folder = pathlib.Path(folder.name)
            PageTest.real = cls.sweep(CONFIG)
            PageTest.record = json.loads((cls.real / "run.json").read_text())
            PageTest.browser = Browser()
            unittest.addModuleCleanup(PageTest.browser.close)

    @classmethod
    def sweep(cls, config, returns=0):
        done = subprocess.run([PROGRAM, "run", "-", "--out", cls.folder / "out"], input=json.dumps(config),
                              capture_output=True, text=True, timeout=240)
        assert done.returncode == returns, done.stderr
        return cls.folder / "out" / config["name"] / "latest"

    def derived(self, name, change):
        """A changed copy of the real run, with its reports."""
        record = json.loads((self.real / "run.json").read_text())
        for names_cases in ["patterns", "sentence"]:
            record.pop(names_cases, None)  # The cases that they name may be gone.
        change(record)
        run_dir = self.folder / name
        run_dir.mkdir()
        (run_dir / "run.json").write_text(json.dumps(record))
        self.report(name)
        return run_dir

    def report(self, name):
        """Writes the reports of a derived run; what the terminal shows."""
        done = attnbench("report", self.folder / name)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def open(self, run_dir, fragment=""):
        self.browser.open(run_dir / "report.html", fragment)
        self.assertEqual(self.browser.complaints, [])
        self.assertEqual(self.browser.requests, [])

    def js(self, expression):
        return self.browser.evaluate(expression)

    def told(self, chart):
        """The description of a chart, for readers who cannot see it."""
        return self.js(f"document.querySelector('#chart-{chart} canvas').getAttribute('aria-label')")

    def rows(self):
        """The table of cases as a reader sees it: a dictionary of columns for each case."""
        rows = self.js("""(() => { const names = [...document.querySelectorAll('#table thead th')].map((th) => th.innerText.replace(/ [▲▼]$/, '').replaceAll('\\n', ' '));
            return [...document.querySelectorAll('#table tbody tr[id]')].map((tr) => [tr.id, Object.fromEntries([...tr.cells].map((cell, i) => [names[i], cell.innerText.replace(/^[▸▾] */, '').trim()]))]); })()""")
        return {int(name.removeprefix("case-")): cells for name, cells in rows}

    def saved(self, button):
        """Presses a button, named by a CSS selector; the bytes of the file that it saves."""
        self.js("URL.createObjectURL = (blob) => { window.saved = blob; return '#'; }; window.saved = null")
        self.js(f"document.querySelector(`{button}`).click()")
        return base64.b64decode(self.js("""(async () => { while (!window.saved) await new Promise((go) => setTimeout(go, 10));
            const bytes = new Uint8Array(await window.saved.arrayBuffer()); return btoa(Array.from(bytes, (b) => String.fromCharCode(b)).join('')); })()"""))
