// The conformance suite inside a worker, which tries one promise on many problems or on one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "conformance/conformance.h"
#include "conformance/trial.h"
#include "measure/facts.h"
#include "record/json.h"
#include "registry/registry.h"

namespace attnbench::conformance {

struct ConformanceTask {
  std::string variant;
  std::string promise;  ///< By its name.
  int problems = 0;
  uint64_t seed = 0;             ///< Of the problems.
  std::optional<Trial> only{};   ///< If set, the only problem to try.
  double attempt_timeout_s = 0;  ///< After this long on one problem, SIGALRM ends the worker.
  int64_t address_space_bytes = 0;
};

record::Json to_json(const ConformanceTask& task);
record::Json to_json(const Trial& trial);
/// Both throw record::RecordError.
Trial trial_from_json(const record::Json& j);
Finding finding_from_json(const record::Json& j);

bool is_conformance_task(const record::Json& j);

/// Does the task that `j` holds. Writes, as soon as it is known:
///   {"fact":"trial", "problems_tried":N, ...Trial}   before each problem, in case it is fatal
///   {"fact":"finding", ...Finding}                   of all problems
///   {"fact":"attempt", "failure":...}                of `only`; empty if it did not fail
void run_conformance_task(const record::Json& j, const registry::Catalogue& catalogue,
                          measure::Facts& facts);

}  // namespace attnbench::conformance
