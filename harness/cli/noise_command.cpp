// `noise`: measures the same variant under two labels in one run, or in several runs apart. The
// difference between the labels is this machine's noise; that between the runs is its drift.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <memory>
#include <thread>
#include <vector>

#include "analyze/noise_floor.h"
#include "analyze/statistics.h"
#include "analyze/two_samples.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/plugins.h"
#include "config/config.h"
#include "machine/machine.h"
#include "record/format.h"
#include "record/json.h"
#include "report/escape.h"
#include "run/run_dir.h"

namespace attnbench::cli {
namespace {

constexpr char kName[] = "noise";

/// The config used if none is given; it runs for about ten seconds.
constexpr char kDefaultConfig[] = R"({
  "name": "noise",
  "variants": ["blocked"],
  "sweep": { "seq_len": [128, 256, 512, 1024], "heads": 4, "head_dim": 64 },
  "measure": { "rounds": 9, "min_time_s": 0.02 }
})";

/// The config's first variant, at the first value of each of its params, under two labels.
config::Config twice(config::Config config) {
  config::VariantSpec spec = config.variants.front();
  for (auto& [name, values] : spec.params) values.resize(1);
  config.name = std::string(kName);
  config.description = std::string("An A/A run: the same variant under two labels.");
  config.report.baseline.clear();
  config.variants = {spec, spec};
  config.variants[0].label = std::string("A");
  config.variants[1].label = std::string("B");
  return config;
}

/// With too few samples per label the labels could agree by luck; the stored floor would be too
/// low.
void require_rounds(const config::Config& config) {
  if (!analyze::median_ranks(static_cast<size_t>(config.measure.rounds)))
    throw config::ConfigError({"/measure/rounds: a noise floor needs " +
                               std::to_string(analyze::kFewestSamples) + " rounds or more, not " +
                               std::to_string(config.measure.rounds)});
}

config::Config read(const ConfigArgs& args, const registry::Catalogue& catalogue) {
  return args.path.empty() ? config::parse_config(kDefaultConfig, "noise", args.overrides,
                                                  catalogue, machine::default_threads())
                           : read_config(args, catalogue);
}

std::string ratio_words(double ratio) {
  return record::format_number(ratio, 4) + "x";
}

/// What runs apart tell, or how to measure it.
std::string drift_words(const record::NoiseFloor& floor) {
  if (!floor.drift_sd) return "One run shows no drift between runs: --runs 5 measures that.\n";
  const analyze::Drift drift{*floor.drift_sd, static_cast<int>(*floor.runs)};
  return "Drift between runs: " + ratio_words(analyze::drift_ratio(drift)) + ", by " +
         std::to_string(drift.runs) + " runs " + record::format_time(floor.pause_s.value_or(0)) +
         " apart. Two runs of one program may differ by that; 1 pair of 20 differs by more.\n";
}

void print(const record::NoiseFloor& floor, const std::string& file) {
  std::cout << "\nThis machine's noise, here and now, by an A/A run:\n";
  for (const record::NoiseFloorCase& c : floor.cases)
    std::cout << "  " << c.name << ": " << record::format_time(c.median_a_s) << " and "
              << record::format_time(c.median_b_s) << "; a difference shows from "
              << ratio_words(c.floor) << " on\n";
  std::cout << "Noise floor: " << ratio_words(floor.floor)
            << ". Two medians closer than that may be the same.\n"
               "A case's floor is the ratio that 5 % of random divisions of its own samples exceed,"
               " or the one its two labels showed, if larger; the machine's is the largest.\n"
            << drift_words(floor) << "Stored in " << file << " for compare.\n";
}

/// The message if the floor is too high for any comparison to use.
int too_busy(const record::NoiseFloor& floor, const std::string& file) {
  const auto worst =
      std::max_element(floor.cases.begin(), floor.cases.end(),
                       [](const auto& a, const auto& b) { return a.floor < b.floor; });
  std::cerr
      << "attnbench: this machine is too busy to compare times on: one program's medians lie up "
         "to "
      << ratio_words(worst->floor) << " apart (" << report::printable(worst->name)
      << "), and a noise floor above " << ratio_words(analyze::kLargestUsableFloor)
      << " would hide any regression. "
      << (std::filesystem::exists(file) ? file + " stays as it was." : "Nothing was stored.")
      << " Stop what else runs here, or measure longer (--set measure.min_time_s=0.1, more "
         "measure.rounds), and try again.\n";
  return kExitEnvironment;
}

struct NoiseArgs {
  ConfigArgs config;
  std::string out_root = RunArgs().out_root;
  int runs = 1;
  double pause_s = 30;
};

/// Measures the config in `dir` several times, with pauses. Stops at the first run that fails.
int measure_runs(const NoiseArgs& args, const std::string& dir,
                 const registry::Catalogue& catalogue, std::vector<record::Run>& runs) {
  RunArgs run_args;
  run_args.out_root = args.out_root;
  for (int i = 0; i < args.runs; ++i) {
    if (i > 0) std::this_thread::sleep_for(std::chrono::duration<double>(args.pause_s));
    if (args.runs > 1) std::cerr << "Run " << i + 1 << " of " << args.runs << "\n";
    const int code = run_sweep({dir + "/config.json", {}}, run_args, catalogue);
    if (code != kExitOk) return code;
    const std::string record = dir + "/latest/run.json";
    runs.push_back(record::run_from_text(run::read_file(record), record));
  }
  return kExitOk;
}

int measure_noise(const NoiseArgs& args, const registry::Catalogue& catalogue) {
  const config::Config config = twice(read(args.config, catalogue));
  require_rounds(config);
  const std::string dir = args.out_root + "/" + kName;
  run::make_folder(dir);
  run::write_file(dir, "config.json", config::config_to_text(config));

  std::vector<record::Run> runs;
  const int code = measure_runs(args, dir, catalogue, runs);
  if (code != kExitOk) return code;
  record::NoiseFloor floor = analyze::noise_floor(runs);
  if (floor.runs) floor.pause_s = args.pause_s;
  if (floor.cases.empty()) {
    std::cerr << "attnbench: no case could be timed under both labels\n";
    return kExitCaseFailed;
  }
  const std::filesystem::path file = noise_file(args.out_root, floor.hostname);
  if (floor.floor > analyze::kLargestUsableFloor) return too_busy(floor, file.string());
  run::write_file(file.parent_path().string(), file.filename().string(),
                  record::noise_floor_to_text(floor));
  print(floor, file.string());
  return kExitOk;
}

void add_runs(CLI::App& command, NoiseArgs& args) {
  command
      .add_option("--runs", args.runs,
                  "Runs apart, which also measure how far whole runs drift; 5 or more tell it well")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command.add_option("--pause", args.pause_s, "Seconds between two of the runs")
      ->check(CLI::Range(0.0, 86400.0))
      ->capture_default_str();
}

const Command kNoise{
    Topic::kMachine, "noise", "Measure this machine's noise: the same variant under two labels",
    [](CLI::App& command, PluginArgs& plugins) -> Action {
      auto args = std::make_shared<NoiseArgs>();
      add_config(command, args->config, false);
      add_out(command, args->out_root);
      add_runs(command, *args);
      add_plugins(command, plugins);
      return [&plugins, args] { return measure_noise(*args, load_catalogue(plugins)); };
    }};

}  // namespace

std::string noise_file(const std::string& root, const std::string& hostname) {
  std::string name = hostname.empty() ? std::string("unknown") : hostname;
  for (char& c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '-' && c != '_') c = '-';
  return root + "/" + kName + "/" + name + ".json";
}

}  // namespace attnbench::cli
