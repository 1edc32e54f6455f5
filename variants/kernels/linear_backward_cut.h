// How the backward pass of linear attention is cut, and what its states are.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/layout.h"
#include "kernels/linear_backward.h"
#include "kernels/linear_parts.h"
#include "kernels/linear_products.h"

namespace attnbench::kernels {

/// Keys of a chunk, whose scores with a query are so many vectors.
inline constexpr int kBackwardVectors = kHasAvx512 ? 2 : 3;
inline constexpr int64_t kBackwardChunk = kBackwardVectors * kLanes;
static_assert(kBackwardChunk <= kLinearBlock);

/// A state is the sum over keys, or over queries, of a row of head_dim + 1 numbers times the
/// features. Lanes are features, cut into tiles: [tile, row of the state, lane].
struct LinearBackwardCut {
  Segments key_segments;
  Segments query_segments;  ///< With causal, queries are cut where the keys are.
  int64_t heads;            ///< Key heads.
  int64_t attended;         ///< The first key whose position a query has; kv_len without causal.
  int64_t group;            ///< Query heads of a key head.
  int64_t features, dims;   ///< `dims` is head_dim.
  int64_t feature_pitch;    ///< From one row of features to the next.
  ValueColumns columns;     ///< The features as lanes.
  int64_t rows;             ///< Of a state: dims + 1, and zeros.
  int64_t row_pitch;        ///< From one such row to the next.
  bool by_head;             ///< A thread does a key head from end to end.

  LinearBackwardCut(const TrainableMap& phi, const Call& call)
      : key_segments(call.problem.kv_len),
        query_segments(call.problem.causal ? call.problem.kv_len : call.problem.q_len),
        heads(call.problem.batch * call.problem.kv_heads),
        attended(call.problem.causal
                     ? std::max<int64_t>(call.problem.kv_len - call.problem.q_len, 0)
                     : call.problem.kv_len),
        group(call.problem.heads / call.problem.kv_heads),
        features(phi.features(call.problem)),
        dims(call.problem.head_dim),
        feature_pitch(kernels::feature_pitch(features)),
        columns(value_columns_of(features)),
        rows(round_up(dims + 1, 4)),
        row_pitch(kernels::feature_pitch(dims + 1)) {
    const int64_t enough = call.problem.causal ? call.threads : 4 * call.threads;
    by_head = heads % call.threads == 0 || heads >= enough ||
              count(call.threads) * thread_bytes() + states_bytes() > kSteadyBytes;
  }

  int64_t state() const { return round_up(rows * columns.padded(), 16); }
  /// The first segment in which a query stands; there is one only with causal.
  int64_t first_attended() const { return attended / key_segments.keys; }
  inline Count thread_bytes() const;
  Count states_bytes() const { return count(heads, 2, Segments::kMost, state(), sizeof(float)); }
};

/// A thread's scratch. Lanes of what is transposed are the keys of a chunk.
struct LinearBackwardScratch {
  float *keys, *queries;               ///< Features of a block, [kLinearBlock, feature_pitch].
  float *key_tiles, *query_tiles;      ///< The same in tiles, [tile, kLinearBlock, lane].
  float *values, *outputs;             ///< Rows that meet features, [kLinearBlock, row_pitch].
  float *keys_across, *values_across;  ///< Transposed: [features, chunk] and [rows, chunk].
  float *weights, *d_weights;          ///< [chunk of queries, chunk of keys]
  float* d_features;                   ///< [kLinearBlock, padded columns]
  float *d_values_across, *d_values;   ///< [head_dim, chunk], and the same transposed back.
  float* states;                       ///< Three states.

  LinearBackwardScratch(const LinearBackwardCut& cut, Layout& layout) {
    constexpr int64_t kChunk = kBackwardChunk;
    for (float** features : {&keys, &queries})
      layout.take(*features, count(kLinearBlock, cut.feature_pitch));
    for (float** tiles : {&key_tiles, &query_tiles})
      layout.take(*tiles, count(kLinearBlock, cut.columns.padded()));
    for (float** rows : {&values, &outputs}) layout.take(*rows, count(kLinearBlock, cut.row_pitch));
    layout.take(keys_across, count(cut.feature_pitch, kChunk));
    layout.take(values_across, count(cut.row_pitch, kChunk));
    for (float** scores : {&weights, &d_weights}) layout.take(*scores, count(kChunk, kChunk));
    layout.take(d_features, count(kLinearBlock, cut.columns.padded()));
    layout.take(d_values_across, count(cut.row_pitch, kChunk));
    layout.take(d_values, count(kChunk, cut.row_pitch));
    layout.take(states, count(3, cut.state()));
  }
};

inline Count LinearBackwardCut::thread_bytes() const {
  Layout layout(nullptr);
  const LinearBackwardScratch counted(*this, layout);
  return layout.bytes();
}

}  // namespace attnbench::kernels
