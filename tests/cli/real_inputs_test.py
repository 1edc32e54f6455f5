"""configs/real: the inputs from a real model are what the page beside them says, and so is their script."""
import ast
import py_compile
import struct
import subprocess
import sys
import unittest
import zipfile

from program import SOURCE, ProgramTest

REAL = SOURCE / "configs" / "real"
FILE = REAL / "smollm2_layer14.npz"


def qkv(*args):
    """The script by a Python that finds no package, neither numpy nor gguf."""
    return subprocess.run([sys.executable, "-B", "-S", REAL / "qkv.py", *map(str, args)],
                          capture_output=True, text=True, timeout=60)


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
