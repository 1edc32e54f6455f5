// Lays the run's medians out in as many columns as fit.
#include "report/glance_table.h"

#include <algorithm>
#include <set>

#include "analyze/case_stats.h"
#include "record/format.h"
#include "record/utf8.h"
#include "report/table.h"
#include "report/words.h"

namespace attnbench::report {
namespace {

/// Nobody compares more rows at a glance; the page holds all.
constexpr size_t kMostRows = 10;

/// The series that has most to say comes first: one that was refuted, then the reference, then the
/// fastest at its largest size.
std::vector<int> rows_to_show(const record::Run& run, const analyze::Analysis& analysis) {
  struct Rank {
    int urgency;  ///< 0: a case went wrong; 1: the baseline; 2: any other.
    double time_s;
    int series;
    auto operator<=>(const Rank&) const = default;
  };
  std::vector<Rank> ranks;
  for (size_t s = 0; s < analysis.series.size(); ++s) {
    Rank rank{2, HUGE_VAL, static_cast<int>(s)};
    for (const int c : analysis.series[s].cases) {
      if (record::went_wrong(run.cases[c].plan.outcome)) rank.urgency = 0;
      if (analysis.cases[c].time_s) rank.time_s = analysis.cases[c].time_s->median;
    }
    for (const analyze::Group& group : analysis.groups)
      if (group.baseline == rank.series) rank.urgency = std::min(rank.urgency, 1);
    ranks.push_back(rank);
  }
  std::ranges::sort(ranks);
  std::vector<int> shown;
  for (const Rank& rank : ranks)
    if (shown.size() < kMostRows) shown.push_back(rank.series);
  std::ranges::sort(shown);
  return shown;
}

/// At most `count` of ascending sizes: the two largest, the smallest, and others evenly between.
std::vector<int64_t> spread(const std::vector<int64_t>& sizes, size_t count) {
  if (sizes.size() <= count) return sizes;
  if (count == 1) return {sizes.back()};
  std::vector<int64_t> chosen;
  const size_t others = count - 1, last = sizes.size() - 2;
  for (size_t i = 0; i < others; ++i)
    chosen.push_back(sizes[others == 1 ? last : i * last / (others - 1)]);
  chosen.push_back(sizes.back());
  return chosen;
}

const char* mark(analyze::Verdict verdict) {
  switch (verdict) {
    case analyze::Verdict::kHolds:
      return " ✓";
    case analyze::Verdict::kDoesNotHold:
      return " ✗";
    case analyze::Verdict::kNone:
      break;
  }
  return " ?";
}

std::string time_growth_cell(const analyze::TimeGrowth& growth) {
  if (!growth.time.fit) return "–";
  return "n^" + record::format_fixed(growth.time.fit->slope, 2) + mark(growth.judgement.verdict);
}

/// Exact, so that whole powers need no decimals.
std::string scratch_cell(const record::Case& plan, const analyze::MemoryGrowth& growth) {
  if (!growth.workspace.fit) return "–";
  if (plan.workspace_bytes == 0 && growth.workspace.fit->slope == 0) return "none";
  std::string slope = record::format_fixed(growth.workspace.fit->slope, 2);
  if (slope.ends_with(".00")) slope.resize(slope.size() - 3);
  if (slope == "-0") slope = "0";
  return "n^" + slope + mark(growth.judgement.verdict);
}

/// The case of a series at a size; null where there is none.
const int* case_at(const record::Run& run, const analyze::Series& series, int64_t seq_len) {
  const auto it = std::ranges::find_if(
      series.cases, [&](int c) { return run.cases[c].plan.seq_len() == seq_len; });
  return it == series.cases.end() ? nullptr : &*it;
}

std::string median_cell(const record::Run& run, const analyze::Analysis& analysis,
                        const analyze::Series& series, int64_t seq_len) {
  const int* c = case_at(run, series, seq_len);
  if (c == nullptr) return "–";
  if (analysis.cases[*c].time_s) return record::format_time(analysis.cases[*c].time_s->median);
  return record::outcome_name(run.cases[*c].plan.outcome);
}

/// Percent of what limits the series at its largest timed size. One above 100 is no percentage of a
/// limit, and is left to the page, which gives the reason.
std::string ceiling_cell(const analyze::Analysis& analysis, const analyze::Series& series,
                         bool& marks_memory) {
  for (auto c = series.cases.rbegin(); c != series.cases.rend(); ++c) {
    const analyze::CaseStats& stats = analysis.cases[*c];
    if (!stats.time_s) continue;
    const bool memory = analyze::memory_sets_the_roof(stats);
    const auto percent = memory ? stats.percent_of_adjacent_roofline : stats.percent_of_fma_peak;
    if (!percent || *percent > 100) break;
    marks_memory = marks_memory || memory;
    return percent_words(*percent) + (memory ? " bw" : "");
  }
  return "–";
}

/// A name cut to `most` columns, with an ellipsis.
std::string shortened(const std::string& name, size_t most) {
  if (record::display_width(name) <= most) return name;
  std::string cut;
  for (size_t at = 0; at < name.size();) {
    uint32_t code = 0;
    const size_t bytes = std::max<size_t>(record::decode_utf8(name.substr(at), code), 1);
    const std::string next = cut + name.substr(at, bytes);
    if (record::display_width(next) >= most) break;
    cut = next;
    at += bytes;
  }
  return cut + "…";
}

/// The table with so many of its optional columns.
struct Columns {
  size_t name = 0;  ///< The most columns of a terminal that a name takes.
  size_t sizes = 0;
  bool growth = true;
  bool scratch = true;
  bool ceiling = true;
};

std::string laid_out(const record::Run& run, const analyze::Analysis& analysis,
                     const std::vector<std::string>& names, const std::vector<int>& rows,
                     const std::vector<int64_t>& all_sizes, const Columns& columns,
                     bool& marks_memory) {
  const std::vector<int64_t> sizes = spread(all_sizes, columns.sizes);
  std::vector<Cells> cells(1, Cells{""});
  for (const int64_t n : sizes)
    cells.front().push_back((n == sizes.front() ? "n = " : "") + std::to_string(n));
  if (columns.growth) cells.front().push_back("time");
  if (columns.scratch) cells.front().push_back("scratch");
  if (columns.ceiling) cells.front().push_back("peak");
  for (const int s : rows) {
    const analyze::Series& series = analysis.series[s];
    Cells row{shortened(names[static_cast<size_t>(s)], columns.name)};
    for (const int64_t n : sizes) row.push_back(median_cell(run, analysis, series, n));
    if (columns.growth) row.push_back(time_growth_cell(series.time));
    if (columns.scratch)
      row.push_back(scratch_cell(run.cases[series.cases.front()].plan, series.memory));
    if (columns.ceiling) row.push_back(ceiling_cell(analysis, series, marks_memory));
    cells.push_back(std::move(row));
  }
  return aligned_table(cells, 1);
}

size_t widest(const std::string& text) {
  size_t width = 0;
  for (size_t at = 0, end; at < text.size(); at = end + 1) {
    end = std::min(text.find('\n', at), text.size());
    width = std::max(width, record::display_width(text.substr(at, end - at)));
  }
  return width;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t at = 0, end; at < text.size(); at = end + 1) {
    end = std::min(text.find('\n', at), text.size());
    lines.emplace_back(text, at, end - at);
  }
  return lines;
}

}  // namespace

