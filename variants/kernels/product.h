// The two products of attention for a strip and a block of keys, made of microkernels.
#pragma once

#include <cstdint>

#include "kernels/keys.h"
#include "kernels/microkernel.h"
#include "kernels/prefetch.h"
#include "kernels/simd.h"

namespace attnbench::kernels {

/// In which order a product reads the keys of a block.
enum class ReadOrder {
  kConsecutive,
  kStreams,       ///< One key of each stream in turn; the next ones are prefetched line by line.
  kStreamsByRow,  ///< The same, but they are prefetched by whole rows: see prefetches_by_line().
};

/// One microkernel, which prefetches as much as it reads: if possible a little with each run of its
/// steps. A burst of prefetches before the microkernel would take all misses that a core can have
/// under way, and the microkernel's own loads would wait. (That cost 5 % of the time for 16 rows
/// over 131072 keys, and 1 to 9 % for eight.)
template <Operand kOrder, int kRows, int kVectors, int kOf, ReadOrder kReadOrder, class Multiply>
HWY_INLINE void microkernel_with_prefetch(const float* a, const KeyRows& keys, const float* b,
                                          int64_t depth, float* c, Prefetcher& prefetcher,
                                          const Multiply& multiply) {
  // A run is an octet of keys, or as many dims or pairs of dims.
  constexpr bool kByKey = kOrder == Operand::kKeys;
  constexpr int kWidth = in_pairs(kOf) ? 2 : 1;
  const int64_t run_stride = kByKey ? kOctet * kWidth : keys.octet_stride;
  const int64_t floats = kRows * kWidth * depth;
  if constexpr (kReadOrder == ReadOrder::kStreamsByRow) {
    prefetcher.prefetch(floats);
    microkernel<kOrder, kRows, kVectors, kOf, kByKey ? 0 : kOctet>(a, keys.stride, b, depth, c,
                                                                   run_stride, nullptr, multiply);
  } else if constexpr (kReadOrder == ReadOrder::kStreams) {
    microkernel<kOrder, kRows, kVectors, kOf, kOctet, Prefetch::kStreams>(
        a, keys.stride, b, depth, c, run_stride,
        prefetcher.take_of(kRows, depth / kOctet * kLineFloats), multiply);
  } else if (prefetcher.steps()) {
    if (prefetcher.any()) prefetcher.prefetch(floats);
    microkernel<kOrder, kRows, kVectors, kOf>(a, keys.stride, b, depth, c, 0, nullptr, multiply);
  } else if (kRows >= 4 && prefetcher.any() && depth % kOctet == 0) {
    microkernel<kOrder, kRows, kVectors, kOf, kOctet, Prefetch::kRows>(
        a, keys.stride, b, depth, c, run_stride, prefetcher.take(floats), multiply);
  } else {
    if (prefetcher.any()) prefetch(prefetcher.take(floats), floats);
    microkernel<kOrder, kRows, kVectors, kOf>(a, keys.stride, b, depth, c, 0, nullptr, multiply);
  }
}

/// Computes the scores of all keys, for kVectors of the kOf vectors of a strip:
/// c[key][:] = sum over dim of k[key][dim] * q[dim][:].
/// If elements are pairs, head_dim counts these, and `multiply` says what becomes of each sum.
template <int kVectors, int kOf, ReadOrder kReadOrder, class Multiply = Floats>
HWY_NOINLINE void multiply_k(const float* k, const KeyRows& keys, int64_t head_dim, const float* q,
                             float* c, Prefetcher prefetcher, const Multiply& multiply = {}) {
  constexpr int kMost = rows_at_once(kVectors, kOf);
  const int64_t depth = in_pairs(kOf) ? head_dim / 2 : head_dim;
  int64_t key = 0;
  if constexpr (kReadOrder != ReadOrder::kConsecutive) {
    constexpr int kSome = kMost == kOctet ? kOctet : 4;
    for (; key < keys.count; key += kOctet, k += keys.octet_stride) {
      for (int64_t i = 0; i < kOctet; i += kSome, c += kSome * kVectors * kLanes) {
        microkernel_with_prefetch<Operand::kKeys, kSome, kVectors, kOf, kReadOrder>(
            k + i * keys.stride, keys, q, depth, c, prefetcher, multiply);
      }
    }
    return;
  }
  for (; takes_most<kMost>(keys.count - key); key += kMost, c += kMost * kVectors * kLanes) {
    microkernel_with_prefetch<Operand::kKeys, kMost, kVectors, kOf, ReadOrder::kConsecutive>(
        k + key * keys.stride, keys, q, depth, c, prefetcher, multiply);
  }
  for (; kMost > 4 && key + 4 <= keys.count; key += 4, c += 4 * kVectors * kLanes) {
    microkernel_with_prefetch<Operand::kKeys, 4, kVectors, kOf, ReadOrder::kConsecutive>(
        k + key * keys.stride, keys, q, depth, c, prefetcher, multiply);
  }
  for (; key < keys.count; ++key, c += kVectors * kLanes) {
    microkernel<Operand::kKeys, 1, kVectors, kOf>(k + key * keys.stride, keys.stride, q, depth, c,
                                                  0, nullptr, multiply);
  }
}

/// Adds the weighted values: out[dim][:] += sum over key of v[key][dim] * weights[key][:]. If
/// elements are pairs, these are of two keys, and `keys` counts them.
template <int kVectors, int kOf, ReadOrder kReadOrder, class Multiply = Floats>
HWY_NOINLINE void multiply_v(const float* v, const KeyRows& keys, int64_t head_dim,
                             const float* weights, float* out, Prefetcher prefetcher) {
  constexpr int kWidth = in_pairs(kOf) ? 2 : 1;
  constexpr int kMost = rows_at_once(kVectors, kOf);
  constexpr int64_t kOut = kWidth * kOf * kLanes;
  const int64_t rows = head_dim / kWidth;
  int64_t row = 0;
  for (; takes_most<kMost>(rows - row); row += kMost, out += kMost * kOut) {
    microkernel_with_prefetch<Operand::kValues, kMost, kVectors, kOf, kReadOrder>(
        v + row * kWidth, keys, weights, keys.count, out, prefetcher, Multiply());
  }
  for (; kMost > 4 && row + 4 <= rows; row += 4, out += 4 * kOut) {
    microkernel_with_prefetch<Operand::kValues, 4, kVectors, kOf, kReadOrder>(
        v + row * kWidth, keys, weights, keys.count, out, prefetcher, Multiply());
  }
  // If rows can be prefetched by line, none are left over here.
  constexpr ReadOrder kRest =
      kReadOrder == ReadOrder::kStreams ? ReadOrder::kStreamsByRow : kReadOrder;
  for (; row < rows; ++row, out += kOut) {
    microkernel_with_prefetch<Operand::kValues, 1, kVectors, kOf, kRest>(
        v + row * kWidth, keys, weights, keys.count, out, prefetcher, Multiply());
  }
}

}  // namespace attnbench::kernels
