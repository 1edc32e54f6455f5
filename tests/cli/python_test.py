"""Variants in Python in the real program: loaded, checked, measured, recorded and resumed."""
import hashlib
import json
import os
import pathlib
import re
import subprocess
import textwrap
import unittest

from program import PROGRAM, SOURCE, ProgramTest, attnbench, tiny_config

PLUGIN = pathlib.Path(PROGRAM).parents[1] / "lib/attnbench/attnbench_python.so"
SANITIZED = os.environ.get("ATTNBENCH_SANITIZED") == "1"
FAULTS_FILE = SOURCE / "tests/faults/faults.py"

HEAD = """\
import numpy as np
import attnbench


def attend(q, k, v, call, out):
    mask = call.mask()
    seen = mask.any(axis=0)
    for b, h in np.ndindex(call.batch, call.heads):
        g = h // (call.heads // call.kv_heads)
        s = np.where(mask[:, seen], (q[b, h] @ k[b, g][seen].T) * np.float32(call.scale), -np.inf)
        w = np.exp(s - np.maximum(s.max(axis=1, keepdims=True, initial=-np.inf), -1e38))
        out[b, h] = (w / np.maximum(w.sum(axis=1, keepdims=True), 1)) @ v[b, g][seen]

"""

RIGHT = HEAD + """
@attnbench.variant(like="window", source="a test", supports=lambda call: "it is no crowd" if call.heads > 2 else None)
def my_window(q, k, v, call, out):
    \"\"\"A window in numpy.\"\"\"
    assert q.dtype == np.float32 and not q.flags.owndata and not q.flags.writeable and out.flags.writeable
    attend(q, k, v, call, out)


@attnbench.variant(like="full", source="a test")
class my_full:
    def setup(self, call):
        self.set_up = True
        self.room = np.ones(1 << 20)

    def forward(self, q, k, v, call, out):
        assert self.set_up
        attend(q, k, v, call, out)


@attnbench.variant(like="full", source="a test", needs="a_package_that_is_not_there")
def absent(q, k, v, call, out):
    attend(q, k, v, call, out)
"""

WINDOW = {"left": 4, "right": 0}


def config(**changes):
    variants = ["full", {"variant": "window", "params": WINDOW}, {"variant": "my_window", "params": WINDOW}, "my_full"]
    return tiny_config(**{"variants": variants, "report": {}, **changes})


@unittest.skipUnless(PLUGIN.exists(), "this build has no variants in Python: python3-dev or pybind11-dev is missing")
@unittest.skipIf(SANITIZED, "Python is not built with sanitizers")
class PythonTest(ProgramTest):
    @classmethod
    def setUpClass(cls):
        probe = subprocess.run([PROGRAM, "list", "--python", FAULTS_FILE], capture_output=True, text=True)
        if "No module named 'numpy'" in probe.stderr:
            raise unittest.SkipTest("python3-numpy is missing")

    def write(self, text, name="mine.py"):
        path = self.folder / name
        path.write_text(text)
        return path

    def run_file(self, text, sweep, *args, **kwargs):
        file = self.write(text)
        path = self.write_config(sweep)
        done = attnbench("run", path, "--python", file, "--out", self.folder / "out", *args, **kwargs)
        run_dir = self.folder / "out" / sweep["name"] / "latest"
        run = json.loads((run_dir / "run.json").read_text()) if (run_dir / "run.json").exists() else None
        return done, run, run_dir


