// Decoding: attention of a few query rows over one block of keys, at the speed of memory.
#include "kernels/decode.h"

#include <algorithm>
#include <cassert>

#include "kernels/cut.h"
#include "kernels/decode_products.h"
#include "kernels/decode_scales.h"
#include "kernels/exp2.h"

namespace attnbench::kernels {
namespace {

// Scores and weights are [keys, kRows]: a vector holds several keys of all rows. Each Group of its
// lanes holds one key of eight rows or of four, two keys of two rows, or four keys of one row. The
// references and sums of the rows are Groups too.
template <int kRows>
using Group = hn::FixedTag<float, kRows <= 4 ? 4 : kRows>;

struct Largest {
  template <class D>
  HWY_INLINE hn::Vec<D> operator()(D, hn::Vec<D> a, hn::Vec<D> b) const {
    return hn::Max(a, b);
  }
};

/// Joins all keys of a vector to one, for each row.
template <int kRows, class Join>
HWY_INLINE hn::Vec<Group<kRows>> join_keys(Vec x) {
  hn::Vec<Group<kRows>> joined = join_groups<Group<kRows>, Join>(Lanes(), x);
  if constexpr (kRows <= 2) joined = Join()(Quad(), joined, hn::Shuffle1032(joined));
  if constexpr (kRows == 1) joined = Join()(Quad(), joined, hn::Shuffle2301(joined));
  return joined;
}

/// A vector that repeats the Group of the rows' values.
template <int kRows>
HWY_INLINE Vec repeated(const float* values) {
  const Lanes d;
  if constexpr (kRows <= 4) {
    return hn::LoadDup128(d, values);
  } else {
    static_assert(2 * kRows == kLanes);
    const auto group = hn::Load(Group<kRows>(), values);
    return hn::Combine(d, group, group);
  }
}

/// Applies softcap and ALiBi to scores.
template <int kRows>
void modify(const Strip& strip, const KeyBlock& block, float* scores) {
  constexpr int64_t kWhole = std::max(kOctet, kLanes);
  const bool alibi = strip.modifiers.alibi;
  int64_t position = block.position;
  for (int64_t first = 0; first < block.rows.count; first += kOctet) {
    const int64_t keys = std::min(kOctet, block.rows.count - first);
    float* const octet = scores + first * kRows;
    for (int r = 0; r < kRows; ++r) {
      float row[kWhole] = {};
      for (int64_t key = 0; key < keys; ++key) row[key] = octet[key * kRows + r];
      modify_row(strip.modifiers, alibi ? strip.slope[r] : 0,
                 alibi ? strip.position[r] - position : 0, block.step, kWhole, row);
      for (int64_t key = 0; key < keys; ++key) octet[key * kRows + r] = row[key];
    }
    position += block.octet_step;
  }
}

/// Overwrites with kHidden the scores of keys that a row does not see.
template <int kRows>
void mask(const Strip& strip, const KeyBlock& block, float* scores) {
  const int64_t keys = block.rows.count;
  for (int r = 0; r < kRows; ++r) {
    const int64_t first = std::clamp<int64_t>(strip.lane_begin[r] - block.begin, 0, keys);
    const int64_t last = std::clamp<int64_t>(strip.lane_end[r] - block.begin, first, keys);
    for (int64_t key = 0; key < first; ++key) scores[key * kRows + r] = kHidden;
    for (int64_t key = last; key < keys; ++key) scores[key * kRows + r] = kHidden;
  }
}

/// Raises each row's reference to its new maximum, if that is higher, and scales its sums to it.
template <int kRows>
void rescale(Strip& strip, int64_t head_dim, hn::Vec<Group<kRows>> maxima) {
  const Group<kRows> d;
  const auto old = hn::Load(d, strip.reference);
  const auto raised = hn::Max(old, maxima);
  const auto by_row = exp2(d, hn::Sub(old, raised));
  hn::Store(raised, d, strip.reference);
  hn::Store(hn::Mul(hn::Load(d, strip.weight_sum), by_row), d, strip.weight_sum);
  alignas(64) float factor[hn::MaxLanes(Group<kRows>())];
  hn::Store(by_row, d, factor);
  for (int r = 0; r < kRows; ++r) {
    for (int64_t i = 0; i < head_dim; ++i) strip.out[r * head_dim + i] *= factor[r];
  }
}

/// Turns `floats` scores into weights, in place. If kClears, hidden keys get the weight zero even
/// if weights() gives them a little more.
template <int kRows, bool kClears>
void weigh(Strip& strip, int64_t head_dim, int64_t floats, float* scores) {
  const Lanes d;
  // Unrolled, as in strip.cpp.
  Vec largest = hn::Load(d, scores);
#pragma GCC unroll 4
  for (int64_t i = kLanes; i < floats; i += kLanes) {
    largest = hn::Max(largest, hn::Load(d, scores + i));
  }
  const auto maxima = join_keys<kRows, Largest>(largest);
  const Group<kRows> group;
  const auto limit = hn::Add(hn::Load(group, strip.reference), hn::Set(group, kHeadroom));
  if (!hn::AllFalse(group, hn::Gt(maxima, limit))) rescale<kRows>(strip, head_dim, maxima);
  const Vec reference = repeated<kRows>(strip.reference);
  Vec sum = hn::Zero(d);
  const float* const end = scores + floats;
  const auto keep = [&](Vec weight, float* at) HWY_ATTR {
    if constexpr (kClears) {
      weight = hn::IfThenZeroElse(hn::Eq(hn::Load(d, at), hn::Set(d, kHidden)), weight);
    }
    hn::Store(weight, d, at);
  };
  while (scores + 4 * kLanes <= end) weigh_vectors<4>(d, reference, kLanes, scores, sum, keep);
  while (scores < end) weigh_vectors<1>(d, reference, kLanes, scores, sum, keep);
  hn::Store(hn::Add(hn::Load(group, strip.weight_sum), join_keys<kRows, Sum>(sum)), group,
            strip.weight_sum);
}

template <class Load, int kRows>
void attend(Strip& strip, const KeyBlock& block, float* scores) {
  const int64_t filled = block.rows.count * kRows;
  const int64_t floats = round_up(filled, kLanes);
  assert(is_aligned(scores) && is_aligned(strip.q) && is_aligned(strip.out) &&
         block.head_dim % kLanes == 0 && "Rows of decoding are read by aligned vectors");
  ScalesOf<Load, kRows> scales(block);
  score<Load, kRows>(strip.q, block, scales.of_keys(), scores);
  scales.multiply_scores(floats, scores);
  if (strip.modifiers.any()) modify<kRows>(strip, block, scores);
  const bool masked = block.begin != KeyBlock::kSeenByAll;
  if (masked) mask<kRows>(strip, block, scores);
  std::fill(scores + filled, scores + floats, kHidden);
  if (masked && !kHiddenWeighsNothing) {
    weigh<kRows, !kHiddenWeighsNothing>(strip, block.head_dim, floats, scores);
  } else {
    weigh<kRows, false>(strip, block.head_dim, floats, scores);
  }
  scales.multiply_weights(floats, scores);
  add_values<Load, kRows>(block, scores, scales.of_values(), strip.out);
}

/// Attends a block of one element type.
template <class Load>
HWY_NOINLINE void attend_rows(Strip& strip, const KeyBlock& block, float* scores) {
  if constexpr (kDecodeRows == 8) {
    if (strip.lanes == 8) return attend<Load, kDecodeRows>(strip, block, scores);
  }
  switch (strip.lanes) {
    case 1:
      return attend<Load, 1>(strip, block, scores);
    case 2:
      return attend<Load, 2>(strip, block, scores);
    default:
      return attend<Load, 4>(strip, block, scores);
  }
}

}  // namespace

void attend_decode(Strip& strip, const KeyBlock& block, float* scores) noexcept {
  switch (block.type) {
    case Type::kF32:
      return attend_rows<Float32>(strip, block, scores);
    case Type::kBf16:
      return attend_rows<Bfloat16>(strip, block, scores);
    case Type::kF16:
      if constexpr (kConvertsF16) return attend_rows<Float16>(strip, block, scores);
      break;
    case Type::kInt8:
      return attend_rows<Int8>(strip, block, scores);
    case Type::kQ8_0:
      return attend_rows<Q8_0>(strip, block, scores);
  }
  assert(false && "The CPU can't read the elements of a block in place");
}

}  // namespace attnbench::kernels
