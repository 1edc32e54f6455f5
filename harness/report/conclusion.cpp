// Puts a gate's result into one line.
#include "report/conclusion.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <vector>

#include "report/comparison_words.h"
#include "report/escape.h"
#include "report/run_facts.h"
#include "report/words.h"

namespace attnbench::report {
namespace {

using analyze::CaseDifference;
using analyze::Difference;

/// The most common reason why cases have no verdict.
std::string common_reason(const analyze::Comparison& c) {
  std::map<std::string, int> counts;
  for (const CaseDifference& d : c.cases)
    if (d.verdict == Difference::kCannotTell) ++counts[d.reason];
  const auto most =
      std::max_element(counts.begin(), counts.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; });
  return (counts.size() > 1 ? std::to_string(most->second) + " because " : "") + most->first;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

/// What gives verdicts.
std::string help_words(const analyze::Comparison& c) {
  switch (c.pairing) {
    case analyze::Pairing::kSeveralRuns:
      return "more runs give verdicts";
    case analyze::Pairing::kInterleaved:
      return "more rounds or a quieter machine give verdicts";
    case analyze::Pairing::kSinglePair:
      break;
  }
  return "more rounds, several runs a side, or interleaved builds (`attnbench ab`) give verdicts";
}

/// " (1 slower, 2 by distance from full attention)": why cases regressed. One may have several
/// reasons.
std::string reasons_words(const analyze::Comparison& c) {
  std::vector<std::string> reasons;
  const auto add = [&](int64_t count, const char* words) {
    if (count > 0) reasons.push_back(std::to_string(count) + " " + words);
  };
  add(c.count(Difference::kSlower), "slower");
  add(c.count(Difference::kBroken), "broken");
  add(std::ranges::count_if(c.cases, &CaseDifference::has_grown), "by memory or rounding error");
  add(std::ranges::count_if(c.cases, &CaseDifference::is_farther),
      "by distance from full attention");
  return " (" + joined(reasons) + ")";
}

/// What regressed, and what could be the reason apart from the program.
std::string regression_words(const CompareView& view) {
  const analyze::Comparison& c = view.comparison;
  std::vector<std::string> worse, other;
  if (c.regressions() > 0)
    worse.push_back(std::to_string(c.regressions()) + " of " + cases_words(c.cases.size()) +
                    reasons_words(c));
  for (const analyze::Pool& pool : c.pools)
    if (pool.verdict == Difference::kSlower) worse.push_back(pool_name(pool) + " together");
  for (const Fact& f : differing_facts(view.base, view.fresh)) other.push_back(f.name);
  std::string words = "Regressed: " + joined(worse) + ".";
  if (const int unknown = c.count(Difference::kCannotTell); unknown > 0)
    words.append(" ").append(cases_words(unknown)).append(" got no verdict.");
  if (!other.empty()) words += " The runs also differ in " + joined(other) + ".";
  return words;
}

}  // namespace

std::string conclusion_words(const CompareView& view) {
  const analyze::Comparison& c = view.comparison;
  const int unknown = c.count(Difference::kCannotTell);
  const std::string of_all = std::to_string(unknown) + " of " + cases_words(c.cases.size());
  switch (analyze::judge_gate(c, view.rules)) {
    case analyze::GateResult::kNotComparable: {
      const analyze::Obstacle& o = *analyze::first_obstacle(c, view.rules);
      return printable("Not comparable: " + o.text + " (--allow " + o.kind +
                       " compares all the same).");
    }
    case analyze::GateResult::kRegression:
      return printable(regression_words(view));
    case analyze::GateResult::kNoVerdict:
      return printable("No case got a verdict, so that nothing is known of a regression: " +
                       (unknown > 0 ? common_reason(c) + "; " + help_words(c)
                                    : std::string("no case has a time in both runs")) +
                       ".");
    case analyze::GateResult::kUnknown:
      return printable("No regression was found, but " + of_all + " got no verdict (" +
                       common_reason(c) + "), and --fail-on-unknown makes that a failure.");
    case analyze::GateResult::kPass:
      break;
  }
  if (unknown == 0) return "No regression: " + cases_words(c.judged()) + " judged.";
  return printable("No regression was found, but " + of_all + " got no verdict (" +
                   common_reason(c) +
                   ") and may hide one; --fail-on-unknown makes that a failure.");
}

}  // namespace attnbench::report