GlanceTable glance_table(const record::Run& run, const analyze::Analysis& analysis,
                         const std::vector<std::string>& names, int columns) {
  GlanceTable table;
  const std::vector<int> rows = rows_to_show(run, analysis);
  table.hidden_series = analysis.series.size() - rows.size();
  std::set<int64_t> sizes;
  bool has_growth = false;
  for (const int s : rows) {
    has_growth = has_growth || analysis.series[s].time.time.fit.has_value();
    for (const int c : analysis.series[s].cases)
      if (run.cases[c].plan.outcome != record::Outcome::kSkipped)
        sizes.insert(run.cases[c].plan.seq_len());
  }
  const std::vector<int64_t> all(sizes.begin(), sizes.end());
  for (const int s : rows)
    for (const auto& judgement :
         {analysis.series[s].time.judgement, analysis.series[s].memory.judgement})
      table.marks_doubt = table.marks_doubt || judgement.verdict != analyze::Verdict::kHolds;
  table.marks_doubt = table.marks_doubt && has_growth;
  const auto room = static_cast<size_t>(std::max(columns - 1, 1));
  Columns chosen{std::max<size_t>(room / 3, 12), all.size(), has_growth, has_growth, true};
  std::string text;
  for (;;) {
    table.marks_memory = false;
    text = laid_out(run, analysis, names, rows, all, chosen, table.marks_memory);
    if (widest(text) <= room) break;
    if (chosen.sizes > 3)
      --chosen.sizes;
    else if (chosen.ceiling && chosen.sizes <= 2)
      chosen.ceiling = false;
    else if (chosen.sizes > 2)
      --chosen.sizes;
    else if (chosen.scratch)
      chosen.scratch = false;
    else if (chosen.sizes > 1)
      --chosen.sizes;
    else
      break;
  }
  table.lines = lines_of(text);
  return table;
}

}  // namespace attnbench::report
