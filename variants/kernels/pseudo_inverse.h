// The pseudo-inverse of a small matrix by an iteration of products, for many matrices at a time.
#pragma once

#include <cstdint>

#include "attnbench/count.h"

namespace attnbench::kernels {

/// Approximates the pseudo-inverse of an m x m matrix A, of which no row is all zeros and no number
/// is negative. It begins with Z = A^T / (largest sum of a column * largest sum of a row), and then
/// repeats Z = Z (13 I - A Z (15 I - A Z (7 I - A Z))) / 4.
///
/// A step is a product whose rows can be done apart, once all rows of the step before are there.
class PseudoInverse {
 public:
  static constexpr int64_t kSteps = 4;  ///< Of an iteration.

  /// How many floats of scratch it takes.
  static Count floats(int64_t m) { return count(5, m, m); }

  PseudoInverse(int64_t m, float* scratch) : m_(m), a_(scratch) {}

  /// A, which is to be filled before start() is called.
  float* matrix() const { return a_; }
  void start() const;
  /// Does rows [begin, end) of step number `step` of the first, second, ... iteration: kSteps steps
  /// each.
  void do_rows(int64_t step, int64_t begin, int64_t end) const;
  /// Z after so many iterations.
  const float* inverse(int64_t iterations) const { return part(iterations % 2 == 0 ? 1 : 4); }

 private:
  float* part(int64_t number) const { return a_ + number * m_ * m_; }

  const int64_t m_;
  float* const a_;
};

}  // namespace attnbench::kernels
