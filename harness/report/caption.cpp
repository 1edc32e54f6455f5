// Puts captions together from sentences.
#include "report/caption.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "record/format.h"
#include "report/cite.h"
#include "report/escape.h"
#include "report/scale.h"
#include "report/words.h"

namespace attnbench::report {
namespace {

constexpr size_t kCommitDigits = 12;

std::string capital(std::string text) {
  if (!text.empty()) text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text;
}

/// "9 samples a case", "7 to 9 samples a case": of the cases that have any.
std::string samples_words(const record::Run& run, const std::vector<int>& cases) {
  size_t least = SIZE_MAX, most = 0;
  for (const int i : cases) {
    const size_t count = run.cases[i].samples.size();
    if (count == 0) continue;
    least = std::min(least, count);
    most = std::max(most, count);
  }
  if (most == 0) return "no samples";
  const std::string range =
      least == most ? std::to_string(most) : std::to_string(least) + " to " + std::to_string(most);
  return range + (most == 1 ? " sample a case" : " samples a case");
}

/// What the bars or brackets of these cases are; empty if there are none.
std::string interval_words(const record::Run& run, const analyze::Analysis& analysis,
                           const std::vector<int>& cases,
                           const std::vector<const Quantity*>& shown) {
  bool intervals = false, ranges = false;
  std::string kinds;
  for (const Quantity* quantity : shown) {
    if (quantity->low == nullptr) continue;
    const std::string kind =
        quantity->format == Format::kRatio ? "bootstrapped for ratios" : "by ranks for medians";
    kinds += (kinds.empty() ? "" : ", ") + kind;
    for (const int i : cases) {
      const record::CaseRecord& c = run.cases[i];
      if (has_interval(*quantity, c, analysis.cases[i]))
        intervals = true;
      else if (quantity->least != nullptr && analysis.cases[i].time_s)
        ranges = true;
    }
  }
  const std::string percent = percent_words(100 * analyze::kConfidence);
  if (intervals)
    return percent + " intervals (" + kinds +
           (ranges ? "; below " + std::to_string(analyze::kFewestSamples) +
                         " samples, the range of the samples"
                   : "") +
           ")";
  return ranges ? "the range of the samples, which are too few for an interval" : "";
}

/// "12 of the run's 135 samples were disturbed by other work on the machine."
std::string trust_words(const analyze::Analysis& analysis) {
  if (analysis.disturbed_samples == 0) return {};
  return std::to_string(analysis.disturbed_samples) + " of the run's " +
         std::to_string(analysis.samples) + " samples were disturbed by other work on the machine.";
}

/// Whose peak the percentages of a peak are of, if it is not that of FMA for all cases.
std::string peak_sentence(const analyze::Analysis& analysis, const std::vector<int>& cases,
                          const std::vector<const Quantity*>& shown) {
  if (std::ranges::none_of(shown, &Quantity::of_peak)) return {};
  const auto of_bf16 = std::ranges::count_if(
      cases, [&](int c) { return analysis.cases[c].peak == analyze::Peak::kBf16; });
  if (of_bf16 == 0) return {};
  return std::string("The peak ") +
         (std::cmp_equal(of_bf16, cases.size()) ? "" : "of cases in bf16 ") +
         "is that of native bf16 multiply-adds" +
         (std::cmp_equal(of_bf16, cases.size()) ? "." : ", of others that of FMA.");
}

std::string sentence(const std::string& words) {
  return words.empty() ? words : capital(words) + ".";
}

/// Where the numbers come from.
std::vector<std::string> source_sentences(const record::Run& run,
                                          const analyze::Analysis& analysis) {
  const record::Build& b = run.build;
  std::vector<std::string> all{citation(run, kCommitDigits),
                               "Variants compiled by " + printable(b.compiler) + " with " +
                                   printable(b.flags) + "; seed " + std::to_string(run.seed) + "."};
  for (const record::Plugin& plugin : run.plugins)
    all.push_back("Plugin with sha256 " + printable(plugin.sha256) + ".");
  for (const record::VariantFile& file : run.variant_files)
    all.push_back("Variants from " + printable(file_words(file)) + ".");
  all.push_back(trust_words(analysis));
  all.push_back(sentence(printable(partial_words(run, analysis))));
  return all;
}

std::string paragraph(const std::vector<std::string>& sentences) {
  std::string text;
  for (const std::string& s : sentences) text += (text.empty() || s.empty() ? "" : " ") + s;
  return text;
}

/// The points of a line for which `lacking` is true: "full at 65536 (skipped)".
template <class Lacking>
std::string points_words(const Chart& chart, Lacking lacking) {
  constexpr size_t kMost = 6;
  std::vector<std::string> all;
  for (const ChartLine& line : chart.lines)
    for (const ChartPoint& p : line.points)
      if (const std::string why = lacking(p); !why.empty())
        all.push_back(line.name + " at " + record::shortest(p.x) + why);
  std::string text;
  for (size_t i = 0; i < std::min(all.size(), kMost); ++i) text += (i == 0 ? "" : "; ") + all[i];
  return text +
         (all.size() > kMost ? "; and " + std::to_string(all.size() - kMost) + " more cases" : "");
}

std::vector<std::string> left_out_sentences(const Chart& chart) {
  std::vector<double> values;
  for (const ChartLine& line : chart.lines)
    for (const ChartPoint& p : line.points)
      if (p.y) values.push_back(*p.y);
  const bool logarithmic = is_logarithmic(chart.quantity->format, values);
  const std::string none = points_words(chart, [](const ChartPoint& p) {
    if (p.y) return std::string();
    return p.outcome == record::Outcome::kOk
               ? std::string(" (no value)")
               : std::string(" (") + record::outcome_name(p.outcome) + ")";
  });
  const std::string zero = points_words(chart, [&](const ChartPoint& p) {
    return std::string(logarithmic && p.y && *p.y <= 0 ? " (is 0)" : "");
  });
  std::vector<std::string> sentences;
  if (!none.empty()) sentences.push_back("Not measured: " + none + ".");
  if (!zero.empty()) sentences.push_back("Not on the logarithmic axis: " + zero + ".");
  return sentences;
}

/// `first`, what the axes are, what `more` says, and where the numbers come from.
std::string caption(const record::Run& run, const analyze::Analysis& analysis,
                    const std::string& first, const std::string& shared,
                    const std::vector<std::string>& more) {
  std::vector<std::string> all{first, sentence(shared)};
  all.insert(all.end(), more.begin(), more.end());
  for (const std::string& s : source_sentences(run, analysis)) all.push_back(s);
  return paragraph(all);
}

}  // namespace

std::string figure_caption(const record::Run& run, const analyze::Analysis& analysis,
                           const Chart& chart) {
  std::vector<int> cases;
  for (const ChartLine& line : chart.lines)
    cases.insert(cases.end(), line.cases.begin(), line.cases.end());
  const std::string intervals = interval_words(run, analysis, cases, {chart.quantity});
  const std::string first = capital(printable(chart.y_title)) + " against " + chart.x.title() +
                            "; " + samples_words(run, cases) +
                            (intervals.empty() ? "" : "; bars: " + intervals) + ".";
  std::vector<std::string> more = left_out_sentences(chart);
  more.push_back(peak_sentence(analysis, cases, {chart.quantity}));
  return caption(run, analysis, first, chart.shared, more);
}

std::string table_caption(const record::Run& run, const analyze::Analysis& analysis,
                          const std::vector<int>& cases,
                          const std::vector<const Quantity*>& columns, const std::string& shared) {
  const std::string intervals = interval_words(run, analysis, cases, columns);
  const std::string first = "Cases of the run " + printable(run.name) + "; " +
                            samples_words(run, cases) +
                            (intervals.empty() ? "" : "; in brackets: " + intervals) + ".";
  return caption(run, analysis, first, shared, {peak_sentence(analysis, cases, columns)});
}

}  // namespace attnbench::report
