// Puts a comparison into words.
#include "report/comparison_words.h"

#include <algorithm>
#include <map>

#include "record/format.h"
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
constexpr size_t kMostMissing = 20;

std::string value_words(const Quantity& q, double value) {
  const std::string name = q.name;
  if (name == "error") return record::format_number(value, 2) + " of its bound";
  return name == analyze::kDistance ? record::format_number(value, 3) : record::format_bytes(value);
}

/// How the sides were measured, and what drift between runs the verdicts allow for.
std::string drift_words(const CompareView& view) {
  const analyze::Comparison& c = view.comparison;
  switch (c.pairing) {
    case analyze::Pairing::kInterleaved:
      return "The runs are interleaved: both met the same minutes of the machine.";
    case analyze::Pairing::kSeveralRuns:
      return std::to_string(c.base_runs) + " and " + std::to_string(c.fresh_runs) +
             " runs: the intervals hold how far runs of one side drift apart.";
    case analyze::Pairing::kSinglePair:
      break;
  }
  const double drift = analyze::drift_ratio(c.options.drift_or_default());
  return "The intervals allow for a drift of " + record::format_number(drift, 4) +
         "x between the runs (" + view.floor_source + ").";
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
  return words + std::to_string(std::ranges::count_if(c.cases, &CaseDifference::has_grown)) +
         " with more memory or rounding error, " +
         std::to_string(std::ranges::count_if(c.cases, &CaseDifference::is_farther)) +
         " farther from full attention; " + std::to_string(c.regressions()) + " regressed.";
}

/// "All 15 cases together: slower, 0.95x [0.94, 0.96] as fast".
std::string pool_words(const analyze::Pool& pool) {
  std::string words = pool_name(pool) + " together: " + analyze::verdict_name(pool.verdict);
  words[0] = 'A';
  if (!pool.reason.empty()) words += " (" + pool.reason + ")";
  return pool.ratio.interval ? words + ", " + as_fast_words(pool.ratio) : words;
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
  return std::string(q.name) + " " + side(q.base) + " → " + side(q.fresh) + " (" +
         change_name(q.change) + ")";
}

std::string defaults_words(const CaseDifference& d) {
  std::string words;
  for (const analyze::ParamChange& c : d.changes)
    words += (words.empty() ? "" : ", ") + c.name + " " + c.base + " → " + c.fresh;
  return words;
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
    for (size_t i = 0; i < std::min(cases.size(), kMostMissing); ++i)
      lines.push_back(std::string("only in ") + where + ": " +
                      printable(record::describe_case(run.cases[cases[i]].plan)));
    if (cases.size() > kMostMissing)
      lines.push_back("… and " + std::to_string(cases.size() - kMostMissing) + " more only in " +
                      where + " (--format json lists all)");
  };
  list("BASE", view.base, view.comparison.only_base);
  list("NEW", view.fresh, view.comparison.only_fresh);
  for (const std::string& line : view.comparison.uneven) lines.push_back(printable(line));
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

std::vector<std::string> default_lines(const CompareView& view) {
  std::map<std::pair<std::string, std::string>, size_t> counts;
  for (const CaseDifference& d : view.comparison.cases)
    if (!d.changes.empty()) ++counts[{view.fresh.cases[d.fresh].plan.variant, defaults_words(d)}];
  std::vector<std::string> lines;
  for (const auto& [what, count] : counts)
    lines.push_back(printable("param of " + what.first + " changed: " + what.second + " (" +
                              cases_words(count) + ")"));
  return lines;
}

std::vector<std::string> doubt_lines(const CompareView& view) {
  std::map<std::string, size_t> counts;
  for (const CaseDifference& d : view.comparison.cases)
    if (d.verdict == Difference::kCannotTell) ++counts[d.reason];
  std::vector<std::string> lines;
  for (const auto& [reason, count] : counts)
    lines.push_back(printable("cannot tell, " + cases_words(count) + ": " + reason + "."));
  return lines;
}

std::vector<std::string> verdict_lines(const CompareView& view) {
  std::vector<std::string> lines{counts_words(view.comparison)};
  for (const auto& more : {pool_lines(view), doubt_lines(view)})
    lines.insert(lines.end(), more.begin(), more.end());
  return lines;
}

std::vector<std::string> method_lines(const CompareView& view) {
  const analyze::Comparison& c = view.comparison;
  std::vector<std::string> lines{
      "\"0.80x as fast\": NEW does 0.80 of BASE's work in the same time. Same: within " +
          record::format_number(c.noise_floor, 4) +
          "x. Of 20 comparisons of equal programs, at most one says slower or faster.",
      printable(drift_words(view) + " results/README.md has the rules.")};
  if (c.pairing == analyze::Pairing::kSinglePair)
    lines.push_back(
        "A single pair of runs cannot exclude that the machine drifted between them: `attnbench "
        "ab` interleaves two builds, and `compare BASE… -- NEW…` takes several runs.");
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
    if (d.ratio) words += ", " + as_fast_words(*d.ratio);
    for (const std::string& more : {d.reason, defaults_words(d), changes_words(d)})
      if (!more.empty()) words += "; " + more;
    lines.push_back(printable(words));
  }
  return lines;
}

std::vector<std::string> summary_lines(const CompareView& view) {
  std::vector<std::string> obstacles;
  for (const analyze::Obstacle& o : view.comparison.obstacles)
    obstacles.push_back("not comparable (" + o.kind + "): " + printable(o.text));
  std::vector<std::string> lines;
  for (const auto& more : {verdict_lines(view), missing_lines(view), obstacles, default_lines(view),
                           difference_lines(view), method_lines(view)})
    lines.insert(lines.end(), more.begin(), more.end());
  return lines;
}

}  // namespace attnbench::report
