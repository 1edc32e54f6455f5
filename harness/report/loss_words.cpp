// Puts distances from full attention into words.
#include "report/loss_words.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include "record/format.h"
#include "report/escape.h"
#include "report/words.h"

namespace attnbench::report {
namespace {

using analyze::Loss;
using analyze::LossesAtSize;

constexpr size_t kMostTold = 3;

bool loses(const record::CaseRecord& c) {
  return analyze::relative_error(c).value_or(0) > 0;
}

/// ", 21x [20, 22] as fast as full"; empty without an interval.
std::string speed_words(const Loss& loss, const std::string& reference) {
  if (!loss.speedup || !loss.speedup->interval) return {};
  const analyze::Interval& interval = *loss.speedup->interval;
  if (interval.low <= 1 && interval.high >= 1)
    return " and takes as long as " + reference + ", as far as can be told (" +
           ratio_words(*loss.speedup) + ")";
  return " and is " + ratio_words(*loss.speedup) + " as fast as " + reference;
}

/// At most three of those that lose something: the fastest, the one nearest to full attention and
/// one between. Those on the Pareto front come before all others.
std::vector<const Loss*> told_losses(const record::Run& run, const LossesAtSize& at) {
  std::vector<const Loss*> front, others;
  for (const Loss& loss : at.cases)
    if (loses(run.cases[loss.index])) (loss.on_front ? front : others).push_back(&loss);
  const std::vector<const Loss*>& from = front.empty() ? others : front;
  if (from.size() <= kMostTold) return from;
  return {from.front(), from[from.size() / 2], from.back()};
}

/// The name of the series that has this case.
std::string name_of(const analyze::Analysis& analysis, const SeriesNames& names, int index) {
  for (size_t s = 0; s < analysis.series.size(); ++s)
    if (std::ranges::find(analysis.series[s].cases, index) != analysis.series[s].cases.end())
      return names.names[s];
  return {};
}

std::string sentence_at(const record::Run& run, const analyze::Analysis& analysis,
                        const SeriesNames& names, const LossesAtSize& at) {
  const std::string reference = at.reference ? name_of(analysis, names, *at.reference) : "";
  std::string words;
  for (const Loss* loss : told_losses(run, at))
    words += (words.empty() ? "At n = " + std::to_string(at.seq_len) + " " : "; ") +
             name_of(analysis, names, loss->index) + " " +
             kept_words(*run.cases[loss->index].quality) + speed_words(*loss, reference);
  return words + ".";
}

/// Of each label, the range over several groups, each at its largest length.
std::string sentence_over(const record::Run& run, const std::vector<LossesAtSize>& groups) {
  struct Range {
    std::string label;
    double low = HUGE_VAL, high = 0;
  };
  std::vector<Range> ranges;
  for (const LossesAtSize& at : groups)
    for (const Loss& loss : at.cases) {
      const record::CaseRecord& c = run.cases[loss.index];
      if (!loses(c)) continue;
      auto it = std::ranges::find(ranges, c.plan.label, &Range::label);
      if (it == ranges.end()) it = ranges.insert(it, {c.plan.label});
      it->low = std::min(it->low, *c.quality->relative_error);
      it->high = std::max(it->high, *c.quality->relative_error);
    }
  std::string words = "At the largest n of " + std::to_string(groups.size()) +
                      " settings, the relative error against full attention is ";
  for (size_t i = 0; i < std::min(ranges.size(), kMostTold); ++i) {
    const std::string low = record::format_number(ranges[i].low, 2);
    const std::string high = record::format_number(ranges[i].high, 2);
    words += (i == 0 ? "" : ", ") + low + (low == high ? "" : " to " + high) + " (" +
             printable(ranges[i].label) + ")";
  }
  const size_t more = ranges.size() - std::min(ranges.size(), kMostTold);
  return words + (more > 0 ? ", and that of " + std::to_string(more) + " more in the page." : ".");
}

/// Whether attention on such inputs is nearly uniform, as it is in no trained model.
bool nearly_uniform(const record::Case& c) {
  return c.inputs == "normal";
}

}  // namespace

bool loses_something(const record::Run& run) {
  return std::ranges::any_of(run.cases, loses);
}

std::string mass_words(double mass_recall) {
  const double percent = 100 * mass_recall;
  if (percent < 99 || percent == 100) return percent_words(percent);
  return record::format_number(std::floor(1000 * percent) / 1000, 5) + " %";
}

std::string kept_words(const record::Quality& quality) {
  const std::string error = record::format_number(*quality.relative_error, 2);
  const std::string words = quality.mass_recall
                                ? "keeps " + mass_words(*quality.mass_recall) +
                                      " of the attention mass (relative error " + error + ")"
                                : "has a relative error of " + error;
  return words + (quality.untrained ? " with untrained projections" : "");
}

std::string distance_sentence(const record::Run& run, const analyze::Series& series) {
  const auto known = std::find_if(series.cases.rbegin(), series.cases.rend(),
                                  [&](int c) { return run.cases[c].quality.has_value(); });
  if (known == series.cases.rend()) return "its distance from full attention is not known.";
  const record::CaseRecord& c = run.cases[*known];
  const record::Quality& quality = *c.quality;
  if (!quality.relative_error) return "no distance from full attention: " + quality.reason + ".";
  const std::string at = " at n = " + std::to_string(c.plan.seq_len());
  if (*quality.relative_error == 0) return "its distance from full attention is 0" + at + ".";
  std::string words = kept_words(quality) + at;
  if (quality.worst_head)
    words += ", " + record::format_number(*quality.worst_head_error, 2) + " in its worst head, " +
             std::to_string(*quality.worst_head);
  if (quality.cosine)
    words += "; cosine with full attention " + record::format_number(*quality.cosine, 3);
  return words + ", over " + record::plural(quality.rows, "row") + ".";
}

std::string loss_sentence(const record::Run& run, const analyze::Analysis& analysis,
                          const SeriesNames& names) {
  std::vector<LossesAtSize> largest;
  for (const analyze::Group& group : analysis.groups) {
    const std::vector<LossesAtSize> sizes = analyze::find_losses(run, analysis, group);
    if (sizes.empty()) continue;
    const auto compared = std::find_if(sizes.rbegin(), sizes.rend(), [](const LossesAtSize& at) {
      return at.reference.has_value();
    });
    largest.push_back(compared == sizes.rend() ? sizes.back() : *compared);
  }
  if (largest.empty()) return {};
  const std::string words = largest.size() == 1 ? sentence_at(run, analysis, names, largest.front())
                                                : sentence_over(run, largest);
  const std::string warning = misleading_words(run);
  return warning.empty() ? words : words + " " + warning;
}

std::string misleading_words(const record::Run& run) {
  bool some = false, all = true;
  for (const record::CaseRecord& c : run.cases) {
    if (!loses(c)) continue;
    some = some || nearly_uniform(c.plan);
    all = all && nearly_uniform(c.plan);
  }
  if (!some) return {};
  return all ? "The inputs are independent normal numbers, on which attention is nearly uniform: "
               "these losses mislead."
             : "On the normal inputs attention is nearly uniform: the losses there mislead.";
}

}  // namespace attnbench::report
