// The rows of a task: how query rows become strips, and strips become output rows.
#pragma once

#include "attnbench/variant.h"
#include "kernels/cut.h"
#include "kernels/strip.h"

namespace attnbench::kernels {

/// Floats of a row's state: its reference and its sum of weights.
inline constexpr int64_t kStateFloats = 2;
/// The same with its sums of weighted values if out is narrower than float32 and would round them.
constexpr int64_t state_floats(const Problem& p) {
  return kStateFloats + (p.dtype == Type::kF32 ? 0 : p.head_dim);
}

/// One key head of one batch entry, and all that its tasks need. Its rows are pairs (query, query
/// head of its group): queries are in the order of the cut, and heads run fastest.
struct Job {
  const Exact& pattern;
  const Call& call;
  const Inputs& inputs;
  const Tensor<float>& out;
  const Cut& cut;
  Modifiers modifiers;
  float* partials;
  int64_t batch;
  int64_t kv_head;
  int64_t first_query = 0;  ///< The query of row 0.
  /// If there are two passes: where the first leaves each row's reference and sum of weights for
  /// the second to go on from. It leaves the sums of weighted values in out, or, if out is narrower
  /// than float32, there too. Null: there is one pass.
  float* state = nullptr;
  bool begins = true;              ///< Whether this is the first pass.
  const Exact* earlier = nullptr;  ///< In the second pass: the pattern of the first.
  /// Where the logarithm, to base 2, of each row's sum of weights goes, [batch, heads, q_len];
  /// null: it is not wanted.
  float* log_sums = nullptr;
  /// How many query heads share the key head. Most often it is one: then a row is a query.
  int64_t group = group_size(call.problem);

  /// Whether q and out are narrower than float32.
  bool has_narrow_rows() const { return call.problem.dtype != Type::kF32; }
  /// Whether k and v are.
  bool has_narrow_keys() const { return call.problem.kv_dtype != Type::kF32; }

  /// The place in cut.order of a row's query. Written with `group > 1` because GCC turns
  /// `group == 1 ? row : row / group` into a division for every row.
  int64_t place(int64_t row) const { return group > 1 ? row / group : row; }
  int64_t query(int64_t row) const { return first_query + cut.order.query_at(place(row)); }
  int64_t head(int64_t row) const { return group > 1 ? kv_head * group + row % group : kv_head; }
  int64_t residue_end(int64_t row) const {
    return cut.order.begin_of(cut.order.residue_at(place(row)) + 1) * group;
  }
  // For float32 only.
  const float* q_row(int64_t row) const { return inputs.q.row(batch, head(row), query(row)); }
  float* out_row(int64_t row) const { return out.row(batch, head(row), query(row)); }
  /// The state of a query and a head of the group. It does not depend on the cut's order, which
  /// differs from pass to pass.
  float* state_of(int64_t query, int64_t member) const {
    return state + state_floats(call.problem) * ((query - first_query) * group + member);
  }
  /// Null if it is not wanted.
  float* log_sum_of(int64_t row) const {
    const Problem& p = call.problem;
    return log_sums == nullptr ? nullptr
                               : log_sums + (batch * p.heads + head(row)) * p.q_len + query(row);
  }
  /// Where a chunk leaves its result for a row.
  float* partial(int64_t row, int64_t chunk) const {
    const Problem& p = call.problem;
    const int64_t rows_before = (batch * p.kv_heads + kv_head) * group_rows(p) + row;
    return partials + (rows_before * cut.chunks + chunk) * partial_floats(p);
  }
};

/// The rows of the next strip, if a task has `left` rows left. All strips of a task get about as
/// many vectors, since one vector costs more a row than two. But rows that can be done as decoding
/// (decode.h) are best in a strip of their own.
int64_t next_strip_rows(const Job& job, int64_t left);

/// Makes a strip of rows [first_row, first_row + rows). Its q and out take 2 * head_dim *
/// kStripRows floats from `floats` on. Prefetches the rows from `unprefetched` on all at once.
void load_strip(const Job& job, int64_t first_row, int64_t rows, int64_t unprefetched,
                float* floats, Strip& strip);

/// Writes the rows' outputs. The first of two passes leaves its rows' state instead.
void store_strip(const Job& job, const Strip& strip);

/// Writes each row's sums, strip.out, times `scale` of its lane to `out`.
void store_rows(const Strip& strip, int64_t head_dim, const float* scale, float* const* out);

/// Leaves a chunk's results for the rows, to be merged with those of other chunks.
void store_partials(const Job& job, const Strip& strip, int64_t chunk);

/// Merges the results of all chunks for a row, and writes its output.
void merge_partials(const Job& job, int64_t row);

}  // namespace attnbench::kernels
