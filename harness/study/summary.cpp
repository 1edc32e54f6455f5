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

/// The widest vectors of the build's features, as people call them; its -march if it has none.
std::string vectors(const record::Build& build) {
  struct Feature {
    const char* name;
    const char* called;
  };
  constexpr Feature kWidestFirst[] = {{"avx512f", "AVX-512"}, {"avx2", "AVX2"}, {"avx", "AVX"},
                                      {"sse4.2", "SSE4.2"},   {"sve", "SVE"},   {"neon", "NEON"}};
  const std::string features = " " + build.isa + " ";
  for (const Feature& feature : kWidestFirst)
    if (features.find(std::string(" ") + feature.name + " ") != std::string::npos)
      return feature.called;
  return build.march;
}

/// Whether a section that was asked for is of this run.
bool is_asked_for(const StudyRun& run, const Results& results) {
  return std::ranges::find(results.sections, &run, &SectionResult::run) != results.sections.end();
}

std::string left_out_words(const Results& results) {
  const size_t all = results.study.sections.size(), asked = results.sections.size();
  if (asked == all) return {};
  return std::to_string(asked) + " of " + record::plural(static_cast<int64_t>(all), "section") +
         (asked == 1 ? " was" : " were") +
         " asked for with --only; the claims of the others are not judged.";
}

std::string verb(int count, const char* one, const char* more) {
  return std::to_string(count) + " " + (count == 1 ? one : more);
}

}  // namespace

const VerdictWords& words_of(Verdict verdict) {
  static constexpr VerdictWords kWords[] = {{"holds", "✓", "holds"},
                                            {"does not hold", "✗", "does-not-hold"},
                                            {"cannot be told here", "?", "cannot-tell"}};
  return kWords[static_cast<size_t>(verdict)];
}

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
                      ", compiled for " + vectors(run->build) + " by " + run->build.compiler +
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

std::string not_measured_words(const SectionResult& section) {
  if (section.run == nullptr || section.run->run) return {};
  return "Not measured: " + section.run->file + " has not been run.";
}

std::string partial_words(const Results& results) {
  std::string files;
  for (const StudyRun& run : results.runs)
    if (is_asked_for(run, results) &&
        (!run.run || !run.run->interrupted.empty() || run.run->finished_utc.empty()))
      files += (files.empty() ? "" : ", ") + run.file;
  std::string words = left_out_words(results);
  const auto add = [&](const std::string& sentence) {
    words += (words.empty() ? "" : " ") + sentence;
  };
  if (!files.empty()) add("Not measured, or not to the end: " + files + ".");
  if (results.quick)
    add("Measured with --quick: shorter lengths and the fewest rounds that give an interval.");
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
