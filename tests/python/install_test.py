"""The Python package as users get it: by `cmake --install`, and by pip from the source tree."""
import importlib.util
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

PYTHON = pathlib.Path(__file__).resolve().parents[2] / "python"
EXAMPLE = PYTHON.parent / "results/example"


def without(*names):
    return {name: value for name, value in os.environ.items() if name not in names}


class Install(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def must(self, *command, **kwargs):
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=240, **kwargs)
        self.assertEqual(done.returncode, 0, f"{command}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def assert_reads(self, where):
        code = f"import attnbench; print(attnbench.__file__, len(attnbench.load({str(EXAMPLE)!r}).cases))"
        env = without("PYTHONPATH") | {"PYTHONPATH": str(where)}
        out = self.must(sys.executable, "-B", "-c", code, env=env, cwd=self.folder)
        self.assertEqual(out, f"{where}/attnbench/__init__.py 36\n")

    def pip(self, source):
        """Installs a copy of `source`, in which pip leaves nothing that way, and says where."""
        if not all(importlib.util.find_spec(name) for name in ("pip", "setuptools", "wheel")):
            self.skipTest("this Python has no pip, setuptools and wheel (Debian's package python3-pip)")
        shutil.copytree(source, self.folder / "source")
        target = self.folder / "by_pip"
        self.must(sys.executable, "-m", "pip", "install", "--no-index", "--no-deps", "--no-build-isolation",
                  "--target", target, self.folder / "source", env=without("PYTHONPATH"))
        return target

    def test_pip_installs_it_from_the_source_tree(self):
        target = self.pip(PYTHON)
        self.assertEqual(sorted(path.name for path in (target / "attnbench").glob("*.py")),
                         sorted(path.name for path in (PYTHON / "attnbench").glob("*.py")))
        self.assert_reads(target)

    def test_cmake_installs_it_and_pip_installs_it_from_there(self):
        prefix = self.folder / "prefix"
        self.must(os.environ["ATTNBENCH_CMAKE"], "--install", os.environ["ATTNBENCH_BUILD"], "--prefix", prefix,
                  "--component", "python")
        installed = prefix / "share/attnbench/python"
        self.assertEqual({path.name for path in installed.iterdir()}, {"README.md", "attnbench", "pyproject.toml"})
        self.assertFalse(list(installed.rglob("__pycache__")))
        self.assert_reads(installed)
        self.assert_reads(self.pip(installed))


if __name__ == "__main__":
    unittest.main()
