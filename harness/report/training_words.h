// What training costs beside inference, in words.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "analyze/analysis.h"
#include "record/record.h"

namespace attnbench::report {

/// The largest n of the series' sweep, at which Series::largest_batch is counted.
int64_t largest_swept(const record::Run& run, const analyze::Series& series);

/// The name of each of Analysis::training: by what differs between them, without the pass.
std::vector<std::string> training_names(const record::Run& run, const analyze::Analysis& analysis);

/// The largest size with both passes timed, else the largest with a training pass timed, else the
/// largest.
const analyze::TrainingAtSize& telling_size(const analyze::Analysis& analysis,
                                            const analyze::Training& training);

/// "Backward takes 2.41x [2.38, 2.44] (full) to 3.02x [2.97, 3.07] (blocked) as long as forward,
/// each at the largest n at which both passes were timed."
/// Empty if no case was timed in both passes.
std::string training_sentence(const record::Run& run, const analyze::Analysis& analysis);

/// "takes, at n = 4096, 2.41x [2.38, 2.44] as long as the forward pass, which keeps 128 MiB for
/// it.": of a series in its backward pass; empty if the two passes were not timed at one n.
std::string backward_words(const record::Run& run, const analyze::Analysis& analysis, int series);

}  // namespace attnbench::report
