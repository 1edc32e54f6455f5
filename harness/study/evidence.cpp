// Finds what a run says of a claim.
#include "study/evidence.h"

#include "study/measures.h"
#include "study/reading.h"

namespace attnbench::study {
namespace {

Evidence without(const std::string& reason) {
  Evidence e;
  e.reason = reason;
  return e;
}

Evidence told(const Reading& reading, const std::string& words) {
  Evidence e;
  e.value = reading.value;
  e.interval = reading.interval;
  e.certainty = reading.certainty;
  e.words = words;
  e.where = reading.where;
  e.reason = reading.reason;
  e.cases = reading.cases;
  return e;
}

Evidence value_of(const QuantityRow& row, const Pick& pick, int series, const Measurements& from) {
  const Reading r = at_length(read_lengths(row, pick, series, from), pick.seq_len);
  return told(r, r.value ? value_words(row, *r.value, r.interval) : "");
}

Evidence ratio_evidence(const QuantityRow& row, const Pick& of, int a, const Pick& over, int b,
                        const Measurements& from) {
  Pick second = over;
  if (!second.distance) second.distance = of.distance;
  if (!second.pairs) second.pairs = of.pairs;
  const Reading r = ratio_at_length(read_lengths(row, of, a, from), of.seq_len,
                                    read_lengths(row, second, b, from), second.seq_len);
  return told(r, r.value ? ratio_words(*r.value, r.interval) : "");
}

}  // namespace

Evidence find_evidence(const Claim& claim, const record::Run& run,
                       const analyze::Analysis& analysis) {
  const Measurements from{run, analysis};
  const QuantityRow* const row = find_quantity_row(claim.quantity);
  if (row == nullptr) return without("no quantity is called " + claim.quantity);
  if (const auto* const trend = std::get_if<Trend>(&claim.rule))
    return trend_of(claim, *trend, *row, from).evidence;

  const Picked of = find_series(claim.of, from.firsts());
  if (!of.series) return without(of.problem);
  if (claim.measure == Measure::kValue) return value_of(*row, claim.of, *of.series, from);
  if (claim.measure == Measure::kGrowth)
    return row->has_lengths() ? growth_of(*row, claim.of, *of.series, from)
                              : without(claim.quantity + " is one number, without a growth");

  if (!claim.over) return without("the claim does not say over what");
  const Picked over = find_series(*claim.over, from.firsts());
  if (!over.series) return without(over.problem);
  if (claim.measure == Measure::kRatio)
    return ratio_evidence(*row, claim.of, *of.series, *claim.over, *over.series, from);
  if (!row->is_time()) return without("only times have a crossover, and this is " + row->what);
  return crossover_of(read_lengths(*row, claim.of, *of.series, from),
                      read_lengths(*row, *claim.over, *over.series, from));
}

}  // namespace attnbench::study
