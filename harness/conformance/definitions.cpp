// Promises about what a variant computes: it is what the variant's definition says.
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdio>
#include <numeric>

#include "conformance/attempts.h"
#include "measure/check_output.h"

namespace attnbench::conformance {
namespace {

constexpr int kThreadCounts[] = {1, 2, kMostThreads};

/// How many rows are asked for alone.
constexpr int kRowsAlone = 4;

int64_t row_count(const Stage& stage) {
  return stage.out().batch * stage.out().heads * stage.out().len;
}

std::vector<int64_t> every_row(const Stage& stage) {
  std::vector<int64_t> rows(static_cast<size_t>(row_count(stage)));
  std::iota(rows.begin(), rows.end(), 0);
  return rows;
}

/// "batch 0 head 1 query 2".
std::string row_place(const Stage& stage, int64_t row) {
  const std::string first = measure::place(stage.out(), row * stage.out().dim);
  return first.substr(0, first.rfind(" dim "));
}

/// What is wrong in the rows whose definition float32 can evaluate; empty if nothing is. Sets
/// `unjudged` to the number of the other rows.
std::string fault_of_judgeable_rows(const registry::Entry& entry, const Stage& stage,
                                    int64_t& unjudged) {
  const std::vector<int64_t> rows = every_row(stage);
  const auto truths =
      truths_of(entry, stage.call(), stage.inputs(), rows, measure::Bounds::kInDoubt);
  unjudged = std::ranges::count(truths, false, &measure::RowTruth::judgeable);
  for (size_t i = 0; i < rows.size(); ++i) {
    if (!truths[i].judgeable) continue;
    if (!truths[i].objection.empty()) return row_place(stage, rows[i]) + ": " + truths[i].objection;
    const auto at = element_off(stage.out(), rows[i], truths[i]);
    if (!at) continue;
    char text[100];
    std::snprintf(text, sizeof text, ": expected %.9g, got %.9g",
                  truths[i].out[static_cast<size_t>(*at % stage.out().dim)],
                  static_cast<double>(stage.out().data[*at]));
    return measure::place(stage.out(), *at) + text;
  }
  return {};
}

/// What the definition says of some rows, in double.
std::vector<std::vector<double>> defined(const registry::Entry& entry, const Stage& stage,
                                         const std::vector<int64_t>& rows) {
  std::vector<std::vector<double>> out;
  for (auto& truth :
       truths_of(entry, stage.call(), stage.inputs(), rows, measure::Bounds::kUnwanted))
    out.push_back(std::move(truth.out));
  return out;
}

/// Where the definition of a row differs between two questions; empty if nowhere.
std::string row_difference(const Stage& stage, int64_t row, const std::vector<double>& alone,
                           const std::vector<double>& among) {
  for (size_t d = 0; d < alone.size(); ++d) {
    if (std::bit_cast<uint64_t>(alone[d]) == std::bit_cast<uint64_t>(among[d])) continue;
    char text[100];
    std::snprintf(text, sizeof text, ": defined as %.17g alone, %.17g among other rows", alone[d],
                  among[d]);
    return measure::place(stage.out(), row * stage.out().dim + static_cast<int64_t>(d)) + text;
  }
  return {};
}

}  // namespace

std::string difference(const Stage& stage, const std::vector<float>& x, const std::string& a,
                       const std::vector<float>& y, const std::string& b) {
  for (size_t i = 0; i < x.size(); ++i)
    if (std::bit_cast<uint32_t>(x[i]) != std::bit_cast<uint32_t>(y[i]))
      return measure::place(stage.out(), static_cast<int64_t>(i)) + ": " + std::to_string(x[i]) +
             " " + a + ", " + std::to_string(y[i]) + " " + b;
  return {};
}

std::vector<measure::RowTruth> truths_of(const registry::Entry& entry, const Call& call,
                                         const Inputs& inputs, const std::vector<int64_t>& rows,
                                         measure::Bounds bounds) {
  std::vector<measure::RowTruth> truths(rows.size());
  measure::tell_truth(*entry.variant, call, inputs, rows, bounds,
                      [&](size_t place, const measure::RowTruth& truth) {
                        truths[place] = truth;
                        truths[place].query = nullptr;  // It lives for this call only.
                      });
  return truths;
}

std::optional<int64_t> element_off(const Tensor<float>& out, int64_t row,
                                   const measure::RowTruth& truth) {
  for (int64_t d = 0; d < out.dim; ++d) {
    const auto at = static_cast<size_t>(d);
    const double error = static_cast<double>(out.data[row * out.dim + d]) - truth.out[at];
    if (!(std::abs(error) <= truth.bound[at])) return row * out.dim + d;
  }
  return std::nullopt;
}

/// The bounds of an exact variant follow from its keys, so that each problem can be judged.
Attempt judged(const registry::Entry& entry, const Stage& stage) {
  const measure::Verdict verdict = measure::check_output(
      *entry.variant, stage.call(), stage.inputs(), stage.out(), row_count(stage), 0);
  if (entry.variant->exact() != nullptr) return verdict.ok ? held() : broken(verdict.reason);
  if (verdict.ok) return verdict.check.rows_sharp == 0 ? untried(kNotSharp) : held();
  int64_t unjudged = 0;
  const std::string wrong = fault_of_judgeable_rows(entry, stage, unjudged);
  if (unjudged == 0) return broken(verdict.reason);
  if (!wrong.empty()) return broken(wrong);
  return untried(unjudged == row_count(stage) ? kNotJudgeable : kPartlyJudgeable);
}

/// Asks for all rows at once, and for some of them alone.
Attempt defines_rows_alone(const registry::Entry& entry, const Trial& trial) {
  const Stage stage(entry, trial);
  const std::vector<int64_t> rows = every_row(stage);
  if (rows.size() < 2) return nothing_to_try("there is one row only");
  const auto among = defined(entry, stage, rows);
  Rng rng(trial.seed);
  for (int i = 0; i < kRowsAlone; ++i) {
    const size_t row = i == 0 ? rows.size() - 1 : rng() % rows.size();
    const auto alone = defined(entry, stage, {rows[row]});
    const std::string differs = row_difference(stage, rows[row], alone.front(), among[row]);
    if (!differs.empty()) return broken(differs);
  }
  return held();
}

/// Asks over memory that holds other numbers, so that a decision that is not written differs, too.
Attempt decides_the_same(const registry::Entry& entry, const Trial& trial) {
  Stage stage(entry, trial);
  for (int64_t b = 0; b < stage.out().batch; ++b)
    for (int64_t h = 0; h < stage.out().heads; ++h) {
      const auto first = stage.decide_over(std::byte{0x00}, b, h);
      const auto second = stage.decide_over(std::byte{0x7E}, b, h);
      for (size_t i = 0; i < first.size(); ++i)
        if (first[i] != second[i])
          return broken("batch " + std::to_string(b) + " head " + std::to_string(h) +
                        ": decision " + std::to_string(i) + " is " + std::to_string(first[i]) +
                        " at first, then " + std::to_string(second[i]));
    }
  return held();
}

Attempt agrees_with_definition(const registry::Entry& entry, const Trial& trial) {
  Stage stage(entry, trial);
  stage.forward();
  return judged(entry, stage);
}

void make_extreme(Trial& trial) {
  constexpr std::array kStyles{measure::InputStyle::kLargeLogits, measure::InputStyle::kAllEqual,
                               measure::InputStyle::kOneHot};
  trial.style = kStyles[trial.seed / 2 % kStyles.size()];
}

/// If the data decide something, they may decide it otherwise with another number of threads: then
/// each output is judged by the decisions made with as many threads.
Attempt agrees_across_threads(const registry::Entry& entry, const Trial& trial) {
  std::vector<float> one;
  bool same_bits = true;
  for (const int threads : kThreadCounts) {
    Trial with = trial;
    with.threads = threads;
    Stage stage(entry, with);
    const std::vector<float> out = stage.forward();
    if (threads == 1) one = out;
    const bool same = difference(stage, one, "", out, "").empty();
    same_bits = same_bits && same;
    if (same && threads != 1 && entry.variant->deciding() == nullptr) continue;
    Attempt attempt = judged(entry, stage);
    if (!attempt.failure.empty())
      return broken("with " + std::to_string(threads) + " threads, " + attempt.failure);
    if (!attempt.untried.empty()) return attempt;
  }
  return {.remark = same_bits ? "same bits with 1, 2 and 3 threads" : ""};
}

}  // namespace attnbench::conformance
