// Facts: what the journal holds, and the only way a run changes.
#pragma once

#include "record/json.h"
#include "record/record.h"

namespace attnbench::run {

/// Changes `run` by one fact. Live runs and replayed journals go through here alike.
/// Throws record::RecordError on a fact that cannot be.
///   {"fact":"run", ...run_to_text}                              always the first
///   {"fact":"ceiling", ...Ceiling}                              the best of all stands
///   {"fact":"memory"|"check"|"sample", "case":id, ...}          one sample a case and round
///   {"fact":"calibration", "case":id, "iterations":N}
///   {"fact":"outcome", "case":id, "outcome":..., "reason":..., "retry":...}
///   {"fact":"retry", "case":id}                                 its failure counts no more
///   {"fact":"end", "finished_utc":..., "interrupted":...}
///   {"fact":"resume"}                                           the last end was none
void apply_fact(record::Run& run, const record::Json& fact);

}  // namespace attnbench::run
