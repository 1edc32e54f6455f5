// Promises about what a variant states: its keys, its inputs, its memory and its cost.
#include <algorithm>
#include <string_view>
#include <utility>

#include "conformance/attempts.h"

namespace attnbench::conformance {
namespace {

/// Where the count of keys differs from a walk over them; empty if nowhere.
std::string miscounted_keys(const std::vector<KeySpan>& spans) {
  int64_t counted = 0, seen = 0;
  for (const KeySpan& s : spans) {
    counted += registry::key_count(s);
    for (int64_t key = s.begin; key < s.end; key += s.step) ++seen;
  }
  if (counted == seen) return {};
  return std::to_string(counted) + " keys are counted, " + std::to_string(seen) + " seen";
}

/// Everything that a variant states about one call.
struct Statements {
  Count workspace_bytes;
  std::vector<KeySpan> last_keys;  ///< That the last query sees, if the variant is exact.
  std::vector<ExtraInput> inputs;
  Cost cost;
  Count decisions;
};

Statements statements_of(const Variant& variant, const Call& call) {
  Statements s{variant.workspace_bytes(call), {}, registry::extra_inputs(variant, call), {}, {}};
  if (const Exact* exact = variant.exact())
    s.last_keys = registry::visible_keys(*exact, call, call.problem.q_len - 1);
  if (const Inexact* inexact = variant.inexact()) s.cost = inexact->cost(call);
  if (const Deciding* deciding = variant.deciding()) s.decisions = deciding->decision_count(call);
  return s;
}

bool same_span(const KeySpan& a, const KeySpan& b) {
  return a.begin == b.begin && a.end == b.end && a.step == b.step;
}

bool same_input(const ExtraInput& a, const ExtraInput& b) {
  return std::string_view(a.name) == b.name && a.batch == b.batch && a.heads == b.heads &&
         a.len == b.len && a.dim == b.dim && a.fill == b.fill && a.scale == b.scale &&
         a.shift == b.shift && a.learned == b.learned && a.seed == b.seed;
}

/// Which statement has changed; empty if none has.
std::string change(const Statements& a, const Statements& b) {
  const std::tuple<const char*, Count, Count> amounts[] = {
      {"workspace_bytes", a.workspace_bytes, b.workspace_bytes},
      {"cost's flops", a.cost.flops, b.cost.flops},
      {"cost's traffic_bytes", a.cost.traffic_bytes, b.cost.traffic_bytes},
      {"cost's steps", a.cost.steps, b.cost.steps},
      {"cost's path", a.cost.path, b.cost.path},
      {"decision_count", a.decisions, b.decisions}};
  for (const auto& [name, before, after] : amounts)
    if (before != after)
      return std::string(name) + " is " + std::to_string(before.value()) + " at first, then " +
             std::to_string(after.value());
  if (!std::ranges::equal(a.last_keys, b.last_keys, same_span))
    return "visible_keys of the last query changes";
  if (!std::ranges::equal(a.inputs, b.inputs, same_input)) return "extra_inputs changes";
  return {};
}

/// A number that does not fall while a problem grows.
struct Amount {
  const char* name;
  Count (*of)(const Variant& variant, const Call& call);
  Count steady = kSteadyBytes;  ///< Below this it may fall at times.
  int64_t most_fall = 1;        ///< Above that, it never falls below its most over this.
  bool may_be_none = false;     ///< If saturated, it says that there is none, not a number.
  bool may_be_zero = false;
};

/// A definition may need somewhat less if a longer sequence falls into other blocks, at any size of
/// the batch. But a large cost that falls below half has wrapped around.
constexpr Count kSteadyCost{int64_t{1} << 50};
constexpr int64_t kMostFallOfCost = 2;

constexpr Amount kWorkspace = {
    "workspace_bytes", [](const Variant& v, const Call& call) { return v.workspace_bytes(call); }};
constexpr Amount kInputs = {"the size of extra_inputs in bytes",
                            [](const Variant& v, const Call& call) {
                              return registry::bytes_of(registry::extra_inputs(v, call));
                            }};
constexpr Amount kCost[] = {
    {"cost's flops",
     [](const Variant& v, const Call& call) { return v.inexact()->cost(call).flops; }, kSteadyCost,
     kMostFallOfCost},
    {"cost's traffic_bytes",
     [](const Variant& v, const Call& call) { return v.inexact()->cost(call).traffic_bytes; },
     kSteadyCost, kMostFallOfCost},
    {"cost's steps",
     [](const Variant& v, const Call& call) { return v.inexact()->cost(call).steps; }, kSteadyCost,
     kMostFallOfCost},
    {"cost's path", [](const Variant& v, const Call& call) { return v.inexact()->cost(call).path; },
     kSteadyCost, kMostFallOfCost, true},
    {"decision_count",
     [](const Variant& v, const Call& call) {
       return v.deciding() == nullptr ? Count() : v.deciding()->decision_count(call);
     },
     kSteadyCost, kMostFallOfCost, false, true}};

/// Ways to double one dimension of a problem, or two that are tied.
constexpr void (*kDoublings[])(Trial&) = {
    [](Trial& t) { t.problem.batch *= 2; },
    [](Trial& t) { t.problem.heads *= 2; },
    [](Trial& t) { t.problem.heads *= 2, t.problem.kv_heads *= 2; },
    [](Trial& t) { t.problem.q_len *= 2; },
    [](Trial& t) { t.problem.kv_len *= 2; },
    [](Trial& t) { t.problem.q_len *= 2, t.problem.kv_len *= 2; },
    [](Trial& t) { t.problem.head_dim *= 2; },
    [](Trial& t) { t.threads *= 2; },
};

bool is_within_limits(const Trial& trial) {
  const Problem& p = trial.problem;
  return p.batch <= kMaxBatch && p.heads <= kMaxHeads && p.q_len <= kMaxLength &&
         p.kv_len <= kMaxLength && p.head_dim <= kMaxHeadDim && trial.threads <= kMaxThreads;
}

/// Doubles one dimension after another, in an order that the seed decides, up to the largest
/// problem that there is, and says how `fault` finds fault on the way; empty if it does not.
/// `fault(next)` gets ever larger problems that the variant does.
template <class Fault>
std::string fault_while_growing(const registry::Entry& entry, const Trial& trial,
                                const Fault& fault) {
  Trial largest = trial;
  Rng rng(trial.seed);
  std::vector doublings(std::begin(kDoublings), std::end(kDoublings));
  while (!doublings.empty()) {
    const auto doubling = doublings.begin() + static_cast<ptrdiff_t>(rng() % doublings.size());
    Trial next = largest;
    (*doubling)(next);
    if (!is_within_limits(next) || !registry::declined(*entry.variant, next.call()).empty()) {
      doublings.erase(doubling);
      continue;
    }
    if (const std::string found = fault(next); !found.empty())
      return found + " as the problem grows to " + describe(entry, next);
    largest = next;
  }
  return {};
}

/// How the amount has fallen; empty if it has not.
std::string fall(const Amount& amount, Count from, Count to) {
  if (to >= from || (amount.may_be_none && from.saturated())) return {};
  return std::string(amount.name) + " falls from " + std::to_string(from.value()) + " to " +
         std::to_string(to.value());
}

/// Above its steady amount, a number falls that far while the problem grows only if it has wrapped
/// around.
Attempt never_falls(const registry::Entry& entry, const Trial& trial, const Amount& amount) {
  Count most = amount.of(*entry.variant, trial.call());
  const std::string fault = fault_while_growing(entry, trial, [&](const Trial& next) {
    const Count now = amount.of(*entry.variant, next.call());
    if (most > amount.steady && now < Count(most.value() / amount.most_fall))
      if (std::string found = fall(amount, most, now); !found.empty()) return found;
    most = std::max(most, now);
    return std::string();
  });
  return fault.empty() ? held() : broken(fault + "; multiply with count()");
}

/// A cost may fall on the way while it is small. But the largest problem costs no less than a small
/// one, unless the cost has wrapped around.
Attempt ends_no_lower(const registry::Entry& entry, const Trial& trial,
                      std::span<const Amount> amounts) {
  Trial largest = trial;
  fault_while_growing(entry, trial, [&](const Trial& next) {
    largest = next;
    return std::string();
  });
  for (const Amount& amount : amounts) {
    const Count first = amount.of(*entry.variant, trial.call());
    const Count last = amount.of(*entry.variant, largest.call());
    if (const std::string found = fall(amount, first, last); !found.empty())
      return broken(found + " as the problem grows to " + describe(entry, largest) +
                    "; multiply with count()");
  }
  return held();
}

}  // namespace

Attempt states_keys(const registry::Entry& entry, const Trial& trial) {
  for (int64_t i = 0; i < trial.problem.q_len; ++i) {
    const auto spans = registry::visible_keys(*entry.variant->exact(), trial.call(), i);
    std::string wrong = registry::malformed_keys(trial.problem, i, spans);
    if (wrong.empty()) wrong = miscounted_keys(spans);
    if (!wrong.empty()) return broken("query " + std::to_string(i) + ": " + wrong);
  }
  return held();
}

Attempt declares_inputs(const registry::Entry& entry, const Trial& trial) {
  const auto malformed = [&](const Trial& t) {
    return registry::malformed(registry::extra_inputs(*entry.variant, t.call()));
  };
  if (registry::extra_inputs(*entry.variant, trial.call()).empty())
    return nothing_to_try("it declares no inputs beside q, k and v");
  if (const std::string wrong = malformed(trial); !wrong.empty()) return broken(wrong);
  if (const std::string wrong = fault_while_growing(entry, trial, malformed); !wrong.empty())
    return broken(wrong);
  return never_falls(entry, trial, kInputs);
}

/// Compares the answers before and after a call of forward and questions about other problems.
Attempt answers_the_same(const registry::Entry& entry, const Trial& trial) {
  const Variant& variant = *entry.variant;
  const Statements before = statements_of(variant, trial.call());
  Stage(entry, trial).forward();
  for (const Trial& other : smaller_trials(entry, trial))
    if (registry::refusal(variant, other.call()).empty()) statements_of(variant, other.call());
  if (!registry::refusal(variant, trial.call()).empty())
    return broken("supports says yes at first, then no");
  return broken(change(before, statements_of(variant, trial.call())));
}

Attempt declares_workspace(const registry::Entry& entry, const Trial& trial) {
  return never_falls(entry, trial, kWorkspace);
}

Attempt states_cost(const registry::Entry& entry, const Trial& trial) {
  for (const Amount& amount : kCost) {
    const Count value = amount.of(*entry.variant, trial.call());
    if (value == Count() && !amount.may_be_zero) return broken(std::string(amount.name) + " is 0");
    if (value.saturated() && !amount.may_be_none)
      return broken(std::string(amount.name) + " is negative, or 2^63 - 1 or more");
  }
  for (const Amount& amount : kCost)
    if (Attempt attempt = never_falls(entry, trial, amount); !attempt.failure.empty())
      return attempt;
  return ends_no_lower(entry, trial, kCost);
}

}  // namespace attnbench::conformance
