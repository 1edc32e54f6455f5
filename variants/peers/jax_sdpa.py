"""jax_sdpa: JAX's dot_product_attention, compiled by XLA."""
import os

import attnbench

jax = attnbench.optional("jax")


def blind(call):
    return "a query that sees no key has no answer in JAX" if call.causal and call.q_len > call.kv_len else None


@attnbench.variant(like="full", source="JAX, jax.nn.dot_product_attention", takes="scale", needs="jax", supports=blind)
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

        q = jax.ShapeDtypeStruct((call.batch, call.heads, call.q_len, call.head_dim), "float32")
        kv = jax.ShapeDtypeStruct((call.batch, call.kv_heads, call.kv_len, call.head_dim), "float32")
        self.attend = jax.jit(attend).lower(q, kv, kv).compile()

    def forward(self, q, k, v, call, out):
        out[...] = self.attend(q, k, v)
