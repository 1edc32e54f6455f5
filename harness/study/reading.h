// One number of a run, at one length of one series, with all that is known of its uncertainty.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analyze/analysis.h"
#include "record/record.h"
#include "study/evidence.h"
#include "study/study.h"

namespace attnbench::study {

/// What readings are taken from.
struct Measurements {
  const record::Run& run;
  const analyze::Analysis& analysis;

  /// One case of each series, as find_series wants them.
  std::vector<const record::Case*> firsts() const;
  const analyze::Series& series(int index) const {
    return analysis.series[static_cast<size_t>(index)];
  }
};

/// Where a reading stands on the x of a trend or a chart.
struct Place {
  std::string words = {};             ///< "n = 256", "distance 16", "threads 2".
  std::string value = {};             ///< The end of the words: "256", "16", "2".
  std::optional<double> number = {};  ///< The value, if it is a number.
};
/// "n = 256".
Place place_of_length(int64_t seq_len);

struct Reading {
  std::vector<int> cases;  ///< Into Run::cases.
  int64_t seq_len = 0;     ///< 0 of a wall, which has no length.
  Place x = {};
  std::string where = {};  ///< "at n = 256, distance 16".
  Certainty certainty = Certainty::kMeasured;
  std::optional<double> value = {};
  std::optional<analyze::Interval> interval = {};  ///< As in Evidence.
  std::vector<double> draws = {};  ///< Resampled values; empty if there are too few samples.
  std::string reason = {};         ///< Why there is no value, or no interval of a measured one.

  /// What the value may be: of an exact or computed number without interval, itself.
  std::optional<analyze::Interval> ends() const;
};

/// The quantity at each length of the series, ascending. A wall has one reading. A probe is read at
/// the pick's distance, by default the farthest, and number of pairs.
std::vector<Reading> read_lengths(const QuantityRow& row, const Pick& pick, int series,
                                  const Measurements& from);

/// What a probe found at each distance, at the pick's length.
std::vector<Reading> read_distances(const QuantityRow& row, const Pick& pick, int series,
                                    const Measurements& from);

/// The reading at this length; without one, that of the largest length which has a value. If there
/// is none, a reading without a value, with the reason.
Reading at_length(const std::vector<Reading>& lengths, std::optional<int64_t> seq_len);

/// a over b: by the draws of both if they have them, else by the ends of their intervals, which is
/// wider than it need be.
Reading ratio_of(const Reading& a, const Reading& b);

/// The ratio at one length of both: at a pick's own, else at the other's, else at the largest that
/// both have.
Reading ratio_at_length(const std::vector<Reading>& a, std::optional<int64_t> a_len,
                        const std::vector<Reading>& b, std::optional<int64_t> b_len);

/// How the number reads: "12.3 ms [12.1 ms, 12.6 ms]", "64 MiB", "0.31 [0.25, 0.40]".
std::string value_words(const QuantityRow& row, double value,
                        const std::optional<analyze::Interval>& interval);
/// "2.40x [2.31, 2.52]"; ends may be infinite.
std::string ratio_words(double value, const std::optional<analyze::Interval>& interval);

}  // namespace attnbench::study
