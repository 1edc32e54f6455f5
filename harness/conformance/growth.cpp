// Asks about a problem that grows, one dimension after another.
#include "conformance/growth.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "conformance/attempts.h"

namespace attnbench::conformance {
namespace {

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

/// How the amount has fallen; empty if it has not.
std::string fall(const Amount& amount, Count from, Count to) {
  if (to >= from || (amount.may_be_none && from.saturated())) return {};
  return std::string(amount.name) + " falls from " + std::to_string(from.value()) + " to " +
         std::to_string(to.value());
}

/// A cost may fall on the way while it is small. But the largest problem costs no less than a small
/// one, unless the cost has wrapped around.
Attempt ends_no_lower(const registry::Entry& entry, const Trial& trial, Declined declined,
                      std::span<const Amount> amounts) {
  Trial largest = trial;
  fault_while_growing(entry, trial, declined, [&](const Trial& next) {
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

std::string fault_while_growing(const registry::Entry& entry, const Trial& trial, Declined declined,
                                const std::function<std::string(const Trial&)>& fault) {
  Trial largest = trial;
  Rng rng(trial.seed);
  std::vector doublings(std::begin(kDoublings), std::end(kDoublings));
  while (!doublings.empty()) {
    const auto doubling = doublings.begin() + static_cast<ptrdiff_t>(rng() % doublings.size());
    Trial next = largest;
    (*doubling)(next);
    if (!is_within_limits(next) || !declined(*entry.variant, next.call()).empty()) {
      doublings.erase(doubling);
      continue;
    }
    if (const std::string found = fault(next); !found.empty())
      return found + " as the problem grows to " + describe(entry, next);
    largest = next;
  }
  return {};
}

Attempt never_falls(const registry::Entry& entry, const Trial& trial, Declined declined,
                    const Amount& amount) {
  Count most = amount.of(*entry.variant, trial.call());
  Problem last = trial.problem;
  const std::string fault = fault_while_growing(entry, trial, declined, [&](const Trial& next) {
    const Count now = amount.of(*entry.variant, next.call());
    const bool more_queries = next.problem.q_len > last.q_len && next.problem.kv_len == last.kv_len;
    last = next.problem;
    if (more_queries && amount.falls_with_queries) most = now;
    if (most > amount.steady && now < Count(most.value() / amount.most_fall))
      if (std::string found = fall(amount, most, now); !found.empty()) return found;
    most = std::max(most, now);
    return std::string();
  });
  return fault.empty() ? held() : broken(fault + "; multiply with count()");
}

Attempt states_amounts(const registry::Entry& entry, const Trial& trial, Declined declined,
                       std::span<const Amount> amounts) {
  for (const Amount& amount : amounts) {
    const Count value = amount.of(*entry.variant, trial.call());
    if (value == Count() && !amount.may_be_zero) return broken(std::string(amount.name) + " is 0");
    if (value.saturated() && !amount.may_be_none)
      return broken(std::string(amount.name) + " is negative, or 2^63 - 1 or more");
  }
  for (const Amount& amount : amounts)
    if (Attempt attempt = never_falls(entry, trial, declined, amount); !attempt.failure.empty())
      return attempt;
  return ends_no_lower(entry, trial, declined, amounts);
}

}  // namespace attnbench::conformance
