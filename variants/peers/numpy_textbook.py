"""numpy_textbook: attention as a textbook has it, in numpy, one head at a time."""
import numpy as np

import attnbench


@attnbench.variant(like="full", source="Harris et al. 2020, Array programming with NumPy", takes="scale")
class numpy_textbook:
    """the textbook in numpy: the scores of one head are stored, softmaxed and multiplied"""

    def setup(self, call):
        self.hidden = ~call.mask() if call.causal and call.q_len > 1 else None
        self.blind = max(call.q_len - call.kv_len, 0) if call.causal else 0  # The first queries, which see no key.

    def forward(self, q, k, v, call, out):
        scale = np.float32(call.scale)
        for b, h in np.ndindex(call.batch, call.heads):
            kv_head = h // (call.heads // call.kv_heads)
            scores = (q[b, h] * scale) @ k[b, kv_head].T
            if self.hidden is not None:
                scores[self.hidden] = -np.inf
            scores[:self.blind] = 0
            scores -= scores.max(axis=1, keepdims=True)
            np.exp(scores, out=scores)
            scores /= scores.sum(axis=1, keepdims=True)
            np.matmul(scores, v[b, kv_head], out=out[b, h])
        out[:, :, :self.blind] = 0