class Right(PythonTest):
    def test_a_function_takes_what_like_has_and_is_measured_beside_it(self):
        done, run, run_dir = self.run_file(RIGHT, config())
        self.assertEqual(done.returncode, 0, done.stderr)
        cases = {(c["variant"], c["kv_len"]): c for c in run["cases"]}
        for length in (16, 33):
            mine, like = cases["my_window", length], cases["window", length]
            for fact in ("outcome", "reason", "kind", "params", "pairs", "flops", "traffic_bytes", "path", "theory"):
                self.assertEqual(mine[fact], like[fact], fact)
            self.assertEqual(mine["workspace_bytes"], 0)
            self.assertEqual(len(mine["samples"]), 3)
            for sample in mine["samples"]:
                self.assertGreater(sample["empty_call_s"], 0)
                self.assertNotIn("setup_s", sample)
            self.assertNotIn("empty_call_s", like["samples"][0])
        self.assertRegex((run_dir / "report.md").read_text(),
                         r"Calling a function that does nothing, in the language of the files above: [0-9.]+ (ns|us|µs)")

    def test_what_a_class_sets_up_has_numbers_of_its_own(self):
        _, run, run_dir = self.run_file(RIGHT, config())
        mine = [c for c in run["cases"] if c["variant"] == "my_full"]
        self.assertEqual([c["outcome"] for c in mine], ["ok", "ok"])
        for case in mine:
            self.assertGreaterEqual(case["setup_memory"]["heap_peak_bytes"], 8 << 20)
            self.assertGreaterEqual(case["setup_memory"]["resident_peak_bytes"], 8 << 20)
            self.assertLess(case["memory"]["heap_peak_bytes"], 8 << 20)
            for sample in case["samples"]:
                self.assertGreater(sample["setup_s"], 0)
        self.assertIn("set-up heap peak", (run_dir / "report.md").read_text())

    def test_the_record_holds_the_file_and_what_it_runs_on(self):
        _, run, _ = self.run_file(RIGHT, config())
        [file] = run["variant_files"]
        self.assertEqual(file["path"], str((self.folder / "mine.py").resolve()))
        self.assertEqual(file["sha256"], hashlib.sha256(RIGHT.encode()).hexdigest())
        self.assertEqual(file["plugin_sha256"], hashlib.sha256(PLUGIN.read_bytes()).hexdigest())
        self.assertRegex(file["versions"]["python"], r"^3\.\d+\.\d+")
        self.assertRegex(file["versions"]["numpy"], r"^\d+\.\d+")
        self.assertEqual(sorted(p.name for p in self.folder.iterdir()), ["config.json", "mine.py", "out"])

    def test_a_run_goes_on_with_the_same_file_only(self):
        done, run, run_dir = self.run_file(RIGHT, config(), "--shard", "1/1")
        self.assertEqual(done.returncode, 0, done.stderr)
        again = ["run", self.folder / "config.json", "--resume", run_dir, "--python"]
        same = attnbench(*again, self.write(RIGHT, "moved.py"))
        self.assertEqual(same.returncode, 0, same.stderr)
        other = attnbench(*again, self.write(RIGHT + "\n# Another one.\n"))
        self.assertEqual(other.returncode, 2)
        self.assertIn(f"sha256 {run['variant_files'][0]['sha256']}, now ", other.stderr)

    def test_a_study_says_how_to_take_up_again_what_failed_for_reasons_outside_its_variants(self):
        path = self.write("import os, signal\n" + HEAD + textwrap.dedent("""
            @attnbench.variant(like="full", source="a test")
            def killed(q, k, v, call, out):
                os.kill(os.getpid(), signal.SIGKILL)  # As somebody else may.
        """))
        folder = self.folder / "my study"
        folder.mkdir()
        (folder / "one.json").write_text(json.dumps(config(variants=["killed"], measure={"rounds": 1, "min_time_s": 0.001})))
        claim = {"says": "It has pairs.", "measure": "value", "quantity": "pairs", "of": "killed", "at_least": 1}
        section = {"id": "one", "title": "One", "question": "?", "config": "one.json", "claims": [claim]}
        (folder / "study.json").write_text(json.dumps({"name": "mine", "title": "Mine", "configs": [{"file": "one.json"}],
                                                       "sections": [section]}))
        done = attnbench("study", folder, "--out", self.folder / "out", "--python", path, "--only", "one")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, rf"attnbench: one.json: Nothing was timed.*\n\d cases failed for reasons outside the "
                                      rf"variants; `study '{folder}' --resume \S*/out/mine/\S+ --only one --python {path}` takes them up")

    def test_a_run_goes_on_with_the_same_modules_of_the_files_folder_only(self):
        helper = self.write("x = 1\n", "helper.py")
        done, run, run_dir = self.run_file("import helper\n" + RIGHT, config(variants=["my_full"]))
        self.assertEqual(done.returncode, 0, done.stderr)
        recorded = "sha256 " + hashlib.sha256(b"x = 1\n").hexdigest()
        self.assertEqual(run["variant_files"][0]["versions"]["helper.py"], recorded)
        again = ["run", self.folder / "config.json", "--resume", run_dir, "--python", self.folder / "mine.py"]
        self.assertEqual(attnbench(*again).returncode, 0)
        helper.write_text("x = 2\n")
        other = attnbench(*again)
        self.assertEqual(other.returncode, 2)
        now = "sha256 " + hashlib.sha256(b"x = 2\n").hexdigest()
        self.assertIn(f"mine.py: helper.py {recorded}, now {now}", other.stderr)

    def test_a_module_that_changes_while_the_run_goes_on_fails_the_cases(self):
        self.write("", "helper.py")
        changes = "import helper\nwith open(helper.__file__, 'a') as file:\n    file.write('# Loaded.\\n')\n"
        done, run, _ = self.run_file(changes + RIGHT, config(variants=["my_full"]))
        self.assertEqual(done.returncode, 1, done.stderr)
        for case in run["cases"]:
            self.assertEqual(case["outcome"], "failed")
            self.assertIn("mine.py: it, or what it imports, has changed since it was loaded for this run", case["reason"])

    def test_what_a_file_does_not_support_is_skipped_with_its_words(self):
        sweep = config(variants=["my_window", "absent"])
        sweep["sweep"] = {**sweep["sweep"], "heads": [2, 4], "softcap": [0, 5]}
        _, run, _ = self.run_file(RIGHT, sweep)
        reasons = {(c["variant"], c["heads"], c["softcap"]): c["reason"] for c in run["cases"] if c["kv_len"] == 16}
        self.assertEqual(reasons["my_window", 2, 0], "")
        self.assertEqual(reasons["my_window", 4, 0], "it is no crowd")
        self.assertEqual(reasons["my_window", 2, 5], "takes no softcap")
        self.assertEqual(reasons["absent", 2, 0], "no module named a_package_that_is_not_there")

    def test_what_like_does_not_support_is_skipped_and_its_list_arrives(self):
        text = HEAD + textwrap.dedent("""
            @attnbench.variant(like="document", source="a test")
            def my_document(q, k, v, call, out):
                assert call.list.tolist() == [7, 0, 9, 4], call.list
                attend(q, k, v, call, out)
            """)
        sweep = config(variants=[{"variant": "my_document", "params": {"lengths": "7 0 9 4"}}])
        _, run, _ = self.run_file(text, sweep)
        self.assertEqual({c["kv_len"]: c["reason"] for c in run["cases"]},
                         {16: "", 33: "its documents end before the sequence does"})

    def test_list_and_plan_know_the_file_and_print_nothing_of_what_it_prints(self):
        file = self.write('print("hello")\n' + RIGHT)
        listed = attnbench("list", "--json", "--python", file)
        entry = next(e for e in json.loads(listed.stdout) if e["name"] == "my_window")
        self.assertEqual(entry["summary"], "A window in numpy.")
        self.assertEqual([p["name"] for p in entry["params"]], ["left", "right"])
        self.assertIn("hello", listed.stderr)
        planned = attnbench("--python", file, "plan", self.write_config(config()))
        self.assertEqual(planned.returncode, 0, planned.stderr)
        self.assertIn("my_window", planned.stdout)

    def test_a_file_is_imported_once_for_each_number_of_threads(self):
        log = self.folder / "imports"
        text = RIGHT + textwrap.dedent(f"""
            import os
            with open({str(log)!r}, "a") as file:
                print(os.environ.get("OMP_NUM_THREADS"), os.environ.get("OPENBLAS_NUM_THREADS"), file=file)
            """)
        sweep = config()
        sweep["sweep"]["threads"] = [1, 2]
        environment = {k: v for k, v in os.environ.items() if not k.endswith("_NUM_THREADS")}
        done, _, _ = self.run_file(text, sweep, env=environment)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(sorted(log.read_text().split("\n")), ["", "1 1", "2 2", "None None"])

    def test_a_worker_knows_that_it_was_forked(self):
        text = HEAD + textwrap.dedent("""
            import os

            seen = []
            os.register_at_fork(before=lambda: seen.append("before"), after_in_child=lambda: seen.append("child"))


            @attnbench.variant(like="full", source="a test")
            def knows(q, k, v, call, out):
                assert seen[-2:] == ["before", "child"], seen
                attend(q, k, v, call, out)
            """)
        _, run, _ = self.run_file(text, config(variants=["knows"]))
        self.assertEqual([c["reason"] for c in run["cases"]], ["", ""])

    def test_workers_do_not_share_what_the_file_holds(self):
        text = HEAD + textwrap.dedent("""
            calls = []


            @attnbench.variant(like="full", source="a test")
            class counts_problems:
                def setup(self, call):
                    calls.append(call.q_len)
                    assert len(calls) == 1, calls

                def forward(self, q, k, v, call, out):
                    attend(q, k, v, call, out)
            """)
        _, run, _ = self.run_file(text, config(variants=["counts_problems"]))
        self.assertEqual([c["reason"] for c in run["cases"]], ["", ""])

    def test_the_conformance_suite_finds_a_right_one_right(self):
        done = attnbench("check", "--python", self.write(RIGHT), "my_full")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("my_full: takes nothing from the heap: it may allocate, and what it takes is measured", done.stdout)


