// What probes found, in sentences.
#pragma once

#include <string>
#include <vector>

#include "analyze/analysis.h"
#include "report/answer.h"
#include "report/series_names.h"

namespace attnbench::report {

/// A sentence for each series and probe, at the largest n that was probed.
std::vector<Finding> probe_findings(const record::Run& run, const analyze::Analysis& analysis);

/// The same for a first screen: series of which a probe says the same share a sentence.
std::vector<std::string> probe_sentences(const record::Run& run, const analyze::Analysis& analysis,
                                         const SeriesNames& names);

}  // namespace attnbench::report
