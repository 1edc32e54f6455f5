// What cheaper attention gives up, in sentences: distance from full attention beside speed.
#pragma once

#include <string>
#include <vector>

#include "analyze/losses.h"
#include "record/record.h"
#include "report/series_names.h"

namespace attnbench::report {

/// Whether a case of the run is at a distance from full attention other than 0.
bool loses_something(const record::Run& run);

/// "71 %", and never "100 %" of a part that is less than all.
std::string mass_words(double mass_recall);

/// "keeps 71 % of the attention mass (relative error 0.62)", "has a relative error of 0.62". The
/// quality has a relative error.
std::string kept_words(const record::Quality& quality);

/// Of a series, at its largest length: its distance, or why it has none.
std::string distance_sentence(const record::Run& run, const analyze::Series& series);

/// What is kept and at which speed, of up to three series at the largest length that has a
/// reference. If the run has several problems that lose something, it is about one of them, and
/// says which: the first of those with inputs of a file, else model-like ones, else normal ones.
/// Nothing is said of speed without an interval. Empty if nothing is lost.
std::string loss_sentence(const record::Run& run, const analyze::Analysis& analysis,
                          const SeriesNames& names);

/// Indices of the cases at a distance other than 0.
std::vector<int> lossy_cases(const record::Run& run);

/// Warns if full attention on the inputs of some of these cases is nearly uniform, as it is in no
/// trained model: distances mislead there. Empty if it is not, or if the record does not say.
std::string misleading_words(const record::Run& run, const std::vector<int>& cases);

}  // namespace attnbench::report
