// Polynomials after a reduction of the argument. Sums, products, quotients, floor, frexp and ldexp
// are exact to the bit by IEEE 754, if the compiler fuses no product into a sum
// (-ffp-contract=off).
#include "measure/portable_math.h"

#include <cmath>
#include <cstdint>

namespace attnbench::measure {
namespace {

/// ln 2 and pi/2 in two parts, of which the first has trailing zeros, so that it times an integer
/// is exact (fdlibm).
constexpr double kLn2High = 6.93147180369123816490e-01, kLn2Low = 1.90821492927058770002e-10;
constexpr double kHalfPiHigh = 1.57079632673412561417e+00, kHalfPiLow = 6.07710050650619224932e-11;

/// Taylor's sum of sine (from term 1) or cosine (from term 0) for |x| up to pi/4.
double taylor(double x, double first, int begin) {
  double term = first, sum = first;
  for (int n = begin + 1; n < begin + 18; n += 2) {
    term = -term * x * x / (static_cast<double>(n) * static_cast<double>(n + 1));
    sum += term;
  }
  return sum;
}

}  // namespace

double portable_exp(double x) {
  const double n = std::nearbyint(x / kLn2High);
  const double r = (x - n * kLn2High) - n * kLn2Low;
  double sum = 1;
  for (int i = 18; i >= 1; --i) sum = 1 + sum * r / i;
  return std::ldexp(sum, static_cast<int>(n));
}

double portable_log(double x) {
  int exponent = 0;
  double m = std::frexp(x, &exponent);  // From 1/2 to below 1.
  if (m < 0.70710678118654752) {
    m *= 2;
    --exponent;
  }
  const double s = (m - 1) / (m + 1);
  double power = s, sum = s;
  for (int n = 3; n < 27; n += 2) {
    power = power * s * s;
    sum += power / static_cast<double>(n);
  }
  return 2 * sum + exponent * kLn2Low + exponent * kLn2High;
}

SineCosine portable_sine_cosine(double angle) {
  const double k = std::floor(angle / (kHalfPiHigh + kHalfPiLow) + 0.5);
  const double r = angle - k * kHalfPiHigh - k * kHalfPiLow;
  const double sine = taylor(r, r, 1), cosine = taylor(r, 1, 0);
  switch (static_cast<int64_t>(k) & 3) {
    case 0:
      return {sine, cosine};
    case 1:
      return {cosine, -sine};
    case 2:
      return {-sine, -cosine};
    default:
      return {-cosine, sine};
  }
}

}  // namespace attnbench::measure
