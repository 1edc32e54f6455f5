// Tells what reaches the last output, and from how far.
#include "report/probe_words.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

#include "analyze/probe_reach.h"
#include "record/format.h"
#include "report/escape.h"
#include "report/words.h"

namespace attnbench::report {
namespace {

using analyze::Reach;
using analyze::Stretch;
using record::Probe;
using record::ProbePoint;
using Points = std::vector<ProbePoint>;

std::string number(double value) {
  return number_words(value, 2);
}

/// Rounded down, so that no part below a threshold reads as if it had reached it.
std::string percent(double part) {
  constexpr double kRounding = 1e-9;  // 0.29 is a little less than 29 hundredths.
  return std::to_string(std::lround(std::floor(100 * part + kRounding))) + " %";
}

/// "1, 2, 8 to 64 and 2047"; of many stretches the first ones and where the last one ends.
std::string stretches_words(const std::vector<Stretch>& all) {
  constexpr size_t kMost = 4;
  const bool cut = all.size() > kMost;
  std::vector<std::string> parts;
  for (const Stretch& s : all) {
    if (cut && parts.size() == kMost - 1) break;
    parts.push_back(std::to_string(s.from));
    if (s.count == 2) parts.push_back(std::to_string(s.to));
    if (s.count > 2) parts.back() += " to " + std::to_string(s.to);
  }
  if (cut) parts.push_back("others up to " + std::to_string(all.back().to));
  std::string words;
  for (size_t i = 0; i < parts.size(); ++i)
    words += (i == 0 ? "" : i + 1 == parts.size() ? " and " : ", ") + parts[i];
  return words;
}

/// "8 of 12 distances tried, 4 to 512".
std::string some_words(const Reach& reach) {
  return std::to_string(reach.count()) + " of " + std::to_string(reach.tried) +
         " distances tried, " + stretches_words(reach.holds);
}

const ProbePoint& point_at(const Points& points, int64_t distance) {
  return *std::ranges::find(points, distance, &ProbePoint::distance);
}

/// Whether a token at one of these distances changes the output at all, if only by rounding.
bool rounds(const Points& points, const std::vector<Stretch>& stretches) {
  return std::ranges::any_of(points, [&](const ProbePoint& p) {
    return p.high > 0 && std::ranges::any_of(stretches, [&](const Stretch& s) {
             return s.from <= p.distance && p.distance <= s.to;
           });
  });
}

/// "the last output", and " by more than rounding" if rounding is what is left there.
std::string moved_words(const Points& points, const std::vector<Stretch>& stretches) {
  return std::string("moves the last output") +
         (rounds(points, stretches) ? " by more than rounding" : "");
}

std::string influence_words(const Points& points, int64_t seeds) {
  const Reach reach = analyze::moved_reach(points);
  if (reach.nowhere())
    return "none of the tokens tried before the last one " + moved_words(points, reach.others);
  if (reach.everywhere() && analyze::alike(points, seeds)) {
    const auto [least, most] = std::ranges::minmax_element(points, {}, &ProbePoint::value);
    return "tokens move the last output about alike at every distance tried, by " +
           number(least->value) + " to " + number(most->value) + " of its length";
  }
  const int64_t nearest = reach.holds.front().from, farthest = reach.holds.back().to;
  std::vector<Stretch> gaps = reach.others, tail;
  if (!gaps.empty() && gaps.back().from > farthest) {
    tail.push_back(gaps.back());
    gaps.pop_back();
  }
  std::string words;
  if (!tail.empty())
    words = "none of the tokens tried from " + std::to_string(tail.front().from) + " back on " +
            moved_words(points, tail) + "; ";
  if (!gaps.empty())
    words += "none of the tokens tried " + stretches_words(gaps) + " back " +
             moved_words(points, gaps) + ", though farther ones do; ";
  words += "the token " + std::to_string(nearest) + " back moves the last output by " +
           number(point_at(points, nearest).value) + " of its length";
  return nearest == farthest ? words
                             : words + ", the one " + std::to_string(farthest) + " back by " +
                                   number(point_at(points, farthest).value);
}

/// "0 % to 12 % (by chance 6 %)": what is recalled at the other distances.
std::string lost_words(const Points& points) {
  double least = 1, most = 0;
  for (const ProbePoint& p : points)
    if (p.value < analyze::kRecalled) {
      least = std::min(least, p.value);
      most = std::max(most, p.value);
    }
  const std::string low = percent(least), high = percent(most);
  return low + (low == high ? "" : " to " + high) + " (by chance " +
         percent(record::find_probe_kind("recall")->chance) + ")";
}

std::string order_words(const Points& points) {
  const Reach reach = analyze::moved_reach(points);
  if (reach.nowhere())
    return "the order of the tokens before the last one does not move the last output" +
           std::string(rounds(points, reach.others) ? " by more than rounding" : "");
  const int64_t fewest = reach.holds.front().from;
  return "the order of the tokens before the last one moves the last output: if the nearest " +
         std::to_string(fewest) + " change places, by " + number(point_at(points, fewest).value) +
         " of its length; if the nearest " + std::to_string(points.back().distance) + " do, by " +
         number(points.back().value);
}

std::string recall_words(const Points& points) {
  const Reach reach = analyze::recall_reach(points);
  const std::string words = "recalls at least " + percent(analyze::kRecalled) +
                            " of the values among " + record::plural(points.front().pairs, "pair");
  if (reach.everywhere()) return words + " at every distance tried";
  if (reach.nowhere())
    return words + " at none of the " +
           record::plural(static_cast<int64_t>(reach.tried), "distance") + " tried, but " +
           lost_words(points);
  return words + " at " + some_words(reach) + "; not at " + stretches_words(reach.others) +
         ", but " + lost_words(points);
}

std::string memory_words(const Points& points) {
  const ProbePoint& first = points.front();
  const ProbePoint& last = points.back();
  return "a linear readout gets back " + percent(first.value) + " of the variance of the token " +
         std::to_string(first.distance) + " back, " + percent(last.value) +
         " of that of the token " + std::to_string(last.distance) + " back";
}

/// A probe of a series, at the largest n.
struct Told {
  int series = 0;
  int64_t seq_len = 0;
  const Probe* probe = nullptr;
  Points points;
};

std::vector<Told> all_told(const record::Run& run, const analyze::Analysis& analysis) {
  std::vector<Told> all;
  for (int s = 0; std::cmp_less(s, analysis.series.size()); ++s) {
    const auto& cases = analysis.series[static_cast<size_t>(s)].cases;
    const auto probed = std::find_if(cases.rbegin(), cases.rend(), [&](int c) {
      return !run.cases[static_cast<size_t>(c)].probes.empty();
    });
    if (probed == cases.rend()) continue;
    const record::CaseRecord& c = run.cases[static_cast<size_t>(*probed)];
    for (const Probe& probe : c.probes)
      if (!probe.points.empty())
        all.push_back({s, c.plan.seq_len(), &probe, analyze::points_of_most_pairs(probe)});
  }
  return all;
}

/// What a sentence says of several series, and what it says of one of them.
struct Shared {
  std::string head;
  std::string own = {};
};

Shared shared_influence(const Told& told) {
  const Reach reach = analyze::moved_reach(told.points);
  if (reach.nowhere()) return {"no token tried moves the last output by more than rounding: "};
  if (reach.everywhere() && analyze::alike(told.points, told.probe->seeds))
    return {"tokens move the last output about alike at every distance tried: "};
  if (reach.ends())
    return {"the farthest token tried that moves the last output by more than rounding: ",
            std::to_string(reach.holds.back().to) + " back"};
  if (!reach.everywhere())
    return {"tokens move the last output at some distances and not at others: ", some_words(reach)};
  return {"tokens at every distance tried move the last output, but not alike: ",
          number(told.points.front().value) + " of its length " +
              std::to_string(told.points.front().distance) + " back, " +
              number(told.points.back().value) + " " + std::to_string(told.points.back().distance) +
              " back"};
}

Shared shared_order(const Told& told) {
  const Reach reach = analyze::moved_reach(told.points);
  if (reach.nowhere())
    return {
        "the order of the tokens before the last one does not move its output by more than "
        "rounding: "};
  return {"the last output moves if so many tokens before it change places: ",
          std::to_string(reach.holds.front().from)};
}

Shared shared_recall(const Told& told) {
  const Reach reach = analyze::recall_reach(told.points);
  const std::string least = "at least " + percent(analyze::kRecalled) + " of the values among " +
                            record::plural(told.points.front().pairs, "pair") + " come back ";
  if (reach.everywhere()) return {least + "from every distance tried: "};
  if (reach.nowhere())
    return {least + "from none of the distances tried: ", lost_words(told.points)};
  if (reach.ends())
    return {least + "from up to so many tokens back: ", std::to_string(reach.holds.back().to)};
  return {least + "from some distances only: ", some_words(reach)};
}

Shared shared_memory(const Told& told) {
  const ProbePoint& first = told.points.front();
  return {"of the variance of the token " + std::to_string(first.distance) +
              " back a linear readout gets back: ",
          percent(first.value)};
}

/// How the probes of one kind are told.
struct Telling {
  std::string_view probe;
  std::string (*words)(const Told&);
  Shared (*shared)(const Told&);
};

constexpr Telling kTellings[] = {
    {"influence", [](const Told& t) { return influence_words(t.points, t.probe->seeds); },
     shared_influence},
    {"order", [](const Told& t) { return order_words(t.points); }, shared_order},
    {"recall", [](const Told& t) { return recall_words(t.points); }, shared_recall},
    {"memory", [](const Told& t) { return memory_words(t.points); }, shared_memory}};

const Telling& telling_of(const Told& told) {
  return *std::ranges::find(kTellings, std::string_view(told.probe->name), &Telling::probe);
}

/// Series of which a sentence says the same.
struct Alike {
  std::string own;
  std::vector<std::string> names;
};

struct Sentence {
  std::string head;
  std::vector<Alike> series;
};

/// The element whose `key` has this value; a new one if there is none.
template <class T>
T& found(std::vector<T>& all, std::string T::*key, const std::string& value) {
  const auto it = std::ranges::find(all, value, key);
  if (it != all.end()) return *it;
  all.emplace_back().*key = value;
  return all.back();
}

/// "full, linear_elu" or "window (53 back), rnn, gru (28 back)".
std::string names_words(const std::vector<Alike>& all) {
  constexpr size_t kMost = 16;
  std::string words;
  size_t told = 0, more = 0;
  for (const Alike& alike : all) {
    const size_t shown = std::min(alike.names.size(), kMost - told);
    more += alike.names.size() - shown;
    for (size_t i = 0; i < shown; ++i) words += (told++ == 0 ? "" : ", ") + alike.names[i];
    if (shown > 0 && !alike.own.empty()) words += " (" + alike.own + ")";
  }
  return more == 0 ? words : words + " and " + std::to_string(more) + " more";
}

}  // namespace

std::vector<Finding> probe_findings(const record::Run& run, const analyze::Analysis& analysis) {
  std::vector<Finding> findings;
  for (const Told& told : all_told(run, analysis)) {
    findings.push_back(
        {series_words(run, analysis, told.series),
         "at n = " + std::to_string(told.seq_len) + ", " + telling_of(told).words(told) + ".",
         told.series});
  }
  return findings;
}

std::vector<std::string> probe_sentences(const record::Run& run, const analyze::Analysis& analysis,
                                         const SeriesNames& names) {
  std::vector<Sentence> all;
  const std::vector<Told> told = all_told(run, analysis);
  for (const record::ProbeKind& kind : record::probe_kinds())
    for (const Told& one : told) {
      if (one.probe->name != kind.name) continue;
      const Shared shared = telling_of(one).shared(one);
      Sentence& sentence =
          found(all, &Sentence::head, "At n = " + std::to_string(one.seq_len) + ", " + shared.head);
      found(sentence.series, &Alike::own, shared.own)
          .names.push_back(names.names[static_cast<size_t>(one.series)]);
    }
  std::vector<std::string> sentences;
  for (const Sentence& sentence : all)
    sentences.push_back(printable(sentence.head + names_words(sentence.series) + "."));
  return sentences;
}

}  // namespace attnbench::report
