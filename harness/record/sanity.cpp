// Limits and cross-field rules.
#include "record/sanity.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "record/axes.h"
#include "record/json.h"

namespace attnbench::record {
namespace {

constexpr int kMostThreads = 1 << 16;
constexpr int kMostRounds = 1'000'000;
constexpr int kMostShards = 100'000;

void require(bool holds, const std::string& where, const char* wanted) {
  if (!holds) throw RecordError(where + ": " + wanted);
}

void require_range(int64_t value, int64_t low, int64_t high, const std::string& where) {
  if (value < low || value > high)
    throw RecordError(where + ": " + std::to_string(value) + ", expected " + std::to_string(low) +
                      " to " + std::to_string(high));
}

void require_axes(const Case& c, const std::string& where) {
  for (const Axis& axis : axes()) {
    if (!axis.recorded) continue;
    const std::string place = where + "/" + axis.name;
    if (axis.type() == AxisType::kInteger)
      require_range(std::get<int64_t>(axis.get(c)), std::get<int64_t>(axis.least),
                    axis.most_recorded, place);
    if (axis.type() != AxisType::kNumber) continue;
    const double number = std::get<double>(axis.get(c));
    require(number >= 0 && std::isfinite(number), place, "no finite number from 0 on");
  }
  // The plan skips such cases with this reason, and records them.
  const bool skipped = c.outcome == Outcome::kSkipped;
  require(skipped || c.problem.heads % c.problem.kv_heads == 0, where + "/heads",
          "no multiple of kv_heads");
}

void require_counts(const Case& c, const std::string& where) {
  for (const CaseCount& count : kCaseCounts)
    if (c.*count.value < 0) require(false, where + "/" + count.name, "below 0");
}

void require_depth(const Case& c, const std::string& where) {
  require(c.steps.value_or(0) >= 0, where + "/steps", "below 0");
  require(c.path.value_or(0) >= 0, where + "/path", "below 0");
}

void require_growth(const Growth& growth, const std::string& where) {
  const std::string fault = growth_fault(growth);
  if (!fault.empty()) require(false, where, fault.c_str());
}

void require_probes(const std::vector<Probe>& probes, const std::string& where) {
  for (size_t i = 0; i < probes.size(); ++i) {
    require_sane(probes[i], where);
    for (size_t j = 0; j < i; ++j)
      require(probes[j].name != probes[i].name, where + "/" + probes[i].name,
              "the same probe twice");
  }
}

void require_samples(const CaseRecord& c, int rounds, const std::string& where) {
  std::vector<bool> seen(static_cast<size_t>(rounds), false);
  for (const Sample& s : c.samples) {
    require_range(s.round, 0, rounds - 1, where + "/round");
    require(!seen[static_cast<size_t>(s.round)], where + "/round", "the same round twice");
    seen[static_cast<size_t>(s.round)] = true;
    require(s.iterations >= 0, where + "/iterations", "below 0");
    require(s.setup_s.value_or(0) >= 0, where + "/setup_s", "below 0");
    require(s.empty_call_s.value_or(0) >= 0, where + "/empty_call_s", "below 0");
  }
}

void require_case(int id, const Run& run, const std::string& where) {
  require_range(id, 0, static_cast<int64_t>(run.cases.size()) - 1, where + "/case");
}

void require_pattern(const Pattern& pattern, const Run& run, const std::string& where) {
  require_case(pattern.case_id, run, where);
  const Problem& p = run.cases[static_cast<size_t>(pattern.case_id)].plan.problem;
  const CellAxis rows = pattern_axis(p.q_len), columns = pattern_axis(p.kv_len);
  require(std::cmp_equal(pattern.cells.size(), rows.cells * columns.cells), where + "/cells",
          "not as many as the picture of its case has");
  int64_t pairs = 0;
  for (size_t i = 0; i < pattern.cells.size(); ++i) {
    const auto cell = static_cast<int64_t>(i);
    int64_t most = 0;
    const bool beyond = __builtin_mul_overflow(rows.size(cell / columns.cells),
                                               columns.size(cell % columns.cells), &most);
    require(!beyond && pattern.cells[i] >= 0 && pattern.cells[i] <= most, where + "/cells",
            "more pairs than a cell has");
    require(!__builtin_add_overflow(pairs, pattern.cells[i], &pairs), where + "/cells",
            "too many pairs");
  }
}

void require_mass(double mass, const std::string& where) {
  constexpr double kRounding = 1e-9;
  require(mass >= 0 && mass <= 1 + kRounding, where, "no part of 1");
}

void require_input_statistics(const InputStatistics& s, const Run& run, const std::string& where) {
  require_case(s.case_id, run, where);
  require(s.rows > 0, where + "/rows", "not above 0");
  require_mass(s.effective_share, where + "/effective_share");
  require_mass(s.first_key_mass, where + "/first_key_mass");
  require_mass(s.first_key_mass_least, where + "/first_key_mass_least");
  require_mass(s.first_key_mass_most, where + "/first_key_mass_most");
  for (const TopMass& top : s.top) require_mass(top.mass, where + "/top");
  for (const NearMass& near : s.near) require_mass(near.mass, where + "/near");
}

void require_sentence(const Run& run) {
  const size_t tokens = run.sentence.tokens.size();
  require(tokens <= kMostTokens, "/sentence/tokens", "more than a sentence may have");
  for (size_t i = 0; i < run.sentence.views.size(); ++i) {
    const std::string where = "/sentence/views/" + std::to_string(i);
    const SentenceView& view = run.sentence.views[i];
    require_case(view.case_id, run, where);
    require(view.visible.size() == tokens * tokens &&
                view.visible.find_first_not_of("01") == std::string::npos,
            where + "/visible", "no 0 or 1 for each pair of tokens");
    const auto& params = run.cases[static_cast<size_t>(view.case_id)].plan.params;
    for (const auto& [name, value] : view.drawn_params)
      require(std::any_of(params.begin(), params.end(),
                          [&name = name](const auto& param) { return param.first == name; }),
              where + "/drawn_params/" + name, "no param of the case");
  }
}

}  // namespace

void require_sane(const Probe& probe, const std::string& where) {
  const std::string place = where + "/" + probe.name;
  require(find_probe_kind(probe.name) != nullptr, place, "no known probe");
  require(probe.points.empty() != probe.reason.empty(), place,
          "expected either points or, in reason, why there are none");
  for (const ProbePoint& p : probe.points) {
    require(p.distance >= 1, place, "a distance below 1");
    require(p.pairs >= 0, place, "pairs below 0");
    require(std::isfinite(p.low) && std::isfinite(p.high) && p.low <= p.value && p.value <= p.high,
            place, "a value that is not between low and high");
  }
}

void require_sane(const Quality& q, int64_t heads, const std::string& where) {
  require(q.rows >= 0, where + "/rows", "below 0");
  require(q.relative_error.has_value() == q.reason.empty(), where + "/relative_error",
          "expected either a number or, in reason, why there is none");
  const auto require_within = [&](const char* name, const std::optional<double>& value, double low,
                                  double high) {
    require(!value || (*value >= low && *value <= high), where + "/" + name,
            "no number that it can be");
  };
  constexpr double kMost = std::numeric_limits<double>::max();
  require_within("relative_error", q.relative_error, 0, kMost);
  require_within("worst_head_error", q.worst_head_error, 0, kMost);
  require_within("cosine", q.cosine, -1, 1);
  require_within("mass_recall", q.mass_recall, 0, 1);
  if (q.worst_head) require_range(*q.worst_head, 0, heads - 1, where + "/worst_head");
}

void require_sane(const Run& run) {
  require_range(run.rounds, 0, kMostRounds, "/rounds");
  require_range(run.shards, 1, kMostShards, "/shards");
  require_range(run.shard, 1, run.shards, "/shard");
  for (const Ceiling& c : run.ceilings) require_range(c.threads, 1, kMostThreads, "/ceilings");
  for (size_t i = 0; i < run.cases.size(); ++i) {
    const CaseRecord& c = run.cases[i];
    const std::string where = "/cases/" + std::to_string(i);
    require_axes(c.plan, where);
    require_counts(c.plan, where);
    require_depth(c.plan, where);
    require_growth(c.plan.theory.time, where + "/theory/time");
    require_growth(c.plan.theory.memory, where + "/theory/memory");
    require(c.iterations >= 0, where + "/iterations", "below 0");
    require(c.selection_s.value_or(0) >= 0, where + "/selection_s", "below 0");
    require_probes(c.probes, where + "/probes");
    if (c.quality) require_sane(*c.quality, c.plan.problem.heads, where + "/quality");
    if (!c.samples.empty()) require_samples(c, run.rounds, where + "/samples");
  }
  for (size_t i = 0; i < run.largest_fits.size(); ++i) {
    const std::string where = "/largest_fits/" + std::to_string(i);
    require_range(run.largest_fits[i].seq_len, 0, kMaxLength, where + "/seq_len");
    require_range(run.largest_fits[i].batch.value_or(0), 0, kMaxBatch, where + "/batch");
  }
  for (size_t i = 0; i < run.patterns.size(); ++i)
    require_pattern(run.patterns[i], run, "/patterns/" + std::to_string(i));
  for (size_t i = 0; i < run.undrawn.size(); ++i)
    require_case(run.undrawn[i].case_id, run, "/undrawn/" + std::to_string(i));
  require_sentence(run);
  for (size_t i = 0; i < run.input_statistics.size(); ++i)
    require_input_statistics(run.input_statistics[i], run,
                             "/input_statistics/" + std::to_string(i));
}

}  // namespace attnbench::record
