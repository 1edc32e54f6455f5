// Writes benchmark.json: the run in Google Benchmark's JSON format, for the tools that read it.
#pragma once

#include <string>

#include "record/record.h"

namespace attnbench::report {

/// An entry of run_type "iteration" a sample, in nanoseconds a call, then mean, median, stddev and
/// cv of the case. Cases without a valid time are left out: the format's readers take all entries
/// for times.
std::string benchmark_json(const record::Run& run);

}  // namespace attnbench::report
