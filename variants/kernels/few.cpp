// A few query rows and one block of keys: what decoding does, at the speed of memory.
#include "kernels/few.h"

#include <algorithm>

#include "kernels/exp2.h"

namespace attnbench::kernels {
namespace {

/// Accumulators a row, such that all rows' hide the latency of FMA and fit the registers.
constexpr int sums_a_row(int rows) {
  return rows == 1 ? 8 : rows == 4 ? 2 : 4;
}

/// Scores of kRows rows and kKeys keys, each row's `pitch` apart.
template <int kRows, int kKeys>
HWY_INLINE void score_keys(const float* q, const float* k, int64_t head_dim, int64_t pitch,
                           float* scores) {
  const Lanes d;
  Vec sums[kRows][kKeys];
  for (auto& row : sums) {
    for (Vec& sum : row) sum = hn::Zero(d);
  }
  for (int64_t dim = 0; dim < head_dim; dim += kLanes) {
    Vec column[kRows];
    for (int r = 0; r < kRows; ++r) column[r] = hn::LoadU(d, q + r * head_dim + dim);
    for (int i = 0; i < kKeys; ++i) {
      const Vec key = hn::LoadU(d, k + i * head_dim + dim);
      for (int r = 0; r < kRows; ++r) sums[r][i] = hn::MulAdd(column[r], key, sums[r][i]);
    }
  }
  for (int r = 0; r < kRows; ++r) {
    for (int i = 0; i < kKeys; ++i) {
      scores[r * pitch + i] = hn::GetLane(hn::SumOfLanes(d, sums[r][i]));
    }
  }
}

template <int kRows>
void score(const Strip& strip, const KeyBlock& block, int64_t pitch, float* scores) {
  constexpr int kAtOnce = sums_a_row(kRows);
  const int64_t keys = block.end - block.begin;
  const float* k = block.k + block.begin * block.head_dim;
  const float* next = k + keys * block.head_dim;
  int64_t key = 0;
  for (; key + kAtOnce <= keys; key += kAtOnce, k += kAtOnce * block.head_dim) {
    if (block.prefetch) prefetch(next + key * block.head_dim, kAtOnce * block.head_dim);
    score_keys<kRows, kAtOnce>(strip.q, k, block.head_dim, pitch, scores + key);
  }
  for (; key < keys; ++key, k += block.head_dim) {
    score_keys<kRows, 1>(strip.q, k, block.head_dim, pitch, scores + key);
  }
}

/// Hides what a row does not see, and what stands between the last key and the pitch.
void mask_row(const KeySpan& seen, const KeyBlock& block, int64_t pitch, float* scores) {
  const float hidden = -std::numeric_limits<float>::infinity();
  const int64_t keys = block.end - block.begin;
  const int64_t first = std::clamp<int64_t>(seen.begin - block.begin, 0, keys);
  const int64_t last = std::clamp<int64_t>(seen.end - block.begin, first, keys);
  std::fill(scores, scores + first, hidden);
  std::fill(scores + last, scores + pitch, hidden);
}

/// Turns one row's scores into weights, in place.
void weigh_row(Strip& strip, int64_t row, int64_t head_dim, int64_t pitch, float* scores) {
  const Lanes d;
  Vec maxima = hn::Load(d, scores);
  for (int64_t i = kLanes; i < pitch; i += kLanes) {
    maxima = hn::Max(maxima, hn::Load(d, scores + i));
  }
  const float top = hn::GetLane(hn::MaxOfLanes(d, maxima));
  float& reference = strip.reference[row];
  if (top > reference + kHeadroom) {
    const float factor = exp2_of(reference - top);
    reference = top;
    strip.weight_sum[row] *= factor;
    for (int64_t i = 0; i < head_dim; ++i) strip.out[row * head_dim + i] *= factor;
  }
  Vec sum = hn::Zero(d);
  for (int64_t i = 0; i < pitch; i += kLanes) {
    const Vec weight = exp2(d, hn::Sub(hn::Load(d, scores + i), hn::Set(d, reference)));
    sum = hn::Add(sum, weight);
    hn::Store(weight, d, scores + i);
  }
  strip.weight_sum[row] += hn::GetLane(hn::SumOfLanes(d, sum));
}

/// Adds the weighted values of kVectors vectors of dims; v and out stand at the first of them.
template <int kRows, int kVectors>
HWY_INLINE void add_dims(const float* weights, int64_t pitch, const float* v, int64_t keys,
                         int64_t head_dim, float* out) {
  const Lanes d;
  Vec sums[kRows][kVectors];
  for (auto& row : sums) {
    for (Vec& sum : row) sum = hn::Zero(d);
  }
  for (int64_t key = 0; key < keys; ++key, v += head_dim) {
    Vec weight[kRows];
    for (int r = 0; r < kRows; ++r) weight[r] = hn::Set(d, weights[r * pitch + key]);
    for (int i = 0; i < kVectors; ++i) {
      const Vec value = hn::LoadU(d, v + i * kLanes);
      for (int r = 0; r < kRows; ++r) sums[r][i] = hn::MulAdd(weight[r], value, sums[r][i]);
    }
  }
  for (int r = 0; r < kRows; ++r) {
    for (int i = 0; i < kVectors; ++i) {
      float* to = out + r * head_dim + i * kLanes;
      hn::Store(hn::Add(hn::Load(d, to), sums[r][i]), d, to);
    }
  }
}

template <int kRows>
void add_values(Strip& strip, const KeyBlock& block, int64_t pitch, const float* weights) {
  constexpr int kAtOnce = sums_a_row(kRows);
  const int64_t keys = block.end - block.begin;
  const float* v = block.v + block.begin * block.head_dim;
  const float* next = v + keys * block.head_dim;
  int64_t dim = 0;
  for (; dim + kAtOnce * kLanes <= block.head_dim; dim += kAtOnce * kLanes) {
    if (block.prefetch) prefetch(next + dim * keys, kAtOnce * kLanes * keys);
    add_dims<kRows, kAtOnce>(weights, pitch, v + dim, keys, block.head_dim, strip.out + dim);
  }
  for (; dim < block.head_dim; dim += kLanes) {
    add_dims<kRows, 1>(weights, pitch, v + dim, keys, block.head_dim, strip.out + dim);
  }
}

template <int kRows>
void attend(Strip& strip, const KeyBlock& block, float* scores) {
  const int64_t keys = block.end - block.begin;
  const int64_t pitch = (keys + kLanes - 1) / kLanes * kLanes;
  score<kRows>(strip, block, pitch, scores);
  for (int64_t row = 0; row < kRows; ++row) {
    mask_row(strip.lane_keys[row], block, pitch, scores + row * pitch);
    weigh_row(strip, row, block.head_dim, pitch, scores + row * pitch);
  }
  add_values<kRows>(strip, block, pitch, scores);
}

}  // namespace

void attend_few(Strip& strip, const KeyBlock& block, float* scores) noexcept {
  static_assert(kFewRows == 4);
  switch (strip.rows) {
    case 1:
      return attend<1>(strip, block, scores);
    case 2:
      return attend<2>(strip, block, scores);
    case 3:
      return attend<3>(strip, block, scores);
    default:
      return attend<4>(strip, block, scores);
  }
}

}  // namespace attnbench::kernels
