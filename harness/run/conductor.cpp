// Runs ceilings, probes and rounds.
#include "run/conductor.h"

#include <algorithm>
#include <numeric>
#include <random>
#include <set>
#include <string_view>

#include "measure/worker.h"
#include "record/axes.h"
#include "record/format.h"
#include "record/json.h"
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
/// Address space that a process needs beyond its data: thread stacks, malloc arenas, the program.
constexpr int64_t kAddressSpaceSlack = int64_t{1} << 30;
constexpr int64_t kAddressSpacePerThread = int64_t{256} << 20;

/// Whether `larger` asks for at least as much of everything as `c`, by the same variant.
bool at_least_as_large(const Case& larger, const Case& c) {
  for (const record::Axis& axis : record::axes()) {
    const record::AxisValue more = axis.get(larger), less = axis.get(c);
    if (axis.more_is_larger ? more < less : more != less) return false;
  }
  return larger.variant == c.variant && larger.label == c.label && larger.params == c.params;
}

/// What one worker did for its case.
struct Result {
  bool done = false;
  bool interrupted = false;
  Outcome outcome = Outcome::kFailed;  ///< If not done.
  std::string reason;
  bool retry = false;       ///< The reason lies outside the variant: `--resume` retries.
  double wall_s = 0;        ///< The worker's wall time.
  std::vector<Json> facts;  ///< The facts to keep.
};

constexpr std::string_view kOutOfMemory = "out of memory";  ///< How such a reason begins.
constexpr size_t kLongestFact = size_t{64} << 10;  ///< A variant can write to the pipe, too.

std::string text_of(const Json& object, const char* key) {
  const auto it = object.is_object() ? object.find(key) : object.end();
  return it != object.end() && it->is_string() ? it->get<std::string>() : "";
}

/// Takes one line of a worker into `result`: verdicts set its outcome, measurements are kept. False
/// if the line is no fact.
bool take_line(Result& result, const std::string& line, int case_id) {
  if (line.size() > kLongestFact) return false;
  Json fact = Json::parse(line, nullptr, false);
  const std::string kind = text_of(fact, "fact");
  if (kind == "done") {
    result.done = true;
  } else if (kind == "invalid" || kind == "failed") {
    result.outcome = kind == "invalid" ? Outcome::kInvalid : Outcome::kFailed;
    result.reason = text_of(fact, "reason");
    if (result.reason.empty()) result.reason = "no reason given";
    result.retry = fact.value("outside", Json()) == true;
  } else if (kind == "memory" || kind == "check" || kind == "calibration" || kind == "sample" ||
             kind == "ceiling") {
    if (kind != "ceiling") fact["case"] = case_id;
    result.facts.push_back(std::move(fact));
  } else {
    return false;
  }
  return true;
}

Result interpret(const WorkerEnd& end, int case_id, double timeout_s) {
  Result result;
  result.interrupted = end.how == WorkerEnd::How::kInterrupted;
  result.wall_s = end.wall_s;
  for (const std::string& line : end.facts) {
    if (!take_line(result, line, case_id)) {
      result.done = false;
      result.outcome = Outcome::kFailed;
      result.reason = "sent a line that is no fact: " + line.substr(0, 80);
      return result;
    }
  }
  const bool clean_exit = end.how == WorkerEnd::How::kExited && end.code == 0;
  result.done = result.done && clean_exit && result.reason.empty();
  if (result.done && is_disturbed(end)) {
    result.done = false;
    result.retry = true;
    result.reason = kStopped;
    result.facts.clear();  // A calibration among them would count as one.
  }
  if (result.done || !result.reason.empty()) return result;
  result.outcome = end.how == WorkerEnd::How::kTimeout ? Outcome::kTimeout : Outcome::kFailed;
  result.reason = describe_end(end, timeout_s);
  result.retry = is_outside_variant(end);
  if (is_out_of_memory(end)) result.reason = std::string(kOutOfMemory) + ": " + result.reason;
  return result;
}

/// One running sweep.
class Conductor {
 public:
  Conductor(record::Run& run, const ConductOptions& options, Progress& progress)
      : run_(run), options_(options), progress_(progress), cost_s_(run.cases.size(), 0) {}

