// Reads what a comparison needs: the runs of both sides, the noise floor, the tolerance.
#pragma once

#include <string>
#include <vector>

#include "analyze/compare.h"
#include "cli/commands.h"
#include "record/record.h"

namespace attnbench::cli {

/// The runs and how they are compared.
struct CompareInputs {
  std::vector<record::Run> base;
  std::vector<record::Run> fresh;
  analyze::CompareOptions options;
  std::string floor_source;  ///< Where noise floor and drift come from.
};

/// Throws config::ConfigError if an argument is wrong, record::RecordError if a file is, and
/// record::SchemaError if another version of the program wrote it.
CompareInputs read_inputs(const CompareArgs& args);

/// The folder's run.json, or the file itself.
record::Run read_run(const std::string& path);

/// 0.05 of "5%", "5 %" or "0.05". Throws config::ConfigError unless it is at least 0 and below 1.
double parse_tolerance(const std::string& text);

}  // namespace attnbench::cli
