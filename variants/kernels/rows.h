// The rows of a task: query rows into strips, strips into output rows.
#pragma once

#include "attnbench/variant.h"
#include "kernels/cut.h"
#include "kernels/strip.h"

namespace attnbench::kernels {

/// Of a row's state: its reference and its sum of weights.
inline constexpr int64_t kStateFloats = 2;

/// One key head of one batch entry, and everything around it. Its rows are (query, head of its
/// group) pairs in the order of the cut's queries, heads running fastest.
struct Job {
  const Variant& pattern;
  const Call& call;
  const Inputs& inputs;
  const Tensor<float>& out;
  const Cut& cut;
  Modifiers modifiers;
  float* partials;
  int64_t batch;
  int64_t kv_head;
  int64_t first_query = 0;  ///< That of row 0.
  /// Where one pass leaves its rows' references and sums of weights, and their sums of values in
  /// out, for the next to go on from. Null: a pass is all there is.
  float* state = nullptr;
  bool begins = true;                ///< Rather than going on.
  const Variant* earlier = nullptr;  ///< If it goes on: the pattern of the pass before it.
  /// Heads that share the key head. Most often one: rows then are queries, and need no division.
  int64_t group = group_size(call.problem);

  /// Which query of cut.order it is. Not `group == 1 ? row : row / group`, of which GCC makes row /
  /// group.
  int64_t place(int64_t row) const { return group > 1 ? row / group : row; }
  int64_t query(int64_t row) const { return first_query + cut.order.query_at(place(row)); }
  int64_t head(int64_t row) const { return group > 1 ? kv_head * group + row % group : kv_head; }
  int64_t class_end(int64_t row) const {
    return cut.order.begin_of(cut.order.class_at(place(row)) + 1) * group;
  }
  const float* q_row(int64_t row) const { return inputs.q.row(batch, head(row), query(row)); }
  float* out_row(int64_t row) const { return out.row(batch, head(row), query(row)); }
  /// Of a query and a head of the group, in whichever order the cut has them.
  float* state_of(int64_t query, int64_t member) const {
    return state + kStateFloats * ((query - first_query) * group + member);
  }
  /// Where a chunk's result for a row goes.
  float* partial(int64_t row, int64_t chunk) const {
    const Problem& p = call.problem;
    const int64_t rows_before = (batch * p.kv_heads + kv_head) * group_rows(p) + row;
    return partials + (rows_before * cut.chunks + chunk) * partial_floats(p);
  }
};

/// How many of a task's rows that are left make up the next strip. All get about as many vectors,
/// as one of a single vector costs more a row than one of two; but few rows are best on their own.
int64_t next_strip_rows(const Job& job, int64_t left);

/// Makes a strip of rows [first, first + rows), in `floats`: 2 * head_dim * kStripRows of them.
/// Asks memory for those from `unasked` on all at once.
void load_strip(const Job& job, int64_t first_row, int64_t rows, int64_t unasked, float* floats,
                Strip& strip);

/// Writes the rows' outputs.
void store_strip(const Job& job, const Strip& strip);

/// Leaves the rows to be merged with those of other chunks.
void store_partials(const Job& job, const Strip& strip, int64_t chunk);

/// Writes a row's output from the results of all chunks.
void merge_partials(const Job& job, int64_t row);

}  // namespace attnbench::kernels
