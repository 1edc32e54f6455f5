// Deals cases and joins records.
#include "run/shard.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "config/config.h"
#include "record/format.h"
#include "record/json.h"
#include "run/facts.h"
#include "run/same_run.h"

namespace attnbench::run {
namespace {

using record::Outcome;
using record::Run;

constexpr int kMostShards = 100'000;

std::string name_of(const Shard& shard) {
  return "shard " + std::to_string(shard.index) + "/" + std::to_string(shard.count);
}

/// The shard, from 1, that measures each case. It depends on the plan only.
std::vector<int> owners(const Run& run, int count) {
  std::vector<int> owner;
  int series = 0, size = 0;
  for (size_t i = 0; i < run.cases.size(); ++i) {
    const bool goes_on = i > 0 && same_series(run.cases[i - 1].plan, run.cases[i].plan);
    series += i > 0 && !goes_on;
    size = goes_on ? size + 1 : 0;
    owner.push_back((series + size) % count + 1);
  }
  return owner;
}

using Problems = std::vector<std::string>;

void refuse_strangers(const std::vector<ShardRecord>& shards, Problems& problems) {
  const ShardRecord& first = shards.front();
  for (const ShardRecord& s : shards) {
    const std::string where = s.run_dir + " and " + first.run_dir + ": ";
    for (const std::string& difference : differences(first.run, s.run))
      problems.push_back(where + difference);
    if (s.run.shards != first.run.shards)
      problems.push_back(where + "one of " + std::to_string(first.run.shards) +
                         " shards, and one of " + std::to_string(s.run.shards));
    if (s.run.cases.size() != first.run.cases.size())
      problems.push_back(where + "their plans differ in length");
  }
}

void refuse_gaps(const std::vector<ShardRecord>& shards, Problems& problems) {
  const int count = shards.front().run.shards;
  std::set<int> seen;
  for (const ShardRecord& s : shards) {
    const std::string name = name_of({s.run.shard, s.run.shards});
    if (!seen.insert(s.run.shard).second)
      problems.push_back(s.run_dir + ": " + name + " is there twice");
    const auto pending = std::count_if(s.run.cases.begin(), s.run.cases.end(), [](const auto& c) {
      return c.plan.outcome == Outcome::kPending;
    });
    if (pending > 0 || !s.run.interrupted.empty() || s.run.finished_utc.empty())
      problems.push_back(s.run_dir + ": " + name +
                         " is not finished: " + record::plural(pending, "case") +
                         " still pending; go on with it by run CONFIG --resume " + s.run_dir);
  }
  for (int index = 1; index <= count; ++index)
    if (!seen.contains(index)) problems.push_back(name_of({index, count}) + " is missing");
}

void join_into(Run& whole, const Run& part) {
  whole.started_utc = std::min(whole.started_utc, part.started_utc);
  whole.finished_utc = std::max(whole.finished_utc, part.finished_utc);
  whole.memory_limit_bytes = std::min(whole.memory_limit_bytes, part.memory_limit_bytes);
  if (whole.machine.hostname.find(part.machine.hostname) == std::string::npos)
    whole.machine.hostname += ", " + part.machine.hostname;
  for (const record::Ceiling& ceiling : part.ceilings) {
    record::Json fact = record::to_json(ceiling);
    fact["fact"] = "ceiling";
    apply_fact(whole, fact);
  }
  for (const record::InputStatistics& statistics : part.input_statistics) {
    record::Json fact = record::to_json(statistics);
    fact["fact"] = "input_statistics";
    apply_fact(whole, fact);
  }
}

}  // namespace

Shard parse_shard(const std::string& text) {
  Shard shard;
  const char* const end = text.data() + text.size();
  const auto index = std::from_chars(text.data(), end, shard.index);
  const bool slash = index.ec == std::errc() && index.ptr != end && *index.ptr == '/';
  const auto count = std::from_chars(slash ? index.ptr + 1 : end, end, shard.count);
  if (!slash || count.ec != std::errc() || count.ptr != end || shard.index < 1 ||
      shard.count > kMostShards || shard.index > shard.count)
    throw config::ConfigError({"--shard " + text + ": expected K/N, such as 1/4 for the first of " +
                               "four, with N up to " + std::to_string(kMostShards)});
  return shard;
}

void take_shard(Run& run, const Shard& shard) {
  run.shard = shard.index;
  run.shards = shard.count;
  const std::vector<int> owner = owners(run, shard.count);
  for (size_t i = 0; i < owner.size(); ++i) {
    record::Case& c = run.cases[i].plan;
    if (owner[i] == shard.index || c.outcome != Outcome::kPending) continue;
    c.outcome = Outcome::kSkipped;
    c.reason = "measured by " + name_of({owner[i], shard.count});
  }
}

Run merge(std::vector<ShardRecord> shards) {
  Problems problems;
  refuse_strangers(shards, problems);
  if (problems.empty()) refuse_gaps(shards, problems);
  if (!problems.empty()) {
    std::string text = "these runs are not the shards of one sweep:";
    for (const std::string& problem : problems) text += "\n  " + problem;
    throw record::RecordError(text);
  }
  std::sort(shards.begin(), shards.end(),
            [](const auto& a, const auto& b) { return a.run.shard < b.run.shard; });
  Run whole = shards.front().run;
  whole.shard = whole.shards = 1;
  for (const ShardRecord& s : shards) join_into(whole, s.run);
  const std::vector<int> owner = owners(whole, static_cast<int>(shards.size()));
  for (size_t i = 0; i < owner.size(); ++i)
    whole.cases[i] = shards[static_cast<size_t>(owner[i] - 1)].run.cases[i];
  return whole;
}

}  // namespace attnbench::run
