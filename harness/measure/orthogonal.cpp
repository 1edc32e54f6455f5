// Orthogonal rows by Householder reflections. No sum is over SIMD lanes, so that compilers can use
// them and yet keep the order of each sum.
#include "measure/orthogonal.h"

#include <algorithm>
#include <cmath>

#include "measure/first_exception.h"

namespace attnbench::measure {
namespace {

/// Columns that are reflected together: a block of them stays in the caches.
constexpr int64_t kPanel = 32;

/// Turns row k into the v for which I - v v^T reflects it onto axis k, and which is zero before
/// element k. Returns the sign that the reflected row has there, changed to the other.
double make_reflection(double* row, int64_t k, int64_t dim) {
  double square = 0;
  for (int64_t i = k; i < dim; ++i) square += row[i] * row[i];
  const double sign = row[k] < 0 ? -1 : 1;
  if (square == 0) row[k] = square = 1;  // Any row will do.
  const double length = std::sqrt(square);
  row[k] += sign * length;
  // v^T v = 2 length (length + |old element k|), and is to be 2.
  const double scale = 1 / std::sqrt(length * std::abs(row[k]));
  for (int64_t i = k; i < dim; ++i) row[i] *= scale;
  return -sign;
}

/// x -= v (v^T x) for the columns of x [dim, kPanel], of which only rows from `first` on count.
void reflect(const double* v, int64_t first, int64_t dim, double* x) {
  double products[kPanel] = {};
  for (int64_t i = first; i < dim; ++i)
    for (int64_t c = 0; c < kPanel; ++c) products[c] += v[i] * x[i * kPanel + c];
  for (int64_t i = first; i < dim; ++i)
    for (int64_t c = 0; c < kPanel; ++c) x[i * kPanel + c] -= v[i] * products[c];
}

}  // namespace

void make_orthogonal(std::vector<double>& rows, int64_t dim) {
  const int64_t count = static_cast<int64_t>(rows.size()) / dim;
  std::vector<double> signs(static_cast<size_t>(count));
  for (int64_t k = 0; k < count; ++k)
    signs[static_cast<size_t>(k)] = make_reflection(rows.data() + k * dim, k, dim);
  const std::vector<double> reflections = rows;
  const auto make_panel = [&](int64_t first) {
    const int64_t columns = std::min(kPanel, count - first);
    std::vector<double> x(static_cast<size_t>(dim * kPanel));
    for (int64_t c = 0; c < columns; ++c)
      x[static_cast<size_t>((first + c) * kPanel + c)] = signs[static_cast<size_t>(first + c)];
    // Reflections after these columns' own do not move them.
    for (int64_t k = first + columns - 1; k >= 0; --k)
      reflect(reflections.data() + k * dim, k, dim, x.data());
    for (int64_t c = 0; c < columns; ++c)
      for (int64_t i = 0; i < dim; ++i)
        rows[static_cast<size_t>((first + c) * dim + i)] = x[static_cast<size_t>(i * kPanel + c)];
  };
  FirstException failure;
#pragma omp parallel for schedule(dynamic)
  for (int64_t first = 0; first < count; first += kPanel) failure.keep([&] { make_panel(first); });
  failure.rethrow();
}

}  // namespace attnbench::measure
