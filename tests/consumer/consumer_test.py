"""Plugins from outside: built against an installed package with GCC and with Clang, loaded, checked and run."""
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
from program import SOURCE, tiny_config  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
CMAKE = os.environ["ATTNBENCH_CMAKE"]
WITH_FAULTS = os.environ["ATTNBENCH_PROGRAM_WITH_FAULTS"]
SANITIZED = os.environ.get("ATTNBENCH_SANITIZED") == "1"
COMPILERS = [c for c in ("g++", "clang++") if shutil.which(c)]
# How the promises fare on a right, exact variant that declares no inputs and can't be trained.
OF_TRAINING = 18
KEPT = ["does not apply"] * (4 + OF_TRAINING) + ["not tried"] * SANITIZED + ["ok"] * (15 - SANITIZED)
# Only the heap is not tried under sanitizers, which makes `check` exit with 1.
ALL_KEPT = int(SANITIZED)


def statuses(output, name):
    """How each promise fares, by what `check` prints."""
    return re.findall(rf"^(ok|FAILED|does not apply|not tried) +{name}: ", output, re.M)


def must(*command, **kwargs):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=300, **kwargs)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done


class Consumer(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.prefix = cls.folder / "prefix"
        must(CMAKE, "--install", os.environ["ATTNBENCH_BUILD"], "--prefix", cls.prefix)
        cls.program = cls.prefix / "bin" / "attnbench"
        cls.plugins = {}
        for compiler in COMPILERS:
            build = cls.folder / compiler
            must(CMAKE, "-S", HERE, "-B", build, "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={cls.prefix}",
                 f"-DCMAKE_CXX_COMPILER={compiler}")
            must(CMAKE, "--build", build)
            cls.plugins[compiler] = build

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.here = pathlib.Path(folder.name)

    def plugin(self, name, compiler="g++"):
        return self.plugins[compiler] / f"lib{name}.so"

    def attnbench(self, *args, program=None, plugins=None):
        """Runs the installed program in an empty folder."""
        environment = {k: v for k, v in os.environ.items() if k != "ATTNBENCH_PLUGINS"}
        if plugins:
            environment["ATTNBENCH_PLUGINS"] = ":".join(map(str, plugins))
        return subprocess.run([str(program or self.program), *map(str, args)], capture_output=True, text=True,
                              timeout=300, cwd=self.here, env=environment)

    def write_config(self, name="plugged", variants=("full", "my_variant"), **changes):
        path = self.here / f"{name}.json"
        path.write_text(json.dumps(tiny_config(name=name, variants=list(variants), report={}, **changes)))
        return path

    def record(self, name="plugged"):
        return json.loads((self.here / "results" / name / "latest" / "run.json").read_text())

    def test_the_package_was_built_with_gcc_and_with_clang(self):
        self.assertEqual(COMPILERS, ["g++", "clang++"])

    def test_a_plugin_exports_one_symbol(self):
        for compiler in COMPILERS:
            for name in ("my_variant", "misbehaving"):
                symbols = must("nm", "-D", "--defined-only", self.plugin(name, compiler)).stdout.split("\n")
                self.assertEqual([s.split()[-1] for s in symbols if s], ["attnbench_plugin_v1"])

    def test_a_right_plugin_keeps_every_promise_whoever_compiled_it(self):
        for compiler in COMPILERS:
            done = self.attnbench("check", "--plugin", self.plugin("my_variant", compiler), "my_variant")
            self.assertEqual(done.returncode, ALL_KEPT, done.stdout + done.stderr)
            self.assertEqual(sorted(statuses(done.stdout, "my_variant")), KEPT, done.stdout)

    def test_the_same_file_is_a_variant_of_the_tree(self):
        done = self.attnbench("check", "my_variant", program=WITH_FAULTS)
        self.assertEqual((done.returncode, done.stderr), (ALL_KEPT, ""), done.stdout)
        twice = self.attnbench("list", "--plugin", self.plugin("my_variant"), program=WITH_FAULTS)
        self.assertEqual(twice.returncode, 2)
        self.assertIn("'my_variant': one in this program, one in plugin " + str(self.plugin("my_variant")),
                      twice.stderr)

    def test_two_copies_of_a_plugin_are_refused_with_both_places_and_one_file_twice_is_not(self):
        copy = self.here / "copy.so"
        shutil.copy(self.plugin("my_variant"), copy)
        twice = self.attnbench("--plugin", copy, "list", "--plugin", self.plugin("my_variant"))
        self.assertEqual(twice.returncode, 2)
        for place in (copy, self.plugin("my_variant")):
            self.assertIn(f"in plugin {place}", twice.stderr)
        again = self.attnbench("--plugin", copy, "list", "--plugin", "./copy.so", plugins=["copy.so", copy])
        self.assertEqual((again.returncode, again.stderr), (0, ""))

    def test_a_second_openmp_runtime_is_a_warning(self):
        runtimes = {c: must("ldd", self.plugin("my_variant", c)).stdout for c in COMPILERS}
        for compiler, libraries in runtimes.items():
            done = self.attnbench("list", "--plugin", self.plugin("my_variant", compiler))
            self.assertEqual(done.returncode, 0, done.stderr)
            own = must("ldd", self.program).stdout
            second = any(lib in libraries and lib not in own for lib in ("libgomp", "libomp", "libiomp"))
            self.assertEqual("two OpenMP runtimes in one process: " in done.stderr, second, done.stderr)
        if "clang++" in COMPILERS and "libgomp" in must("ldd", self.program).stdout:
            self.assertIn("libomp", runtimes["clang++"])

    def test_every_subcommand_knows_the_variants_of_plugins(self):
        plugin = self.plugin("my_variant")
        self.assertNotIn("my_variant", self.attnbench("list").stdout)
        listed = json.loads(self.attnbench("list", "--json", plugins=["", plugin]).stdout)
        (mine,) = [v for v in listed if v["name"] == "my_variant"]
        self.assertEqual([p["name"] for p in mine["params"]], ["reach"])
        self.assertIn("reach = 128", self.attnbench("describe", "my_variant", "--plugin", plugin).stdout)
        self.assertIn('"reach"', self.attnbench("--plugin", plugin, "schema").stdout)
        config = self.write_config()
        planned = self.attnbench("plan", config, "--plugin", plugin)
        self.assertIn("my_variant", planned.stdout)
        wrong = self.write_config("wrong", [{"variant": "my_variant", "params": {"rech": 3, "reach": 0}}])
        refused = self.attnbench("plan", wrong, "--plugin", plugin)
        self.assertEqual(refused.returncode, 2)
        self.assertIn("my_variant has: reach", refused.stderr)
        self.assertIn("/variants/0/params/reach", refused.stderr)
        checked = self.attnbench("check", config, "--plugin", plugin)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)

    def test_ab_compares_two_builds_of_a_plugin_in_one_sweep(self):
        config = self.write_config(measure={"rounds": 1, "min_time_s": 0.001})
        plugins = [self.plugin("my_variant", compiler) for compiler in COMPILERS]
        done = self.attnbench("ab", self.prefix, config, "--old-plugin", plugins[0], "--new-plugin", plugins[-1])
        self.assertIn("4 cases compared", done.stdout, done.stderr)
        for side, plugin in zip(("old", "new"), plugins):
            run = json.loads((self.here / "results/plugged-ab/latest" / side / "run.json").read_text())
            self.assertEqual([c["outcome"] for c in run["cases"]], ["ok"] * 4)
            self.assertEqual([p["path"] for p in run["plugins"]], [str(plugin)])

    def test_a_config_cannot_name_a_plugin(self):
        config = tiny_config(variants=["full"], report={}, plugins=[str(self.plugin("my_variant"))])
        (self.here / "config.json").write_text(json.dumps(config))
        done = self.attnbench("plan", "config.json")
        self.assertEqual(done.returncode, 2)
        self.assertIn("/plugins", done.stderr)

    def test_a_run_records_its_plugins_and_resumes_only_with_the_same(self):
        plugin = self.here / "libmine.so"
        shutil.copy(self.plugin("my_variant"), plugin)
        config = self.write_config()
        done = self.attnbench("run", config, "--plugin", "libmine.so")
        self.assertEqual(done.returncode, 0, done.stderr)
        run = self.record()
        self.assertEqual([c["outcome"] for c in run["cases"]], ["ok"] * 4)
        (recorded,) = run["plugins"]
        self.assertEqual(recorded["path"], str(plugin))
        self.assertEqual(recorded["sha256"], hashlib.sha256(plugin.read_bytes()).hexdigest())
        self.assertRegex(recorded["compiler"], r"^GNU \d")
        self.assertIn("-march=", recorded["flags"])
        self.assertIn(recorded["sha256"], (self.here / "results/plugged/latest/report.md").read_text())

        journal = self.here / "results/plugged/latest/journal.jsonl"
        lines = journal.read_text().splitlines(keepends=True)
        journal.write_text("".join(lines[:-6]))
        without = self.attnbench("run", self.write_config(variants=["full"]), "--resume")
        self.assertEqual(without.returncode, 2)
        self.assertIn(f"plugin {plugin}: not loaded now", without.stderr)
        elsewhere = self.here / "elsewhere.so"
        shutil.move(plugin, elsewhere)
        config = self.write_config()
        moved = self.attnbench("run", config, "--resume", "--plugin", elsewhere)
        self.assertEqual(moved.returncode, 0, moved.stderr)
        self.assertEqual([len(c["samples"]) for c in self.record()["cases"]], [3] * 4)
        shutil.copy(elsewhere, plugin)
        with open(plugin, "ab") as file:
            file.write(b"rebuilt")
        other = self.attnbench("run", config, "--resume", "--plugin", plugin)
        self.assertEqual(other.returncode, 2)
        self.assertIn(f"plugin {plugin}: sha256 {recorded['sha256']}, now ", other.stderr)

    def test_a_worker_refuses_a_plugin_that_has_changed_since_its_run_began(self):
        done = self.attnbench("worker", "--plugin", self.plugin("my_variant"), "--sha256", "0" * 64)
        self.assertEqual(done.returncode, 2)
        self.assertIn("has changed since it was loaded for this run", done.stderr)

    def test_noise_measures_a_variant_of_a_plugin(self):
        config = self.write_config(variants=["my_variant"], measure={"rounds": 6, "min_time_s": 0.001})
        done = self.attnbench("noise", config, "--plugin", self.plugin("my_variant"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual({c["variant"] for c in self.record("noise")["cases"]}, {"my_variant"})
        self.assertEqual(len(self.record("noise")["plugins"]), 1)

    def test_a_file_that_is_not_a_plugin_is_refused_by_name_with_the_reason(self):
        text = self.here / "text.so"
        text.write_text("not an object\n" * 10)
        for path, reason in [(self.here / "nowhere.so", "not found: "),
                             (self.here, "is not a file"),
                             (text, "is not a plugin: "),
                             (self.plugin("no_entry"), "is not a plugin: it does not export attnbench_plugin_v1"),
                             (self.plugin("empty"), "registers no variant"),
                             (self.plugin("undefined"), "undefined symbol 'elsewhere::forgotten(int)'"),
                             (self.plugin("other_version"), r"was built for ABI version (\d+), this program has (\d+)"),
                             (self.plugin("other_size"), r"struct Problem has (\d+) bytes in the plugin, (\d+) in this"),
                             (self.plugin("other_struct"), "struct Call: this program has it, the plugin does not")]:
            with self.subTest(path.name):
                done = self.attnbench("list", "--plugin", path)
                self.assertEqual((done.returncode, done.stdout), (2, ""))
                self.assertIn(f"attnbench: plugin {path}: ", done.stderr)
                self.assertRegex(done.stderr, reason if "(\\d" in reason else re.escape(reason))
                for a, b in re.findall(reason, done.stderr) if "(\\d" in reason else []:
                    self.assertIn(int(a) - int(b), (41, 8))

    def test_each_wrong_variant_is_caught_by_name_with_the_smallest_problem(self):
        smallest = r"1 head, head_dim 1, not causal, 1 thread, (q_len=1, kv_len=|n=)32, normal inputs"
        wrong = {
            "writes_past_output": ("stays inside its memory",
                                   smallest + r".*: out of 4 bytes is touched 0 bytes past its end"),
            "writes_past_workspace": ("stays inside its memory",
                                      smallest + r".*: its workspace of 256 bytes is touched 0 bytes past its end"),
            "is_wrong_from_three_dims_on": ("agrees with its definition",
                                            r"1 head, head_dim 3, .*kv_len=32, .*: batch 0 head 0 query 0 dim 2: expected -?\d"
                                            r".*, got -?\d"),
            "returns_nan": ("agrees with its definition", smallest + r".* is NaN"),
            "throws": ("agrees with its definition", smallest + r".*: killed by SIGABRT .*thrown where nothing may be"),
            "exits": ("agrees with its definition", smallest + r".*: exited with code 0 before it was done"),
            "segfaults": ("agrees with its definition", smallest + r".*: killed by SIGSEGV"),
            "allocates_a_megabyte": ("takes nothing from the heap", smallest + r".*: 10\d{5} bytes are allocated"),
            "writes_sevens": ("agrees with its definition",
                              r"1 head, head_dim 1, not causal, 1 thread, n=1, normal inputs.*: "
                              r"batch 0 head 0 query 0 dim 0: expected -?\d.*, got 7, error "),
            "hangs": ("agrees across thread counts", smallest + r".*: no answer within 500 ms"),
        }
        for name in ("segfaults", "allocates_a_megabyte", "throws") if SANITIZED else ():
            del wrong[name]
        for name, (promise, failure) in wrong.items():
            with self.subTest(name):
                limit = ["--timeout", "0.5"] if name == "hangs" else []
                done = self.attnbench("check", name, "--plugin", self.plugin("misbehaving"), *limit)
                self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
                self.assertRegex(done.stdout, rf"(?m)^FAILED +{name}: {promise} \(\d+ problems?\)\n +{name}, {failure}")
                # A broken promise does not keep the others from being tried.
                self.assertEqual(len(statuses(done.stdout, name)), len(KEPT))
                self.assertRegex(done.stdout, rf"(?m)^ok +{name}: declares a workspace")

    @unittest.skipIf(SANITIZED, "the heap is not counted under sanitizers")
    def test_memory_that_a_plugin_allocates_is_counted(self):
        config = self.write_config(variants=["allocates_a_megabyte"],
                                   sweep={"seq_len": [16, 32], "heads": 1, "head_dim": 8, "threads": 1})
        done = self.attnbench("run", config, "--plugin", self.plugin("misbehaving"))
        self.assertEqual(done.returncode, 0, done.stderr)
        small, large = [c["memory"]["heap_peak_bytes"] for c in self.record()["cases"]]
        self.assertEqual(small, 0)
        self.assertGreaterEqual(large, 1 << 20)

    def test_what_new_writes_is_a_project_that_builds_and_runs(self):
        for name, options in (("fresh_one", []), ("fresh_two", ["--kind", "approximate"])):
            with self.subTest(name):
                self.build_and_run_a_new_variant(name, options)

    def build_and_run_a_new_variant(self, name, options):
        made = self.attnbench("new", name, "--dir", name, *options)
        self.assertEqual(made.returncode, 0, made.stderr)
        self.assertEqual(sorted(os.listdir(self.here / name)), ["CMakeLists.txt", f"{name}.cpp", f"{name}.json"])
        steps = [line.split() for line in made.stdout.splitlines() if line.startswith("  ")]
        self.assertEqual([s[0] for s in steps], ["cmake", "cmake", "attnbench", "attnbench"])
        for cmake, *args in steps[:2]:
            must(CMAKE, *args, cwd=self.here)
        check = self.attnbench(*steps[2][1:])
        self.assertEqual(check.returncode, ALL_KEPT, check.stdout + check.stderr)
        run = self.attnbench(*steps[3][1:], "--set", "sweep.seq_len=[16,32]", "--set", "measure.rounds=1")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn(name, (self.here / f"results/{name}/latest/report.md").read_text())

    def test_a_variant_that_does_not_say_what_it_computes_does_not_compile(self):
        errors = {"NO_KIND": "derives from Exact, Defined, Selective or DefinedGivenDecisions",
                  "NO_DEFINITION": "abstract", "NO_ROWS": "no member named"}
        for compiler in COMPILERS:
            for defect in ("NOTHING", *errors):
                with self.subTest(f"{compiler} {defect}"):
                    done = subprocess.run([compiler, "-std=c++20", "-fsyntax-only", f"-I{self.prefix}/include",
                                           f"-D{defect}", str(HERE / "no_kind.cpp")], capture_output=True, text=True)
                    self.assertEqual(done.returncode == 0, defect == "NOTHING", done.stderr)
                    self.assertIn(errors.get(defect, ""), done.stderr)

    def test_installed_configs_are_found_from_any_folder(self):
        done = self.attnbench("plan", "configs/quickstart.json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(str(self.prefix / "share/attnbench/configs/quickstart.json"), done.stderr)
        schema = (self.prefix / "share/attnbench/configs/config.schema.json").read_text()
        self.assertEqual(schema, (SOURCE / "configs/config.schema.json").read_text())


if __name__ == "__main__":
    unittest.main()
