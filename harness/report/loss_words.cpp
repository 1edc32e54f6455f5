// Puts distances from full attention into words.
#include "report/loss_words.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "analyze/draws.h"
#include "record/axes.h"
#include "record/format.h"
#include "record/model_like.h"
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
/// one between, each of which stands for all seeds. Those on the Pareto front come before all
/// others.
std::vector<const Loss*> told_losses(const record::Run& run, const LossesAtSize& at) {
  std::vector<const Loss*> front, others;
  for (const Loss& loss : at.cases)
    if (loss.stands && loses(run.cases[loss.index]))
      (loss.on_front ? front : others).push_back(&loss);
  const std::vector<const Loss*>& from = front.empty() ? others : front;
  if (from.size() <= kMostTold) return from;
  return {from.front(), from[from.size() / 2], from.back()};
}

/// What tells the problem of this case from the others of the run: " (small pages)"; empty if all
/// series have the same.
std::string setting_words(const record::Run& run, const analyze::Analysis& analysis,
                          const SeriesNames& names, int index) {
  for (size_t s = 0; s < analysis.series.size(); ++s)
    if (std::ranges::find(analysis.series[s].cases, index) != analysis.series[s].cases.end()) {
      const std::string label = printable(run.cases[index].plan.label) + ", ";
      const std::string& name = names.names[s];
      return name.starts_with(label) ? " (" + name.substr(label.size()) + ")" : "";
    }
  return {};
}

/// " (the seed of 8 nearest to their median)"; empty for a series without others.
std::string draws_words(const Loss& loss) {
  return loss.draws == 1
             ? ""
             : " (the seed of " + std::to_string(loss.draws) + " nearest to their median)";
}

std::string sentence_at(const record::Run& run, const analyze::Analysis& analysis,
                        const SeriesNames& names, const LossesAtSize& at) {
  const auto label = [&](int index, int draws = 1) {
    const record::Case& plan = run.cases[index].plan;
    return printable(draws == 1 ? plan.label : analyze::without_seed(plan).label);
  };
  const std::string reference = at.reference ? label(*at.reference) : "";
  std::string words;
  for (const Loss* loss : told_losses(run, at))
    words += (words.empty() ? "At n = " + std::to_string(at.seq_len) +
                                  setting_words(run, analysis, names, loss->index) + " "
                            : "; ") +
             label(loss->index, loss->draws) + draws_words(*loss) + " " +
             kept_words(*run.cases[loss->index].quality) + speed_words(*loss, reference);
  return words + ".";
}

/// The nearer to what a trained model does, the larger.
int truth_of(const record::Case& c) {
  if (record::axis_named("inputs").is_standard(c)) return 0;
  return c.inputs.starts_with(record::kModelLikeName) ? 1 : 2;
}

/// Whether attention spreads over this part of the keys or more, as it does over 61 % of them on
/// normal numbers with the usual scale, and over less than 10 % in a trained model.
constexpr double kNearlyUniform = 0.5;

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
    words += ", relative error " + number_words(*quality.worst_head_error, 2) + " in head " +
             std::to_string(*quality.worst_head) + ", the worst, counted from 0";
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
  const LossesAtSize& told = *std::ranges::max_element(largest, {}, [&](const LossesAtSize& at) {
    const auto lossy = std::ranges::count_if(
        at.cases, [&](const Loss& loss) { return loses(run.cases[loss.index]); });
    return std::pair(truth_of(run.cases[at.cases.front().index].plan), lossy);
  });
  std::vector<int> cases;
  for (const Loss& loss : told.cases)
    if (loses(run.cases[loss.index])) cases.push_back(loss.index);
  const std::string warning = misleading_words(run, cases);
  const std::string words = sentence_at(run, analysis, names, told);
  return warning.empty() ? words : words + " " + warning;
}

std::vector<int> lossy_cases(const record::Run& run) {
  std::vector<int> cases;
  for (size_t i = 0; i < run.cases.size(); ++i)
    if (loses(run.cases[i])) cases.push_back(static_cast<int>(i));
  return cases;
}

std::string misleading_words(const record::Run& run, const std::vector<int>& cases) {
  double least = 1, most = 0;
  bool all = true;
  std::vector<std::string> uniform, others;
  for (const int index : cases) {
    const record::Case& plan = run.cases[index].plan;
    const record::InputStatistics* const statistics = record::input_statistics_of(run, plan);
    if (statistics == nullptr) continue;
    const bool flat = statistics->effective_share >= kNearlyUniform;
    all = all && flat;
    std::vector<std::string>& side = flat ? uniform : others;
    if (std::ranges::find(side, plan.inputs) == side.end()) side.push_back(plan.inputs);
    if (!flat) continue;
    least = std::min(least, statistics->effective_share);
    most = std::max(most, statistics->effective_share);
  }
  if (uniform.empty()) return {};
  const std::string low = percent_words(100 * least), high = percent_words(100 * most);
  const std::string spread =
      "attention is nearly uniform, as in no trained model (it spreads as over " +
      (low == high ? "" : record::format_number(100 * least, 2) + " to ") + high +
      " of the keys seen)";
  if (all) return "On these inputs " + spread + ": these losses mislead.";
  const bool by_inputs = std::ranges::none_of(uniform, [&](const std::string& inputs) {
    return std::ranges::find(others, inputs) != others.end();
  });
  std::string where;
  for (const std::string& inputs : uniform) where += (where.empty() ? "" : ", ") + inputs;
  return (by_inputs ? "On the " + where + " inputs " : "In some of the settings ") + spread +
         ": the losses there mislead.";
}

}  // namespace attnbench::report
