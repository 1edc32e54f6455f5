// The measures that need more than one length: growth, crossover and trend.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "study/evidence.h"
#include "study/reading.h"

namespace attnbench::study {

/// The exponent of the quantity over the lengths of a series. Of times and memory it is the
/// analysis's own fit; of other numbers, the same fit over all lengths.
Evidence growth_of(const QuantityRow& row, const Pick& pick, int series, const Measurements& from);

/// What the analysis says of the growth that the variant declares; null if it declares none of this
/// quantity.
const analyze::Judgement* judgement_of(const QuantityRow& row, int series,
                                       const Measurements& from);

/// From which length on `of` is faster than `over`.
Evidence crossover_of(const std::vector<Reading>& of, const std::vector<Reading>& over);

/// The crossover as evidence of `of`, which is the series 0 of the two. Published tables use it,
/// too.
void set_crossover(Evidence& evidence, const analyze::Crossover& crossover);

/// Whether a value is clearly larger than the one before.
enum class Move { kCannotTell, kUp, kDown, kSame };

/// A trend: the last value over the first, and which way it went.
struct TrendOf {
  Evidence evidence;
  Move move = Move::kCannotTell;
};
/// Of the claim's value or ratio, along what its rule says. `rises`: which way the claim says; a
/// step that clearly goes the other way is told in Evidence::against.
TrendOf trend_of(const Claim& claim, const Trend& rule, const QuantityRow& row,
                 const Measurements& from);

/// Readings of the series that fit the pick and differ in nothing but the axis or param `along`,
/// and what is wrong if there are none. They are of one length: the pick's, or the largest that has
/// a value of each.
struct Points {
  std::vector<Reading> readings;
  std::string problem;
};
Points points_along(const Pick& pick, const std::string& along, const QuantityRow& row,
                    const Measurements& from);

}  // namespace attnbench::study
