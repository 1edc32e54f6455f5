// A run measured into its folder: from the start, or on from where its journal ends.
#pragma once

#include <string>

#include "cli/interrupt.h"
#include "config/config.h"
#include "record/record.h"
#include "registry/registry.h"

namespace attnbench::cli {

/// Begins the journal of `run` in `dir`, an empty folder, and measures its cases. `later_s` is what
/// will be measured after it, for the progress.
void measure_new(record::Run& run, const config::Config& config, const std::string& dir,
                 const Interrupt& interrupt, const registry::Catalogue& catalogue,
                 double later_s = 0);

/// Throws record::RecordError if the run in `dir` was begun with another config, program or
/// machine.
void require_resumable(const config::Config& config, const std::string& dir,
                       const registry::Catalogue& catalogue);

/// The run in `dir` with what is left to measure pending, as go_on will measure it.
record::Run left_of(const std::string& dir);

/// Measures what is left of the run in `dir`, and retries what failed for reasons outside the
/// variants. Throws record::RecordError if it was begun with another config, program, machine or
/// shard ("2/8"; empty for whatever it is).
record::Run go_on(const config::Config& config, const std::string& dir, const std::string& shard,
                  const Interrupt& interrupt, const registry::Catalogue& catalogue,
                  double later_s = 0);

}  // namespace attnbench::cli