OWN = HEAD + """
def every_other(call, query):
    here = call.position(query)
    yield here - call.params["reach"], here + 1, 2


@attnbench.variant(visible_keys=every_other, params={"reach": (6, 1, 1 << 20, "how far back it sees")},
                   theory={"time": 1, "memory": 0}, source="a test")
def my_stripes(q, k, v, call, out):
    mask = call.mask()
    out[...] = 0
    for b, h in np.ndindex(call.batch, call.heads):
        g = h // (call.heads // call.kv_heads)
        for i in range(call.q_len):
            s = (k[b, g][mask[i]] @ q[b, h, i]) * np.float32(call.scale)
            if s.size:
                w = np.exp(s - s.max())
                out[b, h, i] = (w / w.sum()) @ v[b, g][mask[i]]


@attnbench.variant(visible_keys=lambda call, query: [(3, 5), (4, 6)], theory={"time": (1, 1), "memory": 0}, source="a test")
def overlaps(q, k, v, call, out): pass
"""


class Own(PythonTest):
    def test_a_file_may_say_itself_what_a_query_sees(self):
        sweep = config(variants=[{"variant": "my_stripes", "params": {"reach": [4, 6]}}, {"variant": "dilated"}])
        done, run, _ = self.run_file(OWN, sweep)
        self.assertEqual(done.returncode, 0, done.stderr)
        pairs = {(c["params"]["reach"], c["kv_len"]): c["pairs"] for c in run["cases"] if c["variant"] == "my_stripes"}
        self.assertEqual(pairs, {(reach, n): 2 * sum(len(range(i % 2 if i < reach else i - reach, i + 1, 2)) for i in range(n))
                                 for reach in (4, 6) for n in (16, 33)})
        mine = next(c for c in run["cases"] if c["variant"] == "my_stripes")
        self.assertEqual((mine["outcome"], mine["theory"]["time"]["power"], mine["theory"]["memory"]["power"]), ("ok", 1, 0))

    def test_keys_that_there_are_not_or_that_causal_forbids_are_left_out(self):
        text = HEAD + textwrap.dedent("""
            @attnbench.variant(visible_keys=lambda call, query: [(-5, call.kv_len + 5)], theory={"time": 2, "memory": 0},
                               source="a test")
            def sees_all(q, k, v, call, out):
                attend(q, k, v, call, out)
            """)
        sweep = config(variants=["full", "sees_all"])
        sweep["sweep"]["causal"] = [True, False]
        done, run, _ = self.run_file(text, sweep)
        self.assertEqual(done.returncode, 0, done.stderr)
        pairs = {(c["variant"], c["causal"], c["kv_len"]): c["pairs"] for c in run["cases"]}
        self.assertEqual(len(pairs), 8)
        for (variant, *rest), count in pairs.items():
            self.assertEqual(count, pairs["full", *rest])

    def test_the_conformance_suite_finds_it_right(self):
        done = attnbench("check", "--python", self.write(OWN), "my_stripes")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_keys_that_overlap_end_the_plan_with_the_line(self):
        done, run, _ = self.run_file(OWN, config(variants=["overlaps"]))
        self.assertEqual((done.returncode, run), (2, None))
        self.assertRegex(done.stderr, r"attnbench: visible_keys gives spans of keys that overlap .*mine\.py:\d+\)")


