"""How a text becomes tokens: byte-level BPE from a GGUF file, and the word pieces of BERT."""
import re
import unicodedata

from errors import BadInput

# GPT-2's rule for splitting a text into words, in the terms of Python's re.
WORD = re.compile(r"'(?:s|t|re|ve|m|ll|d)| ?[^\W\d_]+| ?\d+| ?(?:_|[^\s\w])+|\s+(?!\S)|\s+")
# What some models split off before that rule is applied.
FIRST = {"smollm": re.compile(r"\d"), "gpt-2": None, "default": None}


def letters_of_bytes():
    """The letter that stands for each byte in the vocabulary: printable bytes are themselves."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    return {**{byte: chr(byte) for byte in printable}, **{byte: chr(256 + i) for i, byte in enumerate(others)}}


class BytePairs:
    """The tokenizer of a GGUF file of kind gpt2."""

    def __init__(self, model):
        kind, rule = model.field("tokenizer.ggml.model"), model.field("tokenizer.ggml.pre", "default")
        if kind != "gpt2" or rule not in FIRST:
            raise BadInput(f"{model.path} has a tokenizer of kind {kind} with the rule {rule}; this script knows "
                           f"gpt2 with one of the rules {', '.join(FIRST)}")
        self.first = FIRST[rule]
        self.ids = {token: i for i, token in enumerate(model.field("tokenizer.ggml.tokens"))}
        merges = model.field("tokenizer.ggml.merges")
        self.ranks = {tuple(merge.split(" ")): rank for rank, merge in enumerate(merges)}
        self.letters = letters_of_bytes()
        self.start = []
        if "tokenizer.ggml.add_bos_token" in model.file.fields and model.field("tokenizer.ggml.add_bos_token"):
            self.start = [model.field("tokenizer.ggml.bos_token_id")]
        self.known = {}

    def encode(self, text):
        ids = list(self.start)
        for piece in self.pieces(text):
            for word in WORD.findall(piece):
                if word not in self.known:
                    self.known[word] = self.encode_word(word)
                ids += self.known[word]
        return ids

    def pieces(self, text):
        if self.first is None:
            return [text]
        return [piece for piece in re.split(f"({self.first.pattern})", text) if piece]

    def encode_word(self, word):
        parts = [self.letters[byte] for byte in word.encode()]
        while len(parts) > 1:
            ranked = [(self.ranks.get(pair, len(self.ranks)), i) for i, pair in enumerate(zip(parts, parts[1:]))]
            rank, i = min(ranked)
            if rank == len(self.ranks):
                break
            parts[i:i + 2] = [parts[i] + parts[i + 1]]
        return [self.ids[part] for part in parts]


class WordPieces:
    """The tokenizer of BERT for lower-case text, of a file with a piece a line."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.ids = {line.rstrip("\n"): i for i, line in enumerate(file)}
        for mark in ("[CLS]", "[SEP]", "[UNK]"):
            if mark not in self.ids:
                raise BadInput(f"{path} lacks {mark}")

    def encode(self, text):
        letters = [letter for letter in unicodedata.normalize("NFD", text.lower())
                   if unicodedata.category(letter) != "Mn"]
        spaced = "".join(f" {letter} " if is_punctuation(letter) else letter for letter in letters)
        pieces = [piece for word in spaced.split() for piece in self.pieces(word)]
        return [self.ids[piece] for piece in ["[CLS]", *pieces, "[SEP]"]]

    def pieces(self, word):
        """The longest piece that begins the word, then the longest that goes on, and so forth."""
        found, begin = [], 0
        while begin < len(word):
            prefix = "##" if begin else ""
            ends = (end for end in range(len(word), begin, -1) if prefix + word[begin:end] in self.ids)
            end = next(ends, None)
            if end is None:
                return ["[UNK]"]
            found.append(prefix + word[begin:end])
            begin = end
        return found


def is_punctuation(letter):
    return (letter.isascii() and letter.isprintable() and not letter.isalnum() and letter != " "
            or unicodedata.category(letter).startswith("P"))
