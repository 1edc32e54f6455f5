"""onnxruntime_mha and onnxruntime_gqa: ONNX Runtime's operators MultiHeadAttention and GroupQueryAttention.

Both want [batch, tokens, heads * head_dim]. With one key head a sequence, that is the layout that k and v have here.
"""
import os

import numpy as np

import attnbench

# Importing it starts a thread that reports to its makers. A thread does not survive the fork of a worker, which would
# wait for it at its end; and a benchmark should send nothing.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
onnxruntime = attnbench.optional("onnxruntime")
onnx = attnbench.optional("onnx")
NEEDS = ("onnxruntime", "onnx")
TAKES = ("scale", "f16")  # Its operators for CPUs have no bf16.


def mixed(call):
    return None if call.dtype == call.kv_dtype else "ONNX Runtime takes q, k and v of one type"


class Operator:
    """Runs a graph over the harness's own memory."""

    def build(self, call, nodes, inputs, outputs, constants=()):
        """Inputs and outputs are shapes by name, constants are arrays by name."""
        self.elements = np.dtype({"f32": np.float32, "f16": np.float16}[call.dtype])
        element_type = onnx.helper.np_dtype_to_tensor_dtype(self.elements)

        def described(shapes):
            return [onnx.helper.make_tensor_value_info(name, element_type, shape) for name, shape in shapes.items()]

        constants = [onnx.numpy_helper.from_array(constants[name], name) for name in constants]
        graph = onnx.helper.make_graph(nodes, "attention", described(inputs), described(outputs), constants)
        versions = [onnx.helper.make_opsetid("", 21), onnx.helper.make_opsetid("com.microsoft", 1)]
        model = onnx.helper.make_model(graph, ir_version=10, opset_imports=versions)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = call.threads
        self.session = onnxruntime.InferenceSession(model.SerializeToString(), options, ["CPUExecutionProvider"])
        self.binding = self.session.io_binding()
        self.inputs, self.outputs = inputs, outputs

    def run(self, **arrays):
        for bind, shapes in ((self.binding.bind_input, self.inputs), (self.binding.bind_output, self.outputs)):
            for name, shape in shapes.items():
                bind(name, "cpu", 0, self.elements, shape, arrays[name].ctypes.data)
        self.session.run_with_iobinding(self.binding)


def supports_mha(call):
    if mixed(call):
        return mixed(call)
    if call.causal and call.q_len not in (1, call.kv_len):
        return "MultiHeadAttention aligns the first query with the first key"
    if call.causal and call.q_len > 1 and call.kv_heads < call.heads:
        return "MultiHeadAttention needs as many key heads as query heads"
    return None


@attnbench.variant(like="full", source="ONNX Runtime, com.microsoft.MultiHeadAttention", takes=TAKES, needs=NEEDS,
                   supports=supports_mha)
class onnxruntime_mha(Operator):
    """ONNX Runtime's MultiHeadAttention"""

    def setup(self, call):
        # Query heads that share a key head, and see all its keys, are one head of as many times the queries.
        sequences, group, d = call.batch * call.kv_heads, call.heads // call.kv_heads, call.head_dim
        queries, keys = (sequences, group * call.q_len, d), (sequences, call.kv_len, d)
        node = onnx.helper.make_node("MultiHeadAttention", ["q", "k", "v"], ["out"], domain="com.microsoft", num_heads=1,
                                     scale=call.scale, unidirectional=int(call.causal and call.q_len > 1))
        self.build(call, [node], {"q": queries, "k": keys, "v": keys}, {"out": queries})

    def forward(self, q, k, v, call, out):
        self.run(q=q, k=k, v=v, out=out)


def supports_gqa(call):
    if mixed(call):
        return mixed(call)
    if not call.causal and call.q_len > 1:
        return "GroupQueryAttention is causal"
    if call.q_len not in (1, call.kv_len):
        return "GroupQueryAttention takes one new token, or all tokens"
    return "GroupQueryAttention needs a head_dim that is a multiple of 8" if call.head_dim % 8 else None


@attnbench.variant(like="full", source="ONNX Runtime, com.microsoft.GroupQueryAttention", takes=TAKES, needs=NEEDS,
                   supports=supports_gqa)
class onnxruntime_gqa(Operator):
    """ONNX Runtime's GroupQueryAttention, which also appends the new keys and values to a KV cache"""

    def setup(self, call):
        n, new, d = call.kv_len, call.q_len, call.head_dim
        sequences, group = call.batch * call.kv_heads, call.heads // call.kv_heads
        moves = group > 1 and new > 1  # The tokens of a group's heads, which stand one head after the other here.
        self.decodes = new < n
        queries, cache = (sequences, group, new, d) if moves else (sequences, new, group * d), (sequences, 1, n, d)
        inputs = {"q": queries, "new_k": (sequences, new, d), "new_v": (sequences, new, d)}
        past = ["past_k", "past_v"] if self.decodes else ["", ""]
        if self.decodes:
            inputs |= {"past_k": cache, "past_v": cache}
        constants = {"lengths": np.full(sequences, n - 1, np.int32), "length": np.array(n, np.int32)}
        node = onnx.helper.make_node
        nodes = [node("GroupQueryAttention", ["tokens" if moves else "q", "new_k", "new_v", *past, *constants],
                      ["answer" if moves else "out", "all_k", "all_v"], domain="com.microsoft", num_heads=group,
                      kv_num_heads=1, scale=call.scale)]
        if moves:
            nodes = [node("Transpose", ["q"], ["q_moved"], perm=(0, 2, 1, 3)),
                     node("Reshape", ["q_moved", "merged"], ["tokens"]), *nodes,
                     node("Reshape", ["answer", "parted"], ["out_moved"]),
                     node("Transpose", ["out_moved"], ["out"], perm=(0, 2, 1, 3))]
            constants |= {"merged": np.array([sequences, new, group * d]), "parted": np.array([sequences, new, group, d])}
        self.build(call, nodes, inputs, {"out": queries, "all_k": cache, "all_v": cache}, constants)
        self.cache = None if self.decodes else np.empty((2, *cache), self.elements)

    def forward(self, q, k, v, call, out):
        if self.decodes:  # The new token is appended in place: over the last key and value, which hold the same numbers.
            new_k, new_v = (np.ascontiguousarray(x[:, :, -1]) for x in (k, v))
            self.run(q=q, new_k=new_k, new_v=new_v, past_k=k, past_v=v, out=out, all_k=k, all_v=v)
        else:
            self.run(q=q, new_k=k, new_v=v, out=out, all_k=self.cache[0], all_v=self.cache[1])