DEFINED = """\
import numpy as np
import attnbench


def phi(x):
    return np.where(x > 0, x + 1, np.exp(np.minimum(x, 0)))


def linear(q, k, v, call, query):
    end = max(call.position(query) + 1, 0) if call.causal else call.kv_len
    weights = phi(k[:end]) @ phi(q[query])
    return weights @ v[:end] / (weights.sum() + 1e-6)


def cost(call):
    return {"flops": 4 * call.batch * call.heads * call.q_len * call.head_dim ** 2, "steps": 2}


def declare(function):
    return attnbench.variant(definition=linear, cost=cost, theory={"time": 1, "memory": 0}, source="a test",
                             params={"width": (3, 1, 9, "a number")})(function)


@declare
def my_linear(q, k, v, call, out):
    for b, h in np.ndindex(call.batch, call.heads):
        g = h * call.kv_heads // call.heads
        weights = phi(q[b, h]) @ phi(k[b, g]).T
        if call.causal:
            weights = np.tril(weights, call.kv_len - call.q_len)
        out[b, h] = weights @ v[b, g] / (weights.sum(axis=1, keepdims=True) + 1e-6)


@declare
def wrong_linear(q, k, v, call, out):
    my_linear(q, k, v, call, out)
    out[..., -1, -1] *= 1.001
"""


