// What follows for a case from its own samples and its machine's ceilings.
#pragma once

#include <vector>

#include "analyze/analysis.h"

namespace attnbench::analyze {

/// All but the speed-up, which needs another case.
CaseStats case_stats(const record::Run& run, const record::CaseRecord& c);

/// Whether not arithmetic but memory limits what the case could reach. Not known, and then false,
/// without an adjacent roofline: the caches may hold the traffic.
bool memory_sets_the_roof(const CaseStats& stats);

/// Whether its time is a positive number.
bool is_usable(const record::Sample& sample);

/// Wall times of a case that can be used, ascending: none where its outcome carries no time, and
/// none of a sample whose time is not a positive number.
std::vector<double> usable_times(const record::CaseRecord& c);

/// The ceiling of a thread count; null where it was not measured.
const record::Ceiling* find_ceiling(const record::Run& run, int threads);

}  // namespace attnbench::analyze
