// How linear attention by a state is cut, and what its states are.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "kernels/linear_parts.h"
#include "kernels/linear_products.h"
#include "kernels/vectors.h"

namespace attnbench::kernels {

/// Keys of a causal chunk.
inline constexpr int64_t kLinearChunk = 32;
inline constexpr int kLinearChunkVectors = static_cast<int>(kLinearChunk / kLanes);
static_assert(kLinearChunkVectors % 2 == 0, "scores are computed two vectors at a time");

/// How a call is cut, and where a thread's scratch holds what, in floats.
struct LinearCut {
  Segments segments;
  int64_t heads;     ///< Key heads.
  int64_t attended;  ///< The first key whose position a query has; kv_len without causal.
  int64_t features;
  int64_t pitch;  ///< Of rows of features.
  int64_t rows;   ///< Of a state.
  int64_t block;  ///< Keys or queries that are mapped at a time, outside a causal chunk.
  ValueColumns columns;
  bool has_peaks;
  bool by_head;  ///< A thread does a key head from end to end.

  LinearCut(const FeatureMap& phi, const Call& call)
      : segments(call.problem.kv_len),
        heads(call.problem.batch * call.problem.kv_heads),
        attended(call.problem.causal
                     ? std::max<int64_t>(call.problem.kv_len - call.problem.q_len, 0)
                     : call.problem.kv_len),
        features(phi.features(call.problem)),
        pitch(feature_pitch(features)),
        rows(round_up(features, 4)),
        block(features > kLinearBlock ? kLinearBlock : kLinearBlock / 2),
        columns(value_columns_of(call.problem.head_dim)),
        has_peaks(phi.has_peaks()) {
    const int64_t enough = call.problem.causal ? call.threads : 4 * call.threads;
    by_head = heads % call.threads == 0 || heads >= enough ||
              threads_bytes(call.threads) + states_bytes() > kSteadyBytes;
  }

  int64_t sums() const { return rows * columns.padded(); }  ///< Where a state's features begin.
  int64_t peak() const { return sums() + pitch; }           ///< Where it holds its peak, if any.
  int64_t state() const { return round_up(peak() + (has_peaks ? 1 : 0), 16); }

  int64_t keys() const { return 0; }
  int64_t queries() const { return keys() + kLinearBlock * pitch; }
  int64_t values() const { return queries() + kLinearBlock * pitch; }
  int64_t transposed() const { return values() + kLinearBlock * columns.padded(); }
  int64_t weights() const { return transposed() + rows * kLinearChunk; }
  int64_t inverse() const { return weights() + kLinearChunk * kLinearChunk; }
  int64_t states() const { return inverse() + kLinearBlock; }
  int64_t state_count() const { return has_peaks ? 4 : 3; }
  int64_t thread() const { return states() + state_count() * state(); }

  Count threads_bytes(int threads) const { return count(threads, thread(), sizeof(float)); }
  Count states_bytes() const { return count(heads, Segments::kMost, state(), sizeof(float)); }

  /// The first segment in which a query stands; there is one only with causal.
  int64_t first_attended() const { return attended / segments.keys; }
};

/// Calls body(first float, count, whether they are relative to a peak) for all sums of a state.
template <class Body>
void for_each_part(const LinearCut& cut, const Body& body) {
  if (!cut.has_peaks) return body(0, cut.state(), false);
  const int64_t tile = cut.columns.tile(), relative = cut.features - 1;
  for (int64_t t = 0; t < cut.columns.tiles; ++t) {
    body(t * cut.rows * tile, relative * tile, true);
    body((t * cut.rows + relative) * tile, tile, false);
  }
  body(cut.sums(), relative, true);
  body(cut.sums() + relative, 1, false);
}

inline void clear_state(const LinearCut& cut, float* state) {
  std::fill_n(state, cut.state(), 0.0f);
  if (cut.has_peaks) state[cut.peak()] = -std::numeric_limits<float>::infinity();
}

/// Makes a state relative to this peak, which is not below its own.
inline void raise_state(const LinearCut& cut, float peak, float* state) {
  if (!cut.has_peaks) return;
  const float factor = between_peaks(state[cut.peak()], peak);
  state[cut.peak()] = peak;
  if (factor == 1) return;
  for_each_part(cut, [&](int64_t first, int64_t count, bool relative) {
    for (int64_t i = first; relative && i < first + count; ++i) state[i] *= factor;
  });
}

/// Adds one state to another.
inline void add_state(const LinearCut& cut, const float* from, float* to) {
  float factor = 1;
  if (cut.has_peaks) {
    const float peak = std::max(from[cut.peak()], to[cut.peak()]);
    raise_state(cut, peak, to);
    factor = between_peaks(from[cut.peak()], peak);
  }
  for_each_part(cut, [&](int64_t first, int64_t count, bool relative) {
    add_scaled(relative ? factor : 1, from + first, count, to + first);
  });
}

}  // namespace attnbench::kernels
