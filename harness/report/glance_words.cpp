// Puts who wins, who meets the memory wall and how quiet the machine was into words.
#include "report/glance_words.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "record/axes.h"
#include "record/format.h"
#include "report/escape.h"
#include "report/loss_words.h"
#include "report/training_words.h"
#include "report/words.h"

namespace attnbench::report {
namespace {

constexpr size_t kMostSentences = 4;

/// ", and faster from n = 565 [406, 647] on" for a pair whose crossover has an
/// interval: it has none if any size of the two has too few samples.
std::string crossover_words(const analyze::Group& group, int faster, int slower) {
  for (const analyze::Crossover& c : group.crossovers) {
    if (c.faster != faster || c.slower != slower || c.smallest == c.largest) continue;
    if (!c.interval || analyze::too_close_to_call(c)) return {};
    if (c.seq_len == 0) return ", and faster from n = " + std::to_string(c.smallest) + " on";
    if (std::isinf(c.seq_len)) return {};
    std::string words = ", and faster from n = " + record::format_number(c.seq_len, 3);
    if (c.interval->low > 0 && std::isfinite(c.interval->high))
      words += " [" + record::format_number(c.interval->low, 3) + ", " +
               record::format_number(c.interval->high, 3) + "]";
    return words + " on";
  }
  return {};
}

bool told_apart(const analyze::Ratio& ratio) {
  return ratio.interval && ratio.interval->low > 1;
}

/// Who wins the only group of a run.
std::string lead_sentence(const analyze::Group& group, const SeriesNames& names) {
  const analyze::Lead& lead = *group.lead;
  const std::string& fastest = names.names[static_cast<size_t>(lead.fastest)];
  const std::string& next = names.names[static_cast<size_t>(lead.next)];
  const std::string at = " at n = " + std::to_string(lead.seq_len);
  if (!lead.over_next.interval)
    return fastest + " has the lowest median" + at + ", then " + next + "; below " +
           std::to_string(analyze::kFewestSamples) +
           " rounds there is no interval, so nothing is called faster.";
  if (!told_apart(lead.over_next))
    return fastest + " and " + next + " cannot be told apart" + at + " (" +
           ratio_words(lead.over_next) + ").";
  return fastest + " is " + ratio_words(lead.over_next) + " as fast as " + next + at +
         crossover_words(group, lead.fastest, lead.next) + ".";
}

/// The winner beside the baseline, where that is not who it was compared with already.
std::string baseline_sentence(const record::Run& run, const analyze::Analysis& analysis,
                              const analyze::Group& group, const SeriesNames& names) {
  const analyze::Lead& lead = *group.lead;
  if (!group.baseline || *group.baseline == lead.fastest || *group.baseline == lead.next) return {};
  for (const int c : analysis.series[lead.fastest].cases) {
    const auto& speedup = analysis.cases[c].speedup;
    if (run.cases[c].plan.seq_len() != lead.seq_len || !speedup || !told_apart(*speedup)) continue;
    return names.names[static_cast<size_t>(lead.fastest)] + " is " + ratio_words(*speedup) +
           " as fast as " + names.names[static_cast<size_t>(*group.baseline)] +
           crossover_words(group, lead.fastest, *group.baseline) + ".";
  }
  return {};
}

/// Who wins in how many groups: a run of many settings in one sentence.
std::string leads_sentence(const record::Run& run, const analyze::Analysis& analysis) {
  std::vector<std::pair<std::string, int>> wins;
  int settings = 0, undecided = 0;
  double least = HUGE_VAL, most = 0;
  for (const analyze::Group& group : analysis.groups) {
    if (!group.lead) continue;
    ++settings;
    if (!told_apart(group.lead->over_next)) {
      ++undecided;
      continue;
    }
    const std::string& label =
        run.cases[analysis.series[group.lead->fastest].cases.front()].plan.label;
    const auto it = std::ranges::find(wins, label, &std::pair<std::string, int>::first);
    if (it == wins.end())
      wins.emplace_back(label, 1);
    else
      ++it->second;
    least = std::min(least, group.lead->over_next.value);
    most = std::max(most, group.lead->over_next.value);
  }
  if (settings == 0) return {};
  std::ranges::stable_sort(wins, std::greater<>{}, &std::pair<std::string, int>::second);
  const std::string of = " of " + std::to_string(settings) + " settings";
  std::string words;
  for (const auto& [label, count] : wins)
    words += (words.empty() ? printable(label) + " is the fastest at the largest n in "
                            : ", " + printable(label) + " in ") +
             std::to_string(count) + (words.empty() ? of : "");
  if (!wins.empty())
    words += ", " + record::format_number(least, 3) +
             (least == most ? "" : "x to " + record::format_number(most, 3)) +
             "x as fast as the next";
  if (undecided > 0)
    words += (words.empty() ? "No winner can be told in " : "; no winner can be told in ") +
             std::to_string(undecided) + (wins.empty() ? of : "");
  return words + ".";
}

/// How long the series take at their largest sizes, if no two of them can be compared.
std::string alone_sentence(const analyze::Analysis& analysis, const record::Run& run,
                           const SeriesNames& names) {
  struct Longest {
    const std::string* name;
    int index;
    double time_s;
  };
  std::vector<Longest> all;
  for (size_t s = 0; s < analysis.series.size(); ++s) {
    const auto& cases = analysis.series[s].cases;
    const auto it = std::find_if(cases.rbegin(), cases.rend(),
                                 [&](int c) { return analysis.cases[c].time_s.has_value(); });
    if (it != cases.rend())
      all.push_back({&names.names[s], *it, analysis.cases[*it].time_s->median});
  }
  if (all.empty()) return {};
  const auto told = [&](const Longest& one) {
    return *one.name + " takes " + time_words(*analysis.cases[one.index].time_s) +
           " at n = " + std::to_string(run.cases[one.index].plan.seq_len());
  };
  const auto [least, most] = std::ranges::minmax_element(all, {}, &Longest::time_s);
  if (all.size() == 1) return told(*least) + ".";
  return told(*least) + ", and " + told(*most) + ": the extremes of " + std::to_string(all.size()) +
         " series at the largest n of each.";
}

/// The series' largest case that is ok; if none is, its largest.
const record::Case& largest_ok(const record::Run& run, const analyze::Series& series) {
  const auto it = std::find_if(series.cases.rbegin(), series.cases.rend(), [&](int c) {
    return run.cases[c].plan.outcome == record::Outcome::kOk;
  });
  return run.cases[it == series.cases.rend() ? series.cases.back() : *it].plan;
}

/// Whether what forward saves for backward takes more of the case's memory than its scratch does.
bool saves_most(const record::Case& plan) {
  return plan.saved_bytes > plan.workspace_bytes;
}

/// The series that meets the memory wall first.
std::string wall_sentence(const record::Run& run, const analyze::Analysis& analysis,
                          const SeriesNames& names) {
  const analyze::Series* first = nullptr;
  for (const analyze::Series& series : analysis.series) {
    const bool saved = saves_most(largest_ok(run, series));
    const auto& fit = (saved ? series.memory.saved : series.memory.workspace).fit;
    if (!series.largest_fit || !fit || fit->slope < 0.5) continue;
    if (first == nullptr || *series.largest_fit < *first->largest_fit) first = &series;
  }
  if (first == nullptr) return {};
  const record::Case& plan = largest_ok(run, *first);
  const bool saved = saves_most(plan), trains = record::trains(plan.pass);
  std::string words = names.names[static_cast<size_t>(first - analysis.series.data())];
  if (plan.outcome == record::Outcome::kOk)
    words +=
        (saved ? " keeps " : " takes ") +
        record::format_bytes(static_cast<double>(saved ? plan.saved_bytes : plan.workspace_bytes)) +
        (saved ? " from forward to backward" : " of scratch") +
        " at n = " + std::to_string(plan.seq_len()) + ";";
  else
    words += ":";
  return words + " n = " + seq_len_limit_words(*first->largest_fit) + " is the most that " +
         record::format_bytes(static_cast<double>(run.memory_limit_bytes)) + " hold" +
         (trains ? " in training." : ".");
}

/// What a type of elements loses: ", relative error 0.0031"; empty for another axis.
std::string rounding_words(const record::CaseRecord& c, const record::Axis& axis) {
  const bool is_type = axis.names.data() == record::kTypeNames;
  if (!is_type || !c.quality || !c.quality->relative_error) return {};
  return ", relative error " + record::format_number(*c.quality->relative_error, 2);
}

}  // namespace

std::string setting_words(const record::Run& run, const SeriesNames& names) {
  return printable((names.shared.empty() ? "" : names.shared + "; ") + run.machine.cpu + "; " +
                   record::plural(run.rounds, "round"));
}

std::string heading_words(const record::Run& run, const SeriesNames& names) {
  return printable(run.name) + (names.shared.empty() ? "; " : ": ") + setting_words(run, names);
}

std::string setback_words(const record::Run& run, const SeriesNames& names,
                          const analyze::Setback& setback) {
  std::vector<int64_t> seq_lens;
  for (const int c : setback.cases) seq_lens.push_back(run.cases[c].plan.seq_len());
  return names.names[static_cast<size_t>(setback.series)] + ": " +
         record::outcome_name(setback.outcome) + " at " + sizes_words(seq_lens) + ": " +
         printable(setback.reason);
}

std::string effect_sentence(const record::Run& run, const analyze::Analysis& analysis,
                            const std::string& axis_name) {
  const record::Axis& axis = record::axis_named(axis_name);
  std::map<std::string, std::vector<const analyze::AxisEffect*>> by_value;
  std::string standard;
  for (const analyze::AxisEffect& effect : analysis.axis_effects) {
    if (effect.axis != axis_name || !effect.ratio.interval) continue;
    by_value[record::told_words(axis, run.cases[effect.other].plan)].push_back(&effect);
    standard = record::told_words(axis, run.cases[effect.standard].plan);
  }
  std::string words;
  for (auto& [value, effects] : by_value) {
    const auto [least, most] = std::ranges::minmax_element(
        effects, {}, [](const analyze::AxisEffect* e) { return e->ratio.value; });
    const auto told = [&](const analyze::AxisEffect* e) {
      return record::format_number(e->ratio.value, 3) + "x (" +
             printable(run.cases[e->other].plan.label) + rounding_words(run.cases[e->other], axis) +
             ")";
    };
    words += (words.empty() ? "With " : "; with ") + value + " " + told(*least) +
             (effects.size() == 1 ? "" : " to " + told(*most));
  }
  return words.empty() ? words : words + " as fast as with " + standard + ", at the largest n.";
}

std::vector<std::string> glance_sentences(const record::Run& run, const analyze::Analysis& analysis,
                                          const SeriesNames& names) {
  std::vector<std::string> all;
  const auto has_lead = [](const analyze::Group& group) { return group.lead.has_value(); };
  if (std::ranges::count_if(analysis.groups, has_lead) == 1) {
    const analyze::Group& only = *std::ranges::find_if(analysis.groups, has_lead);
    all.push_back(lead_sentence(only, names));
    all.push_back(baseline_sentence(run, analysis, only, names));
  } else {
    all.push_back(leads_sentence(run, analysis));
  }
  std::set<std::string> axes;
  for (const analyze::AxisEffect& effect : analysis.axis_effects) axes.insert(effect.axis);
  for (const std::string& axis : axes) all.push_back(effect_sentence(run, analysis, axis));
  all.push_back(training_sentence(run, analysis));
  if (std::ranges::all_of(all, &std::string::empty))
    all.push_back(alone_sentence(analysis, run, names));
  all.push_back(loss_sentence(run, analysis, names));
  all.push_back(wall_sentence(run, analysis, names));
  std::erase(all, "");
  if (all.size() > kMostSentences) all.resize(kMostSentences);
  return all;
}

std::string trust_words(const analyze::Analysis& analysis) {
  if (analysis.samples == 0) return {};
  const std::string of = " of " + record::plural(analysis.samples, "sample");
  const std::string noisy =
      analysis.noisy_cases.empty()
          ? ""
          : "; " + std::to_string(analysis.noisy_cases.size()) + " of " +
                record::plural(static_cast<int64_t>(analysis.cases.size()), "case") +
                (analysis.noisy_cases.size() == 1 ? " varies" : " vary") + " by more than " +
                percent_words(100 * analyze::kNoisySpread);
  if (analysis.disturbed_samples == 0)
    return "Quiet machine: none" + of + " was disturbed" + noisy + ".";
  return (analysis.disturbed_samples * 20 > analysis.samples ? "Busy machine: "
                                                             : "Nearly quiet machine: ") +
         std::to_string(analysis.disturbed_samples) + of +
         (analysis.disturbed_samples == 1 ? " was" : " were") + " disturbed" + noisy + ".";
}

}  // namespace attnbench::report