class Defined(PythonTest):
    def test_an_approximation_is_judged_by_its_definition_and_counted_as_the_file_says(self):
        mine = {"variant": "my_linear", "params": {"width": 9}}
        sweep = config(variants=["linear_elu", mine, "wrong_linear"])
        sweep["sweep"]["kv_heads"] = 1
        done, run, _ = self.run_file(DEFINED, sweep)
        self.assertEqual(done.returncode, 1, done.stderr)
        cases = {(c["variant"], c["kv_len"]): c for c in run["cases"]}
        for length in (16, 33):
            right, wrong, like = (cases[name, length] for name in ("my_linear", "wrong_linear", "linear_elu"))
            self.assertEqual((right["params"], wrong["params"]), ({"width": 9}, {"width": 3}))
            self.assertEqual((right["outcome"], right["kind"]), ("ok", "approximate"), right["reason"])
            self.assertEqual(right["flops"], 4 * right["batch"] * right["heads"] * length * right["head_dim"] ** 2)
            self.assertEqual((right["traffic_bytes"], right["path"]), (like["traffic_bytes"], 1))
            self.assertEqual((right["steps"], right["theory"]["time"]["power"]), (2, 1))
            # Both lose the same, as both compute the same.
            mine, theirs = (c["quality"]["relative_error"] for c in (right, like))
            self.assertGreater(mine, 0.1)
            self.assertAlmostEqual(mine, theirs, delta=1e-9)
            self.assertEqual(wrong["outcome"], "invalid")
            self.assertRegex(wrong["reason"], "expected .*, got ")

    def test_the_conformance_suite_finds_it_right(self):
        done = attnbench("check", "--python", self.write(DEFINED), "my_linear")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertRegex(done.stdout, r"ok +my_linear: defines a row the same, whatever other rows are asked for")

    def test_what_is_stated_wrongly_is_named_with_its_line(self):
        wrong = {
            "return weights @ v[:end] /": ("return v[:end] /", "ValueError: definition returns shape "),
            "weights = phi(k[:end]) @ phi(q[query])": (
                "weights = phi(k[:end].astype(float)) @ phi(q[query])",
                r"TypeError: definition returns float64 for q, k and v of float32; it computes in the type of q \("),
            "    return weights": ("    call.mask()\n    return weights", r"AttributeError: a call has mask\(\) and spans\(\) only "),
        }
        for right, (text, words) in wrong.items():
            with self.subTest(text):
                self.assertIn(right, DEFINED)
                done, run, _ = self.run_file(DEFINED.replace(right, text), config(variants=["my_linear"]))
                self.assertEqual(done.returncode, 1, done.stderr)
                self.assertEqual({c["outcome"] for c in run["cases"]}, {"failed"})
                self.assertRegex(run["cases"][0]["reason"], words)
        for text, words in (("{'flops': 1.5}", "cost gives 'flops' as 1.5; expected a whole number, 0 or more"),
                            ("{'flops': -1}", "cost gives 'flops' as -1; expected a whole number"),
                            ("{'flop': 1}", r"cost returns \{'flop': 1\}; expected a dict with 'flops', 'traffic_bytes', ")):
            with self.subTest(text):
                file = DEFINED.replace("def cost(call):\n", f"def cost(call):\n    return {text}\n")
                done, _, _ = self.run_file(file, config(variants=["my_linear"]))
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertRegex(done.stderr, rf"attnbench: .*mine\.py:\d+: {words}")


