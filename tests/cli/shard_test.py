"""A sweep in shards that are merged has the same cases and samples as the sweep in one piece."""
import json
import unittest

from program import ONE_ROUND, ProgramTest, attnbench, tiny_config


class Shards(ProgramTest):
    def run_shard(self, path, text):
        out = self.folder / text.replace("/", "_of_")
        done = attnbench("run", path, "--shard", text, "--out", out)
        self.assertEqual(done.returncode, 0, done.stderr)
        return out / "tiny/latest"

    def merge(self, *run_dirs):
        return attnbench("merge", *run_dirs, "--out", self.folder / "merged")

    def test_shards_measure_each_case_once_and_merge_to_the_whole_sweep(self):
        path = self.write_config(tiny_config())
        shards = [self.run_shard(path, f"{k}/3") for k in (1, 2, 3)]
        measured = []
        for shard in shards:
            cases = json.loads((shard / "run.json").read_text())["cases"]
            self.assertEqual(len(cases), 6)
            ok = [c["id"] for c in cases if c["outcome"] == "ok"]
            self.assertEqual(len(ok), 2)
            measured += ok
        self.assertEqual(sorted(measured), list(range(6)))

        done = self.merge(shards[2], shards[0], shards[1])
        self.assertEqual(done.returncode, 0, done.stderr)
        merged = self.folder / "merged/tiny/latest"
        run = json.loads((merged / "run.json").read_text())
        self.assertEqual((run["shard"], run["shards"]), (1, 1))
        for case in run["cases"]:
            self.assertEqual(case["outcome"], "ok", case["reason"])
            self.assertEqual([s["round"] for s in case["samples"]], [0, 1, 2])
        self.assertTrue((merged / "report.md").exists())
        self.assertEqual(attnbench("report", merged).returncode, 0)

    def test_runs_that_are_not_shards_of_one_sweep_are_refused_with_the_reason(self):
        path = self.write_config(tiny_config(variants=["blocked"], report={}, measure=ONE_ROUND))
        first, second = self.run_shard(path, "1/2"), self.run_shard(path, "2/2")
        done = self.merge(first)
        self.assertEqual((done.returncode, "shard 2/2 is missing" in done.stderr), (2, True), done.stderr)
        done = self.merge(first, second, first)
        self.assertEqual((done.returncode, "shard 1/2 is there twice" in done.stderr), (2, True), done.stderr)

        journal = second / "journal.jsonl"
        whole = journal.read_text()
        head, rest = whole.split("\n", 1)
        for part, change, reason in [("build", {"build_id": "0123"}, "program /build_id"),
                                     ("machine", {"cores": 999}, "machine /cores"),
                                     ("config", {"description": "other"}, "config /description")]:
            fact = json.loads(head)
            fact[part].update(change)
            journal.write_text(json.dumps(fact) + "\n" + rest)
            done = self.merge(first, second)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(reason, done.stderr)
        journal.write_text(whole[: whole.rindex('{"fact":"end"')])
        done = self.merge(first, second)
        self.assertEqual((done.returncode, "shard 2/2 is not finished" in done.stderr), (2, True), done.stderr)
        self.assertFalse((self.folder / "merged").exists())

    def test_a_shard_is_resumed_as_the_same_shard(self):
        path = self.write_config(tiny_config(variants=["blocked"], report={}, measure=ONE_ROUND))
        first = self.run_shard(path, "1/2")
        self.assertEqual(attnbench("run", path, "--resume", first).returncode, 0)
        done = attnbench("run", path, "--resume", first, "--shard", "2/2")
        self.assertEqual(done.returncode, 2)
        self.assertIn("holds shard 1/2, not 2/2", done.stderr)

    def test_an_impossible_shard_is_bad_usage(self):
        path = self.write_config(tiny_config())
        for text in ["0/2", "3/2", "1", "1/", "/2", "a/b", "1/2x", "-1/2", "1/99999999999"]:
            done = attnbench("run", path, f"--shard={text}", "--out", self.folder / "out")
            self.assertEqual(done.returncode, 2, text)
        self.assertFalse((self.folder / "out").exists())


if __name__ == "__main__":
    unittest.main()
