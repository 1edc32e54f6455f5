// What a study found, in short: for the page, Markdown and the terminal.
#pragma once

#include <string>
#include <vector>

#include "study/judge.h"

namespace attnbench::study {

struct ClaimCounts {
  int holds = 0, does_not_hold = 0, cannot_tell = 0;
};
ClaimCounts count_claims(const SectionResult& section);
ClaimCounts count_claims(const Results& results);

/// "12 claims: 10 hold, 1 does not hold, 1 cannot be told here."
std::string count_words(const ClaimCounts& counts);

/// The machine, the build, the rounds and the time of the runs: one line.
std::string setting_words(const Results& results);

/// What is missing: configs that were not run or are not finished, and --quick. Empty if nothing.
std::string partial_words(const Results& results);

/// Null if the study has no table of that file.
const PublishedTable* find_table(const Study& study, const std::string& file);

/// The views of the run's sentence that the exhibit shows.
std::vector<record::SentenceView> shown_views(const SentenceOf& exhibit, const record::Run& run);

/// "3.2x at n = 4096 (measured); asked: at least 2x": the finding of one claim in a line.
std::string finding_words(const Judged& judged);

}  // namespace attnbench::study
