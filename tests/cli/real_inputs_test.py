"""configs/real: the inputs from a real model are what the page beside them says, and so is their script."""
import ast
import math
import operator
import py_compile
import re
import statistics
import struct
import subprocess
import sys
import unittest
import zipfile

from program import SOURCE, ProgramTest

REAL = SOURCE / "configs" / "real"
FILE = REAL / "smollm2.npz"


def qkv(*args):
    """The script by a Python that finds no package, neither numpy nor gguf."""
    return subprocess.run([sys.executable, "-B", "-S", REAL / "qkv.py", *map(str, args)],
                          capture_output=True, text=True, timeout=60)


# The script with a numpy that fails as it does on a full disk, without the name of a file.
FAILING = """
import sys, types
sys.path.insert(0, sys.argv[1])
numpy = sys.modules["numpy"] = types.ModuleType("numpy")
def savez(file, **arrays):
    file.write(b"a part")
    raise OSError("3 requested and 1 written")
numpy.savez = savez
import qkv
qkv.run = lambda options: qkv.write(options.out, {9: {"q": None}})
sys.exit(qkv.main(["--model", "m", "--text", "t", "--layers", "9", "--out", sys.argv[2]]))
"""


def numbers_in(cell):
    """The numbers of a table's cell: those of "0.47 (0.13 to 0.66)" are 0.47, 0.13 and 0.66."""
    return [float(number) for number in re.findall(r"\d+\.\d+", cell)]


def heads_of(name):
    """The array as a list of heads, each of which is a list of vectors."""
    with zipfile.ZipFile(FILE) as archive:
        data = archive.read(name)
    header, begin = npy_header(data)
    _, heads, tokens, dims = header["shape"]
    numbers = struct.unpack(f"<{heads * tokens * dims}e", data[begin:])
    rows = [numbers[i:i + dims] for i in range(0, len(numbers), dims)]
    return [rows[i:i + tokens] for i in range(0, len(rows), tokens)]


def causal_weights(query, keys):
    scores = [sum(map(operator.mul, query, key)) / math.sqrt(len(query)) for key in keys]
    most = max(scores)
    terms = [math.exp(score - most) for score in scores]
    total = sum(terms)
    return [term / total for term in terms]


def npy_header(data):
    """What an npy file of version 1 says of its array, and where its numbers begin."""
    if data[:8] != b"\x93NUMPY\x01\x00":
        raise ValueError("no npy file of version 1")
    end = 10 + struct.unpack("<H", data[8:10])[0]
    return ast.literal_eval(data[10:end].decode("latin-1")), end


class File(unittest.TestCase):
    def test_it_holds_nine_query_heads_over_three_key_heads_in_float16(self):
        shapes = {}
        with zipfile.ZipFile(FILE) as archive:
            for name in archive.namelist():
                data = archive.read(name)  # Also compares the checksum.
                header, begin = npy_header(data)
                self.assertEqual((header["descr"], header["fortran_order"]), ("<f2", False), name)
                shapes[name] = header["shape"]
                _, heads, tokens, dims = header["shape"]
                self.assertEqual(len(data) - begin, 2 * heads * tokens * dims, name)
        self.assertEqual(shapes, {"q.npy": (1, 9, 512, 64), "k.npy": (1, 3, 512, 64), "v.npy": (1, 3, 512, 64)})

    def test_its_size_is_the_one_on_its_page_and_below_a_mebibyte(self):
        size = FILE.stat().st_size
        self.assertLess(size, 2**20)
        self.assertIn(f"{size:,} bytes", (REAL / "README.md").read_text())

    def test_its_attention_is_like_its_page_says(self):
        q, k = heads_of("q.npy"), heads_of("k.npy")
        group = len(q) // len(k)
        rows = [[causal_weights(q[head][i], k[head // group][:i + 1]) for i in range(259, 512, 4)]
                for head in range(len(q))]
        first_key = [statistics.mean(weights[0] for weights in head) for head in rows]
        effective = [math.exp(-sum(w * math.log(w) for w in weights if w > 0)) / len(weights)
                     for head in rows for weights in head]
        near = [sum(weights[-64:]) for head in rows for weights in head]
        page = (REAL / "README.md").read_text()
        cells = re.search(r"^\| 14, the file \|(.*)\|$", page, re.M).group(1).split("|")
        told = numbers_in(cells[0])
        for found, expected in zip([statistics.mean(first_key), min(first_key), max(first_key)], told, strict=True):
            self.assertAlmostEqual(found, expected, delta=0.03)
        self.assertAlmostEqual(statistics.mean(effective), numbers_in(cells[2])[0], delta=0.005)
        self.assertAlmostEqual(statistics.mean(near), numbers_in(cells[3])[0], delta=0.03)


class Script(ProgramTest):
    def test_each_of_its_files_compiles(self):
        files = sorted(REAL.glob("*.py"))
        self.assertIn(REAL / "qkv.py", files)
        for file in files:
            py_compile.compile(str(file), cfile=str(self.folder / "compiled"), doraise=True)

    def test_it_prints_help_without_numpy(self):
        done = qkv("--help")
        self.assertEqual(done.returncode, 0, done.stderr)
        for option in ["--model", "--text", "--layers", "--tokens", "--out", "--dtype"]:
            self.assertIn(option, done.stdout)

    def test_without_numpy_it_says_what_to_install(self):
        done = qkv("--model", "m.gguf", "--text", "t.txt", "--layers", "1", "--out", self.folder / "o.npz")
        self.assertEqual(done.returncode, 2)
        self.assertIn("pip install numpy gguf", done.stderr)
        self.assertNotIn("Traceback", done.stderr)

    def test_a_failed_write_is_told_and_leaves_nothing_behind(self):
        out = self.folder / "o.npz"
        out.write_text("as it was")
        done = subprocess.run([sys.executable, "-B", "-S", "-c", FAILING, REAL, out], capture_output=True, text=True,
                              timeout=60)
        self.assertEqual((done.returncode, done.stderr), (2, "qkv.py: 3 requested and 1 written\n"))
        self.assertEqual([(file.name, file.read_text()) for file in self.folder.iterdir()],
                         [("o.npz", "as it was")])

    def test_it_refuses_arguments_that_make_no_sense(self):
        good = {"--model": "m.gguf", "--text": "t.txt", "--layers": "1", "--out": "o.npz"}
        for option, value, words in [
            ("--layers", "9,x", "not a list of integers such as 9,14"),
            ("--layers", "9,9", "names a layer twice"),
            ("--tokens", "1", "not an integer of at least 2"),
            ("--out", "o.bin", "must end with .npz"),
            ("--dtype", "int8", "invalid choice"),
        ]:
            with self.subTest(option=option, value=value):
                arguments = {**good, option: value}
                done = qkv(*[word for pair in arguments.items() for word in pair])
                self.assertEqual(done.returncode, 2)
                self.assertIn(words, done.stderr)


if __name__ == "__main__":
    unittest.main()
