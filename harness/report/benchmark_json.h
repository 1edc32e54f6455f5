// Writes benchmark.json: the run in Google Benchmark's JSON format, for tools that read that
// format.
#pragma once

#include <string>

#include "record/record.h"

namespace attnbench::report {

/// For each case: one entry of run_type "iteration" per sample, in nanoseconds per call, then the
/// case's mean, median, stddev and cv. Cases without a valid time are left out, because the
/// format's readers take every entry for a time.
std::string benchmark_json(const record::Run& run);

}  // namespace attnbench::report
