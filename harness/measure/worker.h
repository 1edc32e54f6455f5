// One worker process: a task in, facts out as JSON lines, and nothing else.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "measure/facts.h"
#include "record/json.h"
#include "registry/registry.h"

namespace attnbench::measure {

/// Worker facts go to this descriptor; a variant may print on 1 and 2 what it likes.
inline constexpr int kFactsFd = 3;

/// What the conductor asks of one worker. Sent as one line of JSON on the worker's stdin.
struct Task {
  enum class Mode {
    kProbe,      ///< Facts: memory, check, input_statistics, quality, calibration.
    kRound,      ///< Fact: sample; also check, if an output has other bits than the judged one.
    kCeiling,    ///< Fact: ceiling of case.threads threads.
    kBehaviour,  ///< Fact: probe, the result of `behaviour`.
  };
  Mode mode = Mode::kRound;
  record::Case plan;  ///< In kCeiling, only threads is used.
  uint64_t seed = 0;  ///< Of the inputs and the sampled rows.
  int round = 0;
  int64_t iterations = 0;               ///< Frozen; used in kRound.
  double min_time_s = 0;                ///< Calibration target; used in kProbe.
  bool all_rows = false;                ///< Judge every row of an output, not a sample.
  bool describe_inputs = false;         ///< Say what the inputs are like; used in kProbe.
  record::ProbeSetting behaviour = {};  ///< Used in kBehaviour.
  std::string judged_digest;            ///< Of a right output of this case; empty for none.
  int64_t address_space_bytes = 0;  ///< RLIMIT_AS beyond what the process has mapped; 0 for none.
};

record::Json to_json(const Task& task);
Task task_from_json(const record::Json& j);

/// Does the task and writes, one line each as soon as it is known:
///   {"fact":"setup_memory", ...Memory}     kProbe, if the variant sets something up
///   {"fact":"memory", ...Memory}           kProbe, after the first call
///   {"fact":"check", ...Check}             for each output whose bits were not judged before: of
///                                          the first call, and of the last one timed; in kProbe
///                                          also of a last call on other inputs
///   {"fact":"input_statistics", ...}       kProbe, once asked for, unless a weight is not finite
///   {"fact":"quality", ...Quality}         kProbe
///   {"fact":"invalid","reason":...}        the check failed: there is no calibration or sample
///   {"fact":"calibration","iterations":N}  kProbe; with "selection_s" if the data decide something
///   {"fact":"sample", ...Sample}           kRound
///   {"fact":"ceiling", ...Ceiling}         kCeiling
///   {"fact":"probe", ...Probe}             kBehaviour
/// Throws std::exception if the variant is unknown or the task is bad.
void run_task(const record::Json& task, const registry::Catalogue& catalogue, Facts& facts);

/// Ends a worker from within a call of its variant: writes the facts "failed", with this reason and
/// these details (null for none), and "done". Does not return.
void fail_worker(const char* reason, const char* details);

/// What a worker does with its task, which it is given as JSON.
using DoTask = std::function<void(const record::Json& task, Facts& facts)>;

/// The life of a worker process: reads the task line and has `do_task` do the task and write to
/// facts_fd. Then writes
///   {"fact":"failed","reason":...}         if it threw: out of memory, unknown variant, bad task;
///                                          with "outside":true if the variant is not to blame
///   {"fact":"done"}                        always the last
/// Returns the exit code, 0 if a last fact was written.
int run_worker(const std::string& task_line, int facts_fd, const DoTask& do_task);

}  // namespace attnbench::measure
