// Sums the series that are exact for a whole number of degrees of freedom, and inverts them.
#include "analyze/student_t.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace attnbench::analyze {
namespace {

constexpr int kMostDegrees = 1000;

}  // namespace

double student_p(double t, int df) {
  df = std::clamp(df, 1, kMostDegrees);
  const double angle = std::atan(std::abs(t) / std::sqrt(static_cast<double>(df)));
  const double cosine = std::cos(angle);
  const bool odd = df % 2 == 1;
  // The powers of the cosine run up to df - 2.
  double term = odd ? cosine : 1;
  double sum = 0;
  for (int power = odd ? 1 : 0; power <= df - 2; power += 2) {
    sum += term;
    term *= cosine * cosine * (power + 1) / (power + 2);
  }
  const double inside =
      odd ? (angle + std::sin(angle) * sum) * 2 / std::numbers::pi : std::sin(angle) * sum;
  return std::clamp(1 - inside, 0.0, 1.0);
}

double student_t(double p, int df) {
  double low = 0, high = 1;
  while (student_p(high, df) > p && high < 1e12) high *= 2;
  constexpr int kSteps = 100;
  for (int i = 0; i < kSteps && high - low > 1e-12 * high; ++i) {
    const double middle = (low + high) / 2;
    (student_p(middle, df) > p ? low : high) = middle;
  }
  return (low + high) / 2;
}

}  // namespace attnbench::analyze
