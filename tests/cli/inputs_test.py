"""Inputs as an axis of the real program: an npz file beside normal numbers, and files that are wrong or change."""
import csv
import hashlib
import json
import random
import struct
import unittest
import zipfile

from program import ONE_ROUND, SOURCE, ProgramTest, attnbench, tiny_config


def npy(shape, values, descr="<f4"):
    """The bytes of an npy file, as numpy writes it."""
    header = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {tuple(shape)!r}, }}".encode()
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    letter = {"<f4": "f", "<f2": "e", "<f8": "d"}[descr]
    return b"\x93NUMPY\x01\0" + struct.pack("<H", len(header)) + header + struct.pack(f"<{len(values)}{letter}", *values)


def write_npz(path, arrays, packing=zipfile.ZIP_STORED):
    """Writes an archive as numpy.savez does, or as numpy.savez_compressed."""
    with zipfile.ZipFile(path, "w", packing) as archive:
        for name, array in arrays.items():
            with archive.open(name + ".npy", "w", force_zip64=True) as member:
                member.write(array)


def qkv(tokens=33, seed=1, heads=2, kv_heads=1, dim=8, prefix="", descr="<f4"):
    numbers = random.Random(seed)

    def array(count):
        return npy((1, count, tokens, dim), [numbers.gauss(0, 2) for _ in range(count * tokens * dim)], descr)
    return {prefix + "q": array(heads), prefix + "k": array(kv_heads), prefix + "v": array(kv_heads)}


