// Brings each round down to one number, and compares the rounds of two sides.
#include "analyze/pool.h"

#include <algorithm>
#include <map>
#include <utility>

#include "analyze/case_stats.h"
#include "analyze/rank_test.h"
#include "analyze/statistics.h"
#include "analyze/verdict.h"

namespace attnbench::analyze {
namespace {

/// A case of a pool: its records in all runs, and the time that all of them are divided by.
struct Member {
  std::vector<const record::CaseRecord*> base;
  std::vector<const record::CaseRecord*> fresh;
  double centre_s = 0;
};

/// The median of all samples together, which does not depend on which rounds belong to BASE.
double common_median(const Member& m) {
  std::vector<double> all;
  for (const auto* side : {&m.base, &m.fresh})
    for (const record::CaseRecord* c : *side) {
      const std::vector<double> times = usable_times(*c);
      all.insert(all.end(), times.begin(), times.end());
    }
  return quantile(sorted_copy(all), 0.5);
}

using MemberSide = std::vector<const record::CaseRecord*> Member::*;

/// One number per round of a run: the median over the cases of time over centre_s. A round is left
/// out if fewer than half of the cases have a sample in it, as after an interruption.
std::map<int, double> round_scores(const std::vector<Member>& members, MemberSide side,
                                   size_t run) {
  std::map<int, std::vector<double>> by_round;
  for (const Member& m : members)
    for (const record::Sample& s : (m.*side)[run]->samples)
      if (is_usable(s)) by_round[s.round].push_back(s.time_s / m.centre_s);
  std::map<int, double> scores;
  for (auto& [round, ratios] : by_round)
    if (2 * ratios.size() >= members.size()) scores[round] = quantile(sorted_copy(ratios), 0.5);
  return scores;
}

/// Empty if a run has no round that counts.
SideSamples side_scores(const std::vector<Member>& members, MemberSide side) {
  SideSamples scores;
  for (size_t run = 0; run < (members.front().*side).size(); ++run) {
    std::vector<double>& values = scores.emplace_back();
    for (const auto& [round, score] : round_scores(members, side, run)) values.push_back(score);
    if (values.empty()) return {};
    std::ranges::sort(values);
  }
  return scores;
}

/// The numbers of the rounds that both of two interleaved runs have.
std::pair<std::vector<double>, std::vector<double>> common_rounds(
    const std::vector<Member>& members) {
  std::pair<std::vector<double>, std::vector<double>> both;
  const std::map<int, double> fresh = round_scores(members, &Member::fresh, 0);
  for (const auto& [round, score] : round_scores(members, &Member::base, 0)) {
    const auto it = fresh.find(round);
    if (it == fresh.end()) continue;
    both.first.push_back(score);
    both.second.push_back(it->second);
  }
  return both;
}

/// A pool and what it was found by.
struct Tested {
  Pool pool;
  TwoSides evidence;
  size_t base_rounds = 0;
  size_t fresh_rounds = 0;
};

Tested tested(const TwoSides& evidence, size_t base_rounds, size_t fresh_rounds) {
  Tested t;
  t.evidence = evidence;
  t.pool.ratio = evidence.ratio;
  t.pool.p = evidence.p;
  t.base_rounds = base_rounds;
  t.fresh_rounds = fresh_rounds;
  return t;
}

Tested test_pool(const std::vector<Member>& members, const CompareOptions& options, Pairing pairing,
                 uint64_t seed) {
  if (pairing == Pairing::kInterleaved) {
    const auto [before, after] = common_rounds(members);
    if (before.empty()) return {};
    return tested(compare_rounds(before, after), before.size(), after.size());
  }
  const SideSamples before = side_scores(members, &Member::base);
  const SideSamples after = side_scores(members, &Member::fresh);
  if (before.empty() || after.empty()) return {};
  return tested(weigh(before, after, options, seed), before.front().size(), after.front().size());
}

}  // namespace

std::vector<Pool> judge_pools(const Side& base, const Side& fresh,
                              const std::vector<CaseDifference>& cases,
                              const CompareOptions& options) {
  std::vector<Member> all;
  std::map<std::string, std::vector<Member>> by_variant;
  for (const CaseDifference& d : cases) {
    if (!d.p) continue;
    Member& m = all.emplace_back();
    m.base = base.cases[static_cast<size_t>(d.base)];
    m.fresh = fresh.cases[static_cast<size_t>(d.fresh)];
    m.centre_s = common_median(m);
    by_variant[m.fresh.front()->plan.variant].push_back(m);
  }
  const Pairing paired = pairing(base.runs.size(), fresh.runs.size(), options);
  std::vector<Tested> all_tested;
  const auto add = [&](const std::string& variant, const std::vector<Member>& members) {
    if (static_cast<int>(members.size()) < kSmallestPool) return;
    Tested& t = all_tested.emplace_back(test_pool(members, options, paired, all_tested.size()));
    t.pool.variant = variant;
    t.pool.cases = static_cast<int>(members.size());
  };
  add("", all);
  if (by_variant.size() > 1)
    for (const auto& [variant, members] : by_variant) add(variant, members);

  std::vector<double> p_values;
  for (const Tested& t : all_tested) p_values.push_back(t.pool.p);
  const std::vector<double> adjusted = holm_adjusted(p_values);
  std::vector<Pool> pools;
  for (size_t i = 0; i < all_tested.size(); ++i) {
    const Tested& t = all_tested[i];
    Pool& pool = pools.emplace_back(t.pool);
    pool.adjusted = adjusted[i];
    const Judged v = judge(t.evidence, adjusted[i],
                           {options, paired, static_cast<int>(all_tested.size()), t.base_rounds,
                            t.fresh_rounds, "rounds", "variants"});
    pool.verdict = v.verdict;
    pool.reason = v.reason;
  }
  return pools;
}

}  // namespace attnbench::analyze
