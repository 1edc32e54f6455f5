// `compare`, and `report` of two runs: reads both runs, judges and shows them. Gates use the exit
// code.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>

#include "analyze/compare.h"
#include "analyze/gate.h"
#include "analyze/noise_floor.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "config/config.h"
#include "record/format.h"
#include "record/json.h"
#include "report/comparison.h"
#include "report/comparison_html.h"
#include "report/comparison_words.h"
#include "report/conclusion.h"
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

struct Floor {
  double ratio = analyze::kDefaultNoiseFloor;
  std::string source = "the default: `attnbench noise` measures this machine's";
};

/// The noise floor that `noise` stored in the results folder ROOT of the run ROOT/<name>/<time>/,
/// if it is of the same machine.
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
  const record::NoiseFloor floor = record::noise_floor_from_text(read_given(file), file);
  const bool same_machine = floor.cpu == fresh.machine.cpu && floor.cores == fresh.machine.cores;
  if (!same_machine && args.noise_file.empty()) return {};
  if (floor.floor > analyze::kLargestUsableFloor) {
    const std::string ratio = record::format_number(floor.floor, 4) + "x";
    if (args.noise_file.empty())
      return {analyze::kDefaultNoiseFloor,
              "the default: the floor of " + ratio + " in " + file +
                  " is of a busy machine and would hide any regression; `attnbench noise` measures "
                  "it again"};
    throw record::RecordError(
        file + ": /floor: is " + ratio + ", which would hide any regression; " +
        record::format_number(analyze::kLargestUsableFloor, 2) + "x is the most that is of use");
  }
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
  return record::run_from_text(read_given(path), path);
}

/// Both runs and their comparison.
struct Compared {
  record::Run base;
  record::Run fresh;
  Floor floor;
  analyze::Comparison comparison;

  analyze::GateRules rules;

  report::CompareView view() const { return {comparison, base, fresh, floor.source, rules}; }
  analyze::GateResult result() const { return analyze::judge_gate(comparison, rules); }
};

Compared read_and_compare(const CompareArgs& args) {
  Compared c{read_run(args.base), read_run(args.fresh), {}, {}, {}};
  c.rules = {args.allow, args.fail_on_unknown};
  c.floor = find_floor(args, c.fresh);
  const bool interleaved = !c.base.interleaved.empty() && c.base.interleaved == c.fresh.interleaved;
  c.comparison =
      analyze::compare(c.base, c.fresh, {.noise_floor = c.floor.ratio, .interleaved = interleaved});
  return c;
}

/// If the gate fails, says why on stderr, whatever the format and wherever stdout goes.
int exit_code(analyze::GateResult result, const report::CompareView& view) {
  if (result == analyze::GateResult::kPass) return kExitOk;
  std::cerr << "attnbench: " << report::conclusion_words(view) << "\n";
  return result == analyze::GateResult::kRegression ? kExitRegression : kExitNotComparable;
}

int not_comparable(const record::SchemaError& e) {
  std::cerr << "attnbench: not comparable: " << e.what() << "\n";
  return kExitNotComparable;
}

/// Throws if the page is in the run's folder, because a comparison belongs to neither run.
void require_outside(const std::string& file, const std::string& run) {
  if (!fs::is_directory(run)) return;
  const fs::path folder = fs::canonical(run);
  for (fs::path at = fs::weakly_canonical(fs::absolute(file)).parent_path();;
       at = at.parent_path()) {
    if (at == folder)
      throw config::ConfigError({"--html " + file + ": lies in the folder of a run, " + run +
                                 "; give a place outside of both runs"});
    if (at == at.parent_path()) return;
  }
}

}  // namespace

void write_page(const std::string& file, const std::string& html) {
  const fs::path path(file);
  if (!path.has_filename() || fs::is_directory(path))
    throw config::ConfigError({"--html " + file + ": is a folder; give the page's file"});
  run::write_file(path.has_parent_path() ? path.parent_path().string() : ".",
                  path.filename().string(), html);
}

void add_comparing(CLI::App& command, CompareArgs& args) {
  command.add_option("--noise", args.noise_file,
                     "Noise floor to use (default: what `noise` stored for this machine)");
  command
      .add_option("--allow", args.allow,
                  "Compare although these differ: missing (cases), machine, build, settings")
      ->check(CLI::IsMember({"missing", "machine", "build", "settings"}))
      ->delimiter(',');
}

int compare_runs(const CompareArgs& args) {
  try {
    const Compared compared = read_and_compare(args);
    std::cout << shown(args.format, compared.view());
    return exit_code(compared.result(), compared.view());
  } catch (const record::SchemaError& e) {
    return not_comparable(e);
  }
}

namespace {

const Command kCompare{
    Topic::kResults, "compare", "Compare two runs, case by case",
    [](CLI::App& command, PluginArgs&) -> Action {
      auto args = std::make_shared<CompareArgs>();
      command.add_option("base", args->base, "Folder of a run, or its run.json")->required();
      command
          .add_option("new", args->fresh, "Folder of the run to compare with it, or its run.json")
          ->required();
      command.add_option("--format", args->format, "text, md, json or csv")
          ->check(CLI::IsMember({"text", "md", "json", "csv"}))
          ->capture_default_str();
      add_comparing(command, *args);
      command.add_flag("--fail-on-unknown", args->fail_on_unknown,
                       "Exit 5 if any case has no verdict (default: only if no case has one)");
      return [args] { return compare_runs(*args); };
    }};

}  // namespace

void write_comparison_page(const CompareArgs& args) {
  write_page(args.html_file, report::comparison_html(read_and_compare(args).view()));
}

int report_two_runs(const CompareArgs& args) {
  try {
    require_outside(args.html_file, args.base);
    require_outside(args.html_file, args.fresh);
    const Compared compared = read_and_compare(args);
    write_page(args.html_file, report::comparison_html(compared.view()));
    for (const auto& lines :
         {report::difference_lines(compared.view()), report::verdict_lines(compared.view())})
      for (const std::string& line : lines) std::cout << line << "\n";
    std::cout << report::conclusion_words(compared.view()) << "\n";
    std::cout << "\nBoth runs side by side: " << args.html_file << "\n";
    // A report only shows the comparison; it fails only if the runs are not comparable at all.
    const analyze::GateResult result = compared.result();
    return result == analyze::GateResult::kNotComparable ? exit_code(result, compared.view())
                                                         : kExitOk;
  } catch (const record::SchemaError& e) {
    return not_comparable(e);
  }
}

}  // namespace attnbench::cli
