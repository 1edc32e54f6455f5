"""Softmax attention in numpy, causal or not; q [heads, tokens, head_dim], k and v [kv_heads, tokens, head_dim]."""
import numpy


def weights(q, k, first, last, causal):
    """The weights of one head's queries first to last - 1 over all keys: [last - first, tokens]."""
    scores = q[first:last] @ k.T / numpy.sqrt(numpy.float32(q.shape[-1]))
    if causal:
        scores[numpy.arange(len(k))[None, :] > numpy.arange(first, last)[:, None]] = -numpy.inf
    result = numpy.exp(scores - scores.max(axis=1, keepdims=True))
    return result / result.sum(axis=1, keepdims=True)


def attention(q, k, v, causal):
    """The output of all heads, side by side: [tokens, heads * head_dim]."""
    group, tokens = len(q) // len(k), q.shape[1]
    out = [weights(q[h], k[h // group], 0, tokens, causal) @ v[h // group] for h in range(len(q))]
    return numpy.concatenate(out, axis=1)
