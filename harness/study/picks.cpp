// Finds the series that a pick names.
#include <algorithm>
#include <numeric>

#include "config/problems.h"
#include "record/axes.h"
#include "study/evidence.h"

namespace attnbench::study {
namespace {

using record::Axis;
using record::Case;

/// What tells series apart beside their variant: the name of an axis or param, and the value.
using Trait = std::pair<std::string, std::string>;

bool tells_series_apart(const Axis& axis) {
  return axis.recorded && axis.in_series;
}

/// The value of an axis or param; empty if the case has none of that name.
std::string value_of(const Case& c, const std::string& name) {
  for (const auto& [param, value] : c.params)
    if (param == name) return std::to_string(value);
  for (const Axis& axis : record::axes())
    if (tells_series_apart(axis) && axis.name == name) return record::value_text(axis, axis.get(c));
  return {};
}

bool is_flag(const std::string& name) {
  return std::ranges::any_of(record::axes(), [&](const Axis& axis) {
    return axis.name == name && axis.type() == record::AxisType::kFlag;
  });
}

/// The same as a number, if it is one: of a flag 0 or 1.
std::optional<double> number_of(const Case& c, const std::string& name) {
  for (const auto& [param, value] : c.params)
    if (param == name) return static_cast<double>(value);
  for (const Axis& axis : record::axes()) {
    if (!tells_series_apart(axis) || axis.name != name) continue;
    const record::AxisValue value = axis.get(c);
    if (const auto* const whole = std::get_if<int64_t>(&value)) return static_cast<double>(*whole);
    if (const auto* const real = std::get_if<double>(&value)) return *real;
  }
  return std::nullopt;
}

/// An axis that only follows another one, as kv_heads does heads, tells nothing apart of itself.
std::vector<Trait> traits_of(const Case& c) {
  std::vector<Trait> traits;
  for (const auto& [name, value] : c.params) traits.emplace_back(name, std::to_string(value));
  for (const Axis& axis : record::axes()) {
    if (!tells_series_apart(axis)) continue;
    const bool follows =
        axis.name == std::string_view("q_len")
            ? c.q_len_follows
            : axis.follows != nullptr && axis.get(c) == record::axis_named(axis.follows).get(c);
    traits.emplace_back(axis.name, follows ? axis.follows : value_of(c, axis.name));
  }
  return traits;
}

void add_once(std::vector<std::string>& all, const std::string& text) {
  if (std::ranges::find(all, text) == all.end()) all.push_back(text);
}

/// The series, by their cases, that are still in question.
struct Candidates {
  const std::vector<const Case*>& series;
  std::vector<int> left;

  const Case& plan(int s) const { return *series[static_cast<size_t>(s)]; }

