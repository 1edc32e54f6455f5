// Puts a comparison into words.
#include "report/comparison_words.h"

#include <algorithm>

#include "analyze/pool.h"
#include "record/format.h"
#include "report/conclusion.h"
#include "report/escape.h"
#include "report/run_facts.h"
#include "report/words.h"

namespace attnbench::report {
namespace {

using analyze::CaseDifference;
using analyze::Difference;
using analyze::Quantity;

/// Nobody reads more sentences than this; the table holds all cases.
constexpr size_t kMostRegressions = 20;

std::string value_words(const Quantity& q, double value) {
  return std::string(q.name) == "error" ? record::format_number(value, 2) + " of its bound"
                                        : record::format_bytes(value);
}

std::string floor_words(const CompareView& view) {
  const std::string level = percent_words(100 * analyze::kHalfOfFalseAlarms);
  return "A verdict on a case needs all of this: Mann and Whitney's test at " + level +
         ", corrected by Holm over all cases; an interval (95 %, bootstrapped) of the ratio "
         "without "
         "1; a ratio beyond the noise floor of " +
         record::format_number(view.comparison.noise_floor, 4) + "x (" + view.floor_source +
         "). One on many cases together needs the same test of the rounds at " + level +
         ", and its whole interval beyond " +
         record::format_number(std::max(view.comparison.noise_floor, analyze::kRunDrift), 4) +
         "x, which runs of one program may drift apart by.";
}

std::string counts_words(const analyze::Comparison& c) {
  std::string words = std::to_string(c.cases.size()) + " cases compared: ";
  for (const Difference verdict :
       {Difference::kSlower, Difference::kFaster, Difference::kSame, Difference::kCannotTell,
        Difference::kBroken, Difference::kNotTimed}) {
    const int count = c.count(verdict);
    if (count > 0 || verdict <= Difference::kCannotTell)
      words += std::to_string(count) + " " + analyze::verdict_name(verdict) + ", ";
  }
  int more = 0;
  for (const CaseDifference& d : c.cases)
    for (const Quantity& q : d.quantities) more += q.change == Quantity::Change::kMore;
  return words + std::to_string(more) + " with more memory or error; " +
         std::to_string(c.regressions()) + " regressed.";
}

/// "All 15 cases together: slower, 1.05x [1.04, 1.06]".
std::string pool_words(const analyze::Pool& pool) {
  std::string words = pool_name(pool) + " together: " + analyze::verdict_name(pool.verdict);
  words[0] = 'A';
  if (!pool.reason.empty()) words += " (" + pool.reason + ")";
  return words + ", " + ratio_words(pool.ratio);
}

}  // namespace

const char* change_name(Quantity::Change change) {
  switch (change) {
    case Quantity::Change::kNone:
      return "same";
    case Quantity::Change::kLess:
      return "less";
    case Quantity::Change::kMore:
      return "more";
  }
  return "unknown";
}

std::string pool_name(const analyze::Pool& pool) {
  const std::string name = "all " + cases_words(static_cast<size_t>(pool.cases));
  return pool.variant.empty() ? name : name + " of " + pool.variant;
}

std::string quantity_words(const Quantity& q) {
  const auto side = [&](const std::optional<double>& value) {
    return value ? value_words(q, *value) : "unknown";
  };
  return std::string(q.name) + " " + side(q.base) + " -> " + side(q.fresh) + " (" +
         change_name(q.change) + ")";
}

std::string changes_words(const CaseDifference& d) {
  std::string words;
  for (const Quantity& q : d.quantities)
    if (q.change != Quantity::Change::kNone)
      words += (words.empty() ? "" : "; ") + quantity_words(q);
  return words;
}

std::vector<std::string> missing_lines(const CompareView& view) {
  std::vector<std::string> lines;
  const auto list = [&](const char* where, const record::Run& run, const std::vector<int>& cases) {
    for (const int c : cases)
      lines.push_back(std::string("only in ") + where + ": " +
                      printable(record::describe_case(run.cases[c].plan)));
  };
  list("BASE", view.base, view.comparison.only_base);
  list("NEW", view.fresh, view.comparison.only_fresh);
  return lines;
}

std::vector<std::string> difference_lines(const CompareView& view) {
  std::vector<std::string> lines;
  for (const Fact& f : differing_facts(view.base, view.fresh))
    lines.push_back(
        printable("differs: " + f.name + ": '" + f.base + "' in BASE, '" + f.fresh + "' in NEW"));
  return lines;
}

std::vector<std::string> pool_lines(const CompareView& view) {
  std::vector<std::string> lines;
  for (const analyze::Pool& pool : view.comparison.pools)
    if (pool.variant.empty() || pool.verdict == Difference::kSlower ||
        pool.verdict == Difference::kFaster)
      lines.push_back(printable(pool_words(pool) + "."));
  return lines;
}

std::vector<std::string> verdict_lines(const CompareView& view) {
  std::vector<std::string> lines = pool_lines(view);
  lines.insert(lines.begin(), counts_words(view.comparison));
  lines.push_back(printable(floor_words(view)));
  return lines;
}

std::vector<std::string> regression_lines(const CompareView& view) {
  std::vector<std::string> lines;
  for (const CaseDifference& d : view.comparison.cases) {
    if (!d.regressed()) continue;
    if (lines.size() == kMostRegressions) {
      lines.push_back("Further regressions are in the table.");
      break;
    }
    std::string words = record::describe_case(view.fresh.cases[d.fresh].plan) + ": " +
                        analyze::verdict_name(d.verdict);
    if (d.ratio) words += ", " + ratio_words(*d.ratio);
    for (const std::string& more : {d.reason, changes_words(d)})
      if (!more.empty()) words += "; " + more;
    lines.push_back(printable(words));
  }
  return lines;
}

std::vector<std::string> summary_lines(const CompareView& view) {
  std::vector<std::string> lines = missing_lines(view);
  for (const analyze::Obstacle& o : view.comparison.obstacles)
    lines.push_back("not comparable (" + o.kind + "): " + printable(o.text));
  for (const auto& more : {difference_lines(view), verdict_lines(view)})
    lines.insert(lines.end(), more.begin(), more.end());
  lines.push_back(conclusion_words(view));
  return lines;
}

}  // namespace attnbench::report
