// Finds and checks the inputs of a comparison.
#include "cli/compare_inputs.h"

#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

#include "analyze/noise_floor.h"
#include "config/config.h"
#include "record/format.h"
#include "record/json.h"
#include "run/journal.h"
#include "run/run_dir.h"

namespace attnbench::cli {
namespace {

namespace fs = std::filesystem;

/// The run.json at `path`, which may also be the folder that holds it.
std::string record_of(const std::string& path) {
  return fs::is_directory(path) ? path + "/run.json" : path;
}

/// Reads a file, or a pipe such as bash's <(zcat run.json.gz).
std::string read_given(const std::string& path) {
  if (!fs::is_fifo(path)) return run::read_file(path);
  std::ifstream pipe(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(pipe), {}};
}

/// The noise floor that `noise` stored in the results folder ROOT of the run ROOT/<name>/<time>/,
/// if there is one.
std::optional<std::string> stored_floor(const std::string& run_path, const record::Run& run) {
  const fs::path dir = fs::absolute(record_of(run_path)).parent_path();
  const std::string root = dir.parent_path().parent_path().string();
  const std::string file = noise_file(root, run.machine.hostname);
  return fs::exists(file) ? std::optional(file) : std::nullopt;
}

constexpr char kDefault[] = "the default: `attnbench noise --runs 5` measures this machine's";

void use_floor(const CompareArgs& args, CompareInputs& inputs) {
  const record::Run& fresh = inputs.fresh.front();
  inputs.floor_source = kDefault;
  std::string file = args.noise_file;
  if (file.empty()) file = stored_floor(args.fresh.front(), fresh).value_or("");
  if (file.empty()) return;
  const record::NoiseFloor floor = record::noise_floor_from_text(read_given(file), file);
  const bool same_machine = floor.cpu == fresh.machine.cpu && floor.cores == fresh.machine.cores;
  if (!same_machine && args.noise_file.empty()) return;
  if (floor.floor > analyze::kLargestUsableFloor) {
    const std::string ratio = record::format_number(floor.floor, 4) + "x";
    if (!args.noise_file.empty())
      throw record::RecordError(
          file + ": /floor: is " + ratio + ", which would hide any regression; " +
          record::format_number(analyze::kLargestUsableFloor, 2) + "x is the most that is of use");
    inputs.floor_source = "the default: the floor of " + ratio + " in " + file +
                          " is of a busy machine and would hide any regression; `attnbench noise` "
                          "measures it again";
    return;
  }
  inputs.options.noise_floor = floor.floor;
  if (floor.drift_sd) {
    inputs.options.drift = analyze::Drift{*floor.drift_sd, static_cast<int>(*floor.runs)};
    inputs.floor_source = "measured " + floor.measured_utc + " on " + floor.hostname + " by " +
                          std::to_string(*floor.runs) + " runs";
  } else {
    inputs.floor_source += "; the noise floor of " + record::format_number(floor.floor, 4) +
                           "x was measured " + floor.measured_utc + " on " + floor.hostname;
  }
}

std::vector<record::Run> read_runs(const std::vector<std::string>& paths) {
  std::vector<record::Run> runs;
  for (const std::string& path : paths) runs.push_back(read_run(path));
  return runs;
}

/// A run that counts twice would show no drift at all.
void require_distinct(const std::vector<std::string>& paths, const std::vector<record::Run>& runs,
                      const std::string& side) {
  for (size_t i = 0; i < runs.size(); ++i)
    for (size_t j = i + 1; j < runs.size(); ++j)
      if (runs[i].started_utc == runs[j].started_utc && runs[i].seed == runs[j].seed &&
          runs[i].machine.hostname == runs[j].machine.hostname)
        throw config::ConfigError({side + ": " + paths[i] + " and " + paths[j] +
                                   " are the same run (started " + runs[i].started_utc +
                                   "); give each run once"});
}

}  // namespace

record::Run read_run(const std::string& path) {
  if (fs::is_directory(path)) return run::load_run(path);
  return record::run_from_text(read_given(path), path);
}

double parse_tolerance(const std::string& text) {
  const auto fail = [&](const std::string& why) {
    return config::ConfigError({"--tolerance '" + text + "': " + why +
                                "; give a share such as 5% or 0.05, at least 0 and below 100 %"});
  };
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  std::string unit(rest, end);
  std::erase(unit, ' ');
  if (error != std::errc() || (!unit.empty() && unit != "%")) throw fail("is no number");
  const double share = unit.empty() ? value : value / 100;
  if (!(share >= 0)) throw fail("is negative");
  if (share >= 1) throw fail("is " + record::format_number(100 * share, 3) + " %");
  return share;
}

CompareInputs read_inputs(const CompareArgs& args) {
  CompareInputs inputs;
  inputs.options.tolerance = args.tolerance.empty() ? 0 : parse_tolerance(args.tolerance);
  inputs.base = read_runs(args.base);
  inputs.fresh = read_runs(args.fresh);
  const std::string& sweep = inputs.base.front().interleaved;
  inputs.options.interleaved = !sweep.empty() && sweep == inputs.fresh.front().interleaved;
  require_distinct(args.base, inputs.base, "BASE");
  require_distinct(args.fresh, inputs.fresh, "NEW");
  if (args.base.size() + args.fresh.size() > 2) {
    std::vector<std::string> paths = args.base;
    paths.insert(paths.end(), args.fresh.begin(), args.fresh.end());
    std::vector<record::Run> runs = inputs.base;
    runs.insert(runs.end(), inputs.fresh.begin(), inputs.fresh.end());
    require_distinct(paths, runs, "BASE and NEW");
  }
  use_floor(args, inputs);
  return inputs;
}

}  // namespace attnbench::cli
