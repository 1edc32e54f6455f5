// Takes the facts of two runs from the JSON form of their records.
#include "report/run_facts.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "analyze/case_stats.h"
#include "record/format.h"
#include "record/json.h"
#include "report/words.h"

namespace attnbench::report {
namespace {

using record::Json;

std::string value_text(const std::string& name, const Json& value) {
  if (name.ends_with("_bytes") && value.is_number())
    return record::format_bytes(value.get<double>());
  if (value.is_string()) return value.get<std::string>();
  return value.is_null() ? "none" : value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// "memory" for memory_bytes.
std::string name_text(std::string name) {
  if (name.ends_with("_bytes")) name.resize(name.size() - std::string_view("_bytes").size());
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

/// Names of facts that make a run no slower or faster if they differ.
const std::set<std::string>& names_without_effect() {
  static const std::set<std::string> names{"name",      "started_utc", "finished_utc",
                                           "rounds",    "seed",        "memory_limit_bytes",
                                           "timeout_s", "counters"};
  return names;
}

Fact fact(std::string name, std::string base, std::string fresh) {
  const bool differs = base != fresh;
  return {std::move(name), std::move(base), std::move(fresh), differs};
}

/// Adds each member of the two objects; a member that one object lacks is "unknown" there.
void add_members(std::vector<Fact>& facts, const Json& base, const Json& fresh) {
  const auto text = [](const Json& object, const std::string& name) {
    return object.contains(name) ? value_text(name, object.at(name)) : "unknown";
  };
  const auto add = [&](const std::string& name) {
    facts.push_back(fact(name_text(name), text(base, name), text(fresh, name)));
    facts.back().affects_time = !names_without_effect().contains(name);
  };
  for (const auto& [name, value] : base.items()) add(name);
  for (const auto& [name, value] : fresh.items())
    if (!base.contains(name)) add(name);
}

Json run_json(const record::Run& run) {
  return {{"name", run.name},
          {"started_utc", run.started_utc},
          {"finished_utc", run.finished_utc.empty() ? "never" : run.finished_utc},
          {"rounds", run.rounds},
          {"seed", run.seed},
          {"memory_limit_bytes", run.memory_limit_bytes}};
}

/// The config's settings of measuring that `run_json` does not hold.
Json measure_json(const record::Run& run) {
  constexpr bool kThrow = false;
  const Json config = Json::parse(run.config_json, nullptr, kThrow);
  Json measure = Json::object();
  if (config.is_object() && config.contains("measure") && config.at("measure").is_object())
    measure = config.at("measure");
  for (const char* name : {"rounds", "seed", "memory_limit"}) measure.erase(name);
  return measure;
}

std::string settings_text(const record::Run& run) {
  std::string text;
  for (const auto& [name, value] : run.environment)
    text += (text.empty() ? "" : " ") + name + "=" + value;
  return text.empty() ? "none" : text;
}

/// The plugins' hashes and how they were compiled. A plugin's path does not matter.
std::string plugins_text(const record::Run& run) {
  std::string text;
  for (const record::Plugin& p : run.plugins)
    text += (text.empty() ? "" : "; ") + ("sha256 " + p.sha256) + ", " + p.compiler + ", " +
            p.build_type + ", " + p.flags;
  return text.empty() ? "none" : text;
}

/// The files that variants were loaded from, by their content.
std::string files_text(const record::Run& run) {
  std::string text;
  for (const record::VariantFile& file : run.variant_files)
    text += (text.empty() ? "" : "; ") + file_words(file);
  return text.empty() ? "none" : text;
}

/// Adds the machine's ceilings that both runs measured.
void add_ceilings(std::vector<Fact>& facts, const record::Run& base, const record::Run& fresh) {
  const auto add = [&](const record::Ceiling& c, const char* name, const char* unit, double before,
                       double after) {
    if (!(before > 0 && after > 0)) return;
    const auto text = [&](double value) { return record::format_number(value, 3) + " " + unit; };
    Fact f = fact(std::string(name) + " of " + std::to_string(c.threads) +
                      (c.threads == 1 ? " thread" : " threads"),
                  text(before), text(after));
    f.differs = std::max(before / after, after / before) > kSteadyCeiling;
    facts.push_back(std::move(f));
  };
  for (const record::Ceiling& before : base.ceilings)
    if (const record::Ceiling* after = analyze::find_ceiling(fresh, before.threads, before.pages)) {
      add(before, "FMA peak", "GFLOP/s", before.fma_gflops, after->fma_gflops);
      add(before, "bf16 peak", "GFLOP/s", before.bf16_gflops.value_or(0),
          after->bf16_gflops.value_or(0));
      add(before, "int8 peak", "GOP/s", before.int8_gops.value_or(0), after->int8_gops.value_or(0));
      add(before, "reading bandwidth", "GB/s", before.read_gbs, after->read_gbs);
      add(before, "streaming bandwidth", "GB/s", before.stream_gbs, after->stream_gbs);
    }
}

}  // namespace

std::vector<Fact> both_facts(const record::Run& base, const record::Run& fresh) {
  std::vector<Fact> facts;
  add_members(facts, run_json(base), run_json(fresh));
  add_members(facts, measure_json(base), measure_json(fresh));
  add_members(facts, to_json(base.machine), to_json(fresh.machine));
  add_members(facts, to_json(base.build), to_json(fresh.build));
  add_members(facts, to_json(base.conditions), to_json(fresh.conditions));
  facts.push_back(fact("plugins", plugins_text(base), plugins_text(fresh)));
  if (!base.variant_files.empty() || !fresh.variant_files.empty())
    facts.push_back(fact("files of variants", files_text(base), files_text(fresh)));
  facts.push_back(fact("Environment", settings_text(base), settings_text(fresh)));
  facts.push_back(fact("on huge pages", huge_page_words(base), huge_page_words(fresh)));
  add_ceilings(facts, base, fresh);
  return facts;
}

std::vector<Fact> differing_facts(const record::Run& base, const record::Run& fresh) {
  std::vector<Fact> facts = both_facts(base, fresh);
  std::erase_if(facts, [](const Fact& f) { return !f.affects_time || !f.differs; });
  return facts;
}

}  // namespace attnbench::report
