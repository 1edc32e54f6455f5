// The scores of a block of keys, [key, lane], for some vectors of a strip: modifiers and mask.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/modify.h"
#include "kernels/simd.h"
#include "kernels/strip.h"

namespace attnbench::kernels {

/// Applies `modifiers`, softcap and ALiBi, to the scores.
template <int kVectors>
void modify(const Modifiers& modifiers, const Strip& strip, int64_t first_lane,
            const KeyBlock& block, float* scores) {
  alignas(64) float ahead[kVectors * kLanes] = {};
  const int64_t run = block.rows.consecutive() ? block.rows.count : kOctet;
  int64_t position = block.position;
  for (int64_t key = 0; key < block.rows.count; key += run, position += block.octet_step) {
    for (int64_t lane = 0; modifiers.alibi && lane < kVectors * kLanes; ++lane) {
      ahead[lane] = static_cast<float>(strip.position[first_lane + lane] - position);
    }
    modify_lanes(modifiers, strip.slope + first_lane, ahead, block.step, run, kVectors * kLanes,
                 scores + key * kVectors * kLanes);
  }
}

/// Overwrites the scores of keys that a lane does not see. Vectors whose lanes all see
/// the whole block are skipped: a block is masked for all its vectors as soon as one of them does
/// not see all of it.
template <int kVectors>
void mask_edges(const Strip& strip, int64_t first_lane, const KeyBlock& block, float with,
                float* scores) {
  const Lanes d;
  const auto keys = static_cast<int32_t>(block.rows.count);
  const auto within = [&](int64_t key) {
    return static_cast<int32_t>(std::clamp<int64_t>(key - block.begin, 0, keys));
  };
  const Vec hidden = hn::Set(d, with);
  for (int64_t v = 0; v < kVectors; ++v) {
    const int64_t lanes = first_lane + v * kLanes;
    const KeySpan& shared = strip.vector_shared[lanes / kLanes];
    const int32_t shared_begin = within(shared.begin);
    const int32_t shared_end = std::max(within(shared.end), shared_begin);
    if (shared_begin == 0 && shared_end == keys) continue;
    alignas(64) float first[kLanes];
    alignas(64) float last[kLanes];
    for (int64_t lane = 0; lane < kLanes; ++lane) {
      first[lane] = static_cast<float>(within(strip.lane_begin[lanes + lane]));
      last[lane] = static_cast<float>(within(strip.lane_end[lanes + lane]));
    }
    const Vec begin = hn::Load(d, first);
    const Vec end = hn::Load(d, last);
    const auto mask = [&](int32_t from, int32_t to) HWY_ATTR {
      for (int32_t key = from; key < to; ++key) {
        const Vec position = hn::Set(d, static_cast<float>(key));
        float* score = scores + (key * kVectors + v) * kLanes;
        const auto seen = hn::And(hn::Le(begin, position), hn::Lt(position, end));
        hn::Store(hn::IfThenElse(seen, hn::Load(d, score), hidden), d, score);
      }
    };
    mask(0, shared_begin);
    mask(shared_end, keys);
  }
}

}  // namespace attnbench::kernels
