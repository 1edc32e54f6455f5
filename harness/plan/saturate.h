// Products and sums of non-negative int64 that stop at the largest one instead of overflowing.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <limits>

namespace attnbench::plan {

inline constexpr int64_t kSaturated = std::numeric_limits<int64_t>::max();

constexpr int64_t saturating_product(std::initializer_list<int64_t> factors) {
  int64_t product = 1;
  bool beyond = false;
  for (const int64_t factor : factors) {
    if (factor == 0) return 0;
    beyond = __builtin_mul_overflow(product, factor, &product) || beyond;
  }
  return beyond ? kSaturated : product;
}

constexpr int64_t saturating_sum(std::initializer_list<int64_t> terms) {
  int64_t sum = 0;
  for (const int64_t term : terms)
    if (__builtin_add_overflow(sum, term, &sum)) return kSaturated;
  return sum;
}

}  // namespace attnbench::plan
