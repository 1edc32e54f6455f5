"""torch_flex: PyTorch's FlexAttention, compiled for the shape and the mask: causal or none, a window, documents."""
import warnings

import numpy as np

import attnbench

torch = attnbench.optional("torch")
if torch:
    import torch._inductor.config
    from torch.nn.attention.flex_attention import create_block_mask, flex_attention
    warnings.filterwarnings("ignore", "The given NumPy array is not writable")  # Only q, k and v are not.

SOURCE = "Dong et al. 2024, Flex Attention"


class Flex:
    def setup(self, call):
        """Compiles, and makes the first call: later ones run what it compiled."""
        torch.set_num_threads(call.threads)
        torch._inductor.config.compile_threads = 1  # More would be processes, which still start when the first call is timed.
        torch.compiler.reset()  # Else it gives up compiling in a process that has seen eight shapes.
        mask = self.mask(call)
        blocks = mask and create_block_mask(mask, None, None, call.q_len, call.kv_len, device="cpu")
        self.options = {"scale": call.scale, "enable_gqa": call.kv_heads < call.heads, "block_mask": blocks}
        self.attend = torch.compile(flex_attention, dynamic=False)
        q = np.zeros((call.batch, call.heads, call.q_len, call.head_dim), np.float32)
        kv = np.zeros((call.batch, call.kv_heads, call.kv_len, call.head_dim), np.float32)
        self.forward(q, kv, kv, call, q)

    def forward(self, q, k, v, call, out):
        with torch.inference_mode():
            torch.from_numpy(out).copy_(self.attend(*map(torch.from_numpy, (q, k, v)), **self.options))


@attnbench.variant(like="full", source=SOURCE, takes="scale", needs="torch")
class torch_flex(Flex):
    """FlexAttention, compiled; if causal, by a block mask"""

    def mask(self, call):
        ahead = call.position(0)
        return (lambda b, h, i, j: j <= i + ahead) if call.causal and call.q_len > 1 else None


@attnbench.variant(like="window", source=SOURCE, takes="scale", needs="torch")
class torch_flex_window(Flex):
    """FlexAttention, compiled, with the mask of a window"""

    def mask(self, call):
        ahead, most = call.position(0), call.q_len + call.kv_len
        left, right = (most if side < 0 else side for side in (call.params["left"], call.params["right"]))
        right = 0 if call.causal else right
        return lambda b, h, i, j: (i + ahead - left <= j) & (j <= i + ahead + right)


@attnbench.variant(like="document", source=SOURCE, takes="scale", needs="torch")
class torch_flex_document(Flex):
    """FlexAttention, compiled, with the mask of packed documents"""

    def mask(self, call):
        spans = torch.tensor([(call.spans(query) or [(0, 0)])[0][:2] for query in range(call.q_len)])
        begin, end = spans[:, 0].contiguous(), spans[:, 1].contiguous()
        return lambda b, h, i, j: (begin[i] <= j) & (j < end[i])
