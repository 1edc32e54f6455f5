// Integer division that rounds up, and ranges of integers.
#pragma once

#include <cstdint>

namespace attnbench::kernels {

constexpr int64_t divide_up(int64_t a, int64_t b) {
  return (a + b - 1) / b;
}
constexpr int64_t round_up(int64_t a, int64_t b) {
  return divide_up(a, b) * b;
}

/// The integers from begin to end - 1; none if `end` is not above `begin`.
struct Range {
  int64_t begin, end;

  /// Part `index` of `parts` about equal ones of [0, total).
  static constexpr Range part(int64_t total, int64_t index, int64_t parts) {
    return {total * index / parts, total * (index + 1) / parts};
  }
};

}  // namespace attnbench::kernels
