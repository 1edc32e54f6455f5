// The steps of the iteration for the pseudo-inverse.
#include "kernels/pseudo_inverse.h"

#include <algorithm>

#include "kernels/matrix.h"
#include "kernels/vectors.h"

namespace attnbench::kernels {
namespace {

/// x = factor * y for n floats; x may be y.
void scale(float factor, const float* y, int64_t n, float* x) {
  for_each_vector(n, [&](auto d, int64_t i) {
    hn::StoreU(hn::Mul(hn::Set(d, factor), hn::LoadU(d, y + i)), d, x + i);
  });
}

}  // namespace

void PseudoInverse::start() const {
  float* const columns = part(2);
  std::fill_n(columns, m_, 0.0f);
  float largest_row = 0;
  for (int64_t i = 0; i < m_; ++i) {
    add_scaled(1, a_ + i * m_, m_, columns);
    float sum = 0;
    for (int64_t j = 0; j < m_; ++j) sum += a_[i * m_ + j];
    largest_row = std::max(largest_row, sum);
  }
  const float factor = 1 / (*std::max_element(columns, columns + m_) * largest_row);
  float* const z = part(1);
  for (int64_t i = 0; i < m_; ++i)
    for (int64_t j = 0; j < m_; ++j) z[j * m_ + i] = factor * a_[i * m_ + j];
}

void PseudoInverse::do_rows(int64_t step, int64_t begin, int64_t end) const {
  // Z and what becomes the next Z change places with each iteration.
  const bool even = step / kSteps % 2 == 0;
  const float* const z = part(even ? 1 : 4);
  float *const product = part(2), *const factor = part(3), *const next = part(even ? 4 : 1);
  const int64_t at = begin * m_, rows = end - begin, numbers = rows * m_;
  const auto multiply = [&](const float* left, const float* right, float* to) {
    multiply_values(left + at, m_, rows, right, m_, m_, to + at);
  };
  // to = number * I - to
  const auto subtract_from = [&](float number, float* to) {
    scale(-1, to + at, numbers, to + at);
    for (int64_t i = begin; i < end; ++i) to[i * m_ + i] += number;
  };
  switch (step % kSteps) {
    case 0:
      multiply(a_, z, product);
      std::copy_n(product + at, numbers, factor + at);
      subtract_from(7, factor);
      break;
    case 1:
      multiply(product, factor, next);
      subtract_from(15, next);
      break;
    case 2:
      multiply(product, next, factor);
      subtract_from(13, factor);
      break;
    default:
      multiply(z, factor, next);
      scale(0.25f, next + at, numbers, next + at);
      break;
  }
}

}  // namespace attnbench::kernels
