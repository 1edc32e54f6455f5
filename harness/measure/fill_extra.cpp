// Fills declared inputs with plain arithmetic in double, without a libm or fused multiply-adds, so
// that the bits are the same everywhere.
#include "measure/fill_extra.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace attnbench::measure {
namespace {

/// e^x for |x| below 700, within a few units in the last place.
double exponential(double x) {
  constexpr double kLn2High = 0x1.62e42fefa39efp-1, kLn2Low = 0x1.abc9e3b39803fp-56;
  const double n = std::nearbyint(x / kLn2High);
  const double r = (x - n * kLn2High) - n * kLn2Low;
  double sum = 1;
  for (int i = 18; i >= 1; --i) sum = 1 + sum * r / i;
  return std::ldexp(sum, static_cast<int>(n));
}

double sigmoid(double x) {
  const double least = 700;
  return 1 / (1 + exponential(std::clamp(-x, -least, least)));
}

/// Makes `row` orthogonal to the `others`, all of length 1, and gives it length 1.
void orthonormalize(double* row, const double* others, int64_t count, int64_t dim) {
  constexpr int kTimes = 2;  // Once leaves what rounding makes of a row that is nearly dependent.
  for (int time = 0; time < kTimes; ++time)
    for (int64_t i = 0; i < count; ++i) {
      const double* const other = others + i * dim;
      double product = 0;
      for (int64_t d = 0; d < dim; ++d) product += row[d] * other[d];
      for (int64_t d = 0; d < dim; ++d) row[d] -= product * other[d];
    }
  double square = 0;
  for (int64_t d = 0; d < dim; ++d) square += row[d] * row[d];
  const double length = std::sqrt(square);
  for (int64_t d = 0; d < dim; ++d) row[d] /= length;
}

/// Fills one head [len, dim], whose first element has the number `first` in its stream.
void fill_orthogonal(float* head, const ExtraInput& input, const NumberStream& stream,
                     int64_t first) {
  const int64_t dim = input.dim;
  std::vector<double> group(static_cast<size_t>(std::min(input.len, dim) * dim));
  for (int64_t i = 0; i < input.len; ++i) {
    const int64_t before = i % dim;  // Rows of the same group.
    double* const row = group.data() + before * dim;
    for (int64_t d = 0; d < dim; ++d)
      row[d] = static_cast<double>(stream.normal(first + i * dim + d));
    orthonormalize(row, group.data(), before, dim);
    for (int64_t d = 0; d < dim; ++d) head[i * dim + d] = static_cast<float>(input.scale * row[d]);
  }
}

double drawn(const ExtraInput& input, const NumberStream& stream, int64_t index) {
  switch (input.fill) {
    case Fill::kUniform:
      return input.shift + input.scale * stream.uniform(index);
    case Fill::kSigmoid:
      return sigmoid(input.shift + input.scale * static_cast<double>(stream.normal(index)));
    case Fill::kNormal:
      return input.shift + input.scale * static_cast<double>(stream.normal(index));
    case Fill::kConstant:
    case Fill::kOrthogonal:
      break;
  }
  return input.shift;
}

}  // namespace

void fill_extra(std::span<float> values, const ExtraInput& input, const NumberStream& stream) {
  const int64_t heads = input.batch * input.heads, head_size = input.len * input.dim;
#pragma omp parallel for schedule(static)
  for (int64_t head = 0; head < heads; ++head) {
    float* const begin = values.data() + head * head_size;
    if (input.fill == Fill::kOrthogonal) {
      fill_orthogonal(begin, input, stream, head * head_size);
      continue;
    }
    for (int64_t i = 0; i < head_size; ++i)
      begin[i] = static_cast<float>(drawn(input, stream, head * head_size + i));
  }
}

}  // namespace attnbench::measure
