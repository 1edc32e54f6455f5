// What a reader must know before trusting the numbers of a run.
#pragma once

#include <string>
#include <vector>

#include "analyze/analysis.h"
#include "record/record.h"

namespace attnbench::report {

struct Warning {
  std::string text;        ///< A sentence without control characters.
  std::vector<int> cases;  ///< Indices into Run::cases of all cases that the sentence is about.
};

/// A sentence that the run asks for more threads than the CPUs it had; empty if it does not.
std::string crowding_words(const record::Run& run);

/// Warnings of noise, and of cases that were skipped or went wrong. For a long run the list is cut,
/// and a warning says so.
std::vector<Warning> make_warnings(const record::Run& run, const analyze::Analysis& analysis);

}  // namespace attnbench::report
