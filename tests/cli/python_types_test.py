"""Variants in Python that take bf16 and f16 in the real program: what arrays they get, and how they are judged."""
import unittest

from python_test import HEAD, PythonTest, config
from program import attnbench

CONVERSIONS = """

NAMES = {"float32": "f32", "uint16": "bf16", "float16": "f16"}


def wide(x):
    return (x.astype(np.uint32) << 16).view(np.float32) if x.dtype == np.uint16 else x.astype(np.float32)


def write(answer, out):
    bits = answer.view(np.uint32)
    out[...] = (bits + 0x7FFF + (bits >> 16 & 1)) >> 16 if out.dtype == np.uint16 else answer

"""

TYPED = HEAD + CONVERSIONS + """
def answer_of(q, k, v, call, out):
    answer = np.empty(out.shape, np.float32)
    attend(wide(q), wide(k), wide(v), call, answer)
    return answer


@attnbench.variant(like="full", source="a test", takes=("bf16", "f16"))
def right(q, k, v, call, out):
    assert [NAMES[x.dtype.name] for x in (q, k, v, out)] == [call.dtype, call.kv_dtype, call.kv_dtype, call.dtype]
    assert not any(x.flags.owndata or x.flags.writeable for x in (q, k, v)) and not out.flags.owndata
    write(answer_of(q, k, v, call, out), out)


@attnbench.variant(like="full", source="a test", takes=("bf16", "f16"))
def cuts_two(q, k, v, call, out):
    answer = answer_of(q, k, v, call, out)
    write(answer, out)
    if call.dtype == "bf16":  # Where cutting off the lower half, in place of rounding, is off by the most.
        cut = answer.view(np.uint32) >> 16
        lost = np.abs(answer - (cut << 16).view(np.float32)) / np.abs(answer)
        worst = np.argsort(lost, axis=None)[-2:]
        out.reshape(-1)[worst] = cut.reshape(-1)[worst]


@attnbench.variant(like="full", source="a test", takes=("bf16", "f16"))
def forgets_one(q, k, v, call, out):
    answer = np.empty_like(out)
    write(answer_of(q, k, v, call, out), answer)
    written = np.arange(out.size) != out.size - 3
    out.reshape(-1)[written] = answer.reshape(-1)[written]


@attnbench.variant(like="full", source="a test", takes="f16")
def takes_f16(q, k, v, call, out):
    write(answer_of(q, k, v, call, out), out)
"""

HALVES = ("bf16", "f16")


def typed_config(*variants, types, kv_types):
    sweep = config(variants=list(variants))
    sweep["sweep"].update(seq_len=33, dtype=list(types), kv_dtype=list(kv_types))
    return sweep


class Types(PythonTest):
    def cases(self, text, sweep, code):
        done, run, _ = self.run_file(text, sweep)
        self.assertEqual(done.returncode, code, done.stderr)
        return {(c["variant"], c["dtype"], c["kv_dtype"]): c for c in run["cases"]}

    def test_each_tensor_is_an_array_of_its_own_type_and_the_answer_is_judged_in_it(self):
        types = ("f32", *HALVES)
        cases = self.cases(TYPED, typed_config("right", types=types, kv_types=types), 0)
        self.assertEqual(len(cases), 9)
        for (_, *of_types), case in cases.items():
            self.assertEqual((case["outcome"], case["reason"]), ("ok", ""), of_types)

    def test_a_number_that_is_cut_off_rather_than_rounded_is_invalid(self):
        cases = self.cases(TYPED, typed_config("cuts_two", types=("f32", "bf16"), kv_types=("f32",)), 1)
        self.assertEqual(cases["cuts_two", "f32", "f32"]["outcome"], "ok")
        self.assertEqual(cases["cuts_two", "bf16", "f32"]["outcome"], "invalid")
        self.assertRegex(cases["cuts_two", "bf16", "f32"]["reason"], r"expected .*, got ")

    def test_a_number_of_two_bytes_that_is_not_written_is_named(self):
        for (_, dtype, _), case in self.cases(TYPED, typed_config("forgets_one", types=HALVES, kv_types=("f32",)), 1).items():
            with self.subTest(dtype):
                self.assertEqual(case["outcome"], "failed")
                self.assertRegex(case["reason"], r"^forgets_one leaves 1 of the 528 numbers of out unwritten, "
                                                 r"the first at out\[0, 1, 32, 5\] \(.*mine\.py:\d+\)$")

    def test_a_type_that_takes_does_not_name_is_skipped(self):
        cases = self.cases(TYPED, typed_config("right", "takes_f16", types=("f32", *HALVES), kv_types=("f32", "bf16", "int8")), 0)
        reasons = {key: case["reason"] for key, case in cases.items()}
        self.assertEqual({kv: reasons["takes_f16", "f16", kv] for kv in ("f32", "bf16", "int8")},
                         {"f32": "", "bf16": "takes no bf16", "int8": "takes no int8"})
        self.assertEqual({reasons["right", dtype, "int8"] for dtype in ("f32", *HALVES)}, {"takes no int8"})

    def test_the_conformance_suite_finds_it_right(self):
        done = attnbench("check", "--python", self.write(TYPED), "right")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
