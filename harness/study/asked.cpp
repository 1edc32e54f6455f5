// Puts rules into words.
#include "study/asked.h"

#include <cmath>

#include "record/format.h"
#include "study/reading.h"

namespace attnbench::study {
namespace {

/// A number that the author of a study wrote, as exactly as that.
std::string written(const Claim& claim, double value) {
  const QuantityRow* const row = find_quantity_row(claim.quantity);
  const std::string number = record::shortest(value);
  switch (claim.measure) {
    case Measure::kRatio:
      return number + "x";
    case Measure::kGrowth:
      return "n^" + number;
    case Measure::kCrossover:
      return "n = " + number;
    case Measure::kValue:
      break;
  }
  if (row == nullptr) return number;
  if (row->format == report::Format::kTime) return record::format_time(value);
  if (row->format == report::Format::kBytes) return record::format_bytes(value);
  if (row->format == report::Format::kRatio) return number + "x";
  if (row->format == report::Format::kPercent) return number + " %";
  return number;
}

/// The same of a number that was computed: three digits are enough.
std::string rounded(const Claim& claim, double value) {
  const QuantityRow* const row = find_quantity_row(claim.quantity);
  switch (claim.measure) {
    case Measure::kRatio:
      return ratio_words(value, {});
    case Measure::kGrowth:
      return "n^" + record::format_fixed(value, 2);
    case Measure::kCrossover:
      return "n = " + record::format_number(value, 3);
    case Measure::kValue:
      break;
  }
  return row == nullptr ? record::format_number(value, 3) : value_words(*row, value, {});
}

template <class Words>
std::string range(const analyze::Interval& allowed, const Words& words) {
  if (std::isinf(allowed.high)) return "at least " + words(allowed.low);
  if (std::isinf(allowed.low)) return "at most " + words(allowed.high);
  if (allowed.low == allowed.high) return "exactly " + words(allowed.low);
  return words(allowed.low) + " to " + words(allowed.high);
}

}  // namespace

std::string asked_words(const Claim& claim) {
  if (const auto* const bounds = std::get_if<Bounds>(&claim.rule))
    return range(bounds->allowed, [&](double value) { return written(claim, value); });
  if (const auto* const trend = std::get_if<Trend>(&claim.rule))
    return std::string(trend->rises ? "rises" : "falls") + " with " +
           (trend->along == "seq_len" ? "n" : trend->along);
  if (const auto* const published = std::get_if<AsPublished>(&claim.rule))
    return "as in " + published->table;
  return "as declared";
}

std::string asked_as_published(const Claim& claim, const AsPublished& rule, const Evidence& paper,
                               const analyze::Interval& allowed) {
  const std::string published =
      "the published " + paper.words + (paper.where.empty() ? "" : " " + paper.where);
  // Ratios and values lie above 0 anyhow.
  const bool no_least = claim.measure != Measure::kGrowth && allowed.low == 0;
  const std::string numbers = range({no_least ? -HUGE_VAL : allowed.low, allowed.high},
                                    [&](double value) { return rounded(claim, value); });
  if (claim.measure == Measure::kGrowth)
    return numbers + ", within " + record::shortest(rule.within) + " of " + published;
  return numbers + ", within a factor of " + record::shortest(rule.factor) + " of " + published;
}

}  // namespace attnbench::study
