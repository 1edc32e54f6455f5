// The sentences of the run at a glance, the same at the end of a run and at the top of its page.
#pragma once

#include <string>
#include <vector>

#include "analyze/analysis.h"
#include "record/record.h"
#include "report/series_names.h"

namespace attnbench::report {

/// "4 heads, head_dim 64, causal, 2 threads; AMD EPYC; 9 rounds".
std::string setting_words(const record::Run& run, const SeriesNames& names);

/// "quickstart: 4 heads, head_dim 64, causal, 2 threads; AMD EPYC; 9 rounds".
std::string heading_words(const record::Run& run, const SeriesNames& names);

/// "full: skipped at n = 65536: needs 128 GiB ...": which sizes of which series did not end well,
/// and why.
std::string setback_words(const record::Run& run, const SeriesNames& names,
                          const analyze::Setback& setback);

/// Four sentences at most: who wins and by how much, from which n on, how long backward takes, what
/// the faster ones lose, and who meets the memory wall. Empty if nothing can be said.
std::vector<std::string> glance_sentences(const record::Run& run, const analyze::Analysis& analysis,
                                          const SeriesNames& names);

/// "Busy machine: 12 of 135 samples were disturbed."; empty without samples.
std::string trust_words(const analyze::Analysis& analysis);

/// What one axis with names changes, over all series: "With small pages 0.85x (full) to 1.00x
/// (blocked) as fast as with huge pages, at the largest n." Empty if no ratio has an interval.
std::string effect_sentence(const record::Run& run, const analyze::Analysis& analysis,
                            const std::string& axis_name);

}  // namespace attnbench::report
