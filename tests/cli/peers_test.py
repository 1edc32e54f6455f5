"""The peers, attention by other libraries: those that are installed are right, the others are skipped by name.

ATTNBENCH_PYTHON, or an active virtual environment, says which are installed.
"""
import json
import os
import pathlib
import re
import unittest

import jsonschema

from program import PROGRAM, SOURCE, ProgramTest, attnbench

PLUGIN = pathlib.Path(PROGRAM).parents[1] / "lib/attnbench/attnbench_python.so"
FILES = [word for file in sorted((SOURCE / "variants/peers").glob("*.py")) for word in ("--python", file)]
CONFIGS = sorted((SOURCE / "configs").glob("peers*.json"))
OURS = {"blocked", "full", "eigen_textbook", "window", "full_masked_window", "document"}
MODULES = {"torch": "torch", "onnxruntime": "onnxruntime", "openvino": "openvino", "jax": "jax"}  # By how a name begins.
NARROW = re.compile(r", (bf16|f16),")


@unittest.skipUnless(PLUGIN.exists(), "this build has no variants in Python: python3-dev or pybind11-dev is missing")
@unittest.skipIf(os.environ.get("ATTNBENCH_SANITIZED") == "1", "Python is not built with sanitizers")
class Peers(ProgramTest):
    def test_there_are_configs_and_peers(self):
        self.assertGreaterEqual(len(CONFIGS), 4)
        self.assertGreaterEqual(len(FILES) // 2, 6)

    def test_their_configs_are_valid(self):
        validator = jsonschema.Draft202012Validator(json.loads(attnbench("schema", *FILES).stdout))
        for config in CONFIGS:
            validator.validate(json.loads(config.read_text()))

    def test_a_peer_that_is_not_installed_is_skipped_by_its_name(self):
        hidden = "".join(f"sys.modules[{module!r}] = None\n" for module in MODULES.values())
        (self.folder / "sitecustomize.py").write_text("import sys\n" + hidden)
        for config in CONFIGS:
            done = attnbench("plan", config, *FILES, env={**os.environ, "PYTHONPATH": str(self.folder)})
            self.assertEqual(done.returncode, 0, done.stderr)
            cases = re.findall(r"^case \d+: (\w+), .*: (?:SKIPPED: (.*)|[0-9.]+ \w?FLOP, .*)$", done.stdout, re.M)
            self.assertGreater(len(cases), 5, done.stdout)
            for name, reason in cases:
                module = MODULES.get(name.partition("_")[0])
                if module and reason != "takes no bf16":
                    self.assertEqual(reason, f"no module named {module}", name)
                if not module:
                    self.assertEqual(reason, "", name)

    def test_each_peer_that_is_installed_is_right(self):
        tried = {}  # By the peers that are installed: whether a case of theirs was ok.
        for config in CONFIGS:
            done = attnbench("check", config, *FILES, "--set", "sweep.seq_len=40", "--set", "sweep.head_dim=16",
                             "--set", "sweep.threads=2", "--set", "measure.timeout_s=120")
            cases = re.findall(r"^(\w+): (\w+), (.*)$", done.stdout, re.M)
            self.assertGreater(len(cases), 2, done.stderr)
            for outcome, name, words in cases:
                with self.subTest(f"{config.name}: {name}"):
                    if name not in OURS and "no module named" in words:
                        self.skipTest(words.rpartition(": ")[2])
                    if name not in OURS and words.endswith("takes no bf16"):  # Said before whether it is installed.
                        continue
                    # What a peer cannot do, its file says. That it rounds more often to bf16 or f16 than the bound allows is
                    # a finding about the peer.
                    may_be = ("ok",) if name in OURS else ("ok", "skipped", "invalid") if NARROW.search(words) else ("ok", "skipped")
                    self.assertIn(outcome, may_be, words)
                    tried[name] = tried.get(name, False) or outcome == "ok"
            self.assertEqual(done.returncode, int(any(outcome == "invalid" for outcome, *_ in cases)), done.stdout + done.stderr)
        self.assertEqual([name for name, ok in tried.items() if not ok], [])


if __name__ == "__main__":
    unittest.main()
