// Verdicts of claims: holds, does not hold, or cannot be told here.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analyze/analysis.h"
#include "record/record.h"
#include "study/evidence.h"
#include "study/study.h"

namespace attnbench::study {

enum class Verdict { kHolds, kDoesNotHold, kCannotTell };

struct Judged {
  const Claim* claim = nullptr;
  Verdict verdict = Verdict::kCannotTell;
  Evidence evidence;
  std::optional<Evidence> published = {};  ///< Of a rule AsPublished.
  std::string asked;   ///< The rule in words: "at least 1.8", "n^2 as declared", "between 0.5x and
                       ///< 2x of the published 3.4x".
  std::string reason;  ///< Why it cannot be told, or what contradicts it: a sentence, "It lies
                       ///< below what is claimed."; empty if it holds.
};

/// A run of one config of the study; without a run (not measured, or left out by --only) its claims
/// cannot be told.
struct StudyRun {
  std::string file;    ///< The config's file name.
  std::string folder;  ///< Of the run, relative to the study's results.
  std::optional<record::Run> run;
  analyze::Analysis analysis;
};

struct SectionResult {
  const Section* section = nullptr;
  const StudyRun* run = nullptr;  ///< Null for a section of prose.
  std::vector<Judged> claims;
};

/// All of a study's results: what the writers read. Holds pointers into itself: not copied.
struct Results {
  Study study;
  bool quick = false;
  std::vector<std::string> only = {};  ///< The ids of the sections asked for; empty for all.
  std::vector<StudyRun> runs;          ///< Parallel to Study::configs.
  std::vector<SectionResult> sections;

  Results() = default;
  Results(const Results&) = delete;
  Results& operator=(const Results&) = delete;
};

/// A measured number holds if all of its interval lies within what is allowed, does not hold if
/// none of it does, and cannot be told otherwise, or without an interval.
Judged judge(const Claim& claim, const Study& study, const StudyRun& run);

/// Fills Results::sections from `study` and `runs`: those that `only` names.
void judge_all(Results& results);

}  // namespace attnbench::study
