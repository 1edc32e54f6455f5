"""openvino_sdpa: OpenVINO's operator ScaledDotProductAttention on its CPU plugin."""
import ctypes
import sys

import numpy as np

import attnbench

# Importing OpenVINO starts a thread that reports the import to its makers, if this module is there. Threads do not
# survive the fork of a worker, and a benchmark should send nothing.
sys.modules.setdefault("openvino_telemetry", None)
openvino = attnbench.optional("openvino")


def blind(call):
    return "a query that sees no key has no answer in OpenVINO" if call.causal and call.q_len > call.kv_len else None


def tensor(array):
    """A tensor over the array's memory. OpenVINO takes no array that is read-only, even to read from."""
    memory = (ctypes.c_float * array.size).from_address(array.ctypes.data)
    return openvino.Tensor(np.ndarray(array.shape, np.float32, memory), shared_memory=True)


@attnbench.variant(like="full", source="OpenVINO, opset13 ScaledDotProductAttention", takes="scale", needs="openvino",
                   supports=blind)
class openvino_sdpa:
    """OpenVINO's ScaledDotProductAttention, compiled for the shape, in float32"""

    def setup(self, call):
        ops, group, d = openvino.opset13, call.heads // call.kv_heads, call.head_dim
        causal = call.causal and call.q_len > 1
        # Query heads that share a key head, and see all its keys, are one head of as many times the queries.
        heads, queries = (call.heads, call.q_len) if causal else (call.kv_heads, group * call.q_len)
        self.q_shape = call.batch, heads, queries, d
        q = ops.parameter(self.q_shape, np.float32)
        k, v = inputs = [ops.parameter((call.batch, call.kv_heads, call.kv_len, d), np.float32) for _ in "kv"]
        if causal and group > 1:
            k, v = (ops.reshape(ops.broadcast(ops.unsqueeze(x, 2), (call.batch, call.kv_heads, group, call.kv_len, d)),
                                (call.batch, heads, call.kv_len, d), False) for x in inputs)
        options = {"scale": ops.constant(np.float32(call.scale)), "causal": causal and call.q_len == call.kv_len}
        if causal and call.q_len < call.kv_len:  # causal=True would align the first query with the first key.
            options["attention_mask"] = ops.constant(call.mask())
        model = openvino.Model([ops.scaled_dot_product_attention(q, k, v, **options)], [q, *inputs])
        self.request = openvino.compile_model(model, "CPU", {
            "INFERENCE_NUM_THREADS": call.threads, "NUM_STREAMS": 1,
            "INFERENCE_PRECISION_HINT": "f32"}).create_infer_request()  # It would round to bfloat16 on newer CPUs.

    def forward(self, q, k, v, call, out):
        for i, array in enumerate((q.reshape(self.q_shape), k, v)):
            self.request.set_input_tensor(i, tensor(array))
        self.request.set_output_tensor(0, tensor(out.reshape(self.q_shape)))
        self.request.infer()