  void conduct() {
    skip_larger_than_known();
    probe_all();
    if (options_.check_only) {
      finish_all();
      return;
    }
    for (int round = 0; round < run_.rounds && !stopped(); ++round) time_round(round);
    if (!stopped()) finish_all();
  }

 private:
  bool stopped() const { return !options_.interrupted().empty(); }
  bool pending(size_t id) const { return run_.cases[id].plan.outcome == Outcome::kPending; }

  std::vector<size_t> pending_cases() const {
    std::vector<size_t> ids;
    for (size_t id = 0; id < run_.cases.size(); ++id)
      if (pending(id)) ids.push_back(id);
    return ids;
  }

  Task task(Task::Mode mode, const CaseRecord& c) const {
    Task t;
    t.mode = mode;
    t.plan = c.plan;
    t.seed = run_.seed;
    t.iterations = c.iterations;
    t.all_rows = options_.all_rows;
    if (mode == Task::Mode::kRound && c.check) t.judged_digest = c.check->output_digest;
    t.min_time_s = options_.check_only ? 0 : options_.min_time_s;
    t.address_space_bytes =
        run_.memory_limit_bytes + kAddressSpaceSlack + kAddressSpacePerThread * c.plan.threads;
    return t;
  }

  Result run_task(const Task& t, double timeout_s, const std::string& what) const {
    WorkerCommand command;
    command.argv = options_.worker_argv;
    command.environment = worker_environment(t.plan.threads);
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
  void work(const Task& t) {
    const size_t id = static_cast<size_t>(t.plan.id);
    Result result = run_task(t, options_.timeout_s, describe_case(t.plan));
    if (result.interrupted) return;
    cost_s_[id] = result.wall_s;
    for (Json& fact : result.facts)
      if (text_of(fact, "fact") == "sample") fact["worker_s"] = cost_s_[id];
    if (!keep(result) || (result.done && !brought(t))) {
      settle(id, Outcome::kFailed, "said it was done, but did not send what was asked for");
    } else if (!result.done) {
      settle(id, result.outcome, result.reason, result.retry);
      skip_larger(id);
    }
  }

  /// Keeps a worker's measurements, but no sample if the worker did not end well. False if one of
  /// them is malformed.
  bool keep(const Result& result) {
    try {
      for (const Json& fact : result.facts)
        if (result.done || text_of(fact, "fact") != "sample") options_.fact(fact);
      return true;
    } catch (const record::RecordError&) {
      return false;
    }
  }

  /// Whether the worker's facts brought what its task asked for.
  bool brought(const Task& t) const {
    const CaseRecord& c = run_.cases[static_cast<size_t>(t.plan.id)];
    return t.mode == Task::Mode::kProbe ? c.iterations > 0 && c.check
                                        : !c.samples.empty() && c.samples.back().round == t.round;
  }

  void settle(size_t id, Outcome outcome, const std::string& reason, bool retry = false) {
    Json fact = {{"fact", "outcome"}, {"case", id}};
    fact["outcome"] = record::outcome_name(outcome);
    fact["reason"] = reason;
    fact["retry"] = retry;
    options_.fact(fact);
    if (outcome != Outcome::kOk && outcome != Outcome::kSkipped)
      progress_.note(std::string(record::outcome_name(outcome)) + ": " +
                     describe_case(run_.cases[id].plan) + ": " + reason);
  }

  /// If a case timed out or ran out of memory, its larger siblings would, too.
  void skip_larger(size_t id) {
    const Case& dead = run_.cases[id].plan;
    const bool timed_out = dead.outcome == Outcome::kTimeout;
    if (!timed_out && !(dead.outcome == Outcome::kFailed && dead.reason.starts_with(kOutOfMemory)))
      return;
    const std::string reason =
        (timed_out ? "a smaller case timed out: " : "a smaller case ran out of memory: ") +
        describe_case(dead);
    for (const size_t other : pending_cases())
      if (at_least_as_large(run_.cases[other].plan, dead)) settle(other, Outcome::kSkipped, reason);
  }

  /// A resumed run may have ended between the failure of a case and the skipping of larger ones.
  void skip_larger_than_known() {
    for (size_t id = 0; id < run_.cases.size(); ++id) skip_larger(id);
  }

  /// Measured before each round, so that the ceilings meet the same noise as the cases.
  void measure_ceilings() {
    std::set<int> thread_counts;
    for (const size_t id : pending_cases()) thread_counts.insert(run_.cases[id].plan.threads);
    for (const int threads : thread_counts) {
      if (stopped()) return;
      Task t;
      t.mode = Task::Mode::kCeiling;
      t.plan.threads = threads;
      const std::string what = "the ceilings of " + record::plural(threads, "thread");
      const Result result = run_task(t, kCeilingTimeout_s, what);
      keep(result);
      if (!result.done && !result.interrupted)
        progress_.note(what + " could not be measured: " + result.reason);
    }
  }

  void probe_all() {
    progress_.begin(options_.check_only ? "checking" : "checking and calibrating");
    const std::vector<size_t> ids = pending_cases();
    int position = 0;
    for (const size_t id : ids) {
      if (stopped()) return;
      ++position;
      if (!pending(id) || run_.cases[id].iterations > 0) continue;
      progress_.step(position, static_cast<int>(ids.size()), describe_point(run_.cases[id].plan),
                     -1);
      work(task(Task::Mode::kProbe, run_.cases[id]));
    }
    progress_.end(static_cast<int>(ids.size()), time_left(0));
  }

  bool has_sample(size_t id, int round) const {
    const auto& samples = run_.cases[id].samples;
    return std::any_of(samples.begin(), samples.end(),
                       [&](const record::Sample& s) { return s.round == round; });
  }

  void time_round(int round) {
    const std::vector<size_t> ids = pending_cases();
    const std::vector<size_t> order = shuffled(ids.size(), run_.seed, round);
    progress_.begin("round " + std::to_string(round + 1) + " of " + std::to_string(run_.rounds));
    if (std::none_of(ids.begin(), ids.end(), [&](size_t id) { return !has_sample(id, round); }))
      return;
    measure_ceilings();
    double left_in_round = time_left(run_.rounds - 1);
    for (size_t i = 0; i < order.size() && !stopped(); ++i) {
      const size_t id = ids[order[i]];
      if (!pending(id) || has_sample(id, round)) continue;
      progress_.step(static_cast<int>(i) + 1, static_cast<int>(order.size()),
                     describe_point(run_.cases[id].plan), left_in_round + time_left(round + 1));
      left_in_round -= cost_s_[id];
      Task t = task(Task::Mode::kRound, run_.cases[id]);
      t.round = round;
      work(t);
    }
    if (!stopped()) progress_.end(static_cast<int>(ids.size()), time_left(round + 1));
  }

  /// Seconds that the rounds from `next_round` on should take, by each case's last worker.
  double time_left(int next_round) const {
    double a_round = 0;
    for (const size_t id : pending_cases()) a_round += cost_s_[id];
    return options_.check_only ? 0 : a_round * (run_.rounds - next_round);
  }

  void finish_all() {
    for (const size_t id : pending_cases()) settle(id, Outcome::kOk, "");
  }

  record::Run& run_;
  const ConductOptions& options_;
  Progress& progress_;
  std::vector<double> cost_s_;  ///< Time of each case's last worker; 0 before the first.
};

}  // namespace

std::vector<Json> retries(const record::Run& run) {
  std::vector<Json> facts;
  for (const CaseRecord& c : run.cases)
    if (c.plan.outcome == Outcome::kFailed && c.plan.retry)
      facts.push_back({{"fact", "retry"}, {"case", c.plan.id}});
  return facts;
}

std::vector<size_t> shuffled(size_t count, uint64_t seed, int round) {
  std::vector<size_t> order(count);
  std::iota(order.begin(), order.end(), size_t{0});
  std::mt19937_64 random(seed * 1'000'003 + static_cast<uint64_t>(round));
  // Fisher-Yates by hand, because the order of std::shuffle differs between libraries.
  for (size_t i = count; i > 1; --i) std::swap(order[i - 1], order[random() % i]);
  return order;
}

void conduct(record::Run& run, const ConductOptions& options, Progress& progress) {
  Conductor(run, options, progress).conduct();
}

}  // namespace attnbench::run
