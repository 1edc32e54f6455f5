// Names series by the axes in which they differ.
#include "report/series_names.h"

#include "record/axes.h"
#include "report/escape.h"

namespace attnbench::report {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() || word.empty() ? "" : ", ") + word;
  return text;
}

}  // namespace

SeriesNames name_series(const record::Run& run, const analyze::Analysis& analysis) {
  const auto plan = [&](size_t s) -> const record::Case& {
    return run.cases[analysis.series[s].cases.front()].plan;
  };
  std::vector<std::string> shared;
  std::vector<std::vector<std::string>> own(analysis.series.size());
  for (size_t s = 0; s < own.size(); ++s) own[s].push_back(plan(s).label);
  for (const record::Axis& axis : record::axes()) {
    if (!axis.in_series || own.empty()) continue;
    bool same = true;
    for (size_t s = 1; s < own.size(); ++s)
      same = same && record::told_words(axis, plan(s)) == record::told_words(axis, plan(0));
    if (same)
      shared.push_back(record::axis_words(axis, plan(0)));
    else
      for (size_t s = 0; s < own.size(); ++s) own[s].push_back(record::told_words(axis, plan(s)));
  }
  SeriesNames result{printable(joined(shared)), {}};
  for (const std::vector<std::string>& words : own)
    result.names.push_back(printable(joined(words)));
  return result;
}

}  // namespace attnbench::report
