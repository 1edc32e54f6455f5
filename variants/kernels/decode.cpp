// Decoding: attention of a few query rows over one block of keys, at the speed of memory.
#include "kernels/decode.h"

#include <algorithm>
#include <cassert>

#include "kernels/cut.h"
#include "kernels/exp2.h"
#include "kernels/microkernel.h"
#include "kernels/prefetch.h"

namespace attnbench::kernels {
namespace {

// Scores and weights are [keys, kRows]: a vector holds several keys of all rows. Each Group of its
// lanes holds one key of eight rows or of four, two keys of two rows, or four keys of one row. The
// references and sums of the rows are Groups too.
using Quad = hn::FixedTag<float, 4>;
template <int kRows>
using Group = hn::FixedTag<float, kRows <= 4 ? 4 : kRows>;

struct Sum {
  template <class D>
  HWY_INLINE hn::Vec<D> operator()(D, hn::Vec<D> a, hn::Vec<D> b) const {
    return hn::Add(a, b);
  }
};
struct Largest {
  template <class D>
  HWY_INLINE hn::Vec<D> operator()(D, hn::Vec<D> a, hn::Vec<D> b) const {
    return hn::Max(a, b);
  }
};

/// Joins all Groups of a vector to one.
template <class Joined, class Join, class D>
HWY_INLINE hn::Vec<Joined> join_groups(D, hn::Vec<D> x) {
  if constexpr (hn::MaxLanes(D()) == hn::MaxLanes(Joined())) {
    return x;
  } else {
    const hn::Half<D> half;
    return join_groups<Joined, Join>(half,
                                     Join()(half, hn::LowerHalf(half, x), hn::UpperHalf(half, x)));
  }
}

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

/// The sums of the lanes of each of four vectors. This takes far fewer shuffles than four sums one
/// by one.
HWY_INLINE hn::Vec<Quad> sums_of_lanes(Vec x0, Vec x1, Vec x2, Vec x3) {
  const Lanes d;
  const hn::Repartition<double, Lanes> pairs;
  const Vec x01 = hn::Add(hn::InterleaveLower(d, x0, x1), hn::InterleaveUpper(d, x0, x1));
  const Vec x23 = hn::Add(hn::InterleaveLower(d, x2, x3), hn::InterleaveUpper(d, x2, x3));
  const auto a = hn::BitCast(pairs, x01);
  const auto b = hn::BitCast(pairs, x23);
  return join_groups<Quad, Sum>(d, hn::Add(hn::BitCast(d, hn::InterleaveLower(pairs, a, b)),
                                           hn::BitCast(d, hn::InterleaveUpper(pairs, a, b))));
}

/// The accumulators of either product: enough to hide the latency of FMA, and few enough to leave
/// registers for the operands. Eight rows take two keys at a time, so that each element of q that
/// is loaded is used twice; this needs 32 registers.
template <int kRows>
constexpr int kSums = kRows <= 4 ? 8 : 2 * kRows;

/// Computes the scores of kSums / kRows keys, which are `stride` apart.
template <int kRows>
HWY_INLINE void score_keys(const float* q, const float* k, int64_t head_dim, int64_t stride,
                           float* scores) {
  const Lanes d;
  Vec sums[kSums<kRows>];
  for (Vec& sum : sums) sum = hn::Zero(d);
  for (int64_t dim = 0; dim < head_dim; dim += kLanes) {
    Vec column[kRows];
    for (int r = 0; r < kRows; ++r) {
      column[r] = hn::LoadU(d, q + r * head_dim + dim);
      keep_in_register(column[r]);
    }
    for (int i = 0; i < kSums<kRows> / kRows; ++i) {
      Vec key = hn::LoadU(d, k + i * stride + dim);
      if constexpr (kRows > 1) keep_in_register(key);
      for (int r = 0; r < kRows; ++r) {
        sums[i * kRows + r] = hn::MulAdd(column[r], key, sums[i * kRows + r]);
      }
    }
  }
  for (int i = 0; i < kSums<kRows>; i += 4) {
    hn::StoreU(sums_of_lanes(sums[i], sums[i + 1], sums[i + 2], sums[i + 3]), Quad(), scores + i);
  }
}

/// The score of one row and one key.
float score_key(const float* q, const float* k, int64_t head_dim) {
  const Lanes d;
  Vec sum = hn::Zero(d);
  for (int64_t dim = 0; dim < head_dim; dim += kLanes) {
    sum = hn::MulAdd(hn::LoadU(d, q + dim), hn::LoadU(d, k + dim), sum);
  }
  return hn::GetLane(hn::SumOfLanes(d, sum));
}

/// Computes the scores of all keys of a block.
template <int kRows>
void score(const float* q, const KeyBlock& block, float* scores) {
  constexpr int kKeys = kSums<kRows> / kRows;
  const auto& [count, stride, octet_stride] = block.rows;
  const int64_t head_dim = block.head_dim;
  const float* k = block.k;
  Prefetcher prefetcher(block.prefetch_first, block.rows, head_dim);
  int64_t key = 0;
  for (; key + kOctet <= count; key += kOctet, k += octet_stride) {
    for (int i = 0; i < kOctet; i += kKeys, scores += kSums<kRows>) {
      prefetcher.prefetch(kKeys * head_dim);
      score_keys<kRows>(q, k + i * stride, head_dim, stride, scores);
    }
  }
  for (; key < count; ++key, k += stride) {
    for (int r = 0; r < kRows; ++r) *scores++ = score_key(q + r * head_dim, k, head_dim);
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

/// Adds the weighted values of kVectors vectors of dims. v and out point to the first of these
/// dims. The keys come in `runs` runs of kRun keys.
template <int kRows, int kVectors, int kRun>
HWY_INLINE void add_dims(const float* weights, const float* v, int64_t runs, int64_t stride,
                         int64_t run_stride, int64_t head_dim, float* out) {
  const Lanes d;
  Vec sums[kRows][kVectors];
  for (auto& row : sums) {
    for (Vec& sum : row) sum = hn::Zero(d);
  }
  for (; runs > 0; --runs, v += run_stride) {
#pragma GCC unroll 4
    for (int key = 0; key < kRun; ++key, weights += kRows) {
      Vec weight[kRows];
      for (int r = 0; r < kRows; ++r) weight[r] = hn::Set(d, weights[r]);
      for (int i = 0; i < kVectors; ++i) {
        Vec value = hn::LoadU(d, v + key * stride + i * kLanes);
        if constexpr (kRows > 1) keep_in_register(value);
        for (int r = 0; r < kRows; ++r) sums[r][i] = hn::MulAdd(weight[r], value, sums[r][i]);
      }
    }
  }
  for (int r = 0; r < kRows; ++r) {
    for (int i = 0; i < kVectors; ++i) {
      float* to = out + r * head_dim + i * kLanes;
      hn::Store(hn::Add(hn::Load(d, to), sums[r][i]), d, to);
    }
  }
}

/// Adds the weighted values of a block.
template <int kRows>
void add_values(const KeyBlock& block, const float* weights, float* out) {
  constexpr int kVectors = kSums<kRows> / kRows;
  constexpr int64_t kAtOnce = kVectors * kLanes;
  const int64_t head_dim = block.head_dim;
  const auto& [count, stride, octet_stride] = block.rows;
  const int64_t octets = count / kOctet;
  Prefetcher prefetcher(block.prefetch_second, block.rows, head_dim);
  int64_t dim = 0;
  for (; dim + kAtOnce <= head_dim; dim += kAtOnce) {
    prefetcher.prefetch(kAtOnce * count);
    add_dims<kRows, kVectors, kOctet>(weights, block.v + dim, octets, stride, octet_stride,
                                      head_dim, out + dim);
  }
  for (; dim < head_dim; dim += kLanes) {
    prefetcher.prefetch(kLanes * count);
    add_dims<kRows, 1, kOctet>(weights, block.v + dim, octets, stride, octet_stride, head_dim,
                               out + dim);
  }
  if (count % kOctet == 0) return;
  for (dim = 0; dim < head_dim; dim += kLanes) {
    add_dims<kRows, 1, 1>(weights + octets * kOctet * kRows, block.v + octets * octet_stride + dim,
                          count % kOctet, stride, stride, head_dim, out + dim);
  }
}

template <int kRows>
void attend(Strip& strip, const KeyBlock& block, float* scores) {
  const int64_t filled = block.rows.count * kRows;
  const int64_t floats = round_up(filled, kLanes);
  assert(is_aligned(scores) && is_aligned(strip.q) && is_aligned(strip.out) &&
         block.head_dim % kLanes == 0 && "Rows of decoding are read by aligned vectors");
  score<kRows>(strip.q, block, scores);
  if (strip.modifiers.any()) modify<kRows>(strip, block, scores);
  const bool masked = block.begin != KeyBlock::kSeenByAll;
  if (masked) mask<kRows>(strip, block, scores);
  std::fill(scores + filled, scores + floats, kHidden);
  if (masked && !kHiddenWeighsNothing) {
    weigh<kRows, !kHiddenWeighsNothing>(strip, block.head_dim, floats, scores);
  } else {
    weigh<kRows, false>(strip, block.head_dim, floats, scores);
  }
  add_values<kRows>(block, scores, strip.out);
}

}  // namespace

void attend_decode(Strip& strip, const KeyBlock& block, float* scores) noexcept {
  if constexpr (kDecodeRows == 8) {
    if (strip.lanes == 8) return attend<kDecodeRows>(strip, block, scores);
  }
  switch (strip.lanes) {
    case 1:
      return attend<1>(strip, block, scores);
    case 2:
      return attend<2>(strip, block, scores);
    default:
      return attend<4>(strip, block, scores);
  }
}

}  // namespace attnbench::kernels
