"""The environment of the real program is part of the measurement: thread limits, settings and CPUs."""
import json
import os
import unittest

from program import ONE_ROUND, ProgramTest, attnbench, tiny_config


def with_variables(**variables):
    """An environment that holds only PATH and these variables."""
    return {"PATH": os.environ["PATH"], **variables}


def threads_config(threads):
    config = tiny_config(variants=["full"], report={}, measure=ONE_ROUND)
    config["sweep"]["threads"] = threads
    return config


class Environment(ProgramTest):
    def run_with(self, config, *args, **variables):
        path = self.write_config(config)
        done = attnbench("run", path, "--out", self.folder / "out", *args, env=with_variables(**variables))
        return done, json.loads((self.folder / "out/tiny/latest/run.json").read_text())

    def test_fewer_threads_than_asked_for_fail_the_case_with_the_reason(self):
        for name, value in [("OMP_THREAD_LIMIT", "1"), ("OMP_MAX_ACTIVE_LEVELS", "0")]:
            with self.subTest(name):
                done, run = self.run_with(threads_config([1, 2]), **{name: value})
                self.assertEqual(done.returncode, 1, done.stderr)
                self.assertEqual([c["threads"] for c in run["ceilings"]], [1])
                for case in run["cases"]:
                    if case["threads"] == 1:
                        self.assertEqual(case["outcome"], "ok", case["reason"])
                    else:
                        self.assertEqual((case["outcome"], case["samples"]), ("failed", []))
                        self.assertIn("asked OpenMP for 2 threads and got 1", case["reason"])
                        self.assertIn(name, case["reason"])

    def test_the_ceilings_and_the_suite_ask_for_all_their_threads_too(self):
        done = attnbench("check", "blocked", env=with_variables(OMP_THREAD_LIMIT="1"))
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("asked OpenMP for 3 threads and got 1", done.stdout)
        if len(os.sched_getaffinity(0)) > 1:
            done = attnbench("machine", env=with_variables(OMP_THREAD_LIMIT="1"))
            self.assertEqual(done.returncode, 3, done.stdout)
            self.assertIn("asked OpenMP for", done.stderr)

    @unittest.skipIf(len(os.sched_getaffinity(0)) < 2, "needs two CPUs")
    def test_threads_that_openmp_binds_get_a_cpu_each_or_fail_the_case(self):
        done, run = self.run_with(threads_config([2]), OMP_PROC_BIND="true")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("warning", done.stderr)
        self.assertEqual(run["machine"]["cores"], len(os.sched_getaffinity(0)))
        cpu = min(os.sched_getaffinity(0))
        done, run = self.run_with(threads_config([2]), GOMP_CPU_AFFINITY=str(cpu))
        self.assertEqual(done.returncode, 1, done.stderr)
        for case in run["cases"]:
            self.assertIn("OpenMP binds 2 threads to 1 of the", case["reason"])

    def test_a_run_cannot_be_resumed_in_another_environment(self):
        done, run = self.run_with(threads_config([1]), MALLOC_ARENA_MAX="2")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(run["environment"], {"MALLOC_ARENA_MAX": "2"})
        done, _ = self.run_with(threads_config([1]), "--resume", OMP_THREAD_LIMIT="1")
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn('environment /MALLOC_ARENA_MAX: "2", now nothing', done.stderr)
        self.assertIn('environment /OMP_THREAD_LIMIT: nothing, now "1"', done.stderr)
        # Workers are given their number of threads whatever the environment says.
        done, _ = self.run_with(threads_config([1]), "--resume", MALLOC_ARENA_MAX="2", OMP_NUM_THREADS="7")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_the_default_is_a_thread_for_each_cpu_and_more_get_a_warning(self):
        cpu = min(os.sched_getaffinity(0))
        one_cpu = lambda: os.sched_setaffinity(0, {cpu})
        config = tiny_config(variants=["full"], report={}, measure=ONE_ROUND)
        del config["sweep"]["threads"]
        path = self.write_config(config)
        out = self.folder / "out"
        done = attnbench("run", path, "--out", out, preexec_fn=one_cpu)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("warning", done.stderr)
        run = json.loads((out / "tiny/latest/run.json").read_text())
        self.assertEqual({c["threads"] for c in run["cases"]}, {1})

        done = attnbench("run", path, "--out", out, "--set", "sweep.threads=2", preexec_fn=one_cpu)
        self.assertEqual(done.returncode, 0, done.stderr)
        warning = f"2 threads were asked for, but there was 1 CPU for this run (its affinity mask, {cpu})"
        self.assertEqual([warning in l for l in done.stderr.splitlines() if "warning" in l], [True])
        self.assertIn(warning, (out / "tiny/latest/report.md").read_text())


if __name__ == "__main__":
    unittest.main()
