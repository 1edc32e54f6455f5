// Findings as short phrases with rounded numbers, the same in sentences and in tables.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analyze/analysis.h"
#include "record/record.h"

namespace attnbench::report {

/// "n^1.98 [1.96, 2.00]".
std::string slope_words(const analyze::Fit& fit);

/// "n^2.00"; if the exact numbers follow no power law, with the interval.
std::string exact_slope_words(const analyze::Fit& fit);

/// "the declared n^2 holds", "... does not hold: ...", "no verdict on the declared n^2: ...".
std::string verdict_words(const analyze::Judgement& judgement);

/// "12.3 ms [12.1 ms, 12.6 ms]"; below 6 samples the range: "12.3 ms (12.0 ms to 12.9 ms)".
std::string time_words(const analyze::Summary& time_s);

/// "12.3x [12.1, 12.5]".
std::string ratio_words(const analyze::Ratio& ratio);

/// The one way in which a comparison says a ratio: "1.08x [1.05, 1.11] as fast" of NEW beside BASE.
/// `time_ratio` is NEW's time over BASE's, and so the inverse.
std::string as_fast_words(const analyze::Ratio& time_ratio);

/// 1 over a ratio and over its interval.
analyze::Ratio inverse(const analyze::Ratio& ratio);

/// "1 case", "15 cases".
std::string cases_words(size_t count);

/// Why no series is called faster: "too few rounds for an interval (6 are needed)".
std::string no_interval_words();

/// Why a percentage of a limit is not shown.
inline constexpr char kAboveLimit[] =
    "It would be above 100 %: the limit was measured too low, in a moment that gave less than the "
    "case had.";

/// `digits` significant ones, and "0" of what is exactly 0.
std::string number_words(double value, int digits);

/// "FMA", "bf16": what goes before the word "peak".
const char* peak_name(analyze::Peak peak);

/// "58 %".
std::string percent_words(double percent);

/// "1.2e-7 (0.03 of its bound)".
std::string error_words(const record::Check& check);

/// "the check would have seen a relative error of 4.9e-5 in a row, and one key too few or too many
/// in 12 of 64 rows"; empty if the record does not say (older ones). `kind` is the variant's: a
/// definition that is no softmax knows no keys.
std::string visible_words(const record::Check& check, int64_t rows, std::string_view kind);

/// "n = 256, 512, 1024"; with 8 or more "n = 256, 512, ... 65536 (12 sizes)".
std::string sizes_words(const std::vector<int64_t>& seq_lens);

/// The largest seq_len that fits: "32768", or "4294967296 or more" if even the search's largest
/// fits.
std::string seq_len_limit_words(int64_t seq_len);

/// The largest batch that fits: "12", "none" for 0, or "65536 or more" if even the search's largest
/// fits.
std::string batch_limit_words(int64_t batch);

/// The name of a series: its label and, if the run has more than one problem, its problem.
std::string series_words(const record::Run& run, const analyze::Analysis& analysis, int series);

/// What the value of an axis changes of a series: "0.93x [0.91, 0.95] as fast as with huge pages at
/// n = 4096."
std::string effect_words(const record::Run& run, const analyze::AxisEffect& effect);

/// How much of the memory that asked for huge pages got them: "93 % of inputs, output and scratch",
/// "an unknown part of inputs, output and scratch".
std::string huge_page_words(const record::Run& run);

/// "PARTIAL: interrupted by SIGINT: 3 of 12 cases finished"; empty if the run is complete.
std::string partial_words(const record::Run& run, const analyze::Analysis& analysis);

/// "Plugin: /home/me/libmine.so (sha256 ...), GNU 12.2.0, Release, -O3".
std::string plugin_words(const record::Plugin& plugin);

/// "a file with sha256 ..., executable /usr/bin/python3, numpy 1.24.2, python 3.11.2".
std::string file_words(const record::VariantFile& file);

}  // namespace attnbench::report
