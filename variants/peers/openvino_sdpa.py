"""openvino_sdpa: OpenVINO's operator ScaledDotProductAttention on its CPU plugin."""
import ctypes
import sys

import numpy as np

import attnbench

# Importing OpenVINO starts a thread that reports the import to its makers, if this module is there. Threads do not
# survive the fork of a worker, and a benchmark should send nothing.
sys.modules.setdefault("openvino_telemetry", None)
openvino = attnbench.optional("openvino")


def supports(call):
    if call.dtype != call.kv_dtype:
        return "OpenVINO takes q, k and v of one type"
    return "a query that sees no key has no answer in OpenVINO" if call.causal and call.q_len > call.kv_len else None


def precision(core, dtype):
    """What the plugin computes in: the type of the tensors, but f16 in float32 if the CPU has no arithmetic of f16, as it
    would then be rounded to bf16. And float32 in float32, which would also be rounded to bf16 on newer CPUs."""
    has_f16 = "FP16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return "f32" if dtype == "f16" and not has_f16 else dtype


@attnbench.variant(like="full", source="OpenVINO, opset13 ScaledDotProductAttention", takes=("scale", "bf16", "f16"),
                   needs="openvino", supports=supports)
class openvino_sdpa:
    """OpenVINO's ScaledDotProductAttention, compiled for the shape, in the type of the tensors"""

    def setup(self, call):
        ops, group, d = openvino.opset13, call.heads // call.kv_heads, call.head_dim
        self.type = getattr(openvino.Type, call.dtype)
        causal = call.causal and call.q_len > 1
        # Query heads that share a key head, and see all its keys, are one head of as many times the queries.
        heads, queries = (call.heads, call.q_len) if causal else (call.kv_heads, group * call.q_len)
        self.q_shape = call.batch, heads, queries, d
        q = ops.parameter(self.q_shape, self.type)
        k, v = inputs = [ops.parameter((call.batch, call.kv_heads, call.kv_len, d), self.type) for _ in "kv"]
        if causal and group > 1:
            k, v = (ops.reshape(ops.broadcast(ops.unsqueeze(x, 2), (call.batch, call.kv_heads, group, call.kv_len, d)),
                                (call.batch, heads, call.kv_len, d), False) for x in inputs)
        options = {"scale": ops.constant(call.scale, self.type), "causal": causal and call.q_len == call.kv_len}
        if causal and call.q_len < call.kv_len:  # causal=True would align the first query with the first key.
            options["attention_mask"] = ops.constant(call.mask())
        model = openvino.Model([ops.scaled_dot_product_attention(q, k, v, **options)], [q, *inputs])
        core = openvino.Core()
        self.request = core.compile_model(model, "CPU", {
            "INFERENCE_NUM_THREADS": call.threads, "NUM_STREAMS": 1,
            "INFERENCE_PRECISION_HINT": precision(core, call.dtype)}).create_infer_request()

    def tensor(self, array):
        """A tensor over the array's memory. OpenVINO takes no array that is read-only, even to read from."""
        memory = (ctypes.c_char * array.nbytes).from_address(array.ctypes.data)
        return openvino.Tensor(np.ndarray(array.shape, array.dtype, memory), array.shape, self.type)

    def forward(self, q, k, v, call, out):
        for i, array in enumerate((q.reshape(self.q_shape), k, v)):
            self.request.set_input_tensor(i, self.tensor(array))
        self.request.set_output_tensor(0, self.tensor(out.reshape(self.q_shape)))
        self.request.infer()
