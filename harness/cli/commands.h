// The subcommands. Each prints its result on stdout and returns an exit code; errors are thrown.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "registry/registry.h"

namespace attnbench::cli {

inline constexpr int kExitOk = 0;
inline constexpr int kExitCaseFailed = 1;   ///< A case was invalid, failed or timed out.
inline constexpr int kExitUsage = 2;        ///< Bad arguments, config or record.
inline constexpr int kExitEnvironment = 3;  ///< The machine, the disk or the build refuses.

inline constexpr int kExitRegression = 4;     ///< compare: NEW is worse somewhere.
inline constexpr int kExitNotComparable = 5;  ///< compare: other machine, missing cases, ...

/// A config and what the command line changes in it.
struct ConfigArgs {
  std::string path;
  std::vector<std::string> overrides;  ///< "sweep.seq_len=[512,1024]"
};

/// Where a run lands, and whether it is a part or the rest of one.
struct RunArgs {
  std::string out_root = "results";
  std::optional<std::string> resume_dir;  ///< Empty text: the latest of this config's name.
  std::string shard;                      ///< "2/8"; empty for the whole sweep.
};

struct CompareArgs {
  std::string base;   ///< A run's folder or its run.json.
  std::string fresh;  ///< NEW.
  std::string format = "text";
  std::string noise_file;                     ///< Empty: what `noise` stored, else a default.
  std::vector<std::string> allow;             ///< Kinds of obstacles to compare in spite of.
  std::string html_file = "comparison.html";  ///< Of `report` alone.
};

struct WeightsArgs {
  std::string text;
  std::string variant = "full";
  std::vector<std::string> params;  ///< "left=2"
  bool causal = false;
  std::string html_file;  ///< Empty: no page.
};

struct NewArgs {
  std::string name;
  std::string family = "experimental";  ///< Folder under variants/.
  std::string dir;                      ///< Of a project of its own; empty for the source tree.
};

int run_sweep(const ConfigArgs& config, const RunArgs& args, const registry::Catalogue& catalogue);
int merge_runs(const std::vector<std::string>& run_dirs, const std::string& out_root);
int check_config(const ConfigArgs& config, const registry::Catalogue& catalogue);
/// `timeout_s` is of one problem.
int check_variants(const std::vector<const registry::Entry*>& entries, double timeout_s,
                   const registry::Catalogue& catalogue);
int print_plan(const ConfigArgs& config, const registry::Catalogue& catalogue);
/// "blocked, full, window".
std::string variant_names(const registry::Catalogue& catalogue);
int print_list(bool json, const registry::Catalogue& catalogue);
int describe_variant(const std::string& name, const registry::Catalogue& catalogue);
int compare_runs(const CompareArgs& args);
int report_two_runs(const CompareArgs& args);
int measure_noise(const ConfigArgs& config, const std::string& out_root,
                  const registry::Catalogue& catalogue);
/// Where `noise` keeps what it found: ROOT/noise/<hostname>.json.
std::string noise_file(const std::string& root, const std::string& hostname);
int print_weights(const WeightsArgs& args, const registry::Catalogue& catalogue);
/// Writes a page that the user named by --html.
void write_page(const std::string& file, const std::string& html);
int write_new_variant(const NewArgs& args, const registry::Catalogue& catalogue);
/// Also shows the page where `open` is set.
int derive_reports(const std::string& run_dir, bool open);
/// Throws run::EnvironmentError where there is no desktop that shows it.
void open_page(const std::string& path);
int print_machine(bool json);

/// The hidden subcommand behind every measurement: one task from stdin, facts to measure::kFactsFd.
int run_worker(const registry::Catalogue& catalogue);

}  // namespace attnbench::cli
