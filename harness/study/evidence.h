// What a run says of one claim's quantity: a number with its interval, or why there is none.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analyze/analysis.h"
#include "record/record.h"
#include "study/study.h"

namespace attnbench::study {

/// How sure a number is.
enum class Certainty {
  kMeasured,  ///< Timed or otherwise observed: it needs an interval.
  kExact,     ///< Counted or declared: bytes, steps, the largest n that fits.
  /// Computed in double precision from the run's own inputs, without chance: a distance, a mass.
  kComputed,
};

struct Evidence {
  std::optional<double> value;
  /// Of a measured value; its ends may be infinite. A probe's is the range over its seeds.
  std::optional<analyze::Interval> interval;
  Certainty certainty = Certainty::kMeasured;
  std::string
      words;  ///< The number for people: "n^1.98 [1.96, 2.00]", "2.4x [2.3, 2.5]", "64 MiB".
  std::string where;       ///< "at n = 4096", "over n = 256 to 4096", "at distance 512".
  std::string reason;      ///< Why there is no value, or no interval: "skipped: needs 5 GiB".
  std::vector<int> cases;  ///< Into Run::cases: what it rests on.
};

/// One thing that a claim may be about, by name: the numeric quantities of report/quantities.h
/// (time_median_s is also called "time"), what probes found ("influence", "recall", "memory"), what
/// the inputs are like ("effective_keys", ...), and the walls "largest_n" and "largest_batch".
struct QuantityRow {
  std::string name;
  std::string what;  ///< For the schema and messages: a few words with the unit.
  Certainty certainty = Certainty::kMeasured;
  bool needs_distance = false;
  bool is_time = false;  ///< Only a time has a crossover; the lower one wins.
};
std::span<const QuantityRow> quantity_rows();
const QuantityRow* find_quantity_row(std::string_view name);

/// The series of the run that the pick names: an index into Analysis::series, or what is wrong:
/// "no series ...; there are: ..." or "3 series fit; they differ in threads (1, 2)".
struct Picked {
  std::optional<int> series;
  std::string problem;
};
/// `cases` are those of a plan or a run; `series` lists of indices into them, ascending in length.
Picked find_series(const Pick& pick, const std::vector<record::CaseRecord>& cases,
                   const std::vector<std::vector<int>>& series);

/// Never throws: what is missing is a reason.
Evidence find_evidence(const Claim& claim, const record::Run& run,
                       const analyze::Analysis& analysis);

/// The same measure of a published table's numbers: growth, ratio, crossover or value. Empty with
/// the reason if the table lacks what is needed.
Evidence published_evidence(const Claim& claim, const AsPublished& rule,
                            const PublishedTable& table);

}  // namespace attnbench::study
