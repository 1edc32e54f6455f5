// Products with packed matrices, and tanh and the sigmoid, against double. This file is compiled
// for the machine that variants are compiled for; so it has no Eigen, which differs by machine.
#include "kernels/packed.h"

#include <cmath>
#include <random>
#include <vector>

#include "catch.h"
#include "kernels/squash.h"
#include "machine/buffer.h"

using namespace attnbench;
using namespace attnbench::kernels;

namespace {

std::vector<float> random_floats(int64_t count) {
  std::mt19937 random(static_cast<unsigned>(count));
  std::vector<float> values;
  for (int64_t i = 0; i < count; ++i)
    values.push_back(static_cast<float>(random()) / 2147483648.0f - 1);
  return values;
}

/// The largest error in units in the last place, over steps through the floats of [low, high].
template <class Function>
double worst_ulps(float low, float high, const Function& function, double (*exact)(double)) {
  double worst = 0;
  for (float x = low; x < high; x = std::nextafter(x + std::abs(x) * 1e-5f, HUGE_VALF)) {
    const double expected = exact(static_cast<double>(x));
    const auto nearest = static_cast<float>(std::abs(expected));
    const double ulp = static_cast<double>(std::nextafter(nearest, HUGE_VALF) - nearest);
    worst = std::max(worst, std::abs(static_cast<double>(function(x)) - expected) / ulp);
  }
  return worst;
}

float tanh_of(float x) {
  return hn::GetLane(kernels::tanh(Lanes(), hn::Set(Lanes(), x)));
}
float sigmoid_of(float x) {
  return hn::GetLane(kernels::sigmoid(Lanes(), hn::Set(Lanes(), x)));
}

}  // namespace

TEST_CASE("A product with a packed tile is right, for any rows, runs and start") {
  constexpr int64_t kRuns = 3, kRunLength = 21, kDepth = kRuns * kRunLength;
  for (const int vectors : {2, 3, 4, 6, 8})
    for (int64_t rows = 1; rows <= 14; ++rows) {
      CAPTURE(vectors, rows);
      const int64_t lanes = vectors * kLanes;
      const std::vector<float> weights = random_floats(lanes * kDepth);
      const std::vector<float> left = random_floats(kRuns * rows * kRunLength);
      const machine::Buffer tile(static_cast<size_t>(lanes * kDepth) * sizeof(float));
      const machine::Buffer start(static_cast<size_t>(lanes) * sizeof(float));
      const machine::Buffer c(static_cast<size_t>(rows * lanes) * sizeof(float));
      std::vector<const float*> pointers;
      for (int64_t i = 0; i < lanes; ++i) pointers.push_back(weights.data() + i * kDepth);
      pack_tile(pointers.data(), lanes, kDepth, tile.floats().data());
      std::ranges::copy(random_floats(lanes), start.floats().data());

      for (const bool started : {false, true}) {
        // Run r of row i stands at (r * rows + i) * kRunLength.
        const LeftRows all{left.data(), kRunLength, kRuns, kRunLength, rows * kRunLength};
        for (int64_t row = 0; row < rows;)
          row += multiply_packed(all.from(row), rows - row, tile.floats().data(), vectors,
                                 started ? start.floats().data() : nullptr, 0,
                                 c.floats().data() + row * lanes, lanes);
        double worst = 0;
        for (int64_t row = 0; row < rows; ++row)
          for (int64_t lane = 0; lane < lanes; ++lane) {
            double sum =
                started ? static_cast<double>(start.floats()[static_cast<size_t>(lane)]) : 0.0;
            for (int64_t i = 0; i < kDepth; ++i) {
              const int64_t at = (i / kRunLength * rows + row) * kRunLength + i % kRunLength;
              sum += static_cast<double>(weights[static_cast<size_t>(lane * kDepth + i)]) *
                     static_cast<double>(left[static_cast<size_t>(at)]);
            }
            const float actual = c.floats()[static_cast<size_t>(row * lanes + lane)];
            worst = std::max(worst, std::abs(static_cast<double>(actual) - sum));
          }
        CHECK(worst < 1e-5);
      }
    }
}

TEST_CASE("tanh and the sigmoid are right within a few units in the last place") {
  const auto sigmoid_in_double = [](double x) { return 1 / (1 + std::exp(-x)); };
  CHECK(worst_ulps(1e-30f, 20, tanh_of, [](double x) { return std::tanh(x); }) < 3);
  CHECK(worst_ulps(1e-30f, 20, sigmoid_of, sigmoid_in_double) < 3);
  CHECK(worst_ulps(-87, -1e-30f, sigmoid_of, sigmoid_in_double) < 4);
}

TEST_CASE("tanh and the sigmoid keep signs, reach their limits and pass NaN on") {
  CHECK(tanh_of(0) == 0);
  for (const float x : {0.3f, 0.7f, 5.0f}) CHECK(tanh_of(-x) == -tanh_of(x));
  for (const float x : {30.0f, 1e30f, HUGE_VALF}) {
    CHECK(tanh_of(x) == 1);
    CHECK(tanh_of(-x) == -1);
    CHECK(sigmoid_of(x) == 1);
    CHECK(sigmoid_of(-x) < 1e-12f);
    CHECK(sigmoid_of(-x) >= 0);
  }
  CHECK(std::isnan(tanh_of(std::nanf(""))));
  CHECK(std::isnan(sigmoid_of(std::nanf(""))));
}
