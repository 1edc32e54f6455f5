// Names and descriptions of records, for people and for grouping.
#include "record/record.h"

#include <algorithm>

#include "record/axes.h"

namespace attnbench::record {
namespace {

std::string describe_lengths(const Case& c) {
  return c.problem.q_len == c.problem.kv_len ? "n=" + std::to_string(c.problem.kv_len)
                                             : "q_len=" + std::to_string(c.problem.q_len) +
                                                   ", kv_len=" + std::to_string(c.problem.kv_len);
}

}  // namespace

double allowed_pairs(const Problem& p) {
  const auto q = static_cast<double>(p.q_len), kv = static_cast<double>(p.kv_len);
  if (!p.causal) return q * kv;
  const double rows = std::min(q, kv);  // Queries at the position of a key.
  return rows * (kv - rows) + rows * (rows + 1) / 2;
}

CellAxis pattern_axis(int64_t length) {
  return {length, std::min(length, kPatternSize)};
}

std::string describe_point(const Case& c) {
  return c.label + ", " + describe_lengths(c);
}

std::vector<std::string> saturated_counts(const Case& c) {
  std::vector<std::string> names;
  for (const CaseCount& count : kCaseCounts)
    if (Count(c.*count.value).saturated()) names.emplace_back(count.name);
  return names;
}

const char* outcome_name(Outcome outcome) {
  switch (outcome) {
    case Outcome::kPending:
      return "pending";
    case Outcome::kOk:
      return "ok";
    case Outcome::kSkipped:
      return "skipped";
    case Outcome::kInvalid:
      return "invalid";
    case Outcome::kFailed:
      return "failed";
    case Outcome::kTimeout:
      return "timeout";
  }
  return "unknown";
}

bool went_wrong(Outcome outcome) {
  return outcome == Outcome::kInvalid || outcome == Outcome::kFailed ||
         outcome == Outcome::kTimeout;
}

bool same_series(const Case& a, const Case& b) {
  return a.variant == b.variant && a.label == b.label && a.params == b.params &&
         series_values_of(a, any_axis) == series_values_of(b, any_axis);
}

bool same_inputs(const Case& a, const Case& b) {
  return a.problem == b.problem && a.inputs == b.inputs;
}

const InputStatistics* input_statistics_of(const Run& run, const Case& c) {
  for (const InputStatistics& s : run.input_statistics)
    if (same_inputs(run.cases[static_cast<size_t>(s.case_id)].plan, c)) return &s;
  return nullptr;
}

std::string describe_problem(const Case& c) {
  std::string text;
  for (const AxisGroup group : {AxisGroup::kProblem, AxisGroup::kLength, AxisGroup::kRun}) {
    for (const Axis& axis : axes()) {
      const std::string words = axis.group == group ? axis_words(axis, c) : "";
      if (!words.empty()) text += (text.empty() ? "" : ", ") + words;
    }
  }
  return text;
}

std::string describe_series(const Case& c) {
  return c.label + ", " + describe_problem(c);
}

std::string describe_case(const Case& c) {
  return describe_series(c) + ", " + describe_lengths(c);
}

}  // namespace attnbench::record
