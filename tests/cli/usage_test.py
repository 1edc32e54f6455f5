"""Subcommands, exit codes and errors of the real program, as a user meets them."""
import json
import os
import re
import unittest

from program import ONE_ROUND, ProgramTest, attnbench, tiny_config


class Usage(ProgramTest):
    def test_no_argument_shows_three_examples(self):
        done = attnbench()
        self.assertEqual(done.returncode, 0)
        examples = [l for l in done.stdout.splitlines() if l.startswith("  attnbench ")]
        self.assertEqual(len(examples), 3)

    def test_every_subcommand_has_help(self):
        top = attnbench("--help")
        self.assertIn("Exit codes", top.stdout)
        commands = re.findall(r"^  ([a-z]+)  ", top.stdout, re.MULTILINE)
        self.assertEqual(sorted(commands), ["ab", "check", "compare", "crossover", "describe", "list", "machine", "merge",
                                            "new", "noise", "plan", "report", "run", "schema", "study", "weights"])
        for command in commands:
            done = attnbench(command, "--help")
            self.assertEqual((done.returncode, done.stderr), (0, ""), command)

    def test_bad_usage_exits_2_and_says_why(self):
        for args in [["nonsense"], ["run"], ["describe", "nothing"], ["run", "/nonexistent.json"],
                     ["report", self.folder], ["list", "--unknown"]]:
            done = attnbench(*args)
            self.assertIn(done.returncode, (2, 3) if args[0] == "report" else (2,), args)
            self.assertTrue(done.stderr.strip(), args)
            self.assertNotIn("terminate", done.stderr)

    def test_all_config_errors_come_at_once_with_their_places(self):
        config = tiny_config(sweep={"seq_len": 4.7, "heads": -5}, nonsense=1)
        config["variants"][1]["params"]["windw"] = 3
        done = attnbench("run", self.write_config(config), "--out", self.folder / "out")
        self.assertEqual(done.returncode, 2)
        for part in ["/sweep/seq_len", "/sweep/heads", "/nonsense", "/variants/1/params/windw"]:
            self.assertIn(part, done.stderr)
        self.assertIn("left, right", done.stderr)
        self.assertFalse((self.folder / "out").exists())

    def test_list_and_describe_name_params(self):
        variants = json.loads(attnbench("list", "--json").stdout)
        names = [v["name"] for v in variants]
        self.assertLessEqual({"full", "window", "blocked"}, set(names))
        window = variants[names.index("window")]
        self.assertEqual([p["name"] for p in window["params"]], ["left", "right"])
        for name in names:
            self.assertIn(name, attnbench("list").stdout)
            done = attnbench("describe", name)
            self.assertEqual(done.returncode, 0)
            self.assertIn("theory", done.stdout)

    def test_plan_measures_nothing_and_shows_each_case(self):
        done = attnbench("plan", self.write_config(tiny_config()), cwd=self.folder)
        self.assertEqual(done.returncode, 0)
        self.assertEqual(len([l for l in done.stdout.splitlines() if l.startswith("case ")]), 6)
        self.assertEqual(os.listdir(self.folder), ["config.json"])

    def test_plan_ends_with_totals(self):
        config = tiny_config(report={}, variants=["full"], measure={"memory_limit": "1 MiB", "rounds": 1})
        config["sweep"] = {"seq_len": [64, 4096], "heads": 1, "head_dim": 8, "threads": 1}
        done = attnbench("plan", self.write_config(config))
        self.assertEqual(done.returncode, 0, done.stderr)
        totals = done.stdout.split("\n\n")[1].splitlines()
        self.assertEqual(totals[0], "1 case to measure, 1 skipped; 1 round")
        self.assertRegex(totals[1], r"^Time: about [0-9]+ s, if ")
        # q, k, v and the output of 64 rows of 8 floats, and the scores of 64 x 64.
        self.assertEqual(totals[2], "Memory: at most 24 KiB at once, by full, 1 head, head_dim 8, not causal, "
                                    "1 thread, n=64; the limit is 1 MiB")
        config["sweep"]["seq_len"] = [4096]
        done = attnbench("plan", self.write_config(config))
        self.assertTrue(done.stdout.endswith("\n\n0 cases to measure, 1 skipped; 1 round\n"), done.stdout)

    def test_plan_marks_what_is_too_large_to_count(self):
        config = tiny_config(report={}, variants=["full"], measure={"memory_limit": "128 GiB"})
        config["sweep"] = {"seq_len": 2**31, "heads": 1, "head_dim": 1}
        done = attnbench("plan", self.write_config(config))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(": FLOPs not counted, ≥ 8 EiB (inputs 24 GiB, output 8 GiB, workspace ≥ 8 EiB)"
                      ": SKIPPED: needs ≥ 8 EiB", done.stdout)
        config["sweep"] = {"seq_len": 4096, "heads": 4096, "batch": 65536, "head_dim": 512}
        done = attnbench("plan", self.write_config(config))
        self.assertIn(": ≥ 9.22 EFLOP, ", done.stdout)
        self.assertIn(": SKIPPED: ", done.stdout)

    def test_check_of_a_config_leaves_nothing_behind(self):
        done = attnbench("check", self.write_config(tiny_config()), cwd=self.folder)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertEqual(done.stdout.count("ok: "), 6)
        self.assertEqual(os.listdir(self.folder), ["config.json"])

    def test_check_with_all_rows_judges_every_row_of_a_config(self):
        config = tiny_config()
        config["sweep"]["seq_len"] = [3000]  # A sample of rows is smaller.
        path = self.write_config(config)
        sample = attnbench("check", path)
        self.assertEqual(sample.returncode, 0, sample.stdout)
        self.assertEqual(sample.stdout.count(" of 6000 rows"), 3, sample.stdout)
        self.assertNotIn(" 6000 of 6000 rows", sample.stdout)
        every = attnbench("check", path, "--all-rows")
        self.assertEqual(every.returncode, 0, every.stdout)
        self.assertEqual(every.stdout.count(" 6000 of 6000 rows"), 3, every.stdout)

    def test_an_unwritable_output_folder_exits_3_before_measuring(self):
        (self.folder / "file").write_text("")
        done = attnbench("run", self.write_config(tiny_config()), "--out", self.folder / "file")
        self.assertEqual(done.returncode, 3)
        self.assertIn(str(self.folder / "file"), done.stderr)

    def test_a_damaged_record_is_an_error_that_names_the_file(self):
        _, run_dir = self.run_config(tiny_config(variants=["blocked"], report={}, measure=ONE_ROUND))
        (run_dir / "journal.jsonl").unlink()  # If there is a journal, it is the record.
        for damage in [lambda t: t[: len(t) // 2], lambda t: t.replace('"schema_version": 1', '"schema_version": 99'),
                       lambda t: t.replace('"cases": [', '"cases": [7,'), lambda t: "[" * 100000]:
            whole = (run_dir / "run.json").read_text()
            (run_dir / "run.json").write_text(damage(whole))
            done = attnbench("report", run_dir)
            (run_dir / "run.json").write_text(whole)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn("run.json", done.stderr)

    def test_machine_reads_a_working_set_again_and_again(self):
        told = attnbench("machine", "--working-set", "64KiB")
        self.assertEqual(told.returncode, 0, told.stderr)
        self.assertRegex(told.stdout, r"cached    1 thread, huge pages: 64 KiB again and again: [0-9.]+ GB/s reading\n")
        facts = json.loads(attnbench("machine", "--json", "--working-set", "64KiB").stdout)
        self.assertEqual({r["bytes"] for r in facts["rereadings"]}, {65536})
        self.assertEqual({r["threads"] for r in facts["rereadings"]}, {c["threads"] for c in facts["ceilings"]})
        for bad in ["5", "2TiB", "-64", "much"]:
            done = attnbench("machine", "--working-set", bad)
            self.assertEqual(done.returncode, 2, done.stdout)
            self.assertIn("--working-set", done.stderr)

    def test_machine_measures_its_ceilings(self):
        facts = json.loads(attnbench("machine", "--json").stdout)
        self.assertEqual(facts["ceilings"][0]["threads"], 1)
        for ceiling in facts["ceilings"]:
            self.assertGreater(ceiling["fma_gflops"], 0)
            self.assertGreater(ceiling["stream_gbs"], 0)
            self.assertGreater(ceiling["read_gbs"], 0)
        isa = facts["build"]["isa"].split()
        peaks = {"bf16_gflops": ("avx512bf16", "GFLOP/s native bf16"), "int8_gops": ("avx512vnni", "GOP/s native int8")}
        told = attnbench("machine").stdout
        for peak, (feature, words) in peaks.items():
            if feature in isa:
                self.assertTrue(all(ceiling[peak] > 0 for ceiling in facts["ceilings"]), peak)
                self.assertEqual(told.count(words), len(facts["ceilings"]))


if __name__ == "__main__":
    unittest.main()
