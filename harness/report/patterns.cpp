// Puts a pattern into words.
#include "report/patterns.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <tuple>

#include "record/format.h"

namespace attnbench::report {
namespace {

const record::Case& case_of(const record::Run& run, const record::Pattern& pattern) {
  return run.cases[static_cast<size_t>(pattern.case_id)].plan;
}

std::string percent(double part, double whole) {
  return record::format_number(100 * part / whole, 3) + " %";
}

std::string lengths_and_params(const record::Case& c) {
  std::string words = c.problem.q_len == c.problem.kv_len
                          ? "n = " + std::to_string(c.problem.kv_len)
                          : "q_len = " + std::to_string(c.problem.q_len) +
                                ", kv_len = " + std::to_string(c.problem.kv_len);
  for (const auto& [name, value] : c.params) words += ", " + name + " = " + std::to_string(value);
  return words;
}

}  // namespace

std::string pattern_name(const record::Run& run, const record::Pattern& pattern) {
  const record::Case& c = case_of(run, pattern);
  return c.label + (c.problem.causal ? ", causal" : ", not causal");
}

std::vector<std::string> pattern_lines(const record::Run& run, const record::Pattern& pattern) {
  const record::Case& c = case_of(run, pattern);
  const int64_t pairs = std::accumulate(pattern.cells.begin(), pattern.cells.end(), int64_t{0});
  const auto seen = static_cast<double>(pairs);
  const double all = static_cast<double>(c.problem.q_len) * static_cast<double>(c.problem.kv_len);
  std::string density =
      "sees " + std::to_string(pairs) + " pairs a head: " + percent(seen, all) + " of all";
  if (c.problem.causal)
    density += ", " + percent(seen, record::allowed_pairs(c.problem)) +
               " of those that causal order allows";
  std::vector<std::string> lines{lengths_and_params(c), density};
  if (c.flops > 0)
    lines.push_back(record::format_count(static_cast<double>(c.flops)) +
                    "FLOP a call: " + record::describe_problem(c));
  return lines;
}

std::vector<std::string> undrawn_lines(const record::Run& run) {
  std::vector<std::string> reasons, labels;
  for (const record::Undrawn& undrawn : run.undrawn) {
    const std::string& label = run.cases[static_cast<size_t>(undrawn.case_id)].plan.label;
    const auto known = std::find(reasons.begin(), reasons.end(), undrawn.reason);
    if (known == reasons.end()) {
      reasons.push_back(undrawn.reason);
      labels.push_back(label);
    } else {
      labels[static_cast<size_t>(known - reasons.begin())] += ", " + label;
    }
  }
  std::vector<std::string> lines;
  for (size_t i = 0; i < reasons.size(); ++i)
    lines.push_back("No pattern of " + labels[i] + ": " + reasons[i] + ".");
  return lines;
}

std::string more_patterns_words(const record::Run& run) {
  if (run.patterns.empty()) return {};
  const auto key = [](const record::Case& c) {
    return std::tuple(c.label, c.params, c.problem.causal);
  };
  std::set<std::tuple<std::string, std::vector<std::pair<std::string, int64_t>>, bool>> left;
  for (const record::CaseRecord& c : run.cases)
    if (c.plan.input_bytes > 0) left.insert(key(c.plan));
  for (const record::Pattern& pattern : run.patterns) left.erase(key(case_of(run, pattern)));
  for (const record::Undrawn& undrawn : run.undrawn) {
    const record::Case& c = run.cases[static_cast<size_t>(undrawn.case_id)].plan;
    for (const bool causal : {false, true}) left.erase(std::tuple(c.label, c.params, causal));
  }
  if (left.empty()) return {};
  return std::to_string(left.size()) +
         (left.size() == 1 ? " further pattern is" : " further patterns are") + " not drawn.";
}

}  // namespace attnbench::report
