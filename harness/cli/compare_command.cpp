// `compare`, and `report` of two runs: judges and shows both sides. Gates use the exit code.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string_view>

#include "analyze/compare.h"
#include "analyze/gate.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/compare_inputs.h"
#include "cli/terminal.h"
#include "config/config.h"
#include "record/format.h"
#include "record/json.h"
#include "report/comparison.h"
#include "report/comparison_html.h"
#include "report/comparison_words.h"
#include "report/conclusion.h"
#include "report/lines.h"
#include "run/run_dir.h"

namespace attnbench::cli {
namespace {

namespace fs = std::filesystem;

std::string shown(const std::string& format, const report::CompareView& view) {
  if (format == "md") return report::comparison_md(view);
  if (format == "csv") return report::comparison_csv(view);
  if (format == "json") return report::comparison_json(view);
  return report::comparison_text(view, output_screen());
}

/// Both sides and their comparison.
struct Compared {
  CompareInputs inputs;
  analyze::Comparison comparison;
  analyze::GateRules rules;

  report::CompareView view() const {
    return {comparison, inputs.base.front(), inputs.fresh.front(), inputs.floor_source, rules};
  }
  analyze::GateResult result() const { return analyze::judge_gate(comparison, rules); }
};

Compared read_and_compare(const CompareArgs& args) {
  Compared c{read_inputs(args), {}, {args.allow, args.fail_on_unknown}};
  c.comparison = analyze::compare(c.inputs.base, c.inputs.fresh, c.inputs.options);
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
  command.add_option("--tolerance", args.tolerance,
                     "Differences within this share, as 5% or 0.05, are the same (default: 0)");
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

/// Without --new, the two runs are one of each side.
void divide(const std::vector<std::string>& runs, CompareArgs& args) {
  args.base = runs;
  if (!args.fresh.empty()) return;
  if (runs.size() != 2)
    throw config::ConfigError({"compare: takes BASE and NEW, or BASE… -- NEW…, not " +
                               record::plural(static_cast<int64_t>(runs.size()), "run") +
                               " without --"});
  args.base = {runs[0]};
  args.fresh = {runs[1]};
}

const Command kCompare{
    Topic::kResults, "compare", "Compare two runs, or several runs a side, case by case",
    [](CLI::App& command, PluginArgs&) -> Action {
      auto args = std::make_shared<CompareArgs>();
      auto runs = std::make_shared<std::vector<std::string>>();
      command
          .add_option("runs", *runs,
                      "BASE and NEW, each the folder of a run or its run.json; or BASE… -- NEW…")
          ->required();
      command.add_option("--new", args->fresh, "The runs of NEW, as after --");
      command.add_option("--format", args->format, "text, md, json or csv")
          ->check(CLI::IsMember({"text", "md", "json", "csv"}))
          ->capture_default_str();
      add_comparing(command, *args);
      command.add_flag("--fail-on-unknown", args->fail_on_unknown,
                       "Exit 5 if any case has no verdict (default: only if no case has one)");
      return [args, runs] {
        divide(*runs, *args);
        return compare_runs(*args);
      };
    }};

}  // namespace

std::vector<const char*> mark_sides(int argc, char** argv) {
  std::vector<const char*> args(argv, argv + argc);
  const auto is = [](std::string_view word) { return [word](const char* a) { return word == a; }; };
  const auto command = std::ranges::find_if(args, is("compare"));
  const auto mark = std::find_if(command, args.end(), is("--"));
  if (mark != args.end()) *mark = "--new";
  return args;
}

void write_comparison_page(const CompareArgs& args) {
  write_page(args.html_file, report::comparison_html(read_and_compare(args).view()));
}

int report_two_runs(const CompareArgs& args) {
  try {
    for (const auto* side : {&args.base, &args.fresh})
      for (const std::string& run : *side) require_outside(args.html_file, run);
    const Compared compared = read_and_compare(args);
    write_page(args.html_file, report::comparison_html(compared.view()));
    report::Lines lines(output_screen());
    lines.sentence(report::conclusion_words(compared.view()));
    for (const std::string& line : report::summary_lines(compared.view())) lines.sentence(line);
    std::cout << std::move(lines).text();
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
