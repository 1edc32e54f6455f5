// e^x on SIMD lanes against the C library's in double.
#include <cmath>
#include <limits>

#include "catch.h"
#include "kernels/exp2.h"

using namespace attnbench::kernels;

namespace {

template <int kExponent>
float exp_of(float x) {
  const Lanes d;
  return hn::GetLane(exp<kExponent>(d, hn::Set(d, x)));
}

/// The largest relative error from `first` up to `last`.
template <int kExponent>
double worst_error(double first, double last) {
  double worst = 0;
  for (double y = first; y <= last; y += 0x1p-9) {
    const auto x = static_cast<float>(y);
    const double right = std::ldexp(std::exp(static_cast<double>(x)), kExponent);
    worst = std::max(worst, std::abs(static_cast<double>(exp_of<kExponent>(x)) / right - 1));
  }
  return worst;
}

}  // namespace

TEST_CASE("e^x is within two units in the last place, also for large |x| and with a scale") {
  constexpr double kUnit = 0x1p-24;
  CHECK(worst_error<0>(-85, 88) < 3 * kUnit);
  CHECK(worst_error<24>(-102, 88 - 24 * std::log(2)) < 3 * kUnit);
}

TEST_CASE("e^x is 1 at zero, next to nothing far below it, and NaN for NaN") {
  CHECK(exp_of<0>(0) == 1);
  CHECK(exp_of<24>(0) == 0x1p24f);
  for (const float x : {-110.0f, -150.0f, -200.0f}) {
    CAPTURE(x);
    CHECK(exp_of<24>(x) >= 0);
    CHECK(exp_of<24>(x) < 0x1p-124f);
  }
  CHECK(std::isnan(exp_of<24>(std::numeric_limits<float>::quiet_NaN())));
}
