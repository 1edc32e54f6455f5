"""torch_sdpa: PyTorch's scaled_dot_product_attention, by the kernel that it picks itself or by its math path."""
import warnings

import numpy as np

import attnbench

torch = attnbench.optional("torch")
if torch:
    warnings.filterwarnings("ignore", "The given NumPy array is not writable")  # Only q, k and v are not.


def mixed(call):
    return None if call.dtype == call.kv_dtype else "PyTorch takes q, k and v of one type"


def tensor(array):
    """Over the array's memory. bf16 comes as uint16."""
    found = torch.from_numpy(array)
    return found.view(torch.bfloat16) if array.dtype == np.uint16 else found


class Sdpa:
    def setup(self, call):
        torch.set_num_threads(call.threads)
        torch.backends.cuda.enable_flash_sdp(self.fused)  # The name is older than the kernel for CPUs that it switches.
        self.options = {"scale": call.scale, "enable_gqa": call.kv_heads < call.heads}
        if call.causal and call.q_len == call.kv_len:
            self.options["is_causal"] = True
        elif call.causal and call.q_len > 1:  # is_causal would align the first query with the first key.
            self.options["attn_mask"] = torch.from_numpy(call.mask())

    def forward(self, q, k, v, call, out):
        with torch.inference_mode():
            answer = torch.nn.functional.scaled_dot_product_attention(*map(tensor, (q, k, v)), **self.options)
            tensor(out).copy_(answer)


@attnbench.variant(like="full", source="PyTorch, torch.nn.functional", takes=("scale", "bf16", "f16"), needs="torch",
                   supports=mixed)
class torch_sdpa(Sdpa):
    """PyTorch's attention by the kernel that it picks itself: in tiles, if there is no mask or a causal one"""
    fused = True


@attnbench.variant(like="full", source="PyTorch, torch.nn.functional", takes=("scale", "bf16", "f16"), needs="torch",
                   supports=mixed)
class torch_sdpa_math(Sdpa):
    """PyTorch's attention by its math path: all scores are stored, softmaxed and multiplied"""
    fused = False
