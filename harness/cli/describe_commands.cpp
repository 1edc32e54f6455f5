// The subcommands that only print and measure nothing: `list`, `describe`, `plan` and `schema`.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <iomanip>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/plugins.h"
#include "cli/sweep.h"
#include "cli/variant_facts.h"
#include "config/config.h"
#include "machine/machine.h"
#include "plan/pattern.h"
#include "plan/plan.h"
#include "record/format.h"
#include "run/progress.h"
#include "study/read.h"

namespace attnbench::cli {
namespace {

constexpr int64_t kPictureSize = 24;
constexpr int64_t kLargestCell = 64;

std::vector<int64_t> default_params(const registry::Entry& entry) {
  std::vector<int64_t> values;
  for (const Param& p : entry.params()) values.push_back(p.value);
  return values;
}

nlohmann::ordered_json entry_json(const registry::Entry& entry) {
  nlohmann::ordered_json params = nlohmann::ordered_json::array();
  for (const Param& p : entry.params())
    params.push_back({{"name", p.name},
                      {"default", p.value},
                      {"min", p.min},
                      {"max", p.max},
                      {"list", p.is_list},
                      {"square", p.is_square},
                      {"doc", p.doc}});
  return {{"name", entry.name()},
          {"summary", entry.info->summary},
          {"kind", registry::kind_name(entry.info->kind)},
          {"source", entry.info->source},
          {"params", std::move(params)}};
}

void print_params(const registry::Entry& entry, const std::string& indent) {
  for (const Param& p : entry.params())
    std::cout << indent << p.name << " = " << (p.is_list ? "none" : std::to_string(p.value))
              << (p.is_square ? "  (a square matrix of "
                  : p.is_list ? "  (a list of "
                              : "  (")
              << p.min << " to " << p.max << ") " << p.doc << "\n";
}

/// Draws which queries see which keys on a grid of cells, at a length at which the structure that
/// the default params give is visible.
void print_pattern(const registry::Entry& entry, bool causal) {
  const std::vector<int64_t> params = default_params(entry);
  int64_t cell = 1;
  for (const int64_t p : params)
    cell = std::clamp<int64_t>((4 * p + kPictureSize - 1) / kPictureSize, cell, kLargestCell);
  const int64_t n = cell * kPictureSize;
  Call call;
  call.params = params.data();
  call.problem.q_len = call.problem.kv_len = n;
  call.problem.causal = causal;
  if (!registry::refusal(*entry.variant, call).empty()) return;
  std::cout << (causal ? "  causal" : "  not causal") << ", n = " << n
            << " (rows are queries, columns are keys; # sees all of the cell, + some, . none)\n";
  const record::CellAxis axis{n, kPictureSize};
  const std::vector<int64_t> seen = plan::count_cells(*entry.variant->exact(), call, axis, axis);
  for (size_t i = 0; i < seen.size(); ++i) {
    const size_t column = i % kPictureSize;
    std::cout << (column == 0 ? "    " : "")
              << (seen[i] == cell * cell ? '#'
                  : seen[i] > 0          ? '+'
                                         : '.')
              << (column + 1 == kPictureSize ? " \n" : " ");
  }
}

/// The bytes and FLOPs that the case needs; empty if its variant refuses it.
std::string needs(const record::Case& c) {
  if (c.input_bytes == 0) return {};
  const bool counted = c.flops > 0 || c.outcome != record::Outcome::kSkipped;
  const auto bytes = [](int64_t b) { return record::format_bytes(static_cast<double>(b)); };
  return (counted ? ": " + record::format_count(static_cast<double>(c.flops)) + "FLOP" +
                        (c.kind == registry::kind_name(Kind::kExact) ? ", " : " by its own count, ")
                  : std::string(": FLOPs not counted, ")) +
         bytes(c.memory_bytes().value()) + " (inputs " + bytes(c.input_bytes) + ", output " +
         bytes(c.output_bytes) + ", workspace " + bytes(c.workspace_bytes) +
         (record::trains(c.pass) ? ", saved for backward " + bytes(c.saved_bytes) : "") + ")";
}

int print_list(bool json, const registry::Catalogue& catalogue) {
  if (json) {
    nlohmann::ordered_json all = nlohmann::ordered_json::array();
    for (const registry::Entry& entry : catalogue.entries()) all.push_back(entry_json(entry));
    std::cout << all.dump(2) << "\n";
    return kExitOk;
  }
  for (const registry::Entry& entry : catalogue.entries()) {
    std::cout << entry.name() << "  [" << registry::kind_name(entry.info->kind) << "]  "
              << entry.info->summary << "\n";
    print_params(entry, "    ");
  }
  return kExitOk;
}

int describe_variant(const std::string& name, const registry::Catalogue& catalogue) {
  const registry::Entry* entry = catalogue.find(name);
  if (entry == nullptr)
    throw config::ConfigError(
        {"unknown variant '" + name + "'; there are: " + variant_names(catalogue)});
  const std::vector<int64_t> params = default_params(*entry);
  Call call;
  call.params = params.data();
  call.problem.q_len = call.problem.kv_len = 4096;
  std::cout << entry->name() << ": " << entry->info->summary << "\n"
            << "  kind    " << kind_words(*entry) << "\n"
            << "  source  " << entry->info->source << "\n";
  print_facts(*entry, call);
  std::cout << "  params" << (params.empty() ? "  none" : "") << "\n";
  print_params(*entry, "    ");
  if (const std::string reason = plan::undrawn_reason(*entry->variant); !reason.empty()) {
    std::cout << "  no picture of a pattern: " << reason << "\n";
    return kExitOk;
  }
  print_pattern(*entry, false);
  print_pattern(*entry, true);
  return kExitOk;
}

/// How many cases are measured, how long that takes and how much memory it needs.
void print_totals(const std::vector<record::Case>& cases, const config::Config& config,
                  int64_t memory_limit_bytes) {
  const record::Case* largest = nullptr;
  int64_t to_measure = 0;
  for (const record::Case& c : cases) {
    if (c.outcome != record::Outcome::kPending) continue;
    ++to_measure;
    if (largest == nullptr || c.memory_bytes().value() > largest->memory_bytes().value())
      largest = &c;
  }
  const int64_t skipped = static_cast<int64_t>(cases.size()) - to_measure;
  const auto bytes = [](int64_t b) { return record::format_bytes(static_cast<double>(b)); };
  std::cout << "\n"
            << record::plural(to_measure, "case") << " to measure"
            << (skipped > 0 ? ", " + std::to_string(skipped) + " skipped" : "") << "; "
            << record::plural(config.measure.rounds, "round") << "\n";
  if (largest == nullptr) return;
  std::cout << "Time: about " << run::duration_words(expected_s(cases, config))
            << ", if the variants reach half of this machine's peak\n"
            << "Memory: at most " << bytes(largest->memory_bytes().value()) << " at once, by "
            << describe_case(*largest) << "; the limit is " << bytes(memory_limit_bytes) << "\n";
}

int print_plan(const ConfigArgs& args, const registry::Catalogue& catalogue) {
  const config::Config config = read_config(args, catalogue);
  const int64_t limit =
      config.measure.memory_limit_bytes.value_or(machine::available_memory_bytes());
  const plan::Plan plan = plan::make_plan(config, catalogue, limit);
  for (const record::Case& c : plan.cases) {
    std::cout << "case " << c.id << ": " << describe_case(c) << needs(c);
    if (c.outcome == record::Outcome::kSkipped) std::cout << ": SKIPPED: " << c.reason;
    std::cout << "\n";
  }
  print_totals(plan.cases, config, limit);
  return kExitOk;
}

const Command kList{Topic::kVariants, "list", "List the variants and their params",
                    [](CLI::App& command, PluginArgs& plugins) -> Action {
                      const CLI::Option* json = command.add_flag("--json")->description("As JSON");
                      add_plugins(command, plugins);
                      return [&plugins, json] {
                        return print_list(json->count() > 0, load_catalogue(plugins));
                      };
                    }};

const Command kDescribe{Topic::kVariants, "describe", "Describe one variant and draw its pattern",
                        [](CLI::App& command, PluginArgs& plugins) -> Action {
                          auto name = std::make_shared<std::string>();
                          command.add_option("variant", *name, "Its name")->required();
                          add_plugins(command, plugins);
                          return [&plugins, name] {
                            return describe_variant(*name, load_catalogue(plugins));
                          };
                        }};

const Command kPlan{
    Topic::kSweeps, "plan", "Show every case of a config, with time and memory; times no case",
    [](CLI::App& command, PluginArgs& plugins) -> Action {
      auto config = std::make_shared<ConfigArgs>();
      add_config(command, *config, true);
      add_plugins(command, plugins);
      return [&plugins, config] { return print_plan(*config, load_catalogue(plugins)); };
    }};

const Command kSchema{
    Topic::kSweeps, "schema", "Print the JSON Schema of configs",
    [](CLI::App& command, PluginArgs& plugins) -> Action {
      const CLI::Option* study =
          command.add_flag("--study")->description("That of studies (study.json) instead");
      add_plugins(command, plugins);
      return [&plugins, study] {
        std::cout << (study->count() > 0 ? study::study_schema_text()
                                         : config::schema_text(load_catalogue(plugins)));
        return kExitOk;
      };
    }};

}  // namespace

std::string variant_names(const registry::Catalogue& catalogue) {
  std::string names;
  for (const registry::Entry& entry : catalogue.entries())
    names += (names.empty() ? "" : ", ") + std::string(entry.name());
  return names;
}

}  // namespace attnbench::cli