class Inputs(ProgramTest):
    def setUp(self):
        super().setUp()
        write_npz(self.folder / "qkv.npz", qkv(prefix="layer9/"))
        self.file = {"file": "qkv.npz", "layer": "layer9"}

    def sweep(self, inputs, **axes):
        return tiny_config(variants=["full"], report={}, measure=ONE_ROUND, sweep={"seq_len": [16, 33], "threads": 1, "causal": True, "inputs": inputs, **axes})

    def two_inputs(self):
        return self.sweep(["normal", self.file])

    def refused(self, config):
        done = attnbench("run", self.write_config(config), "--out", self.folder / "out")
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertFalse((self.folder / "out").exists())
        return done.stderr

    def test_a_run_over_two_inputs_tells_them_apart_everywhere(self):
        done, run_dir = self.run_config({**self.two_inputs(), "variants": ["full", "blocked"]})
        self.assertEqual(done.returncode, 0, done.stderr)
        run = json.loads((run_dir / "run.json").read_text())
        self.assertEqual({c["inputs"] for c in run["cases"]}, {"normal", "qkv.npz:layer9"})
        self.assertTrue(all(c["outcome"] == "ok" and c["kv_heads"] == 1 for c in run["cases"]))
        # Other inputs give other outputs: a digest tells them apart.
        digests = {(c["label"], c["kv_len"], c["inputs"]): c["check"]["output_digest"] for c in run["cases"]}
        self.assertEqual(len(set(digests.values())), len(digests))
        with open(run_dir / "cases.csv") as file:
            self.assertEqual({row["inputs"] for row in csv.DictReader(file)}, {"normal", "qkv.npz:layer9"})
        self.assertIn("qkv.npz:layer9 inputs", done.stdout)
        digest = hashlib.sha256((self.folder / "qkv.npz").read_bytes()).hexdigest()
        self.assertIn(f"Inputs qkv.npz:layer9: sha256 {digest}", (run_dir / "report.md").read_text())
        for name in ("report.md", "report.html", "benchmark.json"):
            self.assertIn("qkv.npz:layer9", (run_dir / name).read_text(), name)

    def test_inputs_like_a_models_are_swept_and_said_to_be_so(self):
        sinkless = {"model_like": {"sink_mass": 0, "sink_spread": 0}}
        config = self.sweep(["normal", "model_like", sinkless], head_dim=64, heads=4)
        config["sweep"]["seq_len"] = 256
        done, run_dir = self.run_config({**config, "variants": ["full", "blocked"]})
        self.assertEqual(done.returncode, 0, done.stderr)
        run = json.loads((run_dir / "run.json").read_text())
        # Once for both variants, and not the same for all inputs.
        sinks = {run["cases"][s["case"]]["inputs"]: s["first_key_mass"] for s in run["input_statistics"]}
        self.assertEqual(set(sinks), {"normal", "model_like", "model_like(sink_mass=0 sink_spread=0)"})
        self.assertEqual(len(run["input_statistics"]), 3)
        self.assertGreater(sinks["model_like"], 0.25)
        self.assertLess(sinks["normal"], 0.02)
        self.assertLess(sinks["model_like(sink_mass=0 sink_spread=0)"], 0.02)
        for text in (" ".join(done.stdout.split()), (run_dir / "report.md").read_text(), (run_dir / "report.html").read_text()):
            self.assertRegex(text, r"Inputs: normal, n = 256: attention spreads as over 6\d % of the keys seen;")
            self.assertRegex(text, r"Inputs: model_like, n = 256: attention spreads as over \d\.\d % of the keys seen;")

    def test_every_value_of_every_output_is_right_on_real_inputs(self):
        config = self.sweep({"file": "smollm2.npz"})
        config["sweep"]["seq_len"] = [64, 513]
        (self.folder / "smollm2.npz").write_bytes((SOURCE / "configs/real/smollm2.npz").read_bytes())
        done = attnbench("check", self.write_config(config), "--all-rows")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        plan = attnbench("plan", self.write_config(config))
        self.assertIn("smollm2.npz holds 512 tokens, fewer than seq_len = 513", plan.stdout)
        self.assertIn("9 heads over 3 kv_heads", plan.stdout)

    def test_compressed_and_half_precision_files_give_what_plain_ones_give(self):
        def digests(name, arrays, packing):
            write_npz(self.folder / name, arrays, packing)
            done, run_dir = self.run_config({**self.sweep({"file": name}), "name": name})
            self.assertEqual(done.returncode, 0, done.stderr)
            return [c["check"]["output_digest"] for c in json.loads((run_dir / "run.json").read_text())["cases"]]
        plain = digests("plain.npz", qkv(), zipfile.ZIP_STORED)
        self.assertEqual(digests("packed.npz", qkv(), zipfile.ZIP_DEFLATED), plain)
        self.assertNotEqual(digests("other.npz", qkv(seed=2), zipfile.ZIP_STORED), plain)
        half = digests("half.npz", qkv(descr="<f2"), zipfile.ZIP_DEFLATED)
        self.assertEqual(digests("half_plain.npz", qkv(descr="<f2"), zipfile.ZIP_STORED), half)

    def test_a_file_that_changed_is_not_gone_on_with(self):
        config = self.two_inputs()
        done, run_dir = self.run_config(config)
        before = (run_dir / "run.json").read_bytes()
        write_npz(self.folder / "qkv.npz", qkv(seed=2, prefix="layer9/"))
        done = attnbench("run", self.folder / "config.json", "--out", self.folder / "out", "--resume")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("cannot be gone on with", done.stderr)
        self.assertIn("/sweep/inputs/1/sha256", done.stderr)
        self.assertEqual((run_dir / "run.json").read_bytes(), before)

    def test_the_same_file_is_gone_on_with(self):
        done, run_dir = self.run_config({**self.two_inputs(), "measure": {**ONE_ROUND, "rounds": 3}})
        journal = run_dir / "journal.jsonl"
        lines = journal.read_text().splitlines(keepends=True)
        samples = [i for i, line in enumerate(lines) if '"fact":"sample"' in line]
        journal.write_text("".join(lines[:samples[3]]))
        done = attnbench("run", self.folder / "config.json", "--out", self.folder / "out", "--resume")
        self.assertEqual(done.returncode, 0, done.stderr)
        run = json.loads((run_dir / "run.json").read_text())
        self.assertEqual({c["outcome"] for c in run["cases"]}, {"ok"})
        self.assertEqual({len(c["samples"]) for c in run["cases"]}, {3})

    def test_runs_on_other_inputs_have_no_case_in_common(self):
        runs = {}
        for name, inputs in (("normal", "normal"), ("file", self.file)):
            done, runs[name] = self.run_config({**self.sweep(inputs, kv_heads=1, heads=2, head_dim=8), "name": name})
            self.assertEqual(done.returncode, 0, done.stderr)
        done = attnbench("compare", runs["normal"], runs["file"])
        self.assertIn("2 cases only in BASE, 2 only in NEW", done.stdout + done.stderr)
        self.assertNotEqual(done.returncode, 0)
        done = attnbench("compare", runs["file"], runs["file"])
        self.assertIn("2 cases compared", done.stdout)
        self.assertNotIn("only in", done.stdout + done.stderr)

    def test_wrong_files_are_refused_before_anything_is_measured(self):
        place = f"attnbench: {self.folder}/config.json: /sweep/inputs"
        self.assertIn(f'{place}/file: "none.npz": there is no such file', self.refused(self.sweep({"file": "none.npz"})))
        write_npz(self.folder / "double.npz", qkv(descr="<f8"))
        self.assertIn(f"{place}: double.npz: its array 'q.npy' has the type '<f8'", self.refused(self.sweep({"file": "double.npz"})))
        bad = qkv()
        bad["v"] = npy((1, 1, 33, 8), [float("nan")] * 264)
        write_npz(self.folder / "nan.npz", bad)
        self.assertIn(f"{place}: nan.npz: its array 'v' holds a NaN at [0, 0, 0, 0]", self.refused(self.sweep({"file": "nan.npz"})))
        (self.folder / "cut.npz").write_bytes((self.folder / "qkv.npz").read_bytes()[:1000])
        self.assertIn(f"{place}: cut.npz: is no npz file, or it is cut off", self.refused(self.sweep({"file": "cut.npz"})))
        self.assertIn("/sweep/heads: 4 does not fit /sweep/inputs: qkv.npz:layer9 has heads = 2",
                      self.refused(self.sweep(self.file, heads=4)))


if __name__ == "__main__":
    unittest.main()
