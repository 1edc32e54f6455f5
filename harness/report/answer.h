// The answer of a run, in plain sentences: what the reader came for.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analyze/analysis.h"
#include "record/record.h"
#include "report/warnings.h"

namespace attnbench::report {

/// One sentence. If it is about a single series, it is printed after "<subject>: ".
struct Finding {
  std::string subject;  ///< The series; empty if the sentence is about several.
  std::string text;
  /// Index into Analysis::series: the subject, or the faster one of a pair. Empty if the sentence
  /// is about the whole run.
  std::optional<int> series = {};
};

/// Sentences without control characters. For a long run the lists are cut, and a sentence says so.
struct Answer {
  std::string partial;            ///< "PARTIAL: ..."; empty if the run is complete.
  std::vector<Finding> findings;  ///< Probes; who is fastest; losses; growth, rates and limits by
                                  ///< series; crossovers.
  std::vector<Warning> warnings;  ///< Noise, and cases that were skipped or went wrong.
};

/// "full: time grows as ...".
std::string finding_line(const Finding& finding);

Answer make_answer(const record::Run& run, const analyze::Analysis& analysis);

/// The whole answer, in the order in which the end of a run prints it.
std::vector<std::string> answer_lines(const record::Run& run, const analyze::Analysis& analysis);

}  // namespace attnbench::report
