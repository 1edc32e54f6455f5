"""What the attention of one layer is like: statistics that attnbench also computes, from a sample of the rows."""
import numpy

from softmax import weights

TABLE_HEAD = """\
| layer | first-key mass (head min to max) | mass of the top 1 / 5 / 20 % of keys | effective keys exp(H) / n | \
mass of the nearest 64 keys | norm of K's mean / rms of K | norm of k_0 / mean norm of k |
|---:|---|---|---:|---:|---:|---:|"""


def likeness(causal, q, k, **_):
    """Means over the second half of the queries, one value a head; arrays as in the file."""
    q, k = q[0].astype(numpy.float32), k[0].astype(numpy.float32)
    group, tokens = len(q) // len(k), q.shape[1]
    heads = [head_likeness(q[h], k[h // group], tokens // 2, causal) for h in range(len(q))]
    result = {name: numpy.array([head[name] for head in heads]) for name in heads[0]}
    norms = numpy.linalg.norm(k.astype(numpy.float64), axis=2)
    mean = numpy.linalg.norm(k.mean(axis=1, dtype=numpy.float64), axis=1)
    result["key_mean"] = mean / numpy.sqrt((norms**2).mean(axis=1))
    result["first_norm"] = norms[:, 0] / norms.mean(axis=1)
    return result


def head_likeness(q, k, first, causal):
    mass = weights(q, k, first, len(q), causal).astype(numpy.float64)
    positions = numpy.arange(first, len(q))
    visible = positions + 1 if causal else numpy.full(len(mass), len(k))
    entropy = -(mass * numpy.log(numpy.maximum(mass, 1e-300))).sum(axis=1)
    falling = numpy.sort(mass, axis=1)[:, ::-1]
    summed = falling.cumsum(axis=1)
    distance = positions[:, None] - numpy.arange(len(k))[None, :]
    result = {
        "first_key": mass[:, 0],
        "effective": numpy.exp(entropy) / visible,
        "near_64": numpy.where(abs(distance) < 64, mass, 0).sum(axis=1),
    }
    for percent in (1, 5, 20):
        keys = visible * percent / 100  # If they are no whole number, the last key counts in part.
        last, rows = keys.astype(int), numpy.arange(len(mass))
        result[f"top_{percent}"] = summed[rows, last] - (last + 1 - keys) * falling[rows, last]
    return {name: values.mean() for name, values in result.items()}


def table_row(layer, causal, arrays):
    found = likeness(causal, **arrays)
    mean = {name: values.mean() for name, values in found.items()}
    sink = found["first_key"]
    return (f"| {layer} | {mean['first_key']:.2f} ({sink.min():.2f} to {sink.max():.2f}) "
            f"| {mean['top_1']:.2f} / {mean['top_5']:.2f} / {mean['top_20']:.2f} | {mean['effective']:.3f} "
            f"| {mean['near_64']:.2f} | {mean['key_mean']:.2f} | {mean['first_norm']:.2f} |")
