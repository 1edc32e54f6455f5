"""Variants in Python that are right at q_len 16 and misbehave from 32 on, each in its own way."""
import ctypes
import os
import sys
import threading
import time

import numpy as np

import attnbench

kept = []


def attend(q, k, v, call, out):
    for b, h in np.ndindex(call.batch, call.heads):
        g = h // (call.heads // call.kv_heads)
        s = (q[b, h] @ k[b, g].T) * np.float32(call.scale)
        w = np.exp(s - s.max(axis=1, keepdims=True))
        out[b, h] = (w / w.sum(axis=1, keepdims=True)) @ v[b, g]


def fault(misbehave):
    """A variant that computes full attention, and does this in addition from q_len 32 on."""

    def forward(q, k, v, call, out):
        attend(q, k, v, call, out)
        if call.q_len >= 32:
            misbehave(q, k, v, call, out)

    return attnbench.variant(like="full", source="a test", name=misbehave.__name__)(forward)


@fault
def raises(q, k, v, call, out):
    raise ValueError("no such\nluck")


@fault
def recurses(q, k, v, call, out):
    recurses_forever()


def recurses_forever():
    recurses_forever()


@fault
def exits(q, k, v, call, out):
    os._exit(0)


@fault
def asks_to_exit(q, k, v, call, out):
    sys.exit("enough")


@fault
def segfaults(q, k, v, call, out):
    ctypes.string_at(1)


@fault
def hangs(q, k, v, call, out):
    while True:
        time.sleep(1)


@fault
def leaks(q, k, v, call, out):
    while True:
        kept.append(np.ones(1 << 20))


@fault
def writes_another_shape(q, k, v, call, out):
    out[...] = np.ones((call.q_len, 3), np.float32)


@fault
def writes_complex_numbers(q, k, v, call, out):
    out[...] = out * 1j


@fault
def changes_its_inputs(q, k, v, call, out):
    k[...] = 0


@fault
def changes_its_inputs_by_force(q, k, v, call, out):
    ctypes.memset(v.ctypes.data, 0, v.nbytes)


@fault
def writes_past_out(q, k, v, call, out):
    ctypes.memset(out.ctypes.data + out.nbytes, 1, 4)


@fault
def writes_a_wrong_answer(q, k, v, call, out):
    out[0, 0, -1, -1] += 1


@fault
def prints(q, k, v, call, out):
    print("{\"fact\":\"done\"}" * 100_000)
    os.write(1, b"{\"fact\":\"failed\",\"reason\":\"no\"}\n")


@fault
def starts_threads(q, k, v, call, out):
    for _ in range(4):
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()


@fault
def leaves_a_child(q, k, v, call, out):
    if os.fork() == 0:
        time.sleep(600)
        os._exit(0)


@fault
def hangs_at_exit(q, k, v, call, out):
    libc = ctypes.CDLL(None)
    libc.__cxa_atexit(libc.pause, None, None)


@attnbench.variant(like="full", source="a test")
def returns_its_answer(q, k, v, call, out):
    answer = np.empty_like(out)
    attend(q, k, v, call, answer)
    if call.q_len >= 32:
        return answer
    out[...] = answer


@attnbench.variant(like="full", source="a test")
def leaves_out_unwritten(q, k, v, call, out):
    answer = np.empty_like(out)
    attend(q, k, v, call, answer)
    if call.q_len >= 32:
        out = answer
    out[...] = answer


@attnbench.variant(like="full", source="a test")
def leaves_a_row_unwritten(q, k, v, call, out):
    answer = np.empty_like(out)
    attend(q, k, v, call, answer)
    rows = call.q_len - 1 if call.q_len >= 32 else call.q_len
    out[:, :, :rows] = answer[:, :, :rows]


@attnbench.variant(like="full", source="a test")
class fails_in_setup:
    def setup(self, call):
        if call.q_len >= 32:
            raise RuntimeError("nothing is set up")

    def forward(self, q, k, v, call, out):
        attend(q, k, v, call, out)
