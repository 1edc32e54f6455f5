// Fills declared inputs with plain arithmetic in double, without a libm or fused multiply-adds, so
// that the bits are the same everywhere.
#include "measure/fill_extra.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "measure/first_exception.h"
#include "measure/orthogonal.h"
#include "measure/portable_math.h"

namespace attnbench::measure {
namespace {

double sigmoid(double x) {
  const double least = 700;
  return 1 / (1 + portable_exp(std::clamp(-x, -least, least)));
}

/// Fills one head [len, dim], whose first element has the number `first` in its stream.
void fill_orthogonal(float* head, const ExtraInput& input, const NumberStream& stream,
                     int64_t first) {
  const int64_t group = input.dim * input.dim, size = input.len * input.dim;
  for (int64_t begin = 0; begin < size; begin += group) {
    std::vector<double> rows(static_cast<size_t>(std::min(group, size - begin)));
    for (size_t i = 0; i < rows.size(); ++i)
      rows[i] = static_cast<double>(stream.normal(first + begin + static_cast<int64_t>(i)));
    make_orthogonal(rows, input.dim);
    for (const double x : rows) *head++ = static_cast<float>(input.scale * x);
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
  const auto fill_head = [&](int64_t head) {
    float* const begin = values.data() + head * head_size;
    if (input.fill == Fill::kOrthogonal)
      return fill_orthogonal(begin, input, stream, head * head_size);
    for (int64_t i = 0; i < head_size; ++i)
      begin[i] = static_cast<float>(drawn(input, stream, head * head_size + i));
  };
  FirstException failure;
  // A single head is filled by many threads, in make_orthogonal().
#pragma omp parallel for schedule(static) if (heads > 1)
  for (int64_t head = 0; head < heads; ++head) failure.keep([&] { fill_head(head); });
  failure.rethrow();
}

}  // namespace attnbench::measure
