"""The forward pass of a BERT-type encoder, in numpy, which hands out q, k and v of each layer: bidirectional."""
import json
import math
import os

import numpy

from errors import BadInput
from softmax import attention
from tokens import WordPieces

# Three sentences whose embeddings by all-MiniLM-L6-v2 have cosines that its authors publish.
SENTENCES = ("The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium.")
COSINES = "0.666, 0.105, 0.141"


class Bert:
    """Made of a folder with config.json, model.safetensors and vocab.txt. Shapes as in llama.py."""
    causal = False

    def __init__(self, folder):
        self.name = self.path = folder
        config = read_config(os.path.join(folder, "config.json"))
        self.layers, self.heads = config["num_hidden_layers"], config["num_attention_heads"]
        self.head_dim = config["hidden_size"] // self.heads
        self.context, self.epsilon = config["max_position_embeddings"], config["layer_norm_eps"]
        self.kv_heads = self.heads
        self.tensors = read_safetensors(os.path.join(folder, "model.safetensors"))
        self.words = WordPieces(os.path.join(folder, "vocab.txt"))

    def encode(self, text):
        return self.words.encode(text)

    def cut(self, ids, tokens):
        """The first tokens of the text, of which the last is the mark of its end, as the model expects."""
        return ids[:tokens - 1] + ids[-1:]

    def weight(self, name):
        if name not in self.tensors:
            raise BadInput(f"{self.path}/model.safetensors lacks the tensor {name}")
        return self.tensors[name]

    def linear(self, x, name):
        return x @ self.weight(name + ".weight").T + self.weight(name + ".bias")

    def normed(self, x, name):
        x = x - x.mean(axis=-1, keepdims=True)
        x = x / numpy.sqrt((x * x).mean(axis=-1, keepdims=True) + numpy.float32(self.epsilon))
        return x * self.weight(name + ".weight") + self.weight(name + ".bias")

    def run(self, ids, take):
        """Calls take(layer, {q, k, v}) for each layer, and returns evidence that the pass is right."""
        self.embedded(ids, take)
        a, b, c = (self.sentence(text) for text in SENTENCES)
        return (f"cosines of three sentences: {a @ b:.3f}, {a @ c:.3f}, {b @ c:.3f} "
                f"(published for all-MiniLM-L6-v2: {COSINES})")

    def sentence(self, text):
        mean = self.embedded(self.encode(text), lambda layer, arrays: None).mean(axis=0)
        return mean / numpy.linalg.norm(mean)

    def embedded(self, ids, take):
        x = (self.weight("embeddings.word_embeddings.weight")[ids]
             + self.weight("embeddings.position_embeddings.weight")[:len(ids)]
             + self.weight("embeddings.token_type_embeddings.weight")[0])
        x = self.normed(x, "embeddings.LayerNorm")
        for layer in range(self.layers):
            x = self.layer(layer, x, take)
        return x

    def layer(self, layer, x, take):
        at = f"encoder.layer.{layer}."
        q, k, v = (self.linear(x, f"{at}attention.self.{name}").reshape(len(x), self.heads, -1).transpose(1, 0, 2)
                   for name in ("query", "key", "value"))
        take(layer, {"q": q, "k": k, "v": v})
        out = self.linear(attention(q, k, v, causal=False), at + "attention.output.dense")
        x = self.normed(x + out, at + "attention.output.LayerNorm")
        h = self.linear(gelu(self.linear(x, at + "intermediate.dense")), at + "output.dense")
        return self.normed(x + h, at + "output.LayerNorm")


def gelu(x):
    error_function = numpy.vectorize(math.erf, otypes=[numpy.float32])
    return x * (1 + error_function(x / math.sqrt(2))) / 2


def read_config(path):
    with open(path, encoding="utf-8") as file:
        try:
            config = json.load(file)
        except ValueError as error:
            raise BadInput(f"{path} is not JSON: {error}") from None
    if not isinstance(config, dict):
        raise BadInput(f"{path} is not a JSON object")
    for field, only in [("model_type", "bert"), ("hidden_act", "gelu"), ("position_embedding_type", "absolute")]:
        if config.get(field, "absolute") != only:
            raise BadInput(f"{path}: {field} is {config.get(field)}; this script knows {only}")
    for field in ["num_hidden_layers", "num_attention_heads", "hidden_size", "max_position_embeddings",
                  "layer_norm_eps"]:
        if not isinstance(config.get(field), (int, float)) or config[field] <= 0:
            raise BadInput(f"{path}: {field} is {config.get(field)}, not a positive number")
    return config


def read_safetensors(path):
    """The tensors of type float32 by their names."""
    with open(path, "rb") as file:
        data = file.read()
    try:
        end = 8 + int.from_bytes(data[:8], "little")
        header = json.loads(data[8:end])
        header.pop("__metadata__", None)
        return {name: numpy.frombuffer(data[end:], "<f4", math.prod(facts["shape"]), facts["data_offsets"][0])
                      .reshape(facts["shape"])
                for name, facts in header.items() if facts["dtype"] == "F32"}
    except (ValueError, KeyError, AttributeError) as error:
        raise BadInput(f"{path} is not a whole safetensors file: {error}") from None
