// Facts: what the journal holds, and the only way a run changes.
#pragma once

#include "record/json.h"
#include "record/record.h"

namespace attnbench::run {

/// Changes `run` by one fact. Both live runs and replayed journals use this.
/// Throws record::RecordError on an impossible fact.
///   {"fact":"run", ...run_to_text}                              always the first
///   {"fact":"ceiling", ...Ceiling}                              the best one counts
///   {"fact":"memory"|"check"|"sample", "case":id, ...}          one sample a case and round
///   {"fact":"setup_memory", "case":id, ...Memory}               what setting up took
///   {"fact":"input_statistics", "case":id, ...InputStatistics}  of all cases with the same inputs
///   {"fact":"quality", "case":id, ...Quality}                   the last one counts
///   {"fact":"probe", "case":id, ...Probe}                       one a case and name of a probe
///   {"fact":"calibration", "case":id, "iterations":N}      with "selection_s" as CaseRecord has it
///   {"fact":"outcome", "case":id, "outcome":..., "reason":..., "retry":...}   also "details"
///   {"fact":"retry", "case":id}                                 its failure no longer counts
///   {"fact":"case", "id":..., ...Case}                          planned while the run goes on
///   {"fact":"description", "text":...}                          what the run found
///   {"fact":"end", "finished_utc":..., "interrupted":...}
///   {"fact":"resume"}                                           the run goes on after an end
void apply_fact(record::Run& run, const record::Json& fact);

}  // namespace attnbench::run