# How the case of length 32 ends; that of length 16 is always right.
FAULTS = {
    "raises": ("failed", r"^ValueError: no such \(.*faults\.py:\d+, in raises\)$"),
    "recurses": ("failed", r"^RecursionError: .*\(.*faults\.py:\d+, in recurses_forever\)$"),
    "exits": ("failed", r"^exited with code 0 before it was done"),
    "asks_to_exit": ("failed", r"^SystemExit: enough \(.*faults\.py:\d+, in asks_to_exit\)$"),
    "segfaults": ("failed", r'^killed by SIGSEGV .*; its last words: File ".*ctypes/__init__\.py", line \d+ in string_at$'),
    "hangs": ("timeout", r"^no answer within timeout_s = 5 s"),
    "leaks": ("failed", r"^out of memory: .*MemoryError: .*\(.*faults\.py:\d+, in leaks\)$"),
    "writes_another_shape": ("failed", r"^ValueError: could not broadcast .*faults\.py:\d+, in writes_another_shape\)$"),
    "writes_complex_numbers": ("failed", r"^ComplexWarning: .*faults\.py:\d+, in writes_complex_numbers\)$"),
    "changes_its_inputs": ("failed", r"^ValueError: assignment destination is read-only \(.*faults\.py:\d+"),
    "changes_its_inputs_by_force": ("invalid", r"^changed its input v$"),
    "writes_past_out": ("invalid", r"^touched the output .*past its end"),
    "writes_a_wrong_answer": ("invalid", r"expected .*, got "),
    "prints": ("ok", r"^$"),
    "starts_threads": ("ok", r"^$"),
    "leaves_a_child": ("ok", r"^$"),
    "hangs_at_exit": ("ok", r"^$"),
    "returns_its_answer": ("failed", r"^returns_its_answer returns ndarray: write the answer into out .*faults\.py:\d+"),
    "leaves_out_unwritten": ("failed", r"^leaves_out_unwritten leaves 256 of the 256 numbers of out unwritten, "
                                       r"the first at out\[0, 0, 0, 0\].*faults\.py:\d+\)$"),
    "leaves_a_row_unwritten": ("failed", r"^leaves_a_row_unwritten leaves 8 of the 256 numbers of out unwritten, "
                                         r"the first at out\[0, 0, 31, 0\] \(.*faults\.py:\d+\)$"),
    "fails_in_setup": ("failed", r"^RuntimeError: nothing is set up \(.*faults\.py:\d+, in setup\)$"),
}


class Faults(PythonTest):
    def test_each_fault_costs_its_own_case_and_is_named(self):
        sweep = {"name": "faults", "variants": ["full", *FAULTS],
                 "sweep": {"seq_len": [16, 32], "heads": 1, "head_dim": 8, "threads": 1},
                 "measure": {"rounds": 1, "min_time_s": 0.0001, "memory_limit": "64 MiB", "timeout_s": 5}}
        path = self.write_config(sweep)
        done = attnbench("run", path, "--python", FAULTS_FILE, "--out", self.folder / "out")
        self.assertEqual(done.returncode, 1, done.stderr)
        run = json.loads((self.folder / "out/faults/latest/run.json").read_text())
        cases = {(c["variant"], c["kv_len"]): c for c in run["cases"]}
        for name, (outcome, reason) in FAULTS.items():
            with self.subTest(name):
                self.assertEqual(cases[name, 16]["outcome"], "ok", cases[name, 16]["reason"])
                self.assertEqual(cases[name, 32]["outcome"], outcome, cases[name, 32]["reason"])
                self.assertRegex(cases[name, 32]["reason"], reason)
        self.assertEqual(cases["full", 32]["outcome"], "ok")
        details = cases["raises", 32]["details"]
        self.assertRegex(details, r"^Traceback \(most recent call last\):\n")
        self.assertTrue(details.endswith("ValueError: no such\nluck"), details)
        self.assertIn("in forward", details)
        self.assertNotIn("details", cases["raises", 16])
        self.assertRegex(cases["segfaults", 32]["details"], r'File ".*faults\.py", line \d+ in segfaults')

    def test_the_conformance_suite_names_an_exception_with_file_and_line(self):
        done = attnbench("check", "--python", FAULTS_FILE, "raises")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertRegex(done.stdout, r"FAILED +raises: .*\n.*ValueError: no such \(.*faults\.py:\d+, in raises\)")


DECLARE = "import attnbench\n\n\n@attnbench.variant("

