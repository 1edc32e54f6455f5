// Says at a glance what a run found.
#include "report/glance.h"

#include <algorithm>

#include "report/escape.h"
#include "report/glance_table.h"
#include "report/glance_words.h"
#include "report/input_words.h"
#include "report/lines.h"
#include "report/nothing_timed.h"
#include "report/probe_words.h"
#include "report/training_table.h"
#include "report/words.h"

namespace attnbench::report {
namespace {

constexpr int kWidestTable = 80;
constexpr size_t kMostSetbacks = 6;

/// Setbacks that are faults, or those that are plans: cases that were skipped.
void add_setbacks(Lines& lines, const record::Run& run, const analyze::Analysis& analysis,
                  const SeriesNames& names, bool faults) {
  size_t told = 0, more = 0;
  for (const analyze::Setback& setback : analysis.setbacks) {
    if (record::went_wrong(setback.outcome) != faults) continue;
    if (told == kMostSetbacks) {
      ++more;
      continue;
    }
    ++told;
    lines.sentence(setback_words(run, names, setback), faults ? kRed : nullptr);
  }
  if (more > 0)
    lines.sentence("… and " + std::to_string(more) + " more such series in the page.",
                   faults ? kRed : nullptr);
  if (told > 0 && faults) lines.gap();
}

}  // namespace

std::string glance(const record::Run& run, const analyze::Analysis& analysis,
                   const Screen& screen) {
  Lines lines(screen);
  const SeriesNames names = name_series(run, analysis);
  const std::string partial = partial_words(run, analysis);
  if (!partial.empty()) lines.sentence(printable(partial), kRed);
  add_setbacks(lines, run, analysis, names, true);
  lines.sentence(heading_words(run, names), kBold);
  lines.gap();
  if (!nothing_timed_words(run).empty()) {  // Whoever prints this says so below it.
    add_setbacks(lines, run, analysis, names, false);
    return std::move(lines).text();
  }
  const GlanceTable table =
      glance_table(run, analysis, names.names, std::min(screen.columns, kWidestTable));
  for (const std::string& line : table.lines) lines.put(line);
  if (table.hidden_series > 0)
    lines.sentence("… and " + std::to_string(table.hidden_series) + " more series in the page.");
  lines.gap();
  const TrainingLines training =
      training_lines(run, analysis, std::min(screen.columns, kWidestTable));
  for (const std::string& line : training.lines) lines.put(line);
  if (!training.lines.empty()) {
    if (training.hidden > 0)
      lines.sentence("… and " + std::to_string(training.hidden) + " more in the page.");
    if (!training.note.empty()) lines.sentence(training.note);
    lines.gap();
  }
  // Who asks for probes asks them first; times come second.
  for (const auto& sentences :
       {probe_sentences(run, analysis, names), glance_sentences(run, analysis, names)})
    for (const std::string& sentence : sentences) lines.sentence(sentence);
  if (table.marks.doubt) lines.sentence(kVerdictMarks + std::string("; the page says why."));
  if (table.marks.bf16) lines.sentence(kBf16Mark + std::string("."));
  if (table.marks.memory) lines.sentence(kBandwidthMark + std::string("."));
  add_setbacks(lines, run, analysis, names, false);
  for (const std::string& inputs : input_sentences(run)) lines.sentence(inputs);
  std::string trust = trust_words(analysis);
  if (analysis.disturbed_samples > 0) trust.replace(trust.size() - 1, 1, "; the page shows which.");
  if (!trust.empty()) lines.sentence(trust);
  return std::move(lines).text();
}

}  // namespace attnbench::report
