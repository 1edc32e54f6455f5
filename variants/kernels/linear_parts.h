// The two ways of computing linear attention, and how both cut a sequence.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/divide.h"
#include "kernels/linear.h"
#include "kernels/simd.h"

namespace attnbench::kernels {

/// The most keys or queries that are mapped at a time. If features are no more, half as many are,
/// whose features stay in the L1 cache together with the values and the state.
inline constexpr int64_t kLinearBlock = 128;

/// How a sequence of keys is cut into segments, which are summed up apart: by the shape alone.
/// Scratch has room for the most segments, so that it does not grow with the number of keys.
struct Segments {
  static constexpr int64_t kMost = 16;
  static constexpr int64_t kFewestKeys = 1024;

  int64_t keys;  ///< Of a segment; the last one has what is left.
  int64_t count;

  explicit Segments(int64_t kv_len)
      : keys(round_up(std::max(kFewestKeys, divide_up(kv_len, kMost)), kLinearBlock)),
        count(divide_up(kv_len, keys)) {}
};

/// Floats from one row of features to the next.
inline int64_t feature_pitch(int64_t features) {
  return round_up(features, std::max<int64_t>(kLanes, 16));
}

/// Whether each pair of query and key is weighed. If a key head has few query rows, as in decoding,
/// a state costs more than it saves.
inline bool weighs_pairs(const FeatureMap& phi, const Problem& p) {
  return !phi.has_peaks() && p.q_len <= phi.features(p) / 2 / (p.heads / p.kv_heads);
}

// linear_state.cpp: keys are added to a state, and queries are multiplied by it.
Count state_bytes(const FeatureMap& phi, const Call& call) noexcept;
void attend_by_state(const FeatureMap& phi, const Call& call, const Inputs& inputs,
                     const Tensor<float>& out, float* scratch, float* inverse) noexcept;

// linear_pairs.cpp: each pair of query and key is weighed.
Count pairs_bytes(const FeatureMap& phi, const Call& call) noexcept;
void attend_by_pairs(const FeatureMap& phi, const Call& call, const Inputs& inputs,
                     const Tensor<float>& out, float* scratch, float* inverse) noexcept;

}  // namespace attnbench::kernels
