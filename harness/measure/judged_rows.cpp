// Compares rows with what they should be.
#include "measure/judged_rows.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace attnbench::measure {
namespace {

/// No output of a right kernel is so many times beyond a bound by few evaluations, whatever luck
/// they had.
constexpr double kMostByLuck = 100;

/// Whether a ratio of an error to its bound is worse than the worst so far. NaN is the worst.
bool is_farther(double ratio, double worst) {
  return !(ratio <= worst) && !std::isnan(worst);
}

std::string wrong_element(double actual, double expected, double bound) {
  char text[160];
  std::snprintf(text, sizeof text, ": expected %.9g, got %.9g, error %.3g is %.3g times its bound",
                expected, actual, std::abs(actual - expected), std::abs(actual - expected) / bound);
  return text;
}

}  // namespace

RowVerdict judge_row(const RowTruth& truth, const float* row, const std::string& place) {
  RowVerdict verdict;
  if (!truth.objection.empty()) {
    verdict.objection = place + ": " + truth.objection;
    return verdict;
  }
  verdict.shows_keys = truth.least_weight > *std::ranges::min_element(truth.bound);
  verdict.visible_error = HUGE_VAL;
  for (size_t d = 0; d < truth.out.size(); ++d) {
    const double expected = truth.out[d], bound = truth.bound[d];
    const double error = std::abs(static_cast<double>(row[d]) - expected);
    verdict.worst_error = std::max(verdict.worst_error, error);
    if (expected != 0)
      verdict.visible_error = std::min(verdict.visible_error, bound / std::abs(expected));
    if (error == 0 || !is_farther(error / bound, verdict.worst_error_over_bound)) continue;
    verdict.worst_error_over_bound = error / bound;
    if (!(error <= bound))
      verdict.reason = place + " dim " + std::to_string(d) + wrong_element(row[d], expected, bound);
  }
  if (verdict.visible_error == HUGE_VAL) verdict.visible_error = 0;  // A row of zeros.
  return verdict;
}

Verdict judge_rows(std::span<const RowVerdict> rows) {
  Verdict verdict;
  record::Check& check = verdict.check;
  check.rows_checked = std::ssize(rows);
  int64_t rows_sharp = 0;
  std::string objection;
  for (const RowVerdict& row : rows) {
    if (!row.objection.empty()) {
      if (objection.empty()) objection = row.objection;
      continue;
    }
    verdict.rows_showing_keys += row.shows_keys ? 1 : 0;
    rows_sharp += row.visible_error <= record::kSharpError ? 1 : 0;
    check.visible_error = std::max(check.visible_error.value_or(0), row.visible_error);
    check.worst_error = std::max(check.worst_error, row.worst_error);
    if (!is_farther(row.worst_error_over_bound, check.worst_error_over_bound)) continue;
    check.worst_error_over_bound = row.worst_error_over_bound;
    verdict.reason = row.reason;
  }
  check.rows_sharp = rows_sharp;
  if (!objection.empty()) verdict.reason = objection;
  verdict.ok = verdict.reason.empty();
  return verdict;
}

bool is_in_doubt(const Verdict& verdict) {
  const double ratio = verdict.check.worst_error_over_bound;
  return ratio > 1 && ratio < kMostByLuck;
}

}  // namespace attnbench::measure