# Files that cannot be loaded, and what is said of them; FILE stands for the file.
BROKEN = {
    "import attnbench\nimport a_module_that_is_not_there\n":
        r"^attnbench: FILE:2: ModuleNotFoundError: No module named 'a_module_that_is_not_there'; the interpreter is .*ATTNBENCH_PYTHON",
    "def f(:\n  pass\n": r"^attnbench: FILE:1: SyntaxError: ",
    "x = 1\ny = x / 0\n": r"^attnbench: FILE:2: ZeroDivisionError: division by zero$",
    "import sys\nsys.exit(0)\n": r"^attnbench: FILE:2: SystemExit: 0$",
    "x = 1\n": r"^attnbench: FILE: declares no variant: ",
    DECLARE + 'like="windw", source="s")\ndef f(q, k, v, call, out): pass\n':
        r"^attnbench: FILE:4: like='windw': there is no such variant; did you mean 'window'\?$",
    DECLARE + 'like="topk", source="s")\ndef f(q, k, v, call, out): pass\n': r"^attnbench: FILE:4: like='topk' is not exact",
    DECLARE + 'like="full", source="s")\ndef f(q, k, v): pass\n':
        r"^attnbench: FILE:4: 'f' is called as f\(q, k, v, call, out\)$",
    DECLARE + 'like="full", source="s")\ndef full(q, k, v, call, out): pass\n':
        r"^attnbench: FILE:4: there is a variant 'full' already",
    DECLARE + 'like="full")\ndef f(q, k, v, call, out): pass\n': r"^attnbench: FILE:4: source= says which paper",
    DECLARE + 'source="s")\ndef f(q, k, v, call, out): pass\n': r"^attnbench: FILE:4: like= names the variant",
    DECLARE + 'like="full", source="s", takes="dropout")\ndef f(q, k, v, call, out): pass\n':
        r"^attnbench: FILE:4: takes='dropout': expected some of 'scale', 'softcap', 'alibi', 'bf16', 'f16'$",
    DECLARE + 'like="full", source="s")\ndef F(q, k, v, call, out): pass\n': r"^attnbench: FILE:4: 'F' is no name of a variant",
    DECLARE + 'like="full", source="s")\nclass f: pass\n': r"^attnbench: FILE:4: class f has no forward$",
    DECLARE + 'like="full", source="s", visible_keys=len)\ndef f(q, k, v, call, out): pass\n':
        r"^attnbench: FILE:4: like= and visible_keys= each say what it computes; keep one of them$",
    DECLARE + 'like="full", source="s", params={"w": (1, 1, 9, "a")})\ndef f(q, k, v, call, out): pass\n':
        r"^attnbench: FILE:4: params= are those of full, since like= names it; leave params= out$",
    DECLARE + 'definition=lambda q: q, source="s")\ndef f(q, k, v, call, out): pass\n':
        r"^attnbench: FILE:4: definition is called as definition\(q, k, v, call, query\); it returns one row",
    DECLARE + 'definition=lambda q, k, v, call, query: q[0], source="s")\ndef f(q, k, v, call, out): pass\n':
        r"^attnbench: FILE:4: cost= goes with definition=: ",
    DECLARE + 'definition=lambda q, k, v, call, query: q[0], cost=len, takes="f16", source="s")\ndef f(q, k, v, call, out): pass\n':
        r"^attnbench: FILE:4: takes=\"bf16\" and takes=\"f16\" go with like= or visible_keys=: ",
    DECLARE + 'source="s", visible_keys=lambda call, query: [])\ndef f(q, k, v, call, out): pass\n':
        r"^attnbench: FILE:4: theory= says how ",
    DECLARE + 'source="s", visible_keys=lambda c, i: [], theory={"time": 1, "memory": 0}, params={"w": 3})\n'
              "def f(q, k, v, call, out): pass\n": r"^attnbench: FILE:4: params=\{'w': …\}: expected \(default, ",
    DECLARE + 'source="s", visible_keys=lambda c, i: [], theory={"time": 1, "memory": 0}, params={"w": (0, 1, 9, "a")})\n'
              "def f(q, k, v, call, out): pass\n": r"^attnbench: FILE:4: params=\{'w': …\}: the default 0 is not from 1 to 9",
    DECLARE + 'source="s", visible_keys=lambda c, i: [], theory={"time": 1, "memory": 0}, params={"w w": (1, 1, 9, "a")})\n'
              "def f(q, k, v, call, out): pass\n": r"^attnbench: FILE:4: params=\{'w w': …\}: a name has letters, digits and _",
    DECLARE + 'source="s", visible_keys=lambda c, i: [], theory={"time": 1})\ndef f(q, k, v, call, out): pass\n':
        r"^attnbench: FILE:4: theory is \{'time': 1\}; expected the powers of n",
    "import attnbench\n\n\n@attnbench.variant\ndef f(q, k, v, call, out): pass\n":
        r"^attnbench: FILE:4: @attnbench.variant needs arguments",
}


