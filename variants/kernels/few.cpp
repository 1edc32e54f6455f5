// A few query rows and one block of keys: what decoding does, at the speed of memory.
#include "kernels/few.h"

#include <algorithm>

#include "kernels/exp2.h"

namespace attnbench::kernels {
namespace {

using Quad = hn::FixedTag<float, 4>;

/// The sum of all 128-bit blocks of a vector.
template <class D>
HWY_INLINE hn::Vec<Quad> sum_of_blocks(D, hn::Vec<D> x) {
  if constexpr (hn::MaxLanes(D()) == 4) {
    return x;
  } else {
    const hn::Half<D> half;
    return sum_of_blocks(half, hn::Add(hn::LowerHalf(half, x), hn::UpperHalf(half, x)));
  }
}

/// The sums of the lanes of four vectors: far fewer shuffles than four sums one by one.
HWY_INLINE hn::Vec<Quad> sums_of_lanes(Vec x0, Vec x1, Vec x2, Vec x3) {
  const Lanes d;
  const hn::Repartition<double, Lanes> pairs;
  const Vec x01 = hn::Add(hn::InterleaveLower(d, x0, x1), hn::InterleaveUpper(d, x0, x1));
  const Vec x23 = hn::Add(hn::InterleaveLower(d, x2, x3), hn::InterleaveUpper(d, x2, x3));
  const auto a = hn::BitCast(pairs, x01);
  const auto b = hn::BitCast(pairs, x23);
  return sum_of_blocks(d, hn::Add(hn::BitCast(d, hn::InterleaveLower(pairs, a, b)),
                                  hn::BitCast(d, hn::InterleaveUpper(pairs, a, b))));
}

/// Scores of kRows rows, `pitch` apart, and kQuads * 4 keys, `stride` apart.
template <int kRows, int kQuads>
HWY_INLINE void score_keys(const float* q, const float* k, int64_t head_dim, int64_t stride,
                           int64_t pitch, float* scores) {
  const Lanes d;
  constexpr int kKeys = kQuads * 4;
  Vec sums[kRows][kKeys];
  for (auto& row : sums) {
    for (Vec& sum : row) sum = hn::Zero(d);
  }
  for (int64_t dim = 0; dim < head_dim; dim += kLanes) {
    Vec column[kRows];
    for (int r = 0; r < kRows; ++r) column[r] = hn::LoadU(d, q + r * head_dim + dim);
    for (int i = 0; i < kKeys; ++i) {
      Vec key = hn::LoadU(d, k + i * stride + dim);
      if constexpr (kRows > 1) keep_in_register(key);
      for (int r = 0; r < kRows; ++r) sums[r][i] = hn::MulAdd(column[r], key, sums[r][i]);
    }
  }
  for (int r = 0; r < kRows; ++r) {
    for (int i = 0; i < kKeys; i += 4) {
      hn::StoreU(sums_of_lanes(sums[r][i], sums[r][i + 1], sums[r][i + 2], sums[r][i + 3]), Quad(),
                 scores + r * pitch + i);
    }
  }
}

/// The same for one row and one key.
float score_key(const float* q, const float* k, int64_t head_dim) {
  const Lanes d;
  Vec sum = hn::Zero(d);
  for (int64_t dim = 0; dim < head_dim; dim += kLanes) {
    sum = hn::MulAdd(hn::LoadU(d, q + dim), hn::LoadU(d, k + dim), sum);
  }
  return hn::GetLane(hn::SumOfLanes(d, sum));
}

template <int kRows>
void score(const Strip& strip, const KeyBlock& block, int64_t pitch, float* scores) {
  constexpr int kQuads = kRows == 1 ? 2 : 1;
  constexpr int kKeys = kQuads * 4;
  constexpr int kRowsAtOnce = kRows == 4 ? 2 : kRows;
  const int64_t head_dim = block.head_dim;
  const int64_t keys = block.end - block.begin;
  const float* k = block.k + block.begin * block.stride;
  int64_t key = 0;
  for (; key + kKeys <= keys; key += kKeys, k += kKeys * block.stride) {
    if (block.soon_k) prefetch(block.soon_k + key * head_dim, kKeys * head_dim);
    for (int r = 0; r < kRows; r += kRowsAtOnce) {
      score_keys<kRowsAtOnce, kQuads>(strip.q + r * head_dim, k, head_dim, block.stride, pitch,
                                      scores + r * pitch + key);
    }
  }
  for (; key < keys; ++key, k += block.stride) {
    for (int r = 0; r < kRows; ++r) {
      scores[r * pitch + key] = score_key(strip.q + r * head_dim, k, head_dim);
    }
  }
}

/// Caps and biases one row's scores.
void modify(const Strip& strip, int64_t row, const KeyBlock& block, float* scores) {
  const Lattice& lattice = strip.lattice;
  const int64_t first = lattice.base + lattice.step * block.begin;
  const bool alibi = strip.modifiers.alibi;
  modify_row(strip.modifiers, alibi ? strip.slope[row] : 0, alibi ? strip.position[row] - first : 0,
             lattice.step, block.end - block.begin, scores);
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

/// Accumulators a row, such that all rows' hide the latency of FMA and fit the registers.
constexpr int sums_a_row(int rows) {
  return rows == 1 ? 8 : rows == 4 ? 2 : 4;
}

/// Adds the weighted values of kVectors vectors of dims; v and out stand at the first of them, and
/// `soon`, unless it is null, at what to ask for beside each value.
template <int kRows, int kVectors>
HWY_INLINE void add_dims(const float* weights, int64_t pitch, const float* v, int64_t keys,
                         int64_t stride, int64_t head_dim, const float* soon, float* out) {
  const Lanes d;
  Vec sums[kRows][kVectors];
  for (auto& row : sums) {
    for (Vec& sum : row) sum = hn::Zero(d);
  }
  for (int64_t key = 0; key < keys; ++key, v += stride) {
    if (soon) prefetch(soon + key * head_dim, kVectors * kLanes);
    Vec weight[kRows];
    for (int r = 0; r < kRows; ++r) weight[r] = hn::Set(d, weights[r * pitch + key]);
    for (int i = 0; i < kVectors; ++i) {
      Vec value = hn::LoadU(d, v + i * kLanes);
      if constexpr (kRows > 1) keep_in_register(value);
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
  const float* v = block.v + block.begin * block.stride;
  const float* soon = block.soon_v;
  int64_t dim = 0;
  for (; dim + kAtOnce * kLanes <= block.head_dim; dim += kAtOnce * kLanes) {
    add_dims<kRows, kAtOnce>(weights, pitch, v + dim, keys, block.stride, block.head_dim,
                             soon ? soon + dim : nullptr, strip.out + dim);
  }
  for (; dim < block.head_dim; dim += kLanes) {
    add_dims<kRows, 1>(weights, pitch, v + dim, keys, block.stride, block.head_dim,
                       soon ? soon + dim : nullptr, strip.out + dim);
  }
}

template <int kRows>
void attend(Strip& strip, const KeyBlock& block, float* scores) {
  const int64_t keys = block.end - block.begin;
  const int64_t pitch = (keys + kLanes - 1) / kLanes * kLanes;
  score<kRows>(strip, block, pitch, scores);
  for (int64_t row = 0; row < kRows; ++row) {
    if (strip.modifiers.any()) modify(strip, row, block, scores + row * pitch);
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
