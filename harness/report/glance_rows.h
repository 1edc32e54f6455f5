// One series as a row of the table at a glance: cells for a terminal and for the page.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "analyze/analysis.h"
#include "record/record.h"

namespace attnbench::report {

struct GlanceRow {
  std::vector<std::string> medians;  ///< One for each size; an outcome or "–" without a time.
  std::string time;                  ///< "n^1.92 ✓": growth and the verdict on it.
  std::string scratch;
  std::string ceiling;  ///< Percent of what limits the series at its largest timed size.
};

/// What of the cells a reader needs to be told.
struct GlanceMarks {
  bool has_growth = false;  ///< At least one series has a fit.
  bool doubt = false;       ///< A growth is marked with something other than ✓.
  bool memory = false;      ///< A percentage is of the bandwidth's roof: its cell ends in "bw".
  bool bf16 = false;        ///< A percentage is of the bf16 peak: its cell ends in "bf16".
};

/// What the marks mean; phrases without a full stop.
inline constexpr char kVerdictMarks[] = "✓ the declared growth holds, ✗ it does not, ? no verdict";
inline constexpr char kBandwidthMark[] =
    "bw: percent of what the memory bandwidth allows, which limits that series";

inline constexpr char kBf16Mark[] =
    "bf16: percent of the peak of native bf16 multiply-adds; others are of the FMA peak";

/// Of the series `among`, the `most` that have most to say, in the order of the run: those in which
/// a case went wrong, then the baselines, then the fastest at their largest size.
std::vector<int> telling_series(const record::Run& run, const analyze::Analysis& analysis,
                                const std::vector<int>& among, size_t most);

/// The same among all series.
std::vector<int> telling_series(const record::Run& run, const analyze::Analysis& analysis,
                                size_t most);

/// All sizes at which a case of these series was not skipped, ascending.
std::vector<int64_t> glance_sizes(const record::Run& run, const analyze::Analysis& analysis,
                                  const std::vector<int>& series);

/// At most `count` of ascending sizes: the two largest, the smallest, and others evenly between.
std::vector<int64_t> spread(const std::vector<int64_t>& sizes, size_t count);

GlanceRow glance_row(const record::Run& run, const analyze::Analysis& analysis, int series,
                     const std::vector<int64_t>& sizes);

/// "n^2 ✓": how what a training series saves for backward grows, and the verdict on it.
std::string saved_growth_cell(const record::Case& plan, const analyze::MemoryGrowth& growth);

GlanceMarks glance_marks(const analyze::Analysis& analysis, const std::vector<int>& series);

}  // namespace attnbench::report
