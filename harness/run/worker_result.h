// What a worker's facts and its end mean for its case.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "record/json.h"
#include "record/record.h"
#include "run/worker_end.h"

namespace attnbench::run {

/// What one worker did for its case.
struct WorkerResult {
  bool done = false;
  bool interrupted = false;
  record::Outcome outcome = record::Outcome::kFailed;  ///< If not done.
  std::string reason;
  std::string details;              ///< Lines beside the reason: a traceback, or its last output.
  bool retry = false;               ///< The reason lies outside the variant: `--resume` retries.
  double wall_s = 0;                ///< The worker's wall time.
  std::vector<record::Json> facts;  ///< The facts to keep.
};

/// How the reason of a case that ran out of memory begins.
inline constexpr std::string_view kOutOfMemory = "out of memory";

/// The kind of a fact; empty if it has none.
std::string fact_kind(const record::Json& fact);

WorkerResult interpret(const WorkerEnd& end, int case_id, double timeout_s);

}  // namespace attnbench::run
