// Reads the sections measure and report.
#include "config/sections.h"

#include "config/fields.h"
#include "config/values.h"
#include "config/variations.h"

namespace attnbench::config {

Measure read_measure(const Node& node, Problems& problems) {
  Measure measure;
  if (!check_object(node, {"rounds", "min_time_s", "timeout_s", "memory_limit", "seed"}, problems))
    return measure;
  if (const auto rounds = member(node, "rounds"))
    measure.rounds = read_integer(*rounds, {"rounds", 1, kMostRounds}, problems).value_or(1);
  if (const auto time = member(node, "min_time_s"))
    measure.min_time_s = read_positive(*time, "min_time_s", kMostMinTimeS, problems).value_or(1);
  if (const auto time = member(node, "timeout_s"))
    measure.timeout_s = read_positive(*time, "timeout_s", kMostTimeoutS, problems).value_or(1);
  const auto limit = member(node, "memory_limit");
  if (limit && !limit->value.is_null()) measure.memory_limit_bytes = read_memory(*limit, problems);
  if (const auto seed = member(node, "seed"))
    measure.seed =
        static_cast<uint64_t>(read_integer(*seed, {"seed", 0, kMostSeed}, problems).value_or(0));
  return measure;
}

Report read_report(const Node& node, Problems& problems) {
  if (!check_object(node, {"baseline"}, problems)) return {};
  const std::optional<Node> baseline = member(node, "baseline");
  return {baseline ? read_string(*baseline, problems).value_or("") : ""};
}

std::string resolve_baseline(const Config& config, const registry::Catalogue& catalogue,
                             Problems& problems) {
  const std::string& wanted = config.report.baseline;
  std::vector<std::string> labels;
  std::vector<std::string> of_variant;  // Labels of the variant that has this name.
  for (const Variation& variation : expand_variants(config, catalogue)) {
    if (variation.label == wanted) return wanted;
    labels.push_back(variation.label);
    if (variation.entry->name() == wanted) of_variant.push_back(variation.label);
  }
  if (of_variant.size() == 1) return of_variant.front();
  const bool ambiguous = !of_variant.empty();
  std::vector<std::string>& choices = ambiguous ? of_variant : labels;
  constexpr size_t kMostShown = 20;
  if (choices.size() > kMostShown) {
    choices.resize(kMostShown);
    choices.emplace_back("...");
  }
  problems.add("/report/baseline",
               shown(Json(wanted)) +
                   (ambiguous ? " is the variant of several labels; name one of: "
                              : " is no variant of this config; it has: ") +
                   join(choices, ", "));
  return {};
}

}  // namespace attnbench::config
