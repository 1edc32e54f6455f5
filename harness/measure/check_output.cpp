// Compares outputs with what the variant's definition says.
#include "measure/check_output.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <vector>

#include "measure/sampled_rows.h"
#include "measure/truth.h"

namespace attnbench::measure {
namespace {

constexpr uint32_t kPoison = 0x7FC0DEADu;

/// No output of a right kernel is so many times beyond a bound by few evaluations, whatever luck
/// they had.
constexpr double kMostByLuck = 100;

std::string row_place(const Tensor<float>& out, int64_t row) {
  const RowPlace at = place_of(row, out.heads, out.len);
  return "batch " + std::to_string(at.batch) + " head " + std::to_string(at.head) + " query " +
         std::to_string(at.query);
}

std::string wrong_element(const Tensor<float>& out, int64_t index, double expected, double bound) {
  char text[160];
  const double actual = out.data[index];
  std::snprintf(text, sizeof text, ": expected %.9g, got %.9g, error %.3g is %.3g times its bound",
                expected, actual, std::abs(actual - expected), std::abs(actual - expected) / bound);
  return place(out, index) + text;
}

struct RowVerdict {
  double worst_error = 0;
  double worst_error_over_bound = 0;
  double visible_error = 0;  ///< See record::Check.
  bool shows_keys = false;   ///< Some element's bound is below every key's weight.
  std::string reason;        ///< About the element farthest beyond its bound; mostly empty.
  std::string objection;     ///< Why there is nothing to compare with; mostly empty.
};

RowVerdict judge_row(const RowTruth& truth, const Tensor<float>& out, int64_t r) {
  RowVerdict verdict;
  if (!truth.objection.empty()) {
    verdict.objection = row_place(out, r) + ": " + truth.objection;
    return verdict;
  }
  verdict.shows_keys = truth.least_weight > *std::ranges::min_element(truth.bound);
  verdict.visible_error = HUGE_VAL;
  for (int64_t d = 0; d < out.dim; ++d) {
    const auto at = static_cast<size_t>(d);
    const int64_t index = r * out.dim + d;
    const double expected = truth.out[at], bound = truth.bound[at];
    const double error = std::abs(static_cast<double>(out.data[index]) - expected);
    verdict.worst_error = std::max(verdict.worst_error, error);
    if (expected != 0)
      verdict.visible_error = std::min(verdict.visible_error, bound / std::abs(expected));
    if (error / bound <= verdict.worst_error_over_bound) continue;
    verdict.worst_error_over_bound = error / bound;
    if (!(error <= bound)) verdict.reason = wrong_element(out, index, expected, bound);
  }
  if (verdict.visible_error == HUGE_VAL) verdict.visible_error = 0;  // A row of zeros.
  return verdict;
}

Verdict judge(const std::vector<RowVerdict>& rows) {
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
    if (row.worst_error_over_bound <= check.worst_error_over_bound) continue;
    check.worst_error_over_bound = row.worst_error_over_bound;
    verdict.reason = row.reason;
  }
  check.rows_sharp = rows_sharp;
  if (!objection.empty()) verdict.reason = objection;
  verdict.ok = verdict.reason.empty();
  return verdict;
}

}  // namespace

std::string place(const Tensor<float>& out, int64_t index) {
  return row_place(out, index / out.dim) + " dim " + std::to_string(index % out.dim);
}

void poison(const Tensor<float>& out) {
  std::fill_n(out.data, out.size(), std::bit_cast<float>(kPoison));
}

std::string digest(const Tensor<float>& out) {
  constexpr uint64_t kOdd = 0x9E3779B97F4A7C15u;
  uint64_t sum = kOdd;
  for (int64_t i = 0; i < out.size(); ++i) {
    sum = (sum ^ std::bit_cast<uint32_t>(out.data[i])) * kOdd;
    sum ^= sum >> 32;
  }
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(sum));
  return text;
}

std::string first_not_finite(const Tensor<float>& out) {
  constexpr uint32_t kExponent = 0x7F800000u;
  for (int64_t i = 0; i < out.size(); ++i) {
    const auto bits = std::bit_cast<uint32_t>(out.data[i]);
    if ((bits & kExponent) != kExponent) continue;
    const char* what = bits == kPoison           ? " was never written"
                       : std::isnan(out.data[i]) ? " is NaN"
                                                 : " is infinite";
    return place(out, i) + what;
  }
  return {};
}

Verdict check_output(const Variant& variant, const Call& call, const Inputs& inputs,
                     const Tensor<float>& out, int64_t max_rows, uint64_t seed) {
  if (std::string reason = first_not_finite(out); !reason.empty()) {
    Verdict verdict;
    verdict.reason = std::move(reason);
    return verdict;
  }
  const std::vector<int64_t> rows = sample_rows(call.problem, max_rows, seed);
  const auto judged = [&](Bounds bounds) {
    std::vector<RowVerdict> verdicts(rows.size());
    tell_truth(variant, call, inputs, rows, bounds, [&](size_t i, const RowTruth& truth) {
      verdicts[i] = judge_row(truth, out, rows[i]);
    });
    return judge(verdicts);
  };
  Verdict verdict = judged(Bounds::kWanted);
  const double ratio = verdict.check.worst_error_over_bound;
  const bool is_estimated = variant.exact() == nullptr && variant.selective() == nullptr;
  const bool is_in_doubt = is_estimated && ratio > 1 && ratio < kMostByLuck;
  return is_in_doubt ? judged(Bounds::kInDoubt) : verdict;
}

}  // namespace attnbench::measure
