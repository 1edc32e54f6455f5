// Counts and short sentences.
#include "study/summary.h"

#include <algorithm>

#include "record/format.h"
#include "study/evidence.h"

namespace attnbench::study {
namespace {

const record::Run* first_run(const Results& results) {
  for (const StudyRun& run : results.runs)
    if (run.run) return &*run.run;
  return nullptr;
}

std::string verb(int count, const char* one, const char* more) {
  return std::to_string(count) + " " + (count == 1 ? one : more);
}

}  // namespace

ClaimCounts count_claims(const SectionResult& section) {
  ClaimCounts counts;
  for (const Judged& judged : section.claims) {
    counts.holds += judged.verdict == Verdict::kHolds;
    counts.does_not_hold += judged.verdict == Verdict::kDoesNotHold;
    counts.cannot_tell += judged.verdict == Verdict::kCannotTell;
  }
  return counts;
}

ClaimCounts count_claims(const Results& results) {
  ClaimCounts all;
  for (const SectionResult& section : results.sections) {
    const ClaimCounts counts = count_claims(section);
    all.holds += counts.holds;
    all.does_not_hold += counts.does_not_hold;
    all.cannot_tell += counts.cannot_tell;
  }
  return all;
}

std::string count_words(const ClaimCounts& counts) {
  const int all = counts.holds + counts.does_not_hold + counts.cannot_tell;
  std::string words = record::plural(all, "claim");
  if (all == 0) return words;
  words += ": " + verb(counts.holds, "holds", "hold") + " on this machine";
  if (counts.does_not_hold > 0)
    words += ", " + verb(counts.does_not_hold, "does not hold", "do not hold");
  if (counts.cannot_tell > 0)
    words += ", " + std::to_string(counts.cannot_tell) + " cannot be told here";
  return words + ".";
}

std::string setting_words(const Results& results) {
  const record::Run* const run = first_run(results);
  if (run == nullptr) return "Nothing was measured.";
  constexpr size_t kShortCommit = 12;
  std::string words = run->machine.cpu + ", " + record::plural(run->machine.cores, "core") +
                      ", compiled for " + run->build.march + " by " + run->build.compiler +
                      ", commit " + run->build.git_commit.substr(0, kShortCommit) + "; " +
                      run->started_utc;
  int samples = 0, disturbed = 0;
  for (const StudyRun& one : results.runs) {
    samples += one.analysis.samples;
    disturbed += one.analysis.disturbed_samples;
  }
  if (samples > 0)
    words += "; " + std::to_string(disturbed) + " of " + record::plural(samples, "sample") +
             (disturbed == 1 ? " was disturbed" : " were disturbed");
  return words;
}

std::string partial_words(const Results& results) {
  std::string words;
  for (const StudyRun& run : results.runs)
    if (!run.run || !run.run->interrupted.empty() || run.run->finished_utc.empty())
      words += (words.empty() ? "" : ", ") + run.file;
  if (!words.empty()) words = "Not measured, or not to the end: " + words + ".";
  if (results.quick)
    words += std::string(words.empty() ? "" : " ") +
             "Measured with --quick: shorter lengths and the fewest rounds that give an interval.";
  return words;
}

const PublishedTable* find_table(const Study& study, const std::string& file) {
  const auto found = std::ranges::find(study.tables, file, &PublishedTable::file);
  return found == study.tables.end() ? nullptr : &*found;
}

std::vector<record::SentenceView> shown_views(const SentenceOf& exhibit, const record::Run& run) {
  if (exhibit.only.empty()) return run.sentence.views;
  std::vector<record::SentenceView> shown;
  for (const record::SentenceView& view : run.sentence.views) {
    const std::vector<const record::Case*> alone{
        &run.cases[static_cast<size_t>(view.case_id)].plan};
    if (std::ranges::any_of(exhibit.only, [&](const Pick& pick) {
          return find_series(pick, alone).series.has_value();
        }))
      shown.push_back(view);
  }
  return shown;
}

std::string finding_words(const Judged& judged) {
  const Evidence& e = judged.evidence;
  const bool found = !e.words.empty();  // A trend from 0 has words, but no number.
  std::string words = found ? e.words : "no number";
  if (found && !e.where.empty()) words += " " + e.where;
  if (found) words += std::string(" (") + certainty_name(e.certainty) + ")";
  words += "; asked: " + judged.asked;
  if (judged.published && !judged.published->words.empty())
    words += "; published: " + judged.published->words;
  if (!judged.reason.empty()) words += ". " + judged.reason;
  return words;
}

}  // namespace attnbench::study