  std::vector<std::string> labels() const {
    std::vector<std::string> all;
    for (const int s : left) add_once(all, plan(s).label);
    return all;
  }
  std::vector<std::string> values(const std::string& name) const {
    std::vector<std::string> all;
    for (const int s : left)
      if (const std::string value = value_of(plan(s), name); !value.empty()) add_once(all, value);
    return all;
  }
  template <class Keep>
  void keep(const Keep& wanted) {
    std::erase_if(left, [&](int s) { return !wanted(plan(s)); });
  }
};

/// Keeps those of which the trait has the wanted value. Returns what is wrong if there are none.
std::string narrow(Candidates& candidates, const std::string& name, const std::string& wanted) {
  const std::vector<std::string> there_are = candidates.values(name);
  const std::string subject = config::join(candidates.labels(), ", ");
  candidates.keep([&](const Case& c) { return value_of(c, name) == wanted; });
  if (!candidates.left.empty()) return {};
  if (there_are.empty()) return "no series of " + subject + " has a param called " + name;
  return "no series of " + subject + " has " + name + " = " + wanted +
         "; there are: " + config::join(there_are, ", ");
}

/// All series that fit the pick. Returns what is wrong if none does.
std::string narrow(Candidates& candidates, const Pick& pick) {
  const std::vector<std::string> there_are = candidates.labels();
  candidates.keep(
      [&](const Case& c) { return c.label == pick.variant || c.variant == pick.variant; });
  if (candidates.left.empty())
    return "no series is called " + pick.variant + "; there are: " + config::join(there_are, ", ");
  for (const auto& [name, value] : pick.params)
    if (std::string problem = narrow(candidates, name, std::to_string(value)); !problem.empty())
      return problem;
  for (const auto& [axis, value] : pick.axes)
    if (std::string problem = narrow(candidates, axis->name, record::value_text(*axis, value));
        !problem.empty())
      return problem;
  // A label is the name of one series; the variant's name stands for all of its series.
  const auto is_label = [&](int s) { return candidates.plan(s).label == pick.variant; };
  if (std::ranges::any_of(candidates.left, is_label))
    candidates.keep([&](const Case& c) { return c.label == pick.variant; });
  return {};
}

/// "threads (1, 2), causal (false, true)": in what the candidates differ, but for one trait.
std::string differences(const Candidates& candidates, const std::string& but_for) {
  std::vector<std::string> all;
  std::vector<std::pair<std::string, std::vector<std::string>>> traits;
  for (const int s : candidates.left)
    for (const auto& [name, value] : traits_of(candidates.plan(s))) {
      auto known = std::ranges::find(traits, name, [](const auto& trait) { return trait.first; });
      if (known == traits.end()) known = traits.insert(known, {name, {}});
      add_once(known->second, value);
    }
  for (const auto& [name, values] : traits)
    if (name != but_for && values.size() > 1)
      all.push_back(name + " (" + config::join(values, ", ") + ")");
  // Labels follow from params; they alone tell apart what only lists of values do.
  if (all.empty() && but_for.empty() && candidates.labels().size() > 1)
    return "their labels (" + config::join(candidates.labels(), ", ") + ")";
  return config::join(all, ", ");
}

Candidates all_of(const std::vector<const Case*>& series) {
  Candidates candidates{series, std::vector<int>(series.size())};
  std::iota(candidates.left.begin(), candidates.left.end(), 0);
  return candidates;
}

std::string too_many(const Candidates& candidates, const std::string& differ) {
  return std::to_string(candidates.left.size()) + " series fit" +
         (differ.empty() ? "" : "; they differ in " + differ);
}

}  // namespace

Picked find_series(const Pick& pick, const std::vector<const Case*>& series) {
  Candidates candidates = all_of(series);
  if (std::string problem = narrow(candidates, pick); !problem.empty()) return {{}, problem};
  if (candidates.left.size() > 1) return {{}, too_many(candidates, differences(candidates, ""))};
  return {candidates.left.front(), ""};
}

PickedAlong find_series_along(const Pick& pick, const std::string& along,
                              const std::vector<const Case*>& series) {
  Candidates candidates = all_of(series);
  PickedAlong picked;
  picked.problem = narrow(candidates, pick);
  if (!picked.problem.empty()) return picked;
  candidates.keep([&](const Case& c) { return !value_of(c, along).empty(); });
  const std::vector<std::string> values = candidates.values(along);
  if (const std::string differ = differences(candidates, along); !differ.empty())
    picked.problem = too_many(candidates, differ) + ", beside " + along;
  else if (candidates.left.empty())
    picked.problem = "no axis or param of " + pick.variant + " is called " + along;
  else if (values.size() < 2)
    picked.problem =
        "nothing rises or falls along " + along + ", of which there is only " + values.front();
  else if (values.size() < candidates.left.size())
    picked.problem = too_many(candidates, "") + ", and some have the same " + along;
  picked.too_many = values.size() > 1 && !picked.problem.empty();
  if (!picked.problem.empty()) return picked;

  std::ranges::stable_sort(candidates.left, {},
                           [&](int s) { return number_of(candidates.plan(s), along).value_or(0); });
  for (const int s : candidates.left) {
    const Case& c = candidates.plan(s);
    picked.values.push_back(value_of(c, along));
    picked.numbers.push_back(is_flag(along) ? std::nullopt : number_of(c, along));
  }
  picked.series = candidates.left;
  return picked;
}

PicksAlong picks_along(const std::vector<Pick>& only, const std::string& along,
                       const std::vector<const record::Case*>& series) {
  if (!only.empty()) return {only, {}};
  std::vector<std::string> variants;
  for (const Case* c : series) add_once(variants, c->variant);
  PicksAlong all;
  for (const std::string& variant : variants) {
    if (find_series_along({variant}, along, series).problem.empty()) {
      all.picks.push_back({variant});
      continue;
    }
    std::vector<std::string> labels;
    for (const Case* c : series)
      if (c->variant == variant) add_once(labels, c->label);
    for (const std::string& label : labels) {
      const PickedAlong found = find_series_along({label}, along, series);
      if (found.problem.empty()) all.picks.push_back({label});
      if (found.too_many) all.left_out.push_back(label + ": " + found.problem);
    }
  }
  return all;
}

}  // namespace attnbench::study
