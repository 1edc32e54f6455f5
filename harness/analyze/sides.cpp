// Matches cases twice: by all of their params, then by those that the config sets.
#include "analyze/sides.h"

#include <algorithm>
#include <map>
#include <set>

#include "analyze/identity.h"
#include "record/format.h"
#include "record/inputs.h"
#include "record/json.h"

namespace attnbench::analyze {
namespace {

using record::CaseRecord;
using record::Json;
using record::Run;
using Params = std::vector<std::pair<std::string, int64_t>>;

/// A variant as the run's config names it, with the values of the params that it sets.
struct Spec {
  std::string variant;
  std::string name;  ///< What the labels of its cases begin with.
  std::map<std::string, std::set<int64_t>> params;
};

/// A run without a readable config has none.
std::vector<Spec> specs_of(const Run& run) {
  std::vector<Spec> specs;
  const Json config = Json::parse(run.config_json, nullptr, false);
  const Json variants = config.is_object() ? config.value("variants", Json()) : Json();
  if (!variants.is_array()) return specs;
  for (const Json& v : variants) {
    if (!v.is_object() || !v.contains("variant") || !v["variant"].is_string()) continue;
    Spec& spec = specs.emplace_back();
    spec.variant = v["variant"];
    const bool named = v.contains("label") && v["label"].is_string();
    spec.name = named ? v["label"].get<std::string>() : spec.variant;
    if (!v.contains("params") || !v["params"].is_object()) continue;
    for (const auto& [name, values] : v["params"].items())
      for (const Json& value : values)
        if (value.is_number_integer()) spec.params[name].insert(value.get<int64_t>());
  }
  return specs;
}

bool made(const Spec& spec, const record::Case& c) {
  if (spec.variant != c.variant) return false;
  if (c.label != spec.name && !c.label.starts_with(spec.name + " ")) return false;
  return std::ranges::all_of(spec.params, [&](const auto& set) {
    return std::ranges::any_of(c.params, [&](const auto& p) {
      return p.first == set.first && set.second.contains(p.second);
    });
  });
}

/// What each case is if the defaults of its variant do not count: the params that its config leaves
/// alone. If no part of the config explains a case, all of its params count.
std::vector<Identity> without_defaults(const Run& run) {
  const std::vector<Spec> specs = specs_of(run);
  std::vector<Identity> identities;
  for (const CaseRecord& c : run.cases) {
    Identity& key = identities.emplace_back(identity(c.plan));
    const Spec* maker = nullptr;
    for (const Spec& spec : specs)
      if (made(spec, c.plan) && (maker == nullptr || spec.params.size() > maker->params.size()))
        maker = &spec;
    if (maker != nullptr)
      std::erase_if(std::get<Params>(key),
                    [&](const auto& p) { return !maker->params.contains(p.first); });
  }
  return identities;
}

std::vector<Identity> with_defaults(const Run& run) {
  std::vector<Identity> identities;
  for (const CaseRecord& c : run.cases) identities.push_back(identity(c.plan));
  return identities;
}

std::vector<Identity> without_params(const Run& run) {
  std::vector<Identity> identities = with_defaults(run);
  for (Identity& key : identities) std::get<Params>(key).clear();
  return identities;
}

std::vector<ParamChange> changes(const Params& base, const Params& fresh) {
  const auto value = [](const Params& params, const std::string& name) {
    const auto it = std::ranges::find(params, name, &Params::value_type::first);
    return it == params.end() ? std::string("none") : std::to_string(it->second);
  };
  std::vector<ParamChange> found;
  for (const auto& [name, number] : base)
    if (value(fresh, name) != std::to_string(number))
      found.push_back({name, std::to_string(number), value(fresh, name)});
  for (const auto& [name, number] : fresh)
    if (value(base, name) == "none") found.push_back({name, "none", std::to_string(number)});
  return found;
}

constexpr int kNone = -1;

/// Gives cases of `fresh` that have no partner yet the first free one of the same identity.
void pair_up(const std::vector<Identity>& base, const std::vector<Identity>& fresh,
             std::vector<int>& base_of, std::vector<bool>& taken) {
  std::map<Identity, std::vector<int>> free;
  for (size_t i = base.size(); i-- > 0;)
    if (!taken[i]) free[base[i]].push_back(static_cast<int>(i));
  for (size_t f = 0; f < fresh.size(); ++f) {
    if (base_of[f] != kNone) continue;
    const auto it = free.find(fresh[f]);
    if (it == free.end() || it->second.empty()) continue;
    base_of[f] = it->second.back();
    taken[static_cast<size_t>(base_of[f])] = true;
    it->second.pop_back();
  }
}

/// The sha256 of the file that holds the case's inputs; empty if no file does.
std::string file_digest(const record::Run& run, const record::Case& plan) {
  for (const record::InputSource& source : record::recorded_sources(run.config_json))
    if (source.text() == plan.inputs) return source.sha256;
  return {};
}

}  // namespace

std::vector<Partners> match_cases(const Run& base, const Run& fresh, bool any_params) {
  std::vector<int> base_of(fresh.cases.size(), kNone);
  std::vector<bool> taken(base.cases.size(), false);
  pair_up(with_defaults(base), with_defaults(fresh), base_of, taken);
  pair_up(without_defaults(base), without_defaults(fresh), base_of, taken);
  if (any_params) pair_up(without_params(base), without_params(fresh), base_of, taken);
  std::vector<Partners> partners;
  for (size_t f = 0; f < base_of.size(); ++f) {
    if (base_of[f] == kNone) continue;
    const int b = base_of[f];
    partners.push_back(
        {b, static_cast<int>(f),
         changes(base.cases[static_cast<size_t>(b)].plan.params, fresh.cases[f].plan.params)});
  }
  return partners;
}

Side line_up(std::span<const Run> runs) {
  Side side;
  side.runs = runs;
  for (const CaseRecord& c : side.first().cases) side.cases.push_back({&c});
  for (size_t r = 1; r < runs.size(); ++r) {
    for (auto& row : side.cases) row.push_back(nullptr);
    std::vector<bool> known(runs[r].cases.size(), false);
    for (const Partners& p : match_cases(side.first(), runs[r])) {
      // The runs of one side are of one program: there a changed default is another case.
      if (!p.changes.empty()) continue;
      side.cases[static_cast<size_t>(p.base)][r] = &runs[r].cases[static_cast<size_t>(p.fresh)];
      known[static_cast<size_t>(p.fresh)] = true;
    }
    for (size_t i = 0; i < known.size(); ++i)
      if (!known[i])
        side.only_later.emplace_back(record::describe_case(runs[r].cases[i].plan),
                                     "run " + std::to_string(r + 1));
  }
  return side;
}

bool same_numbers(const Side& base, const Side& fresh, const record::Case& plan) {
  const record::Run& first = base.first();
  const std::string digest = file_digest(first, plan);
  const auto same = [&](const record::Run& run) {
    return run.seed == first.seed && file_digest(run, plan) == digest;
  };
  return std::ranges::all_of(base.runs, same) && std::ranges::all_of(fresh.runs, same);
}

}  // namespace attnbench::analyze
