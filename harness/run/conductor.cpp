// Orders probes, rounds and ceilings of one run, or of two in the same rounds.
#include "run/conductor.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <random>
#include <set>

#include "run/case_driver.h"

namespace attnbench::run {
namespace {

using record::CaseRecord;
using record::Json;
using record::Outcome;

/// A case of one of the runs.
struct Item {
  size_t side = 0;  ///< Position of its driver.
  size_t id = 0;

  auto operator<=>(const Item&) const = default;
};

/// One running sweep.
class Conductor {
 public:
  Conductor(std::vector<CaseDriver> sides, Progress& progress)
      : sides_(std::move(sides)), progress_(progress) {}

  void pair(size_t first_id, size_t second_id) {
    partner_[{0, first_id}] = {1, second_id};
    partner_[{1, second_id}] = {0, first_id};
  }

  void conduct() {
    for (CaseDriver& side : sides_) side.skip_larger_than_known();
    probe_all();
    probe_behaviour();
    int rounds = 0;
    for (const CaseDriver& side : sides_) rounds = std::max(rounds, side.run().rounds);
    for (int round = 0; !check_only() && round < rounds && !stopped(); ++round)
      time_round(round, rounds);
    if (stopped()) return;  // A case that was not tried is not ok.
    for (CaseDriver& side : sides_) side.finish_all();
  }

 private:
  CaseDriver& driver(const Item& item) { return sides_[item.side]; }
  bool check_only() const { return sides_.front().check_only(); }
  bool stopped() const { return sides_.front().stopped(); }
  bool pending(const Item& item) const { return sides_[item.side].pending(item.id); }

  std::vector<Item> pending_cases() const {
    std::vector<Item> items;
    for (size_t side = 0; side < sides_.size(); ++side)
      for (const size_t id : sides_[side].pending_cases()) items.push_back({side, id});
    return items;
  }

  /// The items in the same order, but for partners, each of which follows directly the one of its
  /// pair that came first.
  std::vector<Item> partners_together(const std::vector<Item>& items) const {
    std::vector<Item> together;
    std::set<Item> left(items.begin(), items.end());
    for (const Item& item : items) {
      if (left.erase(item) == 0) continue;
      together.push_back(item);
      const auto partner = partner_.find(item);
      if (partner != partner_.end() && left.erase(partner->second) > 0)
        together.push_back(partner->second);
    }
    return together;
  }

  double time_left(int next_round) const {
    double left_s = 0;
    for (const CaseDriver& side : sides_) left_s += side.time_left(next_round);
    return left_s;
  }

  int64_t iterations(const Item& item) const {
    return sides_[item.side].run().cases[item.id].iterations;
  }

  void probe_all() {
    progress_.begin(check_only() ? "checking" : "checking and calibrating");
    const std::vector<Item> items = partners_together(pending_cases());
    int position = 0;
    for (const Item& item : items) {
      if (stopped()) return;
      ++position;
      if (!pending(item) || iterations(item) > 0) continue;
      progress_.step(position, static_cast<int>(items.size()), driver(item).describe(item.id), -1);
      driver(item).probe(item.id);
      align_iterations(item);
    }
    progress_.end(static_cast<int>(items.size()), time_left(0));
  }

  void probe_behaviour() {
    if (check_only()) return;
    std::vector<Item> items;
    for (const Item& item : pending_cases())
      if (driver(item).lacks_behaviour(item.id)) items.push_back(item);
    if (items.empty()) return;
    progress_.begin("probing");
    int position = 0;
    for (const Item& item : items) {
      if (stopped()) return;
      progress_.step(++position, static_cast<int>(items.size()), driver(item).describe(item.id),
                     -1);
      driver(item).probe_behaviour(item.id);
    }
    progress_.end(static_cast<int>(items.size()), time_left(0));
  }

  /// Samples of as many calls have the same shape, so that a rank test tells no difference but that
  /// of the programs. More calls than its own number never make a sample shorter than asked for.
  void align_iterations(const Item& item) {
    const auto partner = partner_.find(item);
    if (check_only() || partner == partner_.end() || !pending(item) || !pending(partner->second))
      return;
    const int64_t own = iterations(item), other = iterations(partner->second);
    if (own == 0 || other == 0 || own == other) return;
    const Item& fewer = own < other ? item : partner->second;
    const int64_t few = std::min(own, other), many = std::max(own, other);
    if (many / kAlikeCalls <= few) driver(fewer).fix_iterations(fewer.id, many);
  }

  /// Measured before each round, unless once is enough, so that the ceilings meet the same noise as
  /// the cases. They are the machine's: the last side's program measures them for all.
  void measure_ceilings() {
    std::set<CeilingSetting> settings;
    for (const Item& item : pending_cases()) {
      const record::Case& c = sides_[item.side].run().cases[item.id].plan;
      if (!driver(item).holds_ceilings(c)) settings.emplace(c.threads, c.pages);
    }
    const std::vector<Json> facts = sides_.back().measure_ceilings(settings);
    for (CaseDriver& side : sides_) side.keep_ceilings(facts);
  }

  void time_round(int round, int rounds) {
    const std::vector<Item> items = pending_cases();
    std::vector<Item> order;
    for (const size_t i : shuffled(items.size(), sides_.front().run().seed, round))
      order.push_back(items[i]);
    order = partners_together(order);
    const auto is_left = [&](const Item& item) {
      return pending(item) && !driver(item).has_sample(item.id, round);
    };
    progress_.begin("round " + std::to_string(round + 1) + " of " + std::to_string(rounds));
    if (std::none_of(order.begin(), order.end(), is_left)) return;
    measure_ceilings();
    double left_in_round = time_left(rounds - 1);
    for (size_t i = 0; i < order.size() && !stopped(); ++i) {
      const Item& item = order[i];
      if (!is_left(item)) continue;
      progress_.step(static_cast<int>(i) + 1, static_cast<int>(order.size()),
                     driver(item).describe(item.id), left_in_round + time_left(round + 1));
      left_in_round -= driver(item).cost_s(item.id);
      driver(item).time(item.id, round);
    }
    if (!stopped()) progress_.end(static_cast<int>(order.size()), time_left(round + 1));
  }

  std::vector<CaseDriver> sides_;
  Progress& progress_;
  std::map<Item, Item> partner_;
};

}  // namespace

std::vector<Json> retries(const record::Run& run) {
  std::vector<Json> facts;
  for (const CaseRecord& c : run.cases)
    if (c.plan.outcome == Outcome::kFailed && c.plan.retry)
      facts.push_back({{"fact", "retry"}, {"case", c.plan.id}});
  return facts;
}

std::vector<size_t> shuffled(size_t count, uint64_t seed, int round) {
  std::vector<size_t> order(count);
  std::iota(order.begin(), order.end(), size_t{0});
  std::mt19937_64 random(seed * 1'000'003 + static_cast<uint64_t>(round));
  // Fisher-Yates by hand, because the order of std::shuffle differs between libraries.
  for (size_t i = count; i > 1; --i) std::swap(order[i - 1], order[random() % i]);
  return order;
}

void conduct(record::Run& run, const ConductOptions& options, Progress& progress) {
  Conductor({CaseDriver(run, options, progress, "")}, progress).conduct();
}

void conduct_both(const Side& first, const Side& second, const std::vector<CasePair>& pairs,
                  Progress& progress) {
  Conductor conductor({CaseDriver(first.run, first.options, progress, first.name),
                       CaseDriver(second.run, second.options, progress, second.name)},
                      progress);
  for (const CasePair& pair : pairs) conductor.pair(pair.first, pair.second);
  conductor.conduct();
}

}  // namespace attnbench::run
