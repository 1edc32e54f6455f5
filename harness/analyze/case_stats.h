// Derives a case's statistics from its own samples and its machine's ceilings.
#pragma once

#include <vector>

#include "analyze/analysis.h"

namespace attnbench::analyze {

/// Derives everything except the speed-up, which needs another case.
CaseStats case_stats(const record::Run& run, const record::CaseRecord& c);

/// Whether memory, not arithmetic, limits the rate that the case could reach. False without an
/// adjacent roofline: then it is not known, because the caches may hold the traffic.
bool memory_sets_the_roof(const CaseStats& stats);

/// Whether the variant supports the case. If not, the plan skipped it and counted nothing of it,
/// not even its inputs.
bool is_supported(const record::Case& plan);

/// Whether the sample's time is a positive number.
bool is_usable(const record::Sample& sample);

/// The usable wall times of a case, ascending. There are none if its outcome carries no time;
/// samples whose time is not a positive number are left out.
std::vector<double> usable_times(const record::CaseRecord& c);

/// The ceiling of a thread count; null if it was not measured.
const record::Ceiling* find_ceiling(const record::Run& run, int threads, record::Pages pages);

/// Native bf16's if the case may multiply so and the machine does so natively, else that of FMA.
Peak peak_of(const Problem& problem, const record::Ceiling* ceiling);

/// 1e9 operations a second; 0 if the ceiling has no such peak.
double peak_gflops(const record::Ceiling& ceiling, Peak peak);

}  // namespace attnbench::analyze
