// The conductor decides when each worker runs, and what its end means for its case.
#pragma once

#include <csignal>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "machine/machine.h"
#include "record/json.h"
#include "record/record.h"
#include "run/fork_server.h"
#include "run/progress.h"

namespace attnbench::run {

struct ConductOptions {
  std::vector<std::string>
      worker_argv;  ///< The program itself with "worker", or a fake one in tests.
  /// Start the workers of some variants in place of worker_argv; null for none.
  std::shared_ptr<ForkServers> file_workers = {};
  double min_time_s = 0;                             ///< Calibration target of one sample.
  double timeout_s = 0;                              ///< Limit of one worker.
  std::vector<record::ProbeSetting> behaviour = {};  ///< The probes that each case is asked.
  bool check_only = false;                           ///< Probe every case and time none.
  bool ceilings_once = false;                        ///< Measure no ceiling that the run has.
  bool all_rows = false;                     ///< Judge every row of each output, not a sample.
  sigset_t wake_mask{};                      ///< Signal mask while a worker is awaited.
  std::function<std::string()> interrupted;  ///< "SIGINT", "SIGTERM", or empty.
  std::function<int64_t()> oom_kills = machine::oom_kills_so_far;
  /// Takes each fact when it is known: journal it and apply it to the run.
  std::function<void(const record::Json&)> fact;
};

/// Drives the pending cases of `run` to their outcomes: measures ceilings, probes every case in
/// plan order (series ascend, so that the larger siblings of a failed case can be skipped), makes
/// the probes of behaviour that are asked for, then times all in rounds, each shuffled by the run's
/// seed. Every change reaches `run` through options.fact. What `run` already holds is not measured
/// again. If interrupted, returns early with cases still pending.
void conduct(record::Run& run, const ConductOptions& options, Progress& progress);

/// One of two runs that are measured in the same rounds.
struct Side {
  record::Run& run;
  const ConductOptions& options;
  std::string name;  ///< "OLD" or "NEW", for messages.
};

/// Positions of two cases, one of each side's run, that will be compared with each other.
using CasePair = std::pair<size_t, size_t>;

/// Drives both runs as `conduct` drives one, in the same rounds, so that both meet the same moments
/// of the machine. A round is shuffled over the cases of both sides, by the first run's seed, but
/// the two cases of a pair follow each other directly, either of them first. Both are timed over
/// the same number of calls, unless one is more than kAlikeCalls times as fast as the other. The
/// second side's program measures the ceilings of both. A case that fails costs its side that case
/// only.
void conduct_both(const Side& first, const Side& second, const std::vector<CasePair>& pairs,
                  Progress& progress);

inline constexpr int64_t kAlikeCalls = 2;

/// The facts that retry each case of `run` that failed for a reason outside its variant.
std::vector<record::Json> retries(const record::Run& run);

/// Positions 0..count-1 in the order of this round, which depends only on the seed and the round,
/// not on the platform.
std::vector<size_t> shuffled(size_t count, uint64_t seed, int round);

}  // namespace attnbench::run
