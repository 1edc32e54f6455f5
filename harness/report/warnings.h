// What a reader must know before trusting the numbers of a run.
#pragma once

#include <string>
#include <vector>

#include "analyze/analysis.h"
#include "record/record.h"

namespace attnbench::report {

struct Warning {
  std::string text;        ///< A sentence without control characters.
  std::vector<int> cases;  ///< Indices into Run::cases of all that it speaks of.
};

/// That the run asks for more threads than CPUs were there for it, as a sentence; empty if it does
/// not.
std::string crowding_words(const record::Run& run);

/// Noise, and cases that were skipped or went wrong. Long runs are cut, and say so.
std::vector<Warning> make_warnings(const record::Run& run, const analyze::Analysis& analysis);

}  // namespace attnbench::report
