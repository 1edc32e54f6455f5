// Promises about what a variant states: its keys, its inputs, its memory and its cost.
#include <algorithm>
#include <string_view>
#include <utility>

#include "conformance/attempts.h"
#include "conformance/growth.h"

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
  if (const std::string wrong = fault_while_growing(entry, trial, registry::declined, malformed);
      !wrong.empty())
    return broken(wrong);
  return never_falls(entry, trial, registry::declined, kInputs);
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
  return broken_if(change(before, statements_of(variant, trial.call())));
}

Attempt declares_workspace(const registry::Entry& entry, const Trial& trial) {
  return never_falls(entry, trial, registry::declined, kWorkspace);
}

Attempt states_cost(const registry::Entry& entry, const Trial& trial) {
  return states_amounts(entry, trial, registry::declined, kCost);
}

}  // namespace attnbench::conformance
