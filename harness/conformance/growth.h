// What a variant states of ever larger problems, up to the largest that there is.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "conformance/promises.h"
#include "conformance/trial.h"

namespace attnbench::conformance {

/// A number that does not fall while a problem grows.
struct Amount {
  const char* name;
  Count (*of)(const Variant& variant, const Call& call);
  Count steady = kSteadyBytes;  ///< Below this it may fall at times.
  int64_t most_fall = 1;        ///< Above that, it never falls below its most over this.
  bool may_be_none = false;     ///< If saturated, it says that there is none, not a number.
  bool may_be_zero = false;
  /// It may fall if q_len grows and kv_len does not: of tokens that have a query, out says enough.
  bool falls_with_queries = false;
};

/// A definition may need somewhat less if a longer sequence falls into other blocks, at any size of
/// the batch. But a large cost that falls below half has wrapped around.
inline constexpr Count kSteadyCost{int64_t{1} << 50};
inline constexpr int64_t kMostFallOfCost = 2;

/// Why a variant does not do a call; empty if it does.
using Declined = std::string (*)(const Variant& variant, const Call& call);

/// Doubles one dimension after another, in an order that the seed decides, up to the largest
/// problem that there is, and says how `fault` finds fault on the way; empty if it does not.
/// `fault(next)` gets ever larger problems that are not declined.
std::string fault_while_growing(const registry::Entry& entry, const Trial& trial, Declined declined,
                                const std::function<std::string(const Trial&)>& fault);

/// Above its steady amount, a number falls that far while the problem grows only if it has wrapped
/// around.
Attempt never_falls(const registry::Entry& entry, const Trial& trial, Declined declined,
                    const Amount& amount);

/// None of these is 0 or too large unless it may be, and none wraps around. Each may fall on the
/// way while it is small. But the largest problem costs no less than a small one.
Attempt states_amounts(const registry::Entry& entry, const Trial& trial, Declined declined,
                       std::span<const Amount> amounts);

}  // namespace attnbench::conformance
