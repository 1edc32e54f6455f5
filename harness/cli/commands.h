// The subcommands. Each prints its result on stdout and returns an exit code; errors are thrown.
#pragma once

#include <string>
#include <vector>

#include "registry/registry.h"

namespace attnbench::cli {

inline constexpr int kExitOk = 0;
inline constexpr int kExitCaseFailed = 1;   ///< A case was invalid, failed or timed out.
inline constexpr int kExitUsage = 2;        ///< Bad arguments, config or record.
inline constexpr int kExitEnvironment = 3;  ///< The machine, the disk or the build refuses.

/// A config and what the command line changes in it.
struct ConfigArgs {
  std::string path;
  std::vector<std::string> overrides;  ///< "sweep.seq_len=[512,1024]"
};

int run_sweep(const ConfigArgs& config, const std::string& out_root,
              const registry::Catalogue& catalogue);
int check_config(const ConfigArgs& config, const registry::Catalogue& catalogue);
int check_variants(const std::vector<const registry::Entry*>& entries);
int print_plan(const ConfigArgs& config, const registry::Catalogue& catalogue);
int print_list(bool json, const registry::Catalogue& catalogue);
int describe_variant(const std::string& name, const registry::Catalogue& catalogue);
int derive_reports(const std::string& run_dir);
int print_machine(bool json);

/// The hidden subcommand behind every measurement: one task from stdin, facts to measure::kFactsFd.
int run_worker(const registry::Catalogue& catalogue);

}  // namespace attnbench::cli
