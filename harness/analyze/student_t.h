// Student's t distribution: how far a mean of few numbers may lie from the truth.
#pragma once

namespace attnbench::analyze {

/// The probability that |T| is at least |t| with `df` degrees of freedom (at least 1). Exact sums:
/// Abramowitz and Stegun (1964), 26.7.3 and 26.7.4. Beyond 1000 degrees, those of 1000 are used.
double student_p(double t, int df);

/// The t that |T| exceeds with probability `p`, 0 < p < 1: 2.776 for 4 degrees and p = 0.05.
double student_t(double p, int df);

}  // namespace attnbench::analyze
