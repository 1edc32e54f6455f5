// Decoding: the two products of a few query rows with a block of K and of V, which may be of any
// element type. Lanes are dims.
#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "kernels/load.h"
#include "kernels/microkernel.h"
#include "kernels/prefetch.h"
#include "kernels/strip.h"

namespace attnbench::kernels {

using Quad = hn::FixedTag<float, 4>;

struct Sum {
  template <class D>
  HWY_INLINE hn::Vec<D> operator()(D, hn::Vec<D> a, hn::Vec<D> b) const {
    return hn::Add(a, b);
  }
};

/// Joins all vectors of Joined's lanes that a vector consists of to one.
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

template <class Load>
constexpr bool kIsNarrow = !std::is_same_v<Load, Float32>;
/// The accumulators of either product: enough to hide the latency of FMA, and few enough to leave
/// registers for the operands. Eight rows take two keys at a time, so that each element of q that
/// is loaded is used twice; this needs 32 registers. Two and four rows of narrow types use as many
/// accumulators, because memory leaves them less time.
template <class Load, int kRows>
constexpr int kSums = kRows > 4 || (kHasAvx512 && kIsNarrow<Load> && kRows > 1) ? 16 : 8;

/// Whether each group of kScaleGroup elements has a scale of its own. The products multiply it in.
template <class Load>
constexpr bool kScalesGroups = Load::kElementsOfScale == kScaleGroup;

/// The scales of groups from a key and a dim on, if scales is [keys, groups]. It is null, and stays
/// so, if groups have none.
template <class Load>
HWY_INLINE const float* scales_from(const float* scales, int64_t key, int64_t dim,
                                    int64_t head_dim) {
  if constexpr (!kScalesGroups<Load>) return nullptr;
  return scales + key * (head_dim / kScaleGroup) + dim / kScaleGroup;
}

/// The first row of a block's K or V.
template <class Load>
HWY_INLINE const typename Load::Element* first_row([[maybe_unused]] const float* wide,
                                                   [[maybe_unused]] const NarrowRows& narrow) {
  if constexpr (kIsNarrow<Load>) {
    return reinterpret_cast<const typename Load::Element*>(narrow.elements);
  } else {
    return wide;
  }
}

/// Prefetches what a product should. Narrow rows of a stream that lie together count as one.
template <class Load>
HWY_INLINE PrefetcherOf<typename Load::Element> prefetcher_of(const void* first,
                                                              const KeyBlock& block) {
  const bool together = kIsNarrow<Load> && block.rows.octet_stride == block.head_dim;
  return {first, block.rows,
          together ? block.rows.count / kOctet * block.head_dim : block.head_dim};
}
/// Computes the scores of kSums / kRows keys, which are `stride` apart. `scales` are the keys' own,
/// if groups have scales.
template <class Load, int kRows>
HWY_INLINE void score_keys(const float* q, const typename Load::Element* k, int64_t head_dim,
                           int64_t stride, [[maybe_unused]] const float* scales, float* scores) {
  constexpr int kKeys = kSums<Load, kRows> / kRows;
  const Lanes d;
  [[maybe_unused]] const int64_t groups = head_dim / kScaleGroup;
  Vec sums[kSums<Load, kRows>];
  for (Vec& sum : sums) sum = hn::Zero(d);
  if constexpr (kScalesGroups<Load> && kRows == 1) {
    // The scale multiplies the sum of a group, once for two vectors of 16.
    constexpr int kVectors = kScaleGroup / kLanes;
    for (int64_t dim = 0; dim < head_dim; dim += kScaleGroup, ++scales) {
      Vec column[kVectors];
      for (int i = 0; i < kVectors; ++i) column[i] = hn::LoadU(d, q + dim + i * kLanes);
      for (int key = 0; key < kKeys; ++key) {
        const auto* const from = k + key * stride + dim;
        Vec sum = hn::Mul(column[0], Load::load(d, from));
        for (int i = 1; i < kVectors; ++i) {
          sum = hn::MulAdd(column[i], Load::load(d, from + i * kLanes), sum);
        }
        sums[key] = hn::MulAdd(sum, hn::Set(d, scales[key * groups]), sums[key]);
      }
    }
  } else {
    for (int64_t dim = 0; dim < head_dim; dim += kLanes) {
      Vec column[kRows];
      for (int r = 0; r < kRows; ++r) {
        column[r] = hn::LoadU(d, q + r * head_dim + dim);
        keep_in_register(column[r]);
      }
      for (int i = 0; i < kKeys; ++i) {
        Vec key = Load::load(d, k + i * stride + dim);
        if constexpr (kScalesGroups<Load>) {
          key = hn::Mul(key, hn::Set(d, scales[i * groups + dim / kScaleGroup]));
        }
        if constexpr (kRows > 1) keep_in_register(key);
        for (int r = 0; r < kRows; ++r) {
          sums[i * kRows + r] = hn::MulAdd(column[r], key, sums[i * kRows + r]);
        }
      }
    }
  }
  for (int i = 0; i < kSums<Load, kRows>; i += 4) {
    hn::StoreU(sums_of_lanes(sums[i], sums[i + 1], sums[i + 2], sums[i + 3]), Quad(), scores + i);
  }
}

/// The score of one row and one key.
template <class Load>
float score_key(const float* q, const typename Load::Element* k, int64_t head_dim,
                [[maybe_unused]] const float* scales) {
  const Lanes d;
  Vec sum = hn::Zero(d);
  for (int64_t dim = 0; dim < head_dim; dim += kLanes) {
    Vec key = Load::load(d, k + dim);
    if constexpr (kScalesGroups<Load>) key = hn::Mul(key, hn::Set(d, scales[dim / kScaleGroup]));
    sum = hn::MulAdd(hn::LoadU(d, q + dim), key, sum);
  }
  return hn::GetLane(hn::SumOfLanes(d, sum));
}

/// Computes the scores of all keys of a block. `scales` is [keys, groups] if groups have scales.
template <class Load, int kRows>
void score(const float* q, const KeyBlock& block, const float* scales, float* scores) {
  constexpr int kKeys = kSums<Load, kRows> / kRows;
  const auto& [count, stride, octet_stride] = block.rows;
  const int64_t head_dim = block.head_dim;
  const auto* k = first_row<Load>(block.k, block.narrow_k);
  auto prefetcher = prefetcher_of<Load>(block.prefetch_first, block);
  int64_t key = 0;
  for (; key + kOctet <= count; key += kOctet, k += octet_stride) {
    if constexpr (kIsNarrow<Load>) prefetcher.prefetch_lines(kOctet * head_dim);
    for (int i = 0; i < kOctet; i += kKeys, scores += kSums<Load, kRows>) {
      if constexpr (!kIsNarrow<Load>) prefetcher.prefetch(kKeys * head_dim);
      score_keys<Load, kRows>(q, k + i * stride, head_dim, stride,
                              scales_from<Load>(scales, key + i, 0, head_dim), scores);
    }
  }
  for (; key < count; ++key, k += stride) {
    for (int r = 0; r < kRows; ++r) {
      *scores++ = score_key<Load>(q + r * head_dim, k, head_dim,
                                  scales_from<Load>(scales, key, 0, head_dim));
    }
  }
}

/// Adds the weighted values of kVectors vectors of dims. v, scales and out point to the first of
/// these dims. The keys come in `runs` runs of kRun keys.
template <class Load, int kRows, int kVectors, int kRun>
HWY_INLINE void add_dims(const float* weights, const typename Load::Element* v,
                         [[maybe_unused]] const float* scales, int64_t runs, int64_t stride,
                         int64_t run_stride, int64_t head_dim,
                         [[maybe_unused]] PrefetcherOf<typename Load::Element>& prefetcher,
                         float* out) {
  const Lanes d;
  [[maybe_unused]] const int64_t groups = head_dim / kScaleGroup;
  Vec sums[kRows][kVectors];
  for (auto& row : sums) {
    for (Vec& sum : row) sum = hn::Zero(d);
  }
  for (; runs > 0; --runs, v += run_stride) {
    if constexpr (kIsNarrow<Load>) prefetcher.prefetch_lines(kRun * kVectors * kLanes);
#pragma GCC unroll 4
    for (int key = 0; key < kRun; ++key, weights += kRows) {
      Vec weight[kRows];
      for (int r = 0; r < kRows; ++r) weight[r] = hn::Set(d, weights[r]);
      [[maybe_unused]] Vec scale, scaled;
      for (int i = 0; i < kVectors; ++i) {
        Vec value = Load::load(d, v + key * stride + i * kLanes);
        if constexpr (kScalesGroups<Load>) {
          // One row's weight takes the scale, once for two vectors of 16; of more rows the values.
          if (i * kLanes % kScaleGroup == 0) {
            scale = hn::Set(d, scales[i * kLanes / kScaleGroup]);
            if constexpr (kRows == 1) scaled = hn::Mul(weight[0], scale);
          }
          if constexpr (kRows > 1) value = hn::Mul(value, scale);
        }
        if constexpr (kRows > 1) keep_in_register(value);
        for (int r = 0; r < kRows; ++r) {
          const Vec factor = kScalesGroups<Load> && kRows == 1 ? scaled : weight[r];
          sums[r][i] = hn::MulAdd(factor, value, sums[r][i]);
        }
      }
      if constexpr (kScalesGroups<Load>) scales += groups;
    }
  }
  for (int r = 0; r < kRows; ++r) {
    for (int i = 0; i < kVectors; ++i) {
      float* to = out + r * head_dim + i * kLanes;
      hn::Store(hn::Add(hn::Load(d, to), sums[r][i]), d, to);
    }
  }
}

/// Adds the weighted values of a block's whole octets for the dims from `dim` on, kVectors vectors
/// of them at a time, and then what is left fewer at a time. For narrow types.
template <class Load, int kRows, int kVectors>
HWY_INLINE void add_octets(const KeyBlock& block, const float* weights, const float* scales,
                           int64_t dim, PrefetcherOf<typename Load::Element>& prefetcher,
                           float* out) {
  constexpr int64_t kAtOnce = kVectors * kLanes;
  const int64_t head_dim = block.head_dim;
  const auto& [count, stride, octet_stride] = block.rows;
  for (; dim + kAtOnce <= head_dim; dim += kAtOnce) {
    add_dims<Load, kRows, kVectors, kOctet>(weights, first_row<Load>(block.v, block.narrow_v) + dim,
                                            scales_from<Load>(scales, 0, dim, head_dim),
                                            count / kOctet, stride, octet_stride, head_dim,
                                            prefetcher, out + dim);
  }
  if constexpr (kVectors > 1) {
    add_octets<Load, kRows, kVectors / 2>(block, weights, scales, dim, prefetcher, out);
  }
}

/// Adds the weighted values of a block. `scales` is [keys, groups] if groups have scales.
template <class Load, int kRows>
void add_values(const KeyBlock& block, const float* weights, const float* scales, float* out) {
  constexpr int kVectors = kSums<Load, kRows> / kRows;
  constexpr int64_t kAtOnce = kVectors * kLanes;
  const int64_t head_dim = block.head_dim;
  const auto& [count, stride, octet_stride] = block.rows;
  const int64_t octets = count / kOctet;
  auto prefetcher = prefetcher_of<Load>(block.prefetch_second, block);
  int64_t dim = 0;
  if constexpr (kIsNarrow<Load>) {
    add_octets<Load, kRows, kVectors>(block, weights, scales, dim, prefetcher, out);
  } else {
    for (; dim + kAtOnce <= head_dim; dim += kAtOnce) {
      prefetcher.prefetch(kAtOnce * count);
      add_dims<Load, kRows, kVectors, kOctet>(weights, block.v + dim, nullptr, octets, stride,
                                              octet_stride, head_dim, prefetcher, out + dim);
    }
    // A few dims of float32 keep pace with memory one vector at a time.
    for (; dim < head_dim; dim += kLanes) {
      prefetcher.prefetch(kLanes * count);
      add_dims<Load, kRows, 1, kOctet>(weights, block.v + dim, nullptr, octets, stride,
                                       octet_stride, head_dim, prefetcher, out + dim);
    }
  }
  if (count % kOctet == 0) return;
  for (dim = 0; dim < head_dim; dim += kLanes) {
    add_dims<Load, kRows, 1, 1>(
        weights + octets * kOctet * kRows,
        first_row<Load>(block.v, block.narrow_v) + octets * octet_stride + dim,
        scales_from<Load>(scales, octets * kOctet, dim, head_dim), count % kOctet, stride, stride,
        head_dim, prefetcher, out + dim);
  }
}

}  // namespace attnbench::kernels
