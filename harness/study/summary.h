// What a study found, in short: for the page, Markdown and the terminal.
#pragma once

#include <string>
#include <vector>

#include "study/judge.h"

namespace attnbench::study {

struct VerdictWords {
  const char* name;       ///< "holds", "does not hold", "cannot be told here".
  const char* mark;       ///< "✓", "✗" or "?".
  const char* css_class;  ///< "holds", "does-not-hold", "cannot-tell".
};
const VerdictWords& words_of(Verdict verdict);

struct ClaimCounts {
  int holds = 0, does_not_hold = 0, cannot_tell = 0;
};
ClaimCounts count_claims(const SectionResult& section);
ClaimCounts count_claims(const Results& results);

/// "12 claims: 10 hold, 1 does not hold, 1 cannot be told here."
std::string count_words(const ClaimCounts& counts);

/// The machine, the build, the rounds and the time of the runs: one line.
std::string setting_words(const Results& results);

/// What is missing: sections that were not asked for, configs of the others that were not run or
/// are not finished, and --quick. Empty if nothing.
std::string partial_words(const Results& results);

/// "Not measured: time.json has not been run."; empty if it has, or if the section has no config.
std::string not_measured_words(const SectionResult& section);

/// Null if the study has no table of that file.
const PublishedTable* find_table(const Study& study, const std::string& file);

/// The views of the run's sentence that the exhibit shows.
std::vector<record::SentenceView> shown_views(const SentenceOf& exhibit, const record::Run& run);

/// "3.2x at n = 4096 (measured); asked: at least 2x": the finding of one claim in a line.
std::string finding_words(const Judged& judged);

}  // namespace attnbench::study
