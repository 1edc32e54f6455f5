// Matches two runs and judges each pair of cases.
#include "analyze/compare.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "analyze/case_stats.h"
#include "analyze/identity.h"
#include "analyze/obstacles.h"
#include "analyze/pool.h"
#include "analyze/rank_test.h"
#include "analyze/two_samples.h"

namespace attnbench::analyze {
namespace {

using record::CaseRecord;
using record::Outcome;
using record::Run;

/// The key of a case is its identity, and a count that tells equal cases apart.
using Index = std::map<std::pair<Identity, int>, int>;

Index index_cases(const Run& run) {
  std::map<Identity, int> seen;
  Index index;
  for (size_t i = 0; i < run.cases.size(); ++i) {
    const Identity key = identity(run.cases[i].plan);
    index[{key, seen[key]++}] = static_cast<int>(i);
  }
  return index;
}

/// The same, but for cases that `others` lacks: their params do not count.
Index without_params_of_strangers(const Index& cases, const Index& others) {
  std::map<Identity, int> seen;
  Index index;
  for (const auto& [key, i] : cases) {
    if (others.contains(key)) {
      index[key] = i;
      continue;
    }
    Identity bare = key.first;
    std::get<1>(bare).clear();
    index[{bare, -1 - seen[bare]++}] = i;  // Negative: no such case is one without params.
  }
  return index;
}

bool not_measured(const CaseRecord& c) {
  return c.plan.outcome == Outcome::kSkipped || c.plan.outcome == Outcome::kPending;
}

bool went_wrong(const CaseRecord& c) {
  return c.plan.outcome != Outcome::kOk && !not_measured(c);
}

std::string outcome_words(const CaseRecord& c) {
  return std::string(record::outcome_name(c.plan.outcome)) +
         (c.plan.reason.empty() ? "" : ": " + c.plan.reason);
}

/// A quantity has changed if the change exceeds both a factor and an amount.
struct Slack {
  double factor;
  double amount;
};
constexpr Slack kExact{1, 0};
constexpr Slack kHeapSlack{1.01, 4096};
constexpr Slack kResidentSlack{1.10, 1 << 20};
/// Rounding errors vary with the order of sums: those of right kernels reach up to a third of their
/// bound.
constexpr Slack kErrorSlack{2, 0.1};

Quantity quantity(const char* name, std::optional<double> base, std::optional<double> fresh,
                  const Slack& slack) {
  Quantity q{name, base, fresh};
  if (!base || !fresh) return q;
  const auto exceeds = [&](double more, double less) {
    return more > less * slack.factor && more > less + slack.amount;
  };
  if (exceeds(*fresh, *base)) q.change = Quantity::Change::kMore;
  if (exceeds(*base, *fresh)) q.change = Quantity::Change::kLess;
  return q;
}

std::vector<Quantity> quantities(const CaseRecord& base, const CaseRecord& fresh) {
  const auto bytes = [](const std::optional<int64_t>& b) {
    return b ? std::optional(static_cast<double>(*b)) : std::nullopt;
  };
  // Older records have another bound, far looser, and do not say which error it would have shown.
  const auto same_bound = [](const CaseRecord& a, const CaseRecord& b) {
    return a.check && b.check &&
           a.check->visible_error.has_value() == b.check->visible_error.has_value();
  };
  const auto error = [&](const CaseRecord& c) {
    return same_bound(base, fresh) ? std::optional(c.check->worst_error_over_bound) : std::nullopt;
  };
  return {quantity("workspace", bytes(base.plan.workspace_bytes), bytes(fresh.plan.workspace_bytes),
                   kExact),
          quantity("heap peak", bytes(base.memory.heap_peak_bytes),
                   bytes(fresh.memory.heap_peak_bytes), kHeapSlack),
          quantity("resident peak", bytes(base.memory.resident_peak_bytes),
                   bytes(fresh.memory.resident_peak_bytes), kResidentSlack),
          quantity("error", error(base), error(fresh), kErrorSlack)};
}

void add_ratio(CaseDifference& d, const std::vector<double>& base,
               const std::vector<double>& fresh) {
  const TwoSamples t = compare_samples(base, fresh, static_cast<uint64_t>(d.fresh));
  d.base_s = t.base;
  d.fresh_s = t.fresh;
  d.ratio = t.ratio;
  d.p = t.p;
}

CaseDifference match(const Run& base, int b, const Run& fresh, int f) {
  CaseDifference d;
  d.base = b;
  d.fresh = f;
  const CaseRecord& old_case = base.cases[b];
  const CaseRecord& new_case = fresh.cases[f];
  if (old_case.plan.outcome != Outcome::kOk) {
    d.verdict = Difference::kNotTimed;
    d.reason = "BASE " + outcome_words(old_case) + "; NEW " + outcome_words(new_case);
    return d;
  }
  if (went_wrong(new_case)) {
    d.verdict = Difference::kBroken;
    d.reason = outcome_words(new_case);
    return d;
  }
  d.quantities = quantities(old_case, new_case);
  const std::vector<double> base_s = usable_times(old_case);
  const std::vector<double> fresh_s = usable_times(new_case);
  if (base_s.empty() || fresh_s.empty())
    d.reason = "no usable samples";
  else
    add_ratio(d, base_s, fresh_s);
  return d;
}

void adjust_for_count(std::vector<CaseDifference>& cases) {
  std::vector<double> p_values;
  for (const CaseDifference& d : cases)
    if (d.p) p_values.push_back(*d.p);
  const std::vector<double> adjusted = holm_adjusted(p_values);
  size_t next = 0;
  for (CaseDifference& d : cases)
    if (d.p) d.adjusted = adjusted[next++];
}

void judge(CaseDifference& d, double floor, size_t timed, size_t base_n, size_t fresh_n) {
  if (!d.ratio->interval) {
    d.reason = "fewer than 6 samples on a side";
    return;
  }
  const auto [low, high] = *d.ratio->interval;
  const bool found = *d.adjusted < kHalfOfFalseAlarms && (low > 1 || high < 1);
  if (found && d.ratio->value > floor) {
    d.verdict = Difference::kSlower;
  } else if (found && d.ratio->value < 1 / floor) {
    d.verdict = Difference::kFaster;
  } else if (low >= 1 / floor && high <= floor) {
    d.verdict = Difference::kSame;
  } else if (found) {
    d.reason = "differs by less than the noise floor";
  } else if (smallest_p(base_n, fresh_n) * static_cast<double>(timed) >= kHalfOfFalseAlarms) {
    d.reason = std::to_string(std::min(base_n, fresh_n)) + " samples are too few to judge " +
               std::to_string(timed) + " cases at once: measure more rounds";
  } else {
    d.reason = "the samples scatter too widely";
  }
}

void find_missing(Comparison& c, const Run& base, const Run& fresh) {
  Index old_cases = index_cases(base);
  Index new_cases = index_cases(fresh);
  if (c.options.interleaved) {
    const Index all_old = old_cases;
    old_cases = without_params_of_strangers(old_cases, new_cases);
    new_cases = without_params_of_strangers(new_cases, all_old);
  }
  std::map<int, int> partner;  // NEW's case to BASE's, in NEW's order
  for (const auto& [key, b] : old_cases) {
    const auto it = new_cases.find(key);
    const bool there = it != new_cases.end();
    const bool had_time = base.cases[b].plan.outcome == Outcome::kOk;
    if (!there || (had_time && not_measured(fresh.cases[it->second])))
      c.only_base.push_back(b);
    else if (not_measured(base.cases[b]) && !not_measured(fresh.cases[it->second]))
      c.only_fresh.push_back(it->second);
    else
      partner[it->second] = b;
    if (there) new_cases.erase(it);
  }
  for (const auto& [key, f] : new_cases) c.only_fresh.push_back(f);
  std::sort(c.only_base.begin(), c.only_base.end());
  std::sort(c.only_fresh.begin(), c.only_fresh.end());
  for (const auto& [f, b] : partner) c.cases.push_back(match(base, b, fresh, f));
}

}  // namespace

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

Comparison compare(const Run& base, const Run& fresh, const CompareOptions& options) {
  const double noise_floor = options.noise_floor;
  Comparison c;
  c.noise_floor = noise_floor;
  c.options = options;
  find_missing(c, base, fresh);
  c.obstacles = find_obstacles(base, fresh, c);
  adjust_for_count(c.cases);
  const auto timed = static_cast<size_t>(std::count_if(
      c.cases.begin(), c.cases.end(), [](const CaseDifference& d) { return d.p.has_value(); }));
  for (CaseDifference& d : c.cases)
    if (d.p)
      judge(d, noise_floor, timed, usable_times(base.cases[d.base]).size(),
            usable_times(fresh.cases[d.fresh]).size());
  c.pools = judge_pools(base, fresh, c.cases, options);
  return c;
}

}  // namespace attnbench::analyze
