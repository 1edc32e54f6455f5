// What a run says of one claim's quantity: a number with its interval, or why there is none.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analyze/analysis.h"
#include "record/record.h"
#include "report/quantities.h"
#include "study/study.h"

namespace attnbench::study {

/// How sure a number is.
enum class Certainty {
  kMeasured,  ///< Timed or otherwise observed: it needs an interval.
  kExact,     ///< Counted or declared: bytes, steps, the largest n that fits.
  /// Computed in double precision from the run's own inputs, without chance: a distance, a mass.
  kComputed,
};

/// "measured", "exact", "computed".
const char* certainty_name(Certainty certainty);

struct Evidence {
  /// Of a crossover 0 if `of` is faster at every length, infinite if it is not at the largest. Of a
  /// trend the last value over the first; empty if that is no number.
  std::optional<double> value;
  /// Of a measured value; its ends may be infinite. A probe's is the range over its seeds. Of an
  /// exact number that is known to be at least a limit, from the limit to infinity; of an exact
  /// growth that follows no power law, how far the exponent may be from the fitted one.
  std::optional<analyze::Interval> interval;
  Certainty certainty = Certainty::kMeasured;
  std::string
      words;  ///< The number for people: "n^1.98 [1.96, 2.00]", "2.4x [2.3, 2.5]", "64 MiB".
  std::string where;   ///< "at n = 4096", "over n = 256 to 4096", "at n = 1024, distance 512".
  std::string reason;  ///< Why there is no value, or no verdict on it: "skipped: needs 5 GiB".
  /// What contradicts the claim beside the number itself: a step of a trend that goes the other
  /// way.
  std::string against;
  std::vector<int> cases;  ///< Into Run::cases: what it rests on.
};

/// Where a quantity of a run comes from.
enum class Source {
  kSamples,  ///< A time of each sample.
  kRate,     ///< A constant over the median time.
  kCase,     ///< Any other row of report/quantities.h.
  kProbe,    ///< What a probe found at a distance.
  kInputs,   ///< What the inputs are like, by full attention's weights.
  kWall,     ///< The largest length or batch that fits the memory limit: one value a series.
};

/// One thing that a claim may be about, by name: the numeric quantities of report/quantities.h
/// (time_median_s is also called "time"), what probes found ("influence", "recall", "memory"), what
/// the inputs are like ("effective_keys", ...), and the walls "largest_n" and "largest_batch".
struct QuantityRow {
  std::string name;
  std::string what;  ///< For the schema and messages: a few words with the unit.
  Certainty certainty = Certainty::kMeasured;
  Source source = Source::kCase;
  report::Format format = report::Format::kNumber;
  int digits = 3;

  bool needs_distance() const { return source == Source::kProbe; }
  /// Only a time has a crossover; the lower one wins.
  bool is_time() const { return source == Source::kSamples; }
  /// Whether it has a value at each length, and so a growth and a trend along seq_len.
  bool has_lengths() const { return source != Source::kWall; }
};
std::span<const QuantityRow> quantity_rows();
const QuantityRow* find_quantity_row(std::string_view name);

/// The series that a pick names, or what is wrong: "no series is called ...; there are: ..." or "3
/// series fit; they differ in threads (1, 2)". A pick's seq_len, distance and pairs do not matter.
struct Picked {
  std::optional<int> series;
  std::string problem;
};
/// `series` has one case of each series, of a plan or of a run; the result is an index into it.
Picked find_series(const Pick& pick, const std::vector<const record::Case*>& series);

/// The series that a trend along an axis or a param compares: they fit the pick and differ in
/// nothing but `along`, in which they ascend. Values that are texts keep the order of the run.
struct PickedAlong {
  std::vector<int> series;                     ///< Two or more, if there is no problem.
  std::vector<std::string> values;             ///< Parallel to `series`: "1", "huge", "model_like".
  std::vector<std::optional<double>> numbers;  ///< The values; none of a text or a flag.
  std::string problem;
  bool too_many = false;  ///< The problem is that they differ in more, not that they do not vary.
};
PickedAlong find_series_along(const Pick& pick, const std::string& along,
                              const std::vector<const record::Case*>& series);

/// What a chart against an axis or a param shows, a line a pick: `only`, or without it each
/// variant, else each label, whose series differ in nothing but `along`.
struct PicksAlong {
  std::vector<Pick> picks;
  /// Why a label has no line although it has several values of `along`: "full: 4 series fit; they
  /// differ in causal (false, true), beside threads".
  std::vector<std::string> left_out;
};
PicksAlong picks_along(const std::vector<Pick>& only, const std::string& along,
                       const std::vector<const record::Case*>& series);

/// Never throws: what is missing is a reason.
Evidence find_evidence(const Claim& claim, const record::Run& run,
                       const analyze::Analysis& analysis);

/// The same measure of a published table's numbers: growth, ratio, crossover or value. Without a
/// value, and with the reason, if the table lacks what is needed. The interval is what the number
/// may be if the table only gives a limit: of a crossover beyond its lengths, or of the largest
/// length of a series that never ran out of memory.
Evidence published_evidence(const Claim& claim, const AsPublished& rule,
                            const PublishedTable& table);

}  // namespace attnbench::study
