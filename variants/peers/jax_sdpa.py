"""jax_sdpa: JAX's dot_product_attention, compiled by XLA."""
import os

import attnbench

jax = attnbench.optional("jax")


def supports(call):
    if call.dtype != call.kv_dtype:
        return "JAX takes q, k and v of one type"
    return "a query that sees no key has no answer in JAX" if call.causal and call.q_len > call.kv_len else None


@attnbench.variant(like="full", source="JAX, jax.nn.dot_product_attention", takes=("scale", "bf16"), needs="jax",
                   supports=supports)  # It multiplies no f16 on CPUs.
class jax_sdpa:
    """JAX's dot_product_attention, compiled for the shape"""

    def setup(self, call):
        os.environ["NPROC"] = str(call.threads)  # XLA reads it when it starts its threads, at the first compilation.
        options = {"scale": call.scale}
        if call.causal and call.q_len > 1:  # is_causal would align the first query with the first key.
            options["mask"] = jax.numpy.tri(call.q_len, call.kv_len, call.position(0), bool)[None, None]

        def attend(q, k, v):  # JAX has [batch, tokens, heads, head_dim]; XLA need not move anything for that.
            answer = jax.nn.dot_product_attention(*(x.swapaxes(1, 2) for x in (q, k, v)), **options)
            return answer.swapaxes(1, 2)

        self.elements = {"f32": jax.numpy.float32, "bf16": jax.numpy.bfloat16}[call.dtype].dtype
        q = jax.ShapeDtypeStruct((call.batch, call.heads, call.q_len, call.head_dim), self.elements)
        kv = jax.ShapeDtypeStruct((call.batch, call.kv_heads, call.kv_len, call.head_dim), self.elements)
        self.attend = jax.jit(attend).lower(q, kv, kv).compile()

    def forward(self, q, k, v, call, out):
        out.view(self.elements)[...] = self.attend(*(x.view(self.elements) for x in (q, k, v)))  # bf16 comes as uint16.
