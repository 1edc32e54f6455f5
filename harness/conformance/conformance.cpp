// Tries every promise on random problems and shrinks what fails.
#include "conformance/conformance.h"

#include <omp.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "conformance/promises.h"
#include "conformance/training_attempts.h"
#include "conformance/trial.h"
#include "measure/fenced_block.h"
#include "measure/narrow.h"
#include "record/format.h"

namespace attnbench::conformance {
namespace {

/// How many problems may be drawn for one that can be tried.
constexpr int kDrawsPerProblem = 20;

/// Params at their limits may ask for more scratch than a check should take.
constexpr Count kMostScratchBytes{int64_t{64} << 20};

/// Bounds what shrinking costs.
constexpr int kMostShrinkingAttempts = 500;

/// Drawing orthogonal inputs takes that many multiply-adds at most.
constexpr Count kMostOrthogonalWork{int64_t{1} << 26};

/// Why the trial can't be run; empty if it can.
std::string why_not(const registry::Entry& entry, const Promise& promise, const Trial& trial) {
  const Call call = trial.call();
  if (promise.only_asks && !promise.trains) return registry::declined(*entry.variant, call);
  if (promise.only_asks) return training_declined(*entry.variant, call);
  std::string refusal = registry::refusal(*entry.variant, call);
  if (refusal.empty() && promise.trains) refusal = registry::training_refusal(*entry.variant, call);
  if (!refusal.empty()) return refusal;
  const auto extras = registry::extra_inputs(*entry.variant, call);
  Count bytes = entry.variant->workspace_bytes(call) + registry::bytes_of(extras), work;
  for (const ExtraInput& extra : extras)
    if (extra.fill == Fill::kOrthogonal)
      work = work +
             count(extra.batch, extra.heads, extra.len, extra.dim, std::min(extra.len, extra.dim));
  if (const Deciding* deciding = entry.variant->deciding())
    bytes = bytes + count(deciding->decision_count(call), sizeof(int32_t));
  if (promise.trains) bytes = bytes + training_bytes(*entry.variant, call);
  if (bytes > kMostScratchBytes) return "workspace and declared inputs are too large for a check";
  if (work > kMostOrthogonalWork) return "orthogonal inputs are too large for a check";
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
      if (!why_not(entry, promise, trial).empty()) continue;
      std::string text = promise.attempt(entry, trial).failure;
      if (text.empty()) continue;
      failure = {trial, std::move(text)};
      smaller = true;
      break;
    }
  }
  return failure;
}

/// What came of the problems that did not break a promise.
struct Tally {
  std::string refusal;  ///< Why a problem was not done at all.
  std::string nothing;  ///< Why the promise said nothing about a problem.
  int nothings = 0, remarks = 0;
  std::string remark;
  /// How many problems could not tell, by their kind of inputs and the reason.
  std::map<std::pair<measure::InputStyle, std::string>, int> untried;
  std::set<measure::InputStyle> tried_styles;

  /// That a variant does not take an axis says little, if it refuses plain problems, too.
  void refuses(const Problem& p, std::string reason) {
    const bool is_plain = p.scale == 0 && !modifies_scores(p) && !measure::has_narrow_types(p);
    if (is_plain || refusal.empty()) refusal = std::move(reason);
  }

  /// Whether the attempt counts as a problem that the promise was tried on.
  bool takes(measure::InputStyle style, const Attempt& attempt) {
    if (!attempt.untried.empty()) ++untried[{style, attempt.untried}];
    if (!attempt.nothing.empty()) nothing = attempt.nothing, ++nothings;
    if (!attempt.remark.empty()) remark = attempt.remark, ++remarks;
    const bool counts = attempt.untried.empty() && attempt.nothing.empty();
    if (counts) tried_styles.insert(style);
    return counts;
  }

  Status status(int tried) const {
    if (tried > 0) return unjudged_style() == nullptr ? Status::kOk : Status::kNotTried;
    return untried.empty() && nothings > 0 ? Status::kDoesNotApply : Status::kNotTried;
  }

