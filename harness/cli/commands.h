// Exit codes of the subcommands, and functions that more than one of them calls.
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

/// Where a run is written, and whether it is one shard or resumes an earlier run.
struct RunArgs {
  std::string out_root = "results";
  std::optional<std::string> resume_dir;  ///< Empty text: the latest run of this config's name.
  std::string shard;                      ///< "2/8"; empty for the whole sweep.
  bool verbose = false;                   ///< Whether the end of the run prints all findings.
};

struct CompareArgs {
  std::vector<std::string> base;   ///< Folders of runs, or their run.json.
  std::vector<std::string> fresh;  ///< The same of NEW.
  std::string format = "text";
  std::string noise_file;          ///< Empty: the floor that `noise` stored, else a default.
  std::vector<std::string> allow;  ///< Kinds of differences that do not stop the comparison.
  std::string tolerance;           ///< "5%" or "0.05"; empty: none.
  bool fail_on_unknown = false;    ///< Only for `compare`.
  std::string html_file = "comparison.html";  ///< Only for `report`.
};

int run_sweep(const ConfigArgs& config, const RunArgs& args, const registry::Catalogue& catalogue);
/// "blocked, full, window".
std::string variant_names(const registry::Catalogue& catalogue);
/// Adds --tolerance, --noise and --allow.
void add_comparing(CLI::App& command, CompareArgs& args);
/// Prints the comparison and returns its exit code.
int compare_runs(const CompareArgs& args);
/// Writes the comparison's page to args.html_file.
void write_comparison_page(const CompareArgs& args);
/// Makes the "--" between BASE… and NEW… of `compare` its option --new, because a parser that sees
/// "--" forgets where it stood.
std::vector<const char*> mark_sides(int argc, char** argv);
/// Writes the comparison as a page, and prints its findings.
int report_two_runs(const CompareArgs& args);
/// The file in which `noise` stores its noise floor: ROOT/noise/<hostname>.json.
std::string noise_file(const std::string& root, const std::string& hostname);
/// Writes a page that the user named by --html.
void write_page(const std::string& file, const std::string& html);
/// Throws run::EnvironmentError if there is no desktop to show the page.
void open_page(const std::string& path);

}  // namespace attnbench::cli
