// Integer division that rounds up.
#pragma once

#include <cstdint>

namespace attnbench::kernels {

constexpr int64_t divide_up(int64_t a, int64_t b) {
  return (a + b - 1) / b;
}
constexpr int64_t round_up(int64_t a, int64_t b) {
  return divide_up(a, b) * b;
}

}  // namespace attnbench::kernels