  std::string note(int tried) const {
    const auto of = [](int number) { return record::plural(number, "problem"); };
    if (tried == 0) {
      if (!untried.empty()) return "no problem could be judged: " + unjudged();
      if (nothings > 0) return "in each of the " + of(nothings) + " that it does, " + nothing;
      return "no problem could be tried: " + (refusal.empty() ? "none was asked for" : refusal);
    }
    if (const char* style = unjudged_style())
      return "no problem with " + std::string(style) + " inputs could be judged: " + unjudged();
    std::string text;
    if (remarks > 0) text = remark + " on " + std::to_string(remarks) + " of " + of(tried);
    if (untried.empty()) return text;
    return text + (text.empty() ? "" : "; ") + "others could not be judged: " + unjudged();
  }

 private:
  /// The kind of inputs of which problems were drawn and none could be judged; null if there is
  /// none.
  const char* unjudged_style() const {
    for (const auto& [reason, number] : untried)
      if (!tried_styles.contains(reason.first)) return style_name(reason.first);
    return nullptr;
  }

  /// "float32 can't evaluate its definition (2 with large-logit inputs)".
  std::string unjudged() const {
    std::string text;
    for (const auto& [reason, number] : untried)
      text += (text.empty() ? "" : "; ") + reason.second + " (" + std::to_string(number) +
              " with " + style_name(reason.first) + " inputs)";
    return text;
  }
};

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

const char* status_name(Status status) {
  constexpr const char* kNames[] = {"ok", "FAILED", "does not apply", "not tried"};
  return kNames[static_cast<size_t>(status)];
}

Finding check_promise(const registry::Entry& entry, const Promise& promise, int problems,
                      uint64_t seed, const Announce& announce) {
  Finding finding{promise.name};
  finding.note = exemption(promise, entry);
  if (!finding.note.empty()) {
    finding.status = Status::kDoesNotApply;
    return finding;
  }
  const measure::FaultWatch watch;
  const OneThreadByDefault one_thread;
  Rng rng(seed);
  const auto tell = [&](const Trial& trial) {
    if (announce) announce(trial, finding.problems_tried);
  };
  Tally tally;
  for (int i = 0; i < kDrawsPerProblem * problems && finding.problems_tried < problems; ++i) {
    Trial trial = random_trial(entry, rng);
    if (promise.aim != nullptr) promise.aim(trial);
    tell(trial);
    if (std::string reason = why_not(entry, promise, trial); !reason.empty()) {
      tally.refuses(trial.problem, std::move(reason));
      continue;
    }
    const Attempt attempt = promise.attempt(entry, trial);
    if (!tally.takes(trial.style, attempt)) continue;
    ++finding.problems_tried;
    if (attempt.failure.empty()) continue;
    finding.status = Status::kFailed;
    const Failure first{trial, attempt.failure};
    finding.failure = describe_failure(entry, shrunk(entry, promise, first, tell), first);
    return finding;
  }
  finding.status = tally.status(finding.problems_tried);
  finding.note = tally.note(finding.problems_tried);
  return finding;
}

Attempt attempt_once(const registry::Entry& entry, const Promise& promise, const Trial& trial) {
  const measure::FaultWatch watch;
  const OneThreadByDefault one_thread;
  if (std::string reason = why_not(entry, promise, trial); !reason.empty())
    return {.untried = std::move(reason)};
  return promise.attempt(entry, trial);
}

std::string describe_failure(const registry::Entry& entry, const Failure& smallest,
                             const Failure& first) {
  return describe(entry, smallest.trial) + ": " + smallest.text + " (first seen on " +
         describe(entry, first.trial) + ": " + first.text + ")";
}

/// A training step takes several times as long as a forward pass, and so does what it should give:
/// promises that take one are tried on one problem in so many here. run::check_variant, for a
/// single variant that is new, tries them on all.
constexpr int kProblemsATraining = 4;

std::vector<Finding> check_conformance(const registry::Entry& entry, int problems, uint64_t seed) {
  std::vector<Finding> findings;
  for (const Promise& promise : promises()) {
    const bool is_long = promise.trains && !promise.only_asks;
    const int some = is_long ? std::max(problems / kProblemsATraining, 1) : problems;
    findings.push_back(check_promise(entry, promise, some, seed + findings.size()));
    if (promise.is_vital && findings.back().status == Status::kFailed) break;
  }
  return findings;
}

}  // namespace attnbench::conformance
