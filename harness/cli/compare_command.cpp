// `compare`: two runs read back, judged, shown; the exit code is for gates.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <optional>

#include "analyze/compare.h"
#include "cli/commands.h"
#include "record/json.h"
#include "report/comparison.h"
#include "report/escape.h"
#include "run/journal.h"
#include "run/run_dir.h"

namespace attnbench::cli {
namespace {

namespace fs = std::filesystem;

/// A run.json, or a folder that holds one.
std::string record_of(const std::string& path) {
  return fs::is_directory(path) ? path + "/run.json" : path;
}

struct Floor {
  double ratio = analyze::kDefaultNoiseFloor;
  std::string source = "the default: `attnbench noise` measures this machine's";
};

/// What `noise` stored in the results that `run_path` lies in (ROOT/<name>/<time>/), if it is of
/// the same machine.
std::optional<std::string> stored_floor(const std::string& run_path, const record::Run& run) {
  const fs::path dir = fs::absolute(record_of(run_path)).parent_path();
  const std::string root = dir.parent_path().parent_path().string();
  const std::string file = noise_file(root, run.machine.hostname);
  return fs::exists(file) ? std::optional(file) : std::nullopt;
}

Floor find_floor(const CompareArgs& args, const record::Run& fresh) {
  std::string file = args.noise_file;
  if (file.empty()) file = stored_floor(args.fresh, fresh).value_or("");
  if (file.empty()) return {};
  const record::NoiseFloor floor = record::noise_floor_from_text(run::read_file(file), file);
  const bool same_machine = floor.cpu == fresh.machine.cpu && floor.cores == fresh.machine.cores;
  if (!same_machine && args.noise_file.empty()) return {};
  return {floor.floor, "measured " + floor.measured_utc + " on " + floor.hostname};
}

std::string shown(const std::string& format, const report::CompareView& view) {
  if (format == "md") return report::comparison_md(view);
  if (format == "csv") return report::comparison_csv(view);
  if (format == "json") return report::comparison_json(view);
  return report::comparison_text(view);
}

record::Run read_run(const std::string& path) {
  if (fs::is_directory(path)) return run::load_run(path);
  return record::run_from_text(run::read_file(path), path);
}

}  // namespace

int compare_runs(const CompareArgs& args) {
  try {
    const record::Run base = read_run(args.base);
    const record::Run fresh = read_run(args.fresh);
    const Floor floor = find_floor(args, fresh);
    const analyze::Comparison comparison = analyze::compare(base, fresh, floor.ratio);
    std::cout << shown(args.format, {comparison, base, fresh, floor.source});
    for (const analyze::Obstacle& o : comparison.obstacles)
      if (std::find(args.allow.begin(), args.allow.end(), o.kind) == args.allow.end()) {
        std::cerr << "attnbench: not comparable: " << report::printable(o.text) << " (--allow "
                  << o.kind << " compares all the same)\n";
        return kExitNotComparable;
      }
    return comparison.regressions() > 0 ? kExitRegression : kExitOk;
  } catch (const record::SchemaError& e) {
    std::cerr << "attnbench: not comparable: " << e.what() << "\n";
    return kExitNotComparable;
  }
}

}  // namespace attnbench::cli
