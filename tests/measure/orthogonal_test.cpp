// Random orthogonal rows.
#include "measure/orthogonal.h"

#include <cmath>

#include "catch.h"
#include "measure/number_stream.h"

namespace attnbench::measure {
namespace {

std::vector<double> orthogonal_rows(int64_t count, int64_t dim, uint64_t seed) {
  const NumberStream stream(seed, 0);
  std::vector<double> rows(static_cast<size_t>(count * dim));
  for (size_t i = 0; i < rows.size(); ++i)
    rows[i] = static_cast<double>(stream.normal(static_cast<int64_t>(i)));
  make_orthogonal(rows, dim);
  return rows;
}

double product(const std::vector<double>& rows, int64_t dim, int64_t i, int64_t j) {
  double sum = 0;
  for (int64_t d = 0; d < dim; ++d)
    sum += rows[static_cast<size_t>(i * dim + d)] * rows[static_cast<size_t>(j * dim + d)];
  return sum;
}

}  // namespace

TEST_CASE("Random rows become orthogonal rows of length 1, however many there are") {
  constexpr int64_t kDim = 90;
  for (const int64_t count : {1, 5, 32, 33, 70, 90}) {
    CAPTURE(count);
    const std::vector<double> rows = orthogonal_rows(count, kDim, 1);
    double worst = 0;
    for (int64_t i = 0; i < count; ++i)
      for (int64_t j = 0; j <= i; ++j)
        worst = std::max(worst, std::abs(product(rows, kDim, i, j) - (i == j ? 1 : 0)));
    CHECK(worst < 1e-13);
  }
}

TEST_CASE("Orthogonal rows point in all directions, to both sides") {
  constexpr int64_t kDim = 4, kSeeds = 2000;
  std::vector<double> sums(kDim * kDim), squares(kDim * kDim);
  for (int64_t seed = 0; seed < kSeeds; ++seed) {
    const std::vector<double> rows = orthogonal_rows(kDim, kDim, static_cast<uint64_t>(seed));
    for (size_t i = 0; i < rows.size(); ++i) {
      sums[i] += rows[i] / kSeeds;
      squares[i] += rows[i] * rows[i] / kSeeds;
    }
  }
  for (size_t i = 0; i < sums.size(); ++i) {
    CAPTURE(i);
    CHECK(std::abs(sums[i]) < 0.06);  // Five standard errors: 5 * 0.5 / sqrt(2000).
    CHECK(std::abs(squares[i] - 0.25) < 0.03);
  }
}

TEST_CASE("A row of zeros does no harm to the others") {
  std::vector<double> rows(9);
  rows[3] = 1;
  make_orthogonal(rows, 3);
  for (int64_t i = 0; i < 3; ++i)
    for (int64_t j = 0; j < 3; ++j)
      CHECK(std::abs(product(rows, 3, i, j) - (i == j ? 1 : 0)) < 1e-13);
}

}  // namespace attnbench::measure
