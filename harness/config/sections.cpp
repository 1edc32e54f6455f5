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

namespace {

record::ProbeSetting read_probe(const Node& node, const record::ProbeKind& kind,
                                Problems& problems) {
  record::ProbeSetting setting{kind.name, kind.seeds};
  setting.pairs = kind.pairs;
  std::vector<std::string> known{"seeds", "distances"};
  if (!kind.pairs.empty()) known.emplace_back("pairs");
  if (!check_object(node, known, problems)) return setting;
  if (const auto seeds = member(node, "seeds"))
    setting.seeds = read_integer(*seeds, {"seeds", 1, kind.most_seeds}, problems).value_or(1);
  if (const auto distances = member(node, "distances"))
    setting.distances =
        read_integer(*distances, {"distances", 1, record::kMostProbeDistances}, problems)
            .value_or(1);
  if (const auto pairs = member(node, "pairs"); pairs && !kind.pairs.empty()) {
    int64_t budget = kMostCases;
    setting.pairs = read_values(*pairs, {"pairs", 1, record::kMostProbePairs}, budget, problems);
    if (std::ssize(setting.pairs) > kMostProbePairCounts)
      problems.add(pairs->pointer, "has " + std::to_string(setting.pairs.size()) +
                                       " values; give at most " +
                                       std::to_string(kMostProbePairCounts));
  }
  return setting;
}

}  // namespace

std::vector<record::ProbeSetting> read_probes(const Node& node, Problems& problems) {
  std::vector<std::string> known;
  for (const record::ProbeKind& kind : record::probe_kinds()) known.emplace_back(kind.name);
  std::vector<record::ProbeSetting> settings;
  if (!check_object(node, known, problems)) return settings;
  for (const record::ProbeKind& kind : record::probe_kinds())
    if (const auto probe = member(node, kind.name))
      settings.push_back(read_probe(*probe, kind, problems));
  return settings;
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