class New(PythonTest):
    def test_the_file_that_new_writes_passes_the_suite_and_runs(self):
        done = attnbench("new", "--python", "mine", cwd=self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        template = (SOURCE / "harness/cli/new/my_variant.py").read_text()
        self.assertEqual((self.folder / "mine.py").read_text(), template.replace("my_variant", "mine"))
        self.assertIn("attnbench check --python mine.py mine", done.stdout)
        checked = attnbench("check", "--python", self.folder / "mine.py", "mine")
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
        path = self.write_config(config(variants=[{"variant": "mine", "params": WINDOW}]))
        run = attnbench("run", path, "--python", self.folder / "mine.py", "--out", self.folder / "out")
        self.assertEqual(run.returncode, 0, run.stderr)

    def test_it_overwrites_nothing(self):
        self.write("mine", "mine.py")
        done = attnbench("new", "--python", "mine", "--dir", self.folder)
        self.assertEqual(done.returncode, 2)
        self.assertIn("mine.py exists; nothing was written", done.stderr)
        self.assertEqual((self.folder / "mine.py").read_text(), "mine")


class Broken(PythonTest):
    def test_a_package_that_lacks_another_one_is_not_taken_for_absent(self):
        self.write("import a_pack\n", "a_package.py")
        file = self.write('import attnbench\nattnbench.optional("a_package")\n')
        done = attnbench("list", "--python", file)
        self.assertEqual(done.returncode, 2, done.stdout)
        self.assertRegex(done.stderr, r"mine\.py:2: ModuleNotFoundError: No module named 'a_pack';")

    def test_an_interpreter_that_is_a_folder_is_an_error(self):
        done = attnbench("list", "--python", FAULTS_FILE, env={**os.environ, "ATTNBENCH_PYTHON": str(self.folder)})
        self.assertEqual(done.returncode, 2, done.stdout)
        self.assertIn(f"ATTNBENCH_PYTHON: {self.folder} is no program; expected an interpreter, such as bin/python", done.stderr)

    def test_a_theory_without_memory_ends_the_plan_with_the_line_of_the_variant(self):
        text = "import attnbench\n@attnbench.variant(visible_keys=lambda call, query: [], " \
               'theory=lambda call: {"time": 1}, source="s")\ndef f(q, k, v, call, out): pass\n'
        done, run, _ = self.run_file(text, config(variants=["f"]))
        self.assertEqual((done.returncode, run), (2, None))
        self.assertRegex(done.stderr, r"attnbench: .*mine\.py:2: theory is \{'time': 1\}; expected the powers of n")

    def test_keys_that_are_none_end_the_plan_with_the_line_of_the_variant(self):
        text = "import attnbench\n@attnbench.variant(visible_keys=lambda call, query: None, " \
               'theory={"time": 1, "memory": 0}, source="s")\ndef f(q, k, v, call, out): pass\n'
        done, run, _ = self.run_file(text, config(variants=["f"]))
        self.assertEqual((done.returncode, run), (2, None))
        self.assertRegex(done.stderr, r"attnbench: TypeError: 'NoneType' object is not iterable \(.*mine\.py:2\)")

    def test_a_file_that_cannot_be_loaded_is_named_with_its_line_before_anything_runs(self):
        path = self.write_config(config(variants=["full"]))
        for i, (text, words) in enumerate(BROKEN.items()):
            with self.subTest(text):
                file = self.write(text, f"broken{i}.py").resolve()
                done = attnbench("run", path, "--python", file, "--out", self.folder / "out")
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertRegex(done.stderr.rstrip("\n"), words.replace("FILE", re.escape(str(file))))
                self.assertFalse((self.folder / "out").exists())

    def test_a_file_that_is_not_there_is_an_error(self):
        done = attnbench("list", "--python", self.folder / "none.py")
        self.assertEqual(done.returncode, 2)
        self.assertIn("none.py: not found: No such file or directory", done.stderr)

    def test_a_function_that_fails_to_say_what_it_supports_ends_the_plan_with_its_line(self):
        text = HEAD + '@attnbench.variant(like="full", source="s", supports=lambda call: 1 / 0)\n' \
                      "def f(q, k, v, call, out): pass\n"
        done, run, _ = self.run_file(text, config(variants=["f"]))
        self.assertEqual((done.returncode, run), (2, None))
        self.assertRegex(done.stderr, r"attnbench: ZeroDivisionError: division by zero \(.*mine\.py:\d+, in <lambda>\)")


if __name__ == "__main__":
    unittest.main()
