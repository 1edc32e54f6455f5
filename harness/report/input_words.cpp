// Describes the inputs of a run.
#include "report/input_words.h"

#include <algorithm>
#include <optional>

#include "record/axes.h"
#include "record/format.h"
#include "report/words.h"

namespace attnbench::report {
namespace {

using record::InputStatistics;

/// The numbers of nearest keys that have a column, and the one of them that is in the sentence.
constexpr int64_t kNearColumns[] = {1, 16, 64, 256, 1024};
constexpr int64_t kNearTold = 64;

const record::Case& case_of(const record::Run& run, const InputStatistics& s) {
  return run.cases[static_cast<size_t>(s.case_id)].plan;
}

/// Which kind of inputs a case has.
std::string kind_words(const record::Case& c) {
  return c.inputs;
}

/// The case's problem, with all that its inputs follow from.
std::string problem_words(const record::Case& c) {
  std::string text = "n = " + std::to_string(c.seq_len());
  for (const record::Axis& axis : record::axes()) {
    if (axis.group == record::AxisGroup::kRun) continue;
    const std::string words = axis_words(axis, c);
    if (!words.empty()) text += ", " + words;
  }
  return text;
}

std::string number(double value) {
  return record::format_number(value, 2);
}

std::string number(const std::optional<double>& value) {
  return value ? number(*value) : "–";
}

std::optional<double> top_mass(const InputStatistics& s, double share) {
  for (const record::TopMass& top : s.top)
    if (top.share == share) return top.mass;
  return std::nullopt;
}

std::optional<double> near_mass(const InputStatistics& s, int64_t keys) {
  for (const record::NearMass& near : s.near)
    if (near.keys == keys) return near.mass;
  return std::nullopt;
}

std::string percent_of_keys(double share) {
  return record::format_number(100 * share, share < 0.1 ? 1 : 2) + " % of keys";
}

std::string near_words(const record::Case& c, int64_t keys) {
  return c.problem.causal ? "the last " + std::to_string(keys) + " keys"
                          : "the keys less than " + std::to_string(keys) + " away";
}

std::string sentence(const record::Case& c, const InputStatistics& s) {
  std::string text = "Inputs: " + kind_words(c) + ", n = " + std::to_string(c.seq_len()) + ": " +
                     "attention spreads as over " + percent_words(100 * s.effective_share) +
                     " of the keys seen; the first key gets " + number(s.first_key_mass) +
                     " of the mass";
  if (const auto mass = top_mass(s, record::kTopShares[0]))
    text += ", the top " + percent_of_keys(record::kTopShares[0]) + " " + number(*mass);
  if (const auto mass = near_mass(s, kNearTold))
    text += ", " + near_words(c, kNearTold) + " " + number(*mass);
  return text + ".";
}

/// In the order of their cases, whichever was probed first.
std::vector<InputStatistics> in_order(const record::Run& run) {
  std::vector<InputStatistics> all = run.input_statistics;
  std::ranges::sort(all, {}, &InputStatistics::case_id);
  return all;
}

}  // namespace

std::vector<std::string> input_sentences(const record::Run& run) {
  std::vector<const InputStatistics*> largest;  // One of each kind.
  const std::vector<InputStatistics> all = in_order(run);
  for (const InputStatistics& s : all) {
    const record::Case& c = case_of(run, s);
    const auto same_kind = std::ranges::find(
        largest, kind_words(c),
        [&](const InputStatistics* known) { return kind_words(case_of(run, *known)); });
    if (same_kind == largest.end())
      largest.push_back(&s);
    else if (c.seq_len() > case_of(run, **same_kind).seq_len())
      *same_kind = &s;
  }
  std::vector<std::string> sentences;
  for (const InputStatistics* s : largest) sentences.push_back(sentence(case_of(run, *s), *s));
  return sentences;
}

Cells input_header() {
  Cells cells{"inputs",
              "problem",
              "rows",
              "effective keys",
              "of the keys seen",
              "first key's mass",
              "first key's mass by head"};
  for (const double share : record::kTopShares) cells.push_back("top " + percent_of_keys(share));
  for (const int64_t keys : kNearColumns)
    cells.push_back(keys == 1 ? "last key" : "last " + std::to_string(keys) + " keys");
  cells.insert(cells.end(), {"K's mean", "first key's norm"});
  return cells;
}

std::vector<Cells> input_rows(const record::Run& run) {
  std::vector<Cells> rows;
  for (const InputStatistics& s : in_order(run)) {
    const record::Case& c = case_of(run, s);
    Cells cells{kind_words(c),
                problem_words(c),
                std::to_string(s.rows),
                record::format_number(s.effective_keys, 3),
                number(s.effective_share),
                number(s.first_key_mass),
                number(s.first_key_mass_least) + " to " + number(s.first_key_mass_most)};
    for (const double share : record::kTopShares) cells.push_back(number(top_mass(s, share)));
    for (const int64_t keys : kNearColumns) cells.push_back(number(near_mass(s, keys)));
    cells.push_back(number(s.key_mean));
    cells.push_back(number(s.first_key_norm));
    rows.push_back(std::move(cells));
  }
  return rows;
}

}  // namespace attnbench::report
