// Matches the cases of both sides and judges each pair.
#include "analyze/compare.h"

#include <algorithm>
#include <string_view>

#include "analyze/case_stats.h"
#include "analyze/memory_and_error.h"
#include "analyze/obstacles.h"
#include "analyze/pool.h"
#include "analyze/rank_test.h"
#include "analyze/verdict.h"
#include "record/format.h"

namespace attnbench::analyze {
namespace {

using record::CaseRecord;
using record::Outcome;
using record::Run;
using CaseRuns = std::vector<const CaseRecord*>;

bool not_measured(const CaseRecord& c) {
  return c.plan.outcome == Outcome::kSkipped || c.plan.outcome == Outcome::kPending;
}

bool went_wrong(const CaseRecord& c) {
  return c.plan.outcome != Outcome::kOk && !not_measured(c);
}

bool missing(const CaseRecord* c) {
  return c == nullptr || not_measured(*c);
}

std::string outcome_words(const CaseRecord& c) {
  return std::string(record::outcome_name(c.plan.outcome)) +
         (c.plan.reason.empty() ? "" : ": " + c.plan.reason);
}

/// The first run in which the case went wrong, or its first.
const CaseRecord& worst(const CaseRuns& runs) {
  const auto it = std::ranges::find_if(runs, [](const CaseRecord* c) { return went_wrong(*c); });
  return it == runs.end() ? *runs.front() : **it;
}

/// " in 1 of 3 runs", if there are several.
std::string how_often(const CaseRuns& runs) {
  const auto count =
      std::ranges::count_if(runs, [](const CaseRecord* c) { return went_wrong(*c); });
  if (runs.size() == 1 || count == 0) return {};
  return " in " + std::to_string(count) + " of " + std::to_string(runs.size()) + " runs";
}

SideSamples samples_of(const CaseRuns& runs) {
  SideSamples side;
  for (const CaseRecord* c : runs)
    if (std::vector<double> times = usable_times(*c); !times.empty())
      side.push_back(std::move(times));
  return side;
}

class Comparer {
 public:
  Comparer(std::span<const Run> base, std::span<const Run> fresh, const CompareOptions& options)
      : base_(line_up(base)), fresh_(line_up(fresh)) {
    result_.options = options;
    result_.base_runs = static_cast<int>(base.size());
    result_.fresh_runs = static_cast<int>(fresh.size());
    result_.pairing = pairing(base.size(), fresh.size(), options);
    result_.noise_floor = same_band(options);
  }

  Comparison compare() && {
    find_partners();
    result_.obstacles = find_obstacles(base_.runs, fresh_.runs, result_);
    judge_cases();
    result_.pools = judge_pools(base_, fresh_, result_.cases, result_.options);
    return std::move(result_);
  }

 private:
  void find_partners() {
    std::vector<bool> known(base_.cases.size(), false), known_fresh(fresh_.cases.size(), false);
    for (const Partners& p :
         match_cases(base_.first(), fresh_.first(), result_.pairing == Pairing::kInterleaved)) {
      known[static_cast<size_t>(p.base)] = known_fresh[static_cast<size_t>(p.fresh)] = true;
      add(p);
    }
    for (size_t b = 0; b < known.size(); ++b)
      if (!known[b]) result_.only_base.push_back(static_cast<int>(b));
    for (size_t f = 0; f < known_fresh.size(); ++f)
      if (!known_fresh[f]) result_.only_fresh.push_back(static_cast<int>(f));
    std::ranges::sort(result_.only_base);
    std::ranges::sort(result_.only_fresh);
    list_later(base_, "BASE");
    list_later(fresh_, "NEW");
  }

  void list_later(const Side& side, const std::string& name) {
    for (const auto& [what, run] : side.only_later)
      result_.uneven.push_back(what + ": only in " + run + " of " + name);
  }

  /// Compares two cases, or lists them where a side or one of its runs lacks them.
  void add(const Partners& p) {
    const CaseRuns& old_runs = base_.cases[static_cast<size_t>(p.base)];
    const CaseRuns& new_runs = fresh_.cases[static_cast<size_t>(p.fresh)];
    const bool no_base = std::ranges::all_of(old_runs, missing);
    const bool no_fresh = std::ranges::all_of(new_runs, missing);
    const bool had_time = !no_base && !went_wrong(worst(present(old_runs)));
    if (no_fresh && had_time) {
      result_.only_base.push_back(p.base);
    } else if (no_base && !no_fresh) {
      result_.only_fresh.push_back(p.fresh);
    } else if (no_base || no_fresh || (whole(old_runs, p, "BASE") && whole(new_runs, p, "NEW"))) {
      result_.cases.push_back(match(p, present(old_runs), present(new_runs)));
    }
  }

  /// The runs that hold the case; those that skipped it count only if no other does.
  static CaseRuns present(const CaseRuns& runs) {
    CaseRuns there;
    for (const CaseRecord* c : runs)
      if (!missing(c)) there.push_back(c);
    return there.empty() ? CaseRuns{runs.front()} : there;
  }

  bool whole(const CaseRuns& runs, const Partners& p, const char* side) {
    const auto it = std::ranges::find_if(runs, missing);
    if (it == runs.end()) return true;
    const record::Case& plan = fresh_.first().cases[static_cast<size_t>(p.fresh)].plan;
    result_.uneven.push_back(record::describe_case(plan) + ": not in run " +
                             std::to_string(it - runs.begin() + 1) + " of " + side);
    return false;
  }

