// Queries, keys and values of attention from an npz file: what `sweep.inputs` calls a file.
#pragma once

#include <cstdint>
#include <string>

#include "attnbench/problem.h"
#include "npz/zip.h"

namespace attnbench::npz {

/// What a file holds: q is [batch, heads, len, head_dim], k and v are
/// [batch, kv_heads, len, head_dim].
struct QkvShape {
  int64_t batch = 0;
  int64_t heads = 0;
  int64_t kv_heads = 0;
  int64_t len = 0;
  int64_t head_dim = 0;
};

/// Reads the arrays q, k and v (LAYER/q, LAYER/k and LAYER/v if `layer` is not empty), float32 or
/// float16, from the first value to the last. Throws NpzError if the file cannot be read, if an
/// array is missing or of another type, if the shapes do not fit each other, or if a value is
/// infinite or not a number.
QkvShape check_qkv(const std::string& path, const std::string& layer);

/// Fills q, k and v of a problem: the first kv_len keys and values, and the queries that stand at
/// the last q_len of these positions. Throws NpzError if the file has another batch, heads,
/// kv_heads or head_dim than the problem, fewer tokens, or if q_len is above kv_len.
void read_qkv(const std::string& path, const std::string& layer, const Problem& problem, float* q,
              float* k, float* v);

}  // namespace attnbench::npz
