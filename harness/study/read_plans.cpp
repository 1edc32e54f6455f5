// Tries what a study says of its configs against the planned cases.
#include "study/read_plans.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include "plan/plan.h"
#include "record/probe.h"
#include "study/evidence.h"
#include "study/fields.h"

namespace attnbench::study {
namespace {

using config::Problems;
using record::Case;

/// What the checks of one section share.
struct Check {
  const Planned& planned;
  bool any_length;
  Problems& problems;
};

std::string joined(const auto& values) {
  std::vector<std::string> words;
  for (const auto& value : values) {
    if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::string>)
      words.push_back(value);
    else
      words.push_back(std::to_string(value));
  }
  return config::join(words, ", ");
}

/// Labels and variants, by which picks name series.
std::vector<std::string> names_of(const Planned& planned) {
  std::set<std::string> names;
  for (const Case* c : planned.series) names.insert({c->label, c->variant});
  return {names.begin(), names.end()};
}

void add_pick_problem(const Check& check, const Pick& pick, const std::string& pointer,
                      const std::string& problem) {
  const std::vector<std::string> names = names_of(check.planned);
  const bool known = std::ranges::find(names, pick.variant) != names.end();
  check.problems.add(pointer, "in " + check.planned.file + " " + problem +
                                  (known ? "" : config::suggestion(pick.variant, names)));
}

/// The series that the pick names; none if it names no or several ones, which is a problem.
/// `length_at` is where its seq_len stands; by default within the pick.
std::optional<int> check_pick(const Check& check, const Pick& pick, const std::string& pointer,
                              const std::string& length_at = "") {
  const Picked picked = find_series(pick, check.planned.series);
  if (!picked.series) {
    add_pick_problem(check, pick, pointer, picked.problem);
    return std::nullopt;
  }
  if (!pick.seq_len || check.any_length) return picked.series;
  const Case& first = *check.planned.series[static_cast<size_t>(*picked.series)];
  std::set<int64_t> lengths;
  for (const Case& c : check.planned.cases)
    if (record::same_series(c, first)) lengths.insert(c.seq_len());
  if (!lengths.contains(*pick.seq_len))
    check.problems.add(length_at.empty() ? pointer + "/seq_len" : length_at,
                       check.planned.file + " does not measure " + std::to_string(*pick.seq_len) +
                           "; it has: " + joined(lengths));
  return picked.series;
}

void check_picks(const Check& check, const std::vector<Pick>& picks, const std::string& pointer) {
  for (size_t i = 0; i < picks.size(); ++i)
    check_pick(check, picks[i], pointer + "/only/" + std::to_string(i));
}

/// A quantity of a probe needs that probe.
void check_probe(const Check& check, const std::string& quantity, const std::string& pointer) {
  if (record::find_probe_kind(quantity) == nullptr) return;
  const auto& probes = check.planned.config.probes;
  if (std::ranges::find(probes, quantity, &record::ProbeSetting::name) == probes.end())
    check.problems.add(pointer, check.planned.file + " has no probe " + quantity +
                                    "; add \"probes\": {\"" + quantity + "\": {}} to it");
}

/// The number of pairs must be one that the probe is asked for.
void check_pairs(const Check& check, const Pick& pick, const std::string& quantity,
                 const std::string& pointer) {
  if (!pick.pairs) return;
  for (const record::ProbeSetting& probe : check.planned.config.probes)
    if (probe.name == quantity && std::ranges::find(probe.pairs, *pick.pairs) == probe.pairs.end())
      check.problems.add(pointer + "/pairs", "the probe in " + check.planned.file + " has no " +
                                                 std::to_string(*pick.pairs) +
                                                 " pairs; it has: " + joined(probe.pairs));
}

/// Each line of a chart against an axis or a param is of series that differ in that alone.
void check_lines(const Check& check, const ChartOf& chart) {
  if (picks_along(chart.only, chart.x, check.planned.series).picks.empty())
    check.problems.add(chart.pointer, "no variant in " + check.planned.file +
                                          " has series that differ in " + chart.x +
                                          " alone; name those of each line in 'only'");
  for (size_t i = 0; i < chart.only.size(); ++i) {
    const PickedAlong along = find_series_along(chart.only[i], chart.x, check.planned.series);
    if (!along.problem.empty())
      add_pick_problem(check, chart.only[i], chart.pointer + "/only/" + std::to_string(i),
                       along.problem);
  }
}

bool is_number(const std::string& text) {
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [after, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && after == end;
}

/// x of a chart, beside seq_len and distance: an axis or a param with two values or more.
void check_x(const Check& check, const ChartOf& chart) {
  if (chart.x == kSeqLen || chart.x == kDistance) return;
  std::vector<std::string> names{kSeqLen};
  std::set<std::string> values;
  bool known = false;
  for (const record::Axis* axis : pick_axes()) {
    names.emplace_back(axis->name);
    known = known || chart.x == axis->name;
    if (chart.x == axis->name)
      for (const Case* c : check.planned.series)
        values.insert(record::value_text(*axis, axis->get(*c)));
  }
  for (const Case* c : check.planned.series)
    for (const auto& [name, value] : c->params) {
      if (std::ranges::find(names, name) == names.end()) names.push_back(name);
      known = known || chart.x == name;
      if (chart.x == name) values.insert(std::to_string(value));
    }
  if (!known)
    check.problems.add(chart.pointer + "/x", "is no axis or param of " + check.planned.file +
                                                 "; there are: " + joined(names) +
                                                 config::suggestion(chart.x, names));
  else if (values.size() < 2 && !check.any_length)
    check.problems.add(chart.pointer + "/x", check.planned.file + " has one value of " + chart.x +
                                                 ", " + joined(values) +
                                                 "; a chart needs two or more");
  else if (!std::ranges::all_of(values, is_number))
    check.problems.add(chart.pointer + "/x",
                       "the values of " + chart.x + " in " + check.planned.file +
                           " are no numbers: " + joined(values) + "; a chart needs numbers");
  else if (values.size() >= 2)
    check_lines(check, chart);
}

void check_exhibit(const Check& check, const Exhibit& exhibit) {
  if (const auto* const chart = std::get_if<ChartOf>(&exhibit)) {
    check_probe(check, chart->quantity, chart->pointer + "/chart");
    check_x(check, *chart);
    if (chart->x == kSeqLen || chart->x == kDistance)
      check_picks(check, chart->only, chart->pointer);
  }
  if (const auto* const sentence = std::get_if<SentenceOf>(&exhibit))
    check_picks(check, sentence->only, sentence->pointer);
}

void check_claim(const Check& check, const Claim& claim) {
  check_probe(check, claim.quantity, claim.pointer + "/quantity");
  check_pairs(check, claim.of, claim.quantity, claim.pointer + "/of");
  const auto* const trend = std::get_if<Trend>(&claim.rule);
  if (trend != nullptr && trend->along != kSeqLen && trend->along != kDistance) {
    const PickedAlong along = find_series_along(claim.of, trend->along, check.planned.series);
    if (!along.problem.empty())
      add_pick_problem(check, claim.of, claim.pointer + "/of", along.problem);
    return;
  }
  const auto* const published = std::get_if<AsPublished>(&claim.rule);
  const bool by_default = published != nullptr && published->seq_len == claim.of.seq_len;
  const std::optional<int> of = check_pick(check, claim.of, claim.pointer + "/of",
                                           by_default ? claim.pointer + "/published/seq_len" : "");
  if (!claim.over) return;
  check_pairs(check, *claim.over, claim.quantity, claim.pointer + "/over");
  const std::optional<int> over = check_pick(check, *claim.over, claim.pointer + "/over");
  const Pick &a = claim.of, &b = *claim.over;
  const bool same_point = a.seq_len == b.seq_len && a.distance == b.distance && a.pairs == b.pairs;
  if (of && of == over && same_point)
    check.problems.add(claim.pointer + "/over", "is the same as 'of'; compare it with another one");
}

}  // namespace

Planned plan_config(std::string file, config::Config config, const registry::Catalogue& catalogue) {
  Planned planned;
  planned.file = std::move(file);
  planned.config = std::move(config);
  // A case that does not fit the memory is planned sooner, as its work is not counted.
  constexpr int64_t kNoMemory = 0;
  planned.cases = plan::make_plan(planned.config, catalogue, kNoMemory).cases;
  for (const Case& c : planned.cases)
    if (planned.series.empty() || !record::same_series(*planned.series.back(), c))
      planned.series.push_back(&c);
  return planned;
}

void check_section(const Section& section, const Planned& planned, bool any_length,
                   Problems& problems) {
  const Check check{planned, any_length, problems};
  for (const Exhibit& exhibit : section.shows) check_exhibit(check, exhibit);
  for (const Claim& claim : section.claims) check_claim(check, claim);
}

void check_table(const PublishedTable& table, const Planned& planned, Problems& problems) {
  const Check check{planned, true, problems};
  for (size_t i = 0; i < table.rows.size(); ++i)
    if (table.rows[i].of)
      check_pick(check, *table.rows[i].of, "/rows/" + std::to_string(i) + "/of");
}

}  // namespace attnbench::study
