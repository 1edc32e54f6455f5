// The scale of a figure's axis: logarithmic or linear, from where to where, ticks and their labels.
#pragma once

#include <string>
#include <vector>

#include "report/quantities.h"

namespace attnbench::report {

struct Tick {
  double value = 0;
  std::string label;  ///< gnuplot's enhanced text: "1 ms", "10^{-7}". Empty: a mark alone.
};

struct Scale {
  bool logarithmic = false;
  double low = 0;
  double high = 1;
  std::vector<Tick> ticks;
};

/// A scale that holds all values; a logarithmic one holds those above 0. Times, bytes, ratios and
/// errors are logarithmic, and so are other numbers that differ by more than 8 times; percentages
/// begin at 0. `values` is not empty.
Scale value_scale(Format format, const std::vector<double>& values);

/// Whether `value_scale` is logarithmic, so that a value of 0 has no place.
bool is_logarithmic(Format format, const std::vector<double>& values);

/// A scale with a tick at each of the `values`; labels that would overlap are left out, but never
/// the largest value's. `characters`: how many fit along the axis.
Scale measured_scale(std::vector<double> values, double characters);

}  // namespace attnbench::report
