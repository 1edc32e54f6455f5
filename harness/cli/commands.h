// What the subcommands share: exit codes, and functions that more than one of them calls.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/arguments.h"
#include "registry/registry.h"

namespace attnbench::cli {

inline constexpr int kExitOk = 0;
inline constexpr int kExitCaseFailed = 1;   ///< A case was invalid, failed or timed out.
inline constexpr int kExitUsage = 2;        ///< Bad arguments, config or record.
inline constexpr int kExitEnvironment = 3;  ///< The machine, the disk or the build refuses.

inline constexpr int kExitRegression = 4;     ///< compare: NEW is worse somewhere.
inline constexpr int kExitNotComparable = 5;  ///< compare: other machine, missing cases, no verdict

/// Where a run lands, and whether it is a part or the rest of one.
struct RunArgs {
  std::string out_root = "results";
  std::optional<std::string> resume_dir;  ///< Empty text: the latest of this config's name.
  std::string shard;                      ///< "2/8"; empty for the whole sweep.
  bool verbose = false;                   ///< Whether all findings are told at the end.
};

struct CompareArgs {
  std::string base;   ///< A run's folder or its run.json.
  std::string fresh;  ///< NEW.
  std::string format = "text";
  std::string noise_file;                     ///< Empty: what `noise` stored, else a default.
  std::vector<std::string> allow;             ///< Kinds of obstacles to compare in spite of.
  bool fail_on_unknown = false;               ///< Of `compare` alone.
  std::string html_file = "comparison.html";  ///< Of `report` alone.
};

int run_sweep(const ConfigArgs& config, const RunArgs& args, const registry::Catalogue& catalogue);
/// Judges a sample of each output's rows; if `all_rows`, every row, without a time limit.
int check_config(const ConfigArgs& config, bool all_rows, const registry::Catalogue& catalogue);
/// "blocked, full, window".
std::string variant_names(const registry::Catalogue& catalogue);
/// --noise and --allow.
void add_comparing(CLI::App& command, CompareArgs& args);
int report_two_runs(const CompareArgs& args);
/// Where `noise` keeps what it found: ROOT/noise/<hostname>.json.
std::string noise_file(const std::string& root, const std::string& hostname);
/// Writes a page that the user named by --html.
void write_page(const std::string& file, const std::string& html);
/// Also shows the page where `open` is set.
int derive_reports(const std::string& run_dir, bool open, bool verbose);
/// Throws run::EnvironmentError where there is no desktop that shows it.
void open_page(const std::string& path);

}  // namespace attnbench::cli