  CaseDifference match(const Partners& p, const CaseRuns& old_runs, const CaseRuns& new_runs) {
    CaseDifference d;
    d.base = p.base;
    d.fresh = p.fresh;
    d.changes = p.changes;
    const CaseRecord& old_case = worst(old_runs);
    const CaseRecord& new_case = worst(new_runs);
    if (old_case.plan.outcome != Outcome::kOk) {
      d.verdict = Difference::kNotTimed;
      d.reason = "BASE " + outcome_words(old_case) + how_often(old_runs) + "; NEW " +
                 outcome_words(new_case) + how_often(new_runs);
      return d;
    }
    if (went_wrong(new_case)) {
      d.verdict = Difference::kBroken;
      d.reason = outcome_words(new_case) + how_often(new_runs);
      return d;
    }
    d.quantities = memory_and_error(old_runs, new_runs, same_numbers(base_, fresh_, new_case.plan));
    const SideSamples base_s = samples_of(old_runs), fresh_s = samples_of(new_runs);
    if (base_s.size() < old_runs.size() || fresh_s.size() < new_runs.size()) {
      d.reason = "no usable samples";
      return d;
    }
    TwoSides& t = evidence_.emplace_back(
        weigh(base_s, fresh_s, result_.options, static_cast<uint64_t>(d.fresh)));
    sizes_.emplace_back(base_s.front().size(), fresh_s.front().size());
    d.base_s = t.base;
    d.fresh_s = t.fresh;
    d.ratio = t.ratio;
    d.p = t.p;
    return d;
  }

  void judge_cases() {
    std::vector<double> p_values;
    for (const TwoSides& t : evidence_) p_values.push_back(t.p);
    const std::vector<double> adjusted = holm_adjusted(p_values);
    size_t next = 0;
    for (CaseDifference& d : result_.cases) {
      if (!d.p) continue;
      d.adjusted = adjusted[next];
      const auto [base_n, fresh_n] = sizes_[next];
      const Judged v = judge(evidence_[next], adjusted[next],
                             {result_.options, result_.pairing, static_cast<int>(p_values.size()),
                              base_n, fresh_n, "samples", "cases"});
      d.verdict = v.verdict;
      d.reason = v.reason;
      ++next;
    }
  }

  Side base_;
  Side fresh_;
  std::vector<TwoSides> evidence_;                ///< Of the timed cases, in their order.
  std::vector<std::pair<size_t, size_t>> sizes_;  ///< Parallel to it: samples of the first runs.
  Comparison result_;
};

}  // namespace

Pairing pairing(size_t base_runs, size_t fresh_runs, const CompareOptions& options) {
  if (base_runs + fresh_runs > 2) return Pairing::kSeveralRuns;
  return options.interleaved ? Pairing::kInterleaved : Pairing::kSinglePair;
}

double same_band(const CompareOptions& options) {
  return std::max(1 + options.tolerance, options.noise_floor);
}

const char* verdict_name(Difference verdict) {
  switch (verdict) {
    case Difference::kSlower:
      return "slower";
    case Difference::kFaster:
      return "faster";
    case Difference::kSame:
      return "same";
    case Difference::kCannotTell:
      return "cannot tell";
    case Difference::kBroken:
      return "broken";
    case Difference::kNotTimed:
      return "not timed";
  }
  return "unknown";
}

bool CaseDifference::regressed() const {
  return verdict == Difference::kSlower || verdict == Difference::kBroken ||
         std::any_of(quantities.begin(), quantities.end(),
                     [](const Quantity& q) { return q.change == Quantity::Change::kMore; });
}

bool CaseDifference::has_grown() const {
  return std::ranges::any_of(quantities, [](const Quantity& q) {
    return q.name != std::string_view(kDistance) && q.change == Quantity::Change::kMore;
  });
}

bool CaseDifference::is_farther() const {
  return std::ranges::any_of(quantities, [](const Quantity& q) {
    return q.name == std::string_view(kDistance) && q.change == Quantity::Change::kMore;
  });
}

int Comparison::count(Difference verdict) const {
  return static_cast<int>(std::count_if(
      cases.begin(), cases.end(), [&](const CaseDifference& d) { return d.verdict == verdict; }));
}

int Comparison::judged() const {
  return static_cast<int>(cases.size()) - count(Difference::kCannotTell) -
         count(Difference::kNotTimed);
}

int Comparison::regressions() const {
  return static_cast<int>(std::count_if(cases.begin(), cases.end(),
                                        [](const CaseDifference& d) { return d.regressed(); }));
}

bool Comparison::regressed() const {
  return regressions() > 0 || std::any_of(pools.begin(), pools.end(), [](const Pool& pool) {
           return pool.verdict == Difference::kSlower;
         });
}

Comparison compare(std::span<const Run> base, std::span<const Run> fresh,
                   const CompareOptions& options) {
  return Comparer(base, fresh, options).compare();
}

Comparison compare(const Run& base, const Run& fresh, const CompareOptions& options) {
  return compare(std::span(&base, 1), std::span(&fresh, 1), options);
}

}  // namespace attnbench::analyze
