// Puts into words and tables what the inputs of a run are like.
#pragma once

#include <string>
#include <vector>

#include "record/record.h"
#include "report/table.h"

namespace attnbench::report {

/// For each kind of inputs, at the largest n of which the run knows it: "Inputs: normal, n = 4096:
/// attention spreads as over 61 % of the keys seen; the first key gets 0.00033 of the mass, the top
/// 1 % of keys 0.072, the last 64 keys 0.021." Empty if the record does not say (older ones).
std::vector<std::string> input_sentences(const record::Run& run);

/// What the columns of the table below mean.
inline constexpr char kInputNotes[] =
    "Means over sampled rows of full attention, of queries in the second half of the sequence: "
    "mass "
    "is a sum of softmax weights. Effective keys are exp(H), where H is the entropy of a row's "
    "weights: so many equal weights would have the same entropy. Shares are of the keys that a row "
    "sees. The last keys are the query's own and those just before it; if not causal, as many just "
    "after it count as well. \"K's mean\" is the norm of the mean key over the root of the keys' "
    "mean squared "
    "norm; \"first key's norm\" is in units of the mean norm.";

/// A row for each distinct inputs, and the names of its columns, of which the first two are text.
Cells input_header();
std::vector<Cells> input_rows(const record::Run& run);

}  // namespace attnbench::report
