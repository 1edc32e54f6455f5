// What the reader of studies and their schema share: names, limits, and which words may meet.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "record/axes.h"
#include "study/study.h"

namespace attnbench::study {

/// In the order of Measure.
inline constexpr const char* kMeasureNames[] = {"value", "ratio", "growth", "crossover"};

constexpr const char* measure_name(Measure measure) {
  return kMeasureNames[static_cast<size_t>(measure)];
}

/// The keys of a claim of which it has exactly one.
inline constexpr const char* kRuleKeys[] = {"is",    "at_least", "at_most",  "within",
                                            "rises", "falls",    "published"};
inline constexpr const char* kAsDeclared = "as declared";

inline constexpr const char* kNearest = "nearest";
inline constexpr const char* kFarthest = "farthest";

inline constexpr const char* kSeqLen = "seq_len";
inline constexpr const char* kDistance = "distance";

inline constexpr size_t kMostIdLength = 100;
inline constexpr const char* kIdPattern = "^[a-z0-9]+(-[a-z0-9]+)*$";
inline constexpr const char* kJsonNamePattern = "^[A-Za-z0-9_][A-Za-z0-9._-]*\\.json$";

/// Files of every study and of its results: no config and no table may have such a name, nor may a
/// config's run have a folder of such a name.
inline constexpr std::string_view kTakenNames[] = {
    "study.json",         "verdicts.json", "how.json",      "study.json.json", "study.html.json",
    "verdicts.json.json", "how.json.json", "study.md.json", "claims.csv.json"};

/// Of AsPublished.
inline constexpr double kMostFactor = 1000;
inline constexpr double kMostWithin = 10;

/// Whether the measure compares two series: then a claim has `over`.
constexpr bool compares(Measure measure) {
  return measure == Measure::kRatio || measure == Measure::kCrossover;
}

/// The names of quantity_rows().
std::vector<std::string> quantity_names();

/// Whether the measure is of one length, and not over all.
bool is_at_one_length(Measure measure);

/// Whether two names are of one quantity.
bool same_quantity(std::string_view a, std::string_view b);

/// Whether variants declare how the quantity grows: its time, workspace, or saved bytes.
bool has_declared_growth(std::string_view quantity);

/// The axes by whose values a Pick may tell series apart, in the table's order.
std::vector<const record::Axis*> pick_axes();

}  // namespace attnbench::study
