// Tells changes of memory and error from their usual scatter.
#include "analyze/memory_and_error.h"

#include <algorithm>
#include <functional>
#include <optional>

#include "analyze/losses.h"
#include "analyze/statistics.h"

namespace attnbench::analyze {
namespace {

using record::CaseRecord;
using CaseRuns = std::span<const CaseRecord* const>;

/// A quantity has changed if the change exceeds both a factor and an amount.
struct Slack {
  double factor;
  double amount;
};
constexpr Slack kExact{1, 0};
constexpr Slack kHeapSlack{1.01, 4096};
constexpr Slack kResidentSlack{1.10, 1 << 20};
/// Rounding errors vary with the order of sums: those of right kernels reach up to a third of their
/// bound.
constexpr Slack kErrorSlack{2, 0.1};
/// On the same inputs only picks between nearly equal scores and the rounding of what is computed
/// once (features, landmarks) move a distance. One of 0 is exact: see distance below.
constexpr Slack kDistanceSlack{1.05, 1e-6};

Quantity quantity(const char* name, std::optional<double> base, std::optional<double> fresh,
                  const Slack& slack) {
  Quantity q{name, base, fresh};
  if (!base || !fresh) return q;
  const auto exceeds = [&](double more, double less) {
    return more > less * slack.factor && more > less + slack.amount;
  };
  if (exceeds(*fresh, *base)) q.change = Quantity::Change::kMore;
  if (exceeds(*base, *fresh)) q.change = Quantity::Change::kLess;
  return q;
}

/// Any distance above 0 is more than 0.
Quantity distance(std::optional<double> base, std::optional<double> fresh) {
  const bool exact = base == 0 || fresh == 0;
  return quantity(kDistance, base, fresh, exact ? kExact : kDistanceSlack);
}

std::optional<double> bytes(const std::optional<int64_t>& b) {
  return b ? std::optional(static_cast<double>(*b)) : std::nullopt;
}

/// A forward pass that is not trained keeps nothing for another.
std::optional<double> saved_bytes(const CaseRecord& c) {
  return record::trains(c.plan.pass) ? bytes(c.plan.saved_bytes) : std::nullopt;
}

std::optional<double> median_of(CaseRuns runs,
                                const std::function<std::optional<double>(const CaseRecord&)>& of) {
  std::vector<double> known;
  for (const CaseRecord* c : runs)
    if (const std::optional<double> value = of(*c)) known.push_back(*value);
  return known.empty() ? std::nullopt : std::optional(quantile(sorted_copy(known), 0.5));
}

/// Older records have another bound of the error, far looser, and do not say which error it would
/// have shown.
bool same_bound(CaseRuns base, CaseRuns fresh) {
  const auto& first = base.front()->check;
  const auto same = [&](const CaseRecord* c) {
    return c->check && first &&
           c->check->visible_error.has_value() == first->visible_error.has_value();
  };
  return std::ranges::all_of(base, same) && std::ranges::all_of(fresh, same);
}

}  // namespace

std::vector<Quantity> memory_and_error(CaseRuns base, CaseRuns fresh, bool same_numbers) {
  const auto both = [&](const char* name, const Slack& slack, const auto& of) {
    return quantity(name, median_of(base, of), median_of(fresh, of), slack);
  };
  const bool has_error = same_bound(base, fresh);
  const auto error_of = [&](const CaseRecord& c) {
    return same_numbers ? relative_error(c) : std::nullopt;
  };
  return {
      both("workspace", kExact, [](const CaseRecord& c) { return bytes(c.plan.workspace_bytes); }),
      both("saved for backward", kExact, saved_bytes),
      both("heap peak", kHeapSlack,
           [](const CaseRecord& c) { return bytes(c.memory.heap_peak_bytes); }),
      both("resident peak", kResidentSlack,
           [](const CaseRecord& c) { return bytes(c.memory.resident_peak_bytes); }),
      both("error", kErrorSlack,
           [&](const CaseRecord& c) {
             return has_error ? std::optional(c.check->worst_error_over_bound) : std::nullopt;
           }),
      distance(median_of(base, error_of), median_of(fresh, error_of))};
}

}  // namespace attnbench::analyze
