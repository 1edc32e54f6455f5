// Tries every promise on random problems and shrinks what fails.
#include "conformance/conformance.h"

#include <omp.h>

#include <utility>

#include "conformance/promises.h"
#include "conformance/trial.h"
#include "measure/fenced_block.h"
#include "record/format.h"

namespace attnbench::conformance {
namespace {

/// How many problems may be drawn for one that can be tried.
constexpr int kDrawsPerProblem = 20;

/// Params at their limits may ask for more scratch than a check should take.
constexpr Count kMostScratchBytes{int64_t{64} << 20};

/// Bounds what shrinking costs.
constexpr int kMostShrinkingAttempts = 500;

/// Why the trial can't be run; empty if it can.
std::string why_not(const registry::Entry& entry, const Trial& trial) {
  std::string refusal = registry::refusal(*entry.variant, trial.call());
  if (!refusal.empty()) return refusal;
  Count bytes = entry.variant->workspace_bytes(trial.call());
  for (const ExtraInput& extra : registry::extra_inputs(*entry.variant, trial.call()))
    bytes = bytes + count(extra.batch, extra.heads, extra.len, extra.dim, sizeof(float));
  if (bytes > kMostScratchBytes) return "workspace and declared inputs are too large for a check";
  return {};
}

/// Greedy: goes on from a smaller trial for as long as one fails, too.
Failure shrunk(const registry::Entry& entry, const Promise& promise, Failure failure,
               const std::function<void(const Trial&)>& announce) {
  int attempts = 0;
  for (bool smaller = true; smaller;) {
    smaller = false;
    for (const Trial& trial : smaller_trials(entry, failure.trial)) {
      if (attempts++ == kMostShrinkingAttempts) return failure;
      announce(trial);
      if (!why_not(entry, trial).empty()) continue;
      std::string text = promise.attempt(entry, trial).failure;
      if (text.empty()) continue;
      failure = {trial, std::move(text)};
      smaller = true;
      break;
    }
  }
  return failure;
}

/// Keeps the harness' own loops over tiny inputs from waiting for threads, which costs more than
/// all else here. Variants set their number of threads call by call.
class OneThreadByDefault {
 public:
  OneThreadByDefault() { omp_set_num_threads(1); }
  ~OneThreadByDefault() { omp_set_num_threads(before_); }
  OneThreadByDefault(const OneThreadByDefault&) = delete;
  OneThreadByDefault& operator=(const OneThreadByDefault&) = delete;

 private:
  int before_ = omp_get_max_threads();
};

}  // namespace

Finding check_promise(const registry::Entry& entry, const Promise& promise, int problems,
                      uint64_t seed, const Announce& announce) {
  const measure::FaultWatch watch;
  const OneThreadByDefault one_thread;
  Rng rng(seed);
  Finding finding{promise.name, 0, true, {}, {}};
  const auto tell = [&](const Trial& trial) {
    if (announce) announce(trial, finding.problems_tried);
  };
  int remarks = 0;
  bool supported = false;
  std::string remark, untried = "none was asked for";
  for (int i = 0; i < kDrawsPerProblem * problems && finding.problems_tried < problems; ++i) {
    Trial trial = random_trial(entry, rng);
    if (promise.aim != nullptr) promise.aim(trial);
    tell(trial);
    if (const std::string reason = why_not(entry, trial); !reason.empty()) {
      if (!supported) untried = reason;
      continue;
    }
    supported = true;
    const Attempt attempt = promise.attempt(entry, trial);
    if (!attempt.untried.empty()) {
      untried = attempt.untried;
      continue;
    }
    ++finding.problems_tried;
    if (!attempt.failure.empty()) {
      finding.ok = false;
      const Failure first{trial, attempt.failure};
      finding.failure = describe_failure(entry, shrunk(entry, promise, first, tell), first);
      return finding;
    }
    if (attempt.remark.empty()) continue;
    remark = attempt.remark;
    ++remarks;
  }
  if (!supported && promise.aim == nullptr) {
    finding.ok = false;
    finding.failure = "no problem could be tried: " + untried;
  } else if (finding.problems_tried == 0) {
    finding.note = untried;
  } else if (remarks > 0) {
    finding.note = remark + " on " + std::to_string(remarks) + " of " +
                   record::plural(finding.problems_tried, "problem");
  }
  return finding;
}

Attempt attempt_once(const registry::Entry& entry, const Promise& promise, const Trial& trial) {
  const measure::FaultWatch watch;
  const OneThreadByDefault one_thread;
  if (std::string reason = why_not(entry, trial); !reason.empty())
    return {{}, std::move(reason), {}};
  return promise.attempt(entry, trial);
}

std::string describe_failure(const registry::Entry& entry, const Failure& smallest,
                             const Failure& first) {
  return describe(entry, smallest.trial) + ": " + smallest.text + " (first seen on " +
         describe(entry, first.trial) + ": " + first.text + ")";
}

std::vector<Finding> check_conformance(const registry::Entry& entry, int problems, uint64_t seed) {
  std::vector<Finding> findings;
  for (const Promise& promise : promises()) {
    findings.push_back(check_promise(entry, promise, problems, seed + findings.size()));
    if (!findings.front().ok) break;  // Malformed keys: there is nothing to compare with.
  }
  return findings;
}

}  // namespace attnbench::conformance
