"""my_variant: softmax attention over a window of keys, in numpy. Replace what is marked.

    attnbench check --python my_variant.py my_variant
    attnbench run CONFIG --python my_variant.py      with "my_variant" among the variants of CONFIG
"""
import numpy as np

import attnbench


# Replace: `like` names the registered variant that this one computes the same as. It has the params of that variant,
# sees the same keys, and its answer is judged as that one's is. `takes` says which of "scale", "softcap" and "alibi"
# the function heeds; it is never called with the others.
@attnbench.variant(like="window", source="the paper or project it comes from", takes="scale")
class my_variant:
    """a window of keys, in numpy"""

    def setup(self, call):
        """Prepares what serves all calls of one problem. Its time and memory are numbers of their own.

        `call` has batch, heads, kv_heads, q_len, kv_len, head_dim, causal, scale, threads, params and list.
        """
        mask = call.mask()  # [q_len, kv_len]: which query sees which key.
        # Keys that no query sees are left out, as they may hold anything, even NaN, which times 0 is NaN.
        self.seen = mask.any(axis=0)
        self.hidden = ~mask[:, self.seen]
        self.blind = ~mask.any(axis=1)  # Queries that see no key: their answer is 0.

    def forward(self, q, k, v, call, out):
        """Fills out [batch, heads, q_len, head_dim]. q, k and v are float32 and read-only; nothing is copied."""
        if not self.seen.any():
            out[...] = 0
            return
        for b, h in np.ndindex(call.batch, call.heads):
            group = h // (call.heads // call.kv_heads)  # The key head that this query head reads.
            # Replace: from here to the end of the loop is what is timed.
            scores = q[b, h] @ k[b, group][self.seen].T
            scores *= np.float32(call.scale)
            scores[self.hidden] = -np.inf
            scores[self.blind] = 0
            weights = np.exp(scores - scores.max(axis=1, keepdims=True))
            weights[self.blind] = 0
            weights /= np.maximum(weights.sum(axis=1, keepdims=True), 1)  # The largest weight is 1, if there is one.
            np.matmul(weights, v[b, group][self.seen], out=out[b, h])
