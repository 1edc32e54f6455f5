"""The forward pass of a llama model from a GGUF file, in numpy, which hands out q, k and v of each layer."""
import re

import gguf
import numpy

from errors import BadInput
from softmax import attention
from tokens import BytePairs


# All that a file of a model may hold besides its tokenizer. A field or tensor that this script does not know,
# such as a bias or a scaled RoPE, would change the answer, so that such files are refused.
FIELDS = {"block_count", "context_length", "embedding_length", "feed_forward_length", "vocab_size",
          "attention.head_count", "attention.head_count_kv", "attention.key_length", "attention.value_length",
          "attention.layer_norm_rms_epsilon", "rope.dimension_count", "rope.freq_base"}
TENSORS = re.compile(r"(token_embd|output|output_norm|"
                     r"blk\.\d+\.(attn_(norm|q|k|v|output)|ffn_(norm|gate|up|down)))\.weight")


class Llama:
    """Shapes, as everywhere in attnbench: q [heads, tokens, head_dim], k and v [kv_heads, tokens, head_dim]."""
    causal = True

    def __init__(self, path):
        self.path = path
        try:
            self.file = gguf.GGUFReader(path)
        except (ValueError, IndexError, KeyError) as error:
            raise BadInput(f"{path} is not a whole GGUF file: {error}") from None
        self.tensors = {tensor.name: tensor for tensor in self.file.tensors}
        self.refuse_what_is_unknown()
        self.name = self.field("general.name", path)
        self.layers = self.field("llama.block_count")
        self.heads = self.field("llama.attention.head_count")
        self.kv_heads = self.field("llama.attention.head_count_kv", self.heads)
        self.head_dim = self.field("llama.attention.key_length", self.field("llama.embedding_length") // self.heads)
        self.context = self.field("llama.context_length")
        self.rope_dims = self.field("llama.rope.dimension_count", self.head_dim)
        self.rope_base = self.field("llama.rope.freq_base", 10000.0)
        self.epsilon = self.field("llama.attention.layer_norm_rms_epsilon")

    def refuse_what_is_unknown(self):
        architecture = self.field("general.architecture")
        if architecture != "llama":
            raise BadInput(f"{self.path} holds a model of architecture {architecture}; this script knows llama")
        for name in self.file.fields:
            if name.startswith("llama.") and name[len("llama."):] not in FIELDS:
                raise BadInput(f"{self.path} has the field {name}, which this script does not know")
        for name in self.tensors:
            if not TENSORS.fullmatch(name):
                raise BadInput(f"{self.path} has the tensor {name}, which this script does not know")

    def field(self, name, default=None):
        if name not in self.file.fields:
            if default is None:
                raise BadInput(f"{self.path} lacks the field {name}")
            return default
        value = self.file.fields[name].contents()
        if name.startswith("llama.") and isinstance(value, list):
            raise BadInput(f"{self.path}: {name} differs between layers; this script knows layers that are alike")
        return value

    def weight(self, name):
        """A tensor in float32; a matrix is [out, in]."""
        if name not in self.tensors:
            raise BadInput(f"{self.path} lacks the tensor {name}")
        tensor = self.tensors[name]
        return gguf.dequantize(tensor.data, tensor.tensor_type).astype(numpy.float32, copy=False)

    def encode(self, text):
        return BytePairs(self).encode(text)

    def cut(self, ids, tokens):
        """The first tokens of the text."""
        return ids[:tokens]

    def run(self, ids, take):
        """Calls take(layer, {q, k, v}) for each layer, and returns evidence that the pass is right."""
        embeddings = self.weight("token_embd.weight")
        turn = rope_angles(len(ids), self.rope_dims, self.rope_base)
        x = embeddings[ids]
        for layer in range(self.layers):
            x = self.layer(layer, x, turn, take)
        output = self.weight("output.weight") if "output.weight" in self.tensors else embeddings
        x = rms_norm(x, self.weight("output_norm.weight"), self.epsilon)
        return f"perplexity {perplexity(x, output, ids):.1f}"

    def layer(self, layer, x, turn, take):
        def weight(name):
            return self.weight(f"blk.{layer}.{name}.weight")

        h = rms_norm(x, weight("attn_norm"), self.epsilon)
        # RoPE turns neighbouring dims: GGUF files of this architecture hold the rows of q and k in that order.
        q = rotated(self.split(h @ weight("attn_q").T), turn)
        k = rotated(self.split(h @ weight("attn_k").T), turn)
        v = self.split(h @ weight("attn_v").T)
        take(layer, {"q": q, "k": k, "v": v})
        x = x + attention(q, k, v, causal=True) @ weight("attn_output").T
        h = rms_norm(x, weight("ffn_norm"), self.epsilon)
        gate = h @ weight("ffn_gate").T
        return x + (gate / (1 + numpy.exp(-gate)) * (h @ weight("ffn_up").T)) @ weight("ffn_down").T

    def split(self, x):
        return x.reshape(len(x), -1, self.head_dim).transpose(1, 0, 2)


def rms_norm(x, weight, epsilon):
    return x / numpy.sqrt(numpy.mean(x * x, axis=-1, keepdims=True) + numpy.float32(epsilon)) * weight


def rope_angles(tokens, dims, base):
    """The angle by which RoPE turns each pair of dims at each position: [tokens, dims / 2]."""
    frequencies = float(base) ** (-numpy.arange(0, dims, 2) / dims)
    return numpy.arange(tokens)[:, None] * frequencies[None, :]


def rotated(x, angles):
    """x [heads, tokens, head_dim] after RoPE over dims (0, 1), (2, 3), ...; dims beyond the angles stay."""
    cos, sin = numpy.cos(angles).astype(numpy.float32), numpy.sin(angles).astype(numpy.float32)
    dims = 2 * angles.shape[1]
    even, odd = x[..., 0:dims:2], x[..., 1:dims:2]
    result = x.copy()
    result[..., 0:dims:2] = even * cos - odd * sin
    result[..., 1:dims:2] = even * sin + odd * cos
    return result


def perplexity(x, output, ids, block=128):
    """exp of the mean surprise, over all tokens but the first."""
    surprise = []
    for first in range(0, len(ids) - 1, block):
        last = min(first + block, len(ids) - 1)
        logits = x[first:last] @ output.T
        top = logits.max(axis=1)
        total = top + numpy.log(numpy.exp(logits - top[:, None]).sum(axis=1))
        surprise.append(total - logits[numpy.arange(last - first), ids[first + 1:last + 1]])
    return float(numpy.exp(numpy.mean(numpy.concatenate(surprise), dtype=numpy.float64)))
