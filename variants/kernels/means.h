// The mean of neighbouring rows, which stands for them all.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/vectors.h"

namespace attnbench::kernels {

/// Writes the mean of `rows` rows of `dim` floats. The sum of a few hundred rows is complete before
/// it is added to the others, which keeps rounding errors from growing with their number.
inline void mean_of_rows(const float* x, int64_t rows, int64_t dim, float* mean) {
  constexpr int64_t kStretch = 256;
  std::fill_n(mean, dim, 0.0f);
  const float inverse = 1 / static_cast<float>(rows);
  for (int64_t first = 0; first < rows; first += kStretch) {
    const int64_t end = std::min(first + kStretch, rows);
    for_each_vector(dim, [&](auto d, int64_t i) {
      auto sum = hn::Zero(d);
      for (int64_t row = first; row < end; ++row)
        sum = hn::Add(sum, hn::LoadU(d, x + row * dim + i));
      hn::StoreU(hn::Add(hn::LoadU(d, mean + i), sum), d, mean + i);
    });
  }
  for (int64_t i = 0; i < dim; ++i) mean[i] *= inverse;
}

}  // namespace attnbench::kernels
