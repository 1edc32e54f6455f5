// Runs workers for single cases.
#include "run/case_driver.h"

#include <algorithm>

#include "measure/gradient_truth.h"
#include "record/axes.h"
#include "record/format.h"
#include "record/sanity.h"
#include "run/environment.h"
#include "run/worker_process.h"

namespace attnbench::run {
namespace {

using measure::Task;
using record::Case;
using record::CaseRecord;
using record::Json;
using record::Outcome;

constexpr double kCeilingTimeout_s = 120;
/// Address space that a process needs beyond its data: thread stacks, malloc arenas, the program,
/// and what checks hold of a few rows, such as measure::kSpareGradientBytes.
constexpr int64_t kAddressSpaceSlack = int64_t{1} << 30;
static_assert(measure::kSpareGradientBytes <= kAddressSpaceSlack / 2);
constexpr int64_t kAddressSpacePerThread = int64_t{256} << 20;

/// What the check of gradients by a definition holds at a time, at most, if it judges every row; in
/// units of all inputs, of which the gradients have the size, and than which d_out is not larger:
///   2 of the definition's gradients in double, 2 of those that are kept, which leaves 12 for what
///     the definition computes them from: 6 numbers in double for one of the inputs;
///   or 2 of those kept, 2 of squared errors, 2 of a copy of the inputs and d_out, 1 of the
///     definition's gradients in float and 1 of those kept, which leaves 8 for the definition;
///   or, while they are compared, 2 of those kept, 2 of squared errors, 2 of bounds, and 4 of both
///     by row, which are 10.
/// Definitions in float run at a time only if copies of the inputs for all are small (replicas.h):
/// there is room for these beside.
constexpr int64_t kInputsToDefineGradients = 16;

constexpr const char* kLacking = "said it was done, but did not send what was asked for";

std::string unreadable(const record::RecordError& e) {
  return std::string("sent a fact that cannot be read: ") + e.what();
}

/// Why a case is not tried after a smaller one that failed for want of time, or else of memory.
std::string blame(bool timed_out, const Case& smaller) {
  return (timed_out ? "a smaller case timed out: " : "a smaller case ran out of memory: ") +
         describe_case(smaller);
}

/// What the worker found by this probe; or, in its reason, why nothing is known.
record::Probe probe_of(const WorkerResult& result, const record::ProbeSetting& setting) {
  record::Probe unknown{setting.name, setting.seeds, result.reason, {}};
  if (!result.done) return unknown;
  unknown.reason = kLacking;
  try {
    for (const Json& fact : result.facts) {
      if (fact_kind(fact) != "probe") continue;
      record::Probe probe = record::probe_from_json(fact);
      record::require_sane(probe, "probe");
      if (probe.name == setting.name) return probe;
    }
  } catch (const record::RecordError& e) {
    unknown.reason = unreadable(e);
  }
  return unknown;
}

/// Whether `larger` asks for at least as much of everything as `c`, by the same variant.
bool at_least_as_large(const Case& larger, const Case& c) {
  for (const record::Axis& axis : record::axes()) {
    const record::AxisValue more = axis.get(larger), less = axis.get(c);
    if (axis.more_is_larger ? more < less : more != less) return false;
  }
  return larger.variant == c.variant && larger.label == c.label && larger.params == c.params;
}

}  // namespace

CaseDriver::CaseDriver(record::Run& run, const ConductOptions& options, Progress& progress,
                       const std::string& name)
    : run_(run),
      options_(options),
      progress_(progress),
      suffix_(name.empty() ? "" : ", " + name),
      cost_s_(run.cases.size(), 0) {}

bool CaseDriver::pending(size_t id) const {
  return run_.cases[id].plan.outcome == Outcome::kPending;
}

std::vector<size_t> CaseDriver::pending_cases() const {
  std::vector<size_t> ids;
  for (size_t id = 0; id < run_.cases.size(); ++id)
    if (pending(id)) ids.push_back(id);
  return ids;
}

bool CaseDriver::has_sample(size_t id, int round) const {
  const auto& samples = run_.cases[id].samples;
  return std::any_of(samples.begin(), samples.end(),
                     [&](const record::Sample& s) { return s.round == round; });
}

std::string CaseDriver::describe(size_t id) const {
  return describe_point(run_.cases[id].plan) + suffix_;
}

Task CaseDriver::task(Task::Mode mode, const CaseRecord& c) const {
  Task t;
  t.mode = mode;
  t.plan = c.plan;
  t.seed = run_.seed;
  t.iterations = c.iterations;
  t.all_rows = options_.all_rows;
  t.describe_inputs =
      mode == Task::Mode::kProbe && record::input_statistics_of(run_, c.plan) == nullptr;
  if (mode == Task::Mode::kRound && c.check) t.judged_digest = c.check->output_digest;
  t.min_time_s = options_.check_only ? 0 : options_.min_time_s;
  t.address_space_bytes =
      run_.memory_limit_bytes + kAddressSpaceSlack + kAddressSpacePerThread * c.plan.threads;
  // The check of a variant with a definition may copy the inputs, and a probe may.
  const bool copies = mode == Task::Mode::kBehaviour || c.plan.kind != "exact";
  const bool trains = record::trains(c.plan.pass), exact = c.plan.kind == "exact";
  const int64_t inputs = (copies ? 1 : 0) + (trains && !exact ? kInputsToDefineGradients : 0);
  const int64_t keys = trains && exact ? c.plan.problem.kv_len : 0;
  t.address_space_bytes = (Count(t.address_space_bytes) + count(inputs, c.plan.input_bytes) +
                           count(keys, measure::kGradientBytesAKey))
                              .value();
  return t;
}

WorkerResult CaseDriver::run_task(const Task& t, double timeout_s, const std::string& what) const {
  WorkerCommand command;
  command.argv = options_.worker_argv;
  command.environment = worker_environment(t.plan.threads);
  if (t.mode != Task::Mode::kCeiling)
    use_file_workers(options_.file_workers, t.plan.variant, command);
  command.input = record::to_line(measure::to_json(t));
  command.timeout_s = timeout_s;
  Surroundings surroundings;
  surroundings.wake_mask = options_.wake_mask;
  surroundings.interrupted = [this] { return stopped(); };
  surroundings.oom_kills = options_.oom_kills;
  surroundings.note = [&](const std::string& text) { progress_.note(what + ": " + text); };
  return interpret(run_worker(command, surroundings), t.plan.id, timeout_s);
}

/// Runs one worker for one case and records what follows from its end.
void CaseDriver::work(const Task& t) {
  const size_t id = static_cast<size_t>(t.plan.id);
  WorkerResult result = run_task(t, options_.timeout_s, describe_case(t.plan) + suffix_);
  if (result.interrupted) return;
  cost_s_[id] = result.wall_s;
  for (Json& fact : result.facts)
    if (fact_kind(fact) == "sample") fact["worker_s"] = cost_s_[id];
  if (const std::string malformed = keep(result); !malformed.empty()) {
    settle(id, Outcome::kFailed, malformed);
  } else if (result.done && !brought(t)) {
    settle(id, Outcome::kFailed, kLacking);
  } else if (!result.done) {
    settle(id, result.outcome, result.reason, result.retry, result.details);
    skip_larger(id);
  }
}

/// Keeps a worker's measurements, but no sample if the worker did not end well. Returns that
/// one of them cannot be read; empty if all can.
std::string CaseDriver::keep(const WorkerResult& result) {
  try {
    for (const Json& fact : result.facts)
      if (result.done || fact_kind(fact) != "sample") options_.fact(fact);
    return {};
  } catch (const record::RecordError& e) {
    return unreadable(e);
  }
}

/// Whether the worker's facts brought what its task asked for.
bool CaseDriver::brought(const Task& t) const {
  const CaseRecord& c = run_.cases[static_cast<size_t>(t.plan.id)];
  return t.mode == Task::Mode::kProbe ? c.iterations > 0 && c.check
                                      : !c.samples.empty() && c.samples.back().round == t.round;
}

void CaseDriver::settle(size_t id, Outcome outcome, const std::string& reason, bool retry,
                        const std::string& details) {
  Json fact = {{"fact", "outcome"}, {"case", id}};
  fact["outcome"] = record::outcome_name(outcome);
  fact["reason"] = reason;
  if (!details.empty()) fact["details"] = details;
  fact["retry"] = retry;
  options_.fact(fact);
  if (outcome != Outcome::kOk && outcome != Outcome::kSkipped)
    progress_.note(std::string(record::outcome_name(outcome)) + ": " +
                   describe_case(run_.cases[id].plan) + suffix_ + ": " + reason);
}

/// If a case timed out or ran out of memory, its larger siblings would, too.
void CaseDriver::skip_larger(size_t id) {
  const Case& dead = run_.cases[id].plan;
  const bool timed_out = dead.outcome == Outcome::kTimeout;
  if (!timed_out && !(dead.outcome == Outcome::kFailed && dead.reason.starts_with(kOutOfMemory)))
    return;
  for (const size_t other : pending_cases())
    if (at_least_as_large(run_.cases[other].plan, dead))
      settle(other, Outcome::kSkipped, blame(timed_out, dead));
}

void CaseDriver::skip_larger_than_known() {
  for (size_t id = 0; id < run_.cases.size(); ++id) skip_larger(id);
}

bool CaseDriver::holds_ceilings(const record::Case& c) const {
  return options_.ceilings_once && std::ranges::any_of(run_.ceilings, [&](const auto& known) {
           return known.threads == c.threads && known.pages == c.pages;
         });
}

std::vector<Json> CaseDriver::measure_ceilings(const std::set<CeilingSetting>& settings) const {
  std::vector<Json> facts;
  for (const auto& [threads, pages] : settings) {
    if (stopped()) break;
    Task t;
    t.mode = Task::Mode::kCeiling;
    t.plan.threads = threads;
    t.plan.pages = pages;
    const std::string what = "the ceilings of " + record::plural(threads, "thread") + suffix_;
    const WorkerResult result = run_task(t, kCeilingTimeout_s, what);
    facts.insert(facts.end(), result.facts.begin(), result.facts.end());
    if (!result.done && !result.interrupted)
      progress_.note(what + " could not be measured: " + result.reason);
  }
  return facts;
}

void CaseDriver::keep_ceilings(const std::vector<Json>& facts) {
  try {
    for (const Json& fact : facts) options_.fact(fact);
  } catch (const record::RecordError& e) {
    progress_.note("a ceiling cannot be read" + suffix_ + ": " + e.what());
  }
}

void CaseDriver::probe(size_t id) {
  work(task(Task::Mode::kProbe, run_.cases[id]));
}

void CaseDriver::time(size_t id, int round) {
  Task t = task(Task::Mode::kRound, run_.cases[id]);
  t.round = round;
  work(t);
}

bool CaseDriver::has_probe(size_t id, const std::string& name) const {
  const auto& probes = run_.cases[id].probes;
  return std::any_of(probes.begin(), probes.end(),
                     [&](const record::Probe& probe) { return probe.name == name; });
}

bool CaseDriver::lacks_behaviour(size_t id) const {
  const auto& wanted = options_.behaviour;
  return std::any_of(wanted.begin(), wanted.end(), [&](const record::ProbeSetting& setting) {
    return !has_probe(id, setting.name);
  });
}

/// Says which numbers of pairs a probe with points has none of, as they do not fit.
void CaseDriver::note_left_out(const record::Probe& probe, const record::ProbeSetting& setting,
                               const std::string& what) const {
  for (const int64_t pairs : setting.pairs) {
    const auto has_them = [&](const record::ProbePoint& point) { return point.pairs == pairs; };
    if (probe.reason.empty() && std::ranges::none_of(probe.points, has_them))
      progress_.note(what + ": there is no room for " + record::plural(pairs, "pair") +
                     ", which are left out");
  }
}

/// Why the probe is not worth a try, as it failed on a smaller case for want of time or memory;
/// empty if it is.
std::string CaseDriver::hopeless(size_t id, const std::string& probe_name) const {
  for (const CaseRecord& c : run_.cases)
    for (const record::Probe& probe : c.probes) {
      const bool timed_out = probe.reason.starts_with(kTimedOut);
      if (probe.name == probe_name && (timed_out || probe.reason.starts_with(kOutOfMemory)) &&
          at_least_as_large(run_.cases[id].plan, c.plan))
        return blame(timed_out, c.plan);
    }
  return {};
}

void CaseDriver::probe_behaviour(size_t id) {
  for (const record::ProbeSetting& setting : options_.behaviour) {
    if (stopped()) return;
    if (has_probe(id, setting.name)) continue;
    record::Probe probe{setting.name, setting.seeds, hopeless(id, setting.name), {}};
    if (probe.reason.empty()) {
      Task t = task(Task::Mode::kBehaviour, run_.cases[id]);
      t.behaviour = setting;
      const std::string what = setting.name + " of " + describe_case(t.plan) + suffix_;
      const WorkerResult result = run_task(t, options_.timeout_s, what);
      if (result.interrupted) return;
      probe = probe_of(result, setting);
      if (!probe.reason.empty()) progress_.note(what + ": " + probe.reason);
      note_left_out(probe, setting, what);
    }
    Json fact = to_json(probe);
    fact["fact"] = "probe";
    fact["case"] = id;
    options_.fact(fact);
  }
}

void CaseDriver::fix_iterations(size_t id, int64_t iterations) {
  options_.fact({{"fact", "calibration"}, {"case", id}, {"iterations", iterations}});
}

double CaseDriver::time_left(int next_round) const {
  double a_round = 0;
  for (const size_t id : pending_cases()) a_round += cost_s_[id];
  return options_.check_only ? 0 : a_round * (run_.rounds - next_round);
}

void CaseDriver::finish_all() {
  for (const size_t id : pending_cases()) settle(id, Outcome::kOk, "");
}

}  // namespace attnbench::run
