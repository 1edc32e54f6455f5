// The answer of a run, in plain sentences: what the reader came for.
#pragma once

#include <string>
#include <vector>

#include "analyze/analysis.h"
#include "record/record.h"
#include "report/warnings.h"

namespace attnbench::report {

/// A sentence; one about a series belongs after "<subject>: ".
struct Finding {
  std::string subject;  ///< The series; empty where the sentence speaks of several.
  std::string text;
};

/// Sentences without control characters. Long runs are cut, and say so.
struct Answer {
  std::string partial;  ///< "PARTIAL: ..."; empty where the run is whole.
  std::vector<Finding>
      findings;  ///< Who is fastest; growth, rates and limits by series; crossovers.
  std::vector<Warning> warnings;  ///< Noise, and cases that were skipped or went wrong.
};

/// "full: time grows as ...".
std::string finding_line(const Finding& finding);

Answer make_answer(const record::Run& run, const analyze::Analysis& analysis);

/// All of it, in order: what the end of a run shows.
std::vector<std::string> answer_lines(const record::Run& run, const analyze::Analysis& analysis);

}  // namespace attnbench::report
