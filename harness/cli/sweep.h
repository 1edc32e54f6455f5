// The steps of every command that measures: from a config to a planned run, through the conductor
// into the journal, to the run's files, its answer and its exit code.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "analyze/sentence.h"
#include "cli/interrupt.h"
#include "config/config.h"
#include "record/json.h"
#include "record/record.h"
#include "registry/registry.h"
#include "run/conductor.h"
#include "run/journal.h"

namespace attnbench::cli {

/// The run of this config by this program on this machine, its cases not yet planned.
record::Run describe(const config::Config& config, const registry::Catalogue& catalogue);

/// The run with its cases planned, before anything is measured.
record::Run prepare(const config::Config& config, const registry::Catalogue& catalogue);

/// The same, with the patterns and the sentence that reports draw.
record::Run prepare_with_pictures(const config::Config& config,
                                  const registry::Catalogue& catalogue,
                                  const std::string& sentence = analyze::kDefaultText);

run::ConductOptions conduct_options(const config::Config& config, const Interrupt& interrupt,
                                    const registry::Catalogue& catalogue);

size_t count_pending(const record::Run& run);

/// More bytes than the journal and all files derived from it took in many runs.
int64_t needed_bytes(const record::Run& run);

void warn_of_crowding(const record::Run& run);

/// Writes the fact that every journal begins with.
void begin_journal(const record::Run& run, run::Journal& journal);

/// Applies each fact that it is given to the run and writes it into the journal. Both must outlive
/// it.
std::function<void(const record::Json&)> keeping(record::Run& run, run::Journal& journal);

/// Says that nothing more is measured, and whether that is because of a signal.
void end_journal(record::Run& run, run::Journal& journal, const Interrupt& interrupt);

/// Writes the reports of a run, and its run.json unless the folder's already holds this run.
void write_files(const record::Run& run, const std::string& dir);

/// Measures the pending cases and writes each fact into the journal, but not that the run ends.
/// Ceilings are measured before each round, or, if `ceilings_once`, only those that the run lacks.
void conduct_pending(record::Run& run, run::Journal& journal, const config::Config& config,
                     const Interrupt& interrupt, const registry::Catalogue& catalogue,
                     double later_s = 0, bool ceilings_once = false);

/// Measures the pending cases and writes each fact into the journal, with the run's end. `later_s`
/// is what will be measured after it, for the progress.
void measure_pending(record::Run& run, run::Journal& journal, const config::Config& config,
                     const Interrupt& interrupt, const registry::Catalogue& catalogue,
                     const std::string& dir, double later_s = 0);

/// Seconds that the pending cases take, by run::estimate_s and a quick look at this machine.
double expected_s(const std::vector<record::Case>& cases, const config::Config& config);

/// Writes run.json and the reports of a run, prints its answer (if `verbose`, also in sentences),
/// and returns the exit code.
int publish(const record::Run& run, const std::string& dir, bool verbose);

/// Says how many cases failed for reasons outside the variants, if any, and that `command` takes
/// them up again.
void tell_of_retries(size_t count, const std::string& command);

/// 0, or the code that says that the run was interrupted, that a case went wrong or that nothing
/// was timed.
int exit_code(const record::Run& run);

/// Called last, so that a long answer does not hide the message.
void say_if_nothing_timed(const record::Run& run);

}  // namespace attnbench::cli
