// Names series by the axes in which they differ.
#include "report/series_names.h"

#include <algorithm>
#include <string_view>

#include "record/axes.h"
#include "report/escape.h"

namespace attnbench::report {
namespace {

/// How an axis of one value reads. A length goes without saying only if it is x.
std::string shared_words(const record::Axis& axis, const record::Case& c) {
  return axis.name == std::string_view("seq_len") ? "n = " + record::value_text(axis, axis.get(c))
                                                  : record::axis_words(axis, c);
}

/// How an axis that series differ in reads.
std::string told(const record::Axis& axis, const record::Case& c) {
  if (axis.name == std::string_view("q_len") && c.q_len_follows) return "q_len = n";
  if (axis.name == std::string_view("seq_len")) return shared_words(axis, c);
  // Values that are words need no standard one beside them: "small pages" beside none, no "huge
  // pages".
  return axis.has_words() ? record::axis_words(axis, c) : record::told_words(axis, c);
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() || word.empty() ? "" : ", ") + word;
  return text;
}

}  // namespace

SeriesNames name_lines(const std::vector<LineStart>& lines, const std::string& x) {
  std::vector<std::string> shared;
  std::vector<std::vector<std::string>> own;
  for (const LineStart& line : lines) own.push_back({line.name});
  for (const record::Axis& axis : record::axes()) {
    if (!axis.swept() || axis.name == x || lines.empty()) continue;
    const std::string first = told(axis, *lines.front().first);
    const bool same = std::all_of(lines.begin(), lines.end(), [&](const LineStart& line) {
      return told(axis, *line.first) == first;
    });
    if (same)
      shared.push_back(shared_words(axis, *lines.front().first));
    else
      for (size_t i = 0; i < own.size(); ++i) own[i].push_back(told(axis, *lines[i].first));
  }
  SeriesNames result{printable(joined(shared)), {}};
  for (const std::vector<std::string>& words : own)
    result.names.push_back(printable(joined(words)));
  return result;
}

SeriesNames name_series(const record::Run& run, const analyze::Analysis& analysis) {
  std::vector<LineStart> lines;
  for (const analyze::Series& series : analysis.series) {
    const record::Case& plan = run.cases[series.cases.front()].plan;
    lines.push_back({plan.label, &plan});
  }
  return name_lines(lines, "seq_len");
}

}  // namespace attnbench::report
