// Inputs whose attention is like that of a middle layer of a language model.
#pragma once

#include <cstdint>
#include <span>

#include "attnbench/problem.h"

namespace attnbench::measure {

/// Writes q [batch, heads, q_len, head_dim], k and v [batch, kv_heads, kv_len, head_dim]. The same
/// seed gives the same bits on every machine. `params` has a value for each of
/// record::kModelLikeParams, in their order.
///
/// Before the rotary embedding, which turns the pairs of dims (0, 1), (2, 3), ... by position, a
/// key is the sum of
///   - a bias that all keys of the head share, in the pairs that turn most slowly. All queries lie
///     opposite to it, and the first key, with its small norm, lies opposite to it, too: it is an
///     attention sink;
///   - a mean in pairs that turn by 1/4 to 1/256 a position. Queries share it, so that near keys
///     score higher;
///   - what the token says: numbers of a low-rank covariance, in slower pairs, which each query
///     weighs in its own way;
///   - for some tokens, the same in all heads, a vector that all queries look for: heavy hitters;
///   - noise.
/// Queries are sized so that the masses are those asked for at about kv_len keys, whatever
/// head_dim, scale and kv_len are; softcap and ALiBi come on top. Values have a mean of their head
/// and noise, and that of the first key is small. Heads differ in how much the first key gets; all
/// that belongs to a head is the same in each sequence of a batch. Below a head_dim of 16 some of
/// this is left out, as there are too few dims.
///
/// The defaults are fitted to layer 14 of SmolLM2-135M-Instruct (9 heads, 3 kv_heads, head_dim 64)
/// on 1,024 tokens of English prose, causal, queries 512 to 1023: first-key mass 0.43 (heads 0.06
/// to 0.86), mass of the top 1, 5 and 20 % of keys 0.73, 0.89 and 0.97, exp(H) 0.037 of the keys,
/// mass of the last 64 keys 0.25, norm of the mean key 0.75, norm of the first key 0.26.
void fill_model_like(const Problem& problem, uint64_t seed, std::span<const double> params,
                     float* q, float* k, float* v);

}  // namespace attnbench::measure
