// Adds checks up.
#include "record/checks.h"

#include <algorithm>
#include <cmath>

namespace attnbench::record {
namespace {

/// The larger one. NaN is the worst: an error that is no number.
double worse(double a, double b) {
  return std::isnan(b) ? b : std::max(a, b);
}

}  // namespace

void merge(Check& all, const Check& more) {
  all.rows_checked += more.rows_checked;
  all.worst_error = worse(all.worst_error, more.worst_error);
  all.worst_error_over_bound = worse(all.worst_error_over_bound, more.worst_error_over_bound);
  if (more.visible_error)
    all.visible_error = std::max(all.visible_error.value_or(0), *more.visible_error);
  if (more.rows_sharp) all.rows_sharp = all.rows_sharp.value_or(0) + *more.rows_sharp;
  all.rows_counted = std::max(all.rows_counted, more.rows_counted);
  all.differing_outputs += more.differing_outputs;
}

}  // namespace attnbench::record
