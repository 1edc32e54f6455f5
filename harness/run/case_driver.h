// Has workers measure single cases of one run, and records what follows from each worker's end.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "measure/worker.h"
#include "run/conductor.h"
#include "run/worker_result.h"

namespace attnbench::run {

/// Threads and pages: what ceilings depend on.
using CeilingSetting = std::pair<int, record::Pages>;

/// Cases are named by their ids, which are their positions in the run.
class CaseDriver {
 public:
  /// `name` says in messages which run a case belongs to; empty if there is only one. All arguments
  /// but the name must outlive this object.
  CaseDriver(record::Run& run, const ConductOptions& options, Progress& progress,
             const std::string& name);

  const record::Run& run() const { return run_; }
  bool check_only() const { return options_.check_only; }
  bool stopped() const { return !options_.interrupted().empty(); }
  bool pending(size_t id) const;
  std::vector<size_t> pending_cases() const;
  bool has_sample(size_t id, int round) const;

  /// A resumed run may have ended between the failure of a case and the skipping of larger ones.
  void skip_larger_than_known();
  /// Whether the ceilings of a case's setting need not be measured.
  bool holds_ceilings(const record::Case& c) const;
  /// The facts of one measurement for each setting.
  std::vector<record::Json> measure_ceilings(const std::set<CeilingSetting>& settings) const;
  void keep_ceilings(const std::vector<record::Json>& facts);
  void probe(size_t id);
  void time(size_t id, int round);
  /// Whether the case has not been asked each probe of behaviour.
  bool lacks_behaviour(size_t id) const;
  /// Asks the case those that it lacks, each in a worker of its own. If one fails, its reason is
  /// recorded in place of its result, and the case goes on. A probe that ran out of time or memory
  /// is not tried on larger cases.
  void probe_behaviour(size_t id);
  /// Fixes the number of calls in each sample of the case.
  void fix_iterations(size_t id, int64_t iterations);
  /// The pending cases are ok.
  void finish_all();

  /// The wall time of the case's last worker; 0 before the first.
  double cost_s(size_t id) const { return cost_s_[id]; }
  /// Seconds that the rounds from `next_round` on should take, by each case's last worker.
  double time_left(int next_round) const;
  /// The case without what all cases share, for progress lines.
  std::string describe(size_t id) const;

 private:
  measure::Task task(measure::Task::Mode mode, const record::CaseRecord& c) const;
  WorkerResult run_task(const measure::Task& t, double timeout_s, const std::string& what) const;
  void work(const measure::Task& t);
  bool has_probe(size_t id, const std::string& name) const;
  void note_left_out(const record::Probe& probe, const record::ProbeSetting& setting,
                     const std::string& what) const;
  std::string hopeless(size_t id, const std::string& probe_name) const;
  std::string keep(const WorkerResult& result);
  bool brought(const measure::Task& t) const;
  void settle(size_t id, record::Outcome outcome, const std::string& reason, bool retry = false,
              const std::string& details = {});
  void skip_larger(size_t id);

  record::Run& run_;
  const ConductOptions& options_;
  Progress& progress_;
  std::string suffix_;  ///< Follows a case's name in messages.
  std::vector<double> cost_s_;
};

}  // namespace attnbench::run
