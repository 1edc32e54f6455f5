// Elementary functions in double whose bits are the same on every machine: libms differ.
#pragma once

namespace attnbench::measure {

/// All are within a few units of 2^-52 of the exact value, of 1 if that is smaller.
double portable_exp(double x);  ///< For |x| up to 700.
double portable_log(double x);  ///< For x > 0.

struct SineCosine {
  double sine;
  double cosine;
};
SineCosine portable_sine_cosine(double angle);  ///< For |angle| up to 2^20; beyond, less exact.

}  // namespace attnbench::measure
