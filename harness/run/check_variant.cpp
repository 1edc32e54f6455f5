// Asks workers for findings; if one dies, finds the smallest problem that kills it.
#include "run/check_variant.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "conformance/conformance_worker.h"
#include "conformance/promises.h"
#include "machine/machine.h"
#include "record/format.h"
#include "record/json.h"
#include "run/environment.h"
#include "run/worker_process.h"

namespace attnbench::run {
namespace {

using conformance::ConformanceTask;
using conformance::Failure;
using conformance::Finding;
using conformance::Promise;
using conformance::Status;
using conformance::Trial;
using record::Json;
using Clock = std::chrono::steady_clock;

/// A worker whose variant ignores SIGALRM is killed after this many times the limit of one problem.
constexpr double kTimeoutsAWorker = 60;
/// Bounds of the search for the smallest fatal problem, in which each attempt is a process.
constexpr int kMostAttempts = 150;
constexpr auto kMostTime = std::chrono::seconds(15);
constexpr double kAttemptTimeout_s = 1;

/// What a worker reported before its end.
struct Reply {
  bool interrupted = false;
  std::optional<Finding> finding;
  bool attempted = false;     ///< It survived the one problem that it was given.
  std::optional<Trial> last;  ///< The problem that it was working on.
  int problems_tried = 0;
  std::string end;  ///< Why it did not do its task; empty if it did.
};

void take_line(Reply& reply, const std::string& line) {
  const Json fact = Json::parse(line, nullptr, false);
  const std::string kind = fact.is_object() ? fact.value("fact", "") : "";
  if (kind == "trial") {
    reply.last = conformance::trial_from_json(fact);
    reply.problems_tried = fact.at("problems_tried").get<int>();
  } else if (kind == "finding") {
    reply.finding = conformance::finding_from_json(fact);
  } else if (kind == "attempt") {
    reply.attempted = true;
  } else if (kind == "failed") {
    reply.end = fact.at("reason").get<std::string>();
  }
}

std::string describe_death(const WorkerEnd& end, double attempt_timeout_s, double timeout_s) {
  const bool alarm = end.how == WorkerEnd::How::kSignalled && end.code == SIGALRM;
  return alarm ? "no answer within " + record::format_time(attempt_timeout_s)
               : describe_end(end, timeout_s);
}

class Checker {
 public:
  Checker(const registry::Entry& entry, const CheckOptions& options)
      : entry_(entry), options_(options) {}

  /// Nothing if interrupted.
  std::optional<Finding> check(const Promise& promise, uint64_t seed) {
    if (std::string why = conformance::exemption(promise, entry_); !why.empty())
      return Finding{promise.name, Status::kDoesNotApply, 0, {}, std::move(why)};
    const ConformanceTask task = this->task(promise, options_.problems, seed, options_.timeout_s);
    Reply reply = ask(task, options_.timeout_s * kTimeoutsAWorker);
    if (reply.interrupted) return {};
    if (reply.finding) return std::move(reply.finding);
    Finding finding{promise.name, Status::kNotTried, reply.problems_tried};
    if (!reply.last) {
      finding.note = "no problem could be tried: " + reply.end;
      return finding;
    }
    finding.status = Status::kFailed;
    ++finding.problems_tried;
    const Failure first{*reply.last, reply.end};
    finding.failure = conformance::describe_failure(entry_, shrunk(promise, first), first);
    return finding;
  }

 private:
  ConformanceTask task(const Promise& promise, int problems, uint64_t seed,
                       double timeout_s) const {
    ConformanceTask task;
    task.variant = entry_.name();
    task.promise = promise.name;
    task.problems = problems;
    task.seed = seed;
    task.attempt_timeout_s = timeout_s;
    task.address_space_bytes = address_space_bytes_;
    return task;
  }

  Reply ask(const ConformanceTask& task, double timeout_s) const {
    WorkerCommand command;
    command.argv = options_.worker_argv;
    command.environment = worker_environment(1);
    // Threads that spin while they wait cost a busy machine minutes on thousands of tiny problems.
    command.environment.push_back("OMP_WAIT_POLICY=passive");
    use_file_workers(options_.file_workers, task.variant, command);
    command.input = record::to_line(to_json(task));
    command.timeout_s = timeout_s;
    Surroundings surroundings;
    surroundings.wake_mask = options_.wake_mask;
    surroundings.interrupted = options_.interrupted;
    surroundings.oom_kills = machine::oom_kills_so_far;
    surroundings.note = options_.note;
    const WorkerEnd end = run_worker(command, surroundings);
    Reply reply;
    reply.interrupted = end.how == WorkerEnd::How::kInterrupted;
    try {
      for (const std::string& line : end.facts) take_line(reply, line);
    } catch (const std::exception&) {
      reply.end = "the worker's facts are malformed";  // A variant can write to the pipe, too.
    }
    if (reply.end.empty() && !reply.finding && !reply.attempted)
      reply.end = describe_death(end, task.attempt_timeout_s, timeout_s);
    return reply;
  }

  /// How one problem ends a worker; nothing if it does not.
  std::optional<Failure> death(const Promise& promise, const Trial& trial) const {
    const double timeout_s = std::min(options_.timeout_s, kAttemptTimeout_s);
    ConformanceTask task = this->task(promise, 1, 0, timeout_s);
    task.only = trial;
    Reply reply = ask(task, timeout_s * kTimeoutsAWorker);
    if (reply.interrupted || reply.end.empty()) return {};
    return Failure{trial, std::move(reply.end)};
  }

  /// Shrinks greedily, as the conformance suite does, but with a process per attempt. A problem
  /// that is fatal for one promise usually is for the next, so the search starts from the last one.
  Failure shrunk(const Promise& promise, Failure failure) {
    if (fatal_)
      if (std::optional<Failure> again = death(promise, *fatal_)) failure = std::move(*again);
    const auto deadline = Clock::now() + kMostTime;
    int attempts = 0;
    for (bool smaller = true; smaller;) {
      smaller = false;
      for (const Trial& trial : conformance::smaller_trials(entry_, failure.trial)) {
        if (attempts++ == kMostAttempts || Clock::now() > deadline || options_.interrupted()) break;
        std::optional<Failure> found = death(promise, trial);
        if (!found) continue;
        failure = std::move(*found);
        smaller = true;
        break;
      }
    }
    fatal_ = failure.trial;
    return failure;
  }

  const registry::Entry& entry_;
  const CheckOptions& options_;
  int64_t address_space_bytes_ = machine::available_memory_bytes();
  std::optional<Trial> fatal_;  ///< The smallest problem found that ends a worker.
};

}  // namespace

void check_variant(const registry::Entry& entry, const CheckOptions& options) {
  Checker checker(entry, options);
  uint64_t seed = options.seed;
  for (const Promise& promise : conformance::promises()) {
    const std::optional<Finding> finding = checker.check(promise, seed);
    if (!finding) return;
    options.found(*finding);
    if (promise.is_vital && finding->status == Status::kFailed) return;
    ++seed;
  }
}

}  // namespace attnbench::run
