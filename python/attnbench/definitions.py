"""Evaluates what a file states of a variant that is not exact: its definition, and the least that it costs."""
import numbers

ARGUMENTS = ("q", "k", "v", "call", "query")


class CostError(Exception):
    """A cost is stated wrongly."""


def rows_of(definition, q, k, v, call, rows, dtype):
    """Some rows of the output by the definition, each numbered (batch * heads + head) * q_len + query, in `dtype`."""
    import numpy as np  # Only here, so that a file can be declared without it.

    answer = np.empty((len(rows), call.head_dim), dtype)
    inputs, of_head = None, None
    for place, row in enumerate(rows.tolist()):
        head, query = divmod(row, call.q_len)
        if head != of_head:
            of_head, (batch, h) = head, divmod(head, call.heads)
            key_head = h * call.kv_heads // call.heads
            inputs = [x.astype(dtype) for x in (q[batch, h], k[batch, key_head], v[batch, key_head])]
        found = np.asarray(definition(*inputs, call, query))
        if found.shape != (call.head_dim,):
            raise ValueError(f"definition returns shape {found.shape}; expected ({call.head_dim},), the row of one query")
        if found.dtype != answer.dtype:
            raise TypeError(f"definition returns {found.dtype} for q, k and v of {dtype}; it computes in the type of q")
        answer[place] = found
    return answer


def counts(cost, call):
    """What cost(call) returned, as [FLOPs, bytes of memory traffic, sequential steps, path length]."""
    rows = 2 * call.batch * (call.heads * call.q_len + call.kv_heads * call.kv_len)
    found = {"flops": None, "traffic_bytes": 4 * call.head_dim * rows, "steps": 1, "path": 1}
    if not isinstance(cost, dict) or "flops" not in cost or not cost.keys() <= found.keys():
        raise CostError(f"cost returns {cost!r}; expected a dict with {', '.join(map(repr, found))}, of which only 'flops' "
                        "must be there")
    for name, value in cost.items():
        if not isinstance(value, numbers.Integral) or value < 0:
            raise CostError(f"cost gives {name!r} as {value!r}; expected a whole number, 0 or more")
        found[name] = int(value)
    return [min(value, 2**63 - 1) for value in found.values()]  # Which stands for so many or more.
