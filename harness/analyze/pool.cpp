// Reduces the cases of each round to one number, and compares rounds.
#include "analyze/pool.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

#include "analyze/case_stats.h"
#include "analyze/rank_test.h"
#include "analyze/two_samples.h"

namespace attnbench::analyze {
namespace {

using record::Run;

/// A case of a pool: indices into BASE's and NEW's cases, and the time that both are divided by.
struct Member {
  int base = 0;
  int fresh = 0;
  double centre_s = 0;
};

/// The median of both runs' samples together, which does not depend on which rounds belong to BASE.
double common_median(const record::CaseRecord& a, const record::CaseRecord& b) {
  std::vector<double> both = usable_times(a);
  const std::vector<double> more = usable_times(b);
  both.insert(both.end(), more.begin(), more.end());
  return quantile(sorted_copy(both), 0.5);
}

/// One number per round, ascending: the median over the cases of time over centre_s. A round is
/// left out if fewer than half of the cases have a sample in it, as after an interruption.
std::vector<double> round_scores(const Run& run, const std::vector<Member>& members,
                                 int Member::*index) {
  std::map<int, std::vector<double>> by_round;
  for (const Member& m : members)
    for (const record::Sample& s : run.cases[m.*index].samples)
      if (is_usable(s)) by_round[s.round].push_back(s.time_s / m.centre_s);
  std::vector<double> scores;
  for (auto& [round, ratios] : by_round)
    if (2 * ratios.size() >= members.size()) scores.push_back(quantile(sorted_copy(ratios), 0.5));
  return sorted_copy(scores);
}

Pool test_pool(const std::string& variant, const Run& base, const Run& fresh,
               const std::vector<Member>& members, uint64_t seed) {
  Pool pool;
  pool.variant = variant;
  pool.cases = static_cast<int>(members.size());
  const std::vector<double> before = round_scores(base, members, &Member::base);
  const std::vector<double> after = round_scores(fresh, members, &Member::fresh);
  if (before.empty() || after.empty()) return pool;
  const TwoSamples t = compare_samples(before, after, seed);
  pool.ratio = t.ratio;
  pool.p = t.p;
  return pool;
}

void judge(Pool& pool, const CompareOptions& options) {
  const double floor = options.noise_floor;
  if (!pool.ratio.interval) {
    pool.reason = "fewer than 6 rounds on a side";
    return;
  }
  const auto [low, high] = *pool.ratio.interval;
  const double drift = options.interleaved ? floor : std::max(floor, kRunDrift);
  const bool beyond = low > drift || high < 1 / drift;
  if (beyond && pool.adjusted < kHalfOfFalseAlarms)
    pool.verdict = low > drift ? Difference::kSlower : Difference::kFaster;
  else if (low >= 1 / floor && high <= floor)
    pool.verdict = Difference::kSame;
  else if (beyond)
    pool.reason = "too few rounds to judge so many variants at once";
  else
    pool.reason = "runs of one program may drift that far apart";
}

}  // namespace

std::vector<Pool> judge_pools(const Run& base, const Run& fresh,
                              const std::vector<CaseDifference>& cases,
                              const CompareOptions& options) {
  std::vector<Member> all;
  std::map<std::string, std::vector<Member>> by_variant;
  for (const CaseDifference& d : cases) {
    if (!d.p) continue;
    all.push_back({d.base, d.fresh, common_median(base.cases[d.base], fresh.cases[d.fresh])});
    by_variant[fresh.cases[d.fresh].plan.variant].push_back(all.back());
  }
  std::vector<Pool> pools;
  const auto add = [&](const std::string& variant, const std::vector<Member>& members) {
    if (static_cast<int>(members.size()) >= kSmallestPool)
      pools.push_back(test_pool(variant, base, fresh, members, pools.size()));
  };
  add("", all);
  if (by_variant.size() > 1)
    for (const auto& [variant, members] : by_variant) add(variant, members);

  std::vector<double> p_values;
  for (const Pool& pool : pools) p_values.push_back(pool.p);
  const std::vector<double> adjusted = holm_adjusted(p_values);
  for (size_t i = 0; i < pools.size(); ++i) {
    pools[i].adjusted = adjusted[i];
    judge(pools[i], options);
  }
  return pools;
}

}  // namespace attnbench::analyze
