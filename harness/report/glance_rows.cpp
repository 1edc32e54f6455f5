// Writes one series as the cells of the table at a glance.
#include "report/glance_rows.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "analyze/case_stats.h"
#include "analyze/draws.h"
#include "record/axes.h"
#include "record/format.h"
#include "report/words.h"

namespace attnbench::report {
namespace {

/// Ends the cell of a series that the memory bandwidth limits.
constexpr char kOfBandwidth[] = " bw";
/// Ends the cell of a series that is compared with the bf16 peak.
constexpr char kOfBf16[] = " bf16";

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

/// Exact, so that whole powers need no decimals. `bytes` are those of the smallest size.
std::string exact_growth_cell(const analyze::Measured& measured, int64_t bytes) {
  if (!measured.fit) return "–";
  if (bytes == 0 && measured.fit->slope == 0) return "none";
  std::string slope = record::format_fixed(measured.fit->slope, 2);
  if (slope.ends_with(".00")) slope.resize(slope.size() - 3);
  if (slope == "-0") slope = "0";
  return "n^" + slope;
}

/// With the verdict, which in training is about what is saved for backward instead.
std::string scratch_cell(const record::Case& plan, const analyze::MemoryGrowth& growth) {
  std::string cell = exact_growth_cell(growth.workspace, plan.workspace_bytes);
  if (cell.starts_with("n^") && !record::trains(plan.pass)) cell += mark(growth.judgement.verdict);
  return cell;
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
std::string ceiling_cell(const analyze::Analysis& analysis, const analyze::Series& series) {
  for (auto c = series.cases.rbegin(); c != series.cases.rend(); ++c) {
    const analyze::CaseStats& stats = analysis.cases[*c];
    if (!stats.time_s) continue;
    const bool memory = analyze::memory_sets_the_roof(stats);
    const auto percent = memory ? stats.percent_of_adjacent_roofline : stats.percent_of_peak;
    if (!percent || *percent > 100) break;
    const bool bf16 = stats.peak == analyze::Peak::kBf16;
    return percent_words(*percent) + (memory ? kOfBandwidth : bf16 ? kOfBf16 : "");
  }
  return "–";
}

}  // namespace

std::vector<int> telling_series(const record::Run& run, const analyze::Analysis& analysis,
                                const std::vector<int>& among, size_t most) {
  struct Rank {
    int urgency;  ///< 0: a case went wrong; 1: the baseline; 2: any other.
    double time_s;
    int series;
    auto operator<=>(const Rank&) const = default;
  };
  std::vector<Rank> ranks;
  for (const int s : among) {
    Rank rank{2, HUGE_VAL, s};
    for (const int c : analysis.series[s].cases) {
      if (record::went_wrong(run.cases[c].plan.outcome)) rank.urgency = 0;
      if (analysis.cases[c].time_s) rank.time_s = analysis.cases[c].time_s->median;
    }
    for (const analyze::Group& group : analysis.groups)
      if (group.baseline == rank.series) rank.urgency = std::min(rank.urgency, 1);
    ranks.push_back(rank);
  }
  std::ranges::sort(ranks);
  const auto plan_of = [&](int series) -> const record::Case& {
    return run.cases[analysis.series[series].cases.front()].plan;
  };
  std::vector<int> shown;
  for (const Rank& rank : ranks) {
    const record::Case& plan = plan_of(rank.series);
    const bool is_told = rank.urgency == 2 && std::ranges::any_of(shown, [&](int other) {
                           return analyze::are_draws_of_one(plan_of(other), plan) &&
                                  record::series_values_of(plan_of(other), record::any_axis) ==
                                      record::series_values_of(plan, record::any_axis);
                         });
    if (shown.size() < most && !is_told) shown.push_back(rank.series);
  }
  std::ranges::sort(shown);
  return shown;
}

std::vector<int> telling_series(const record::Run& run, const analyze::Analysis& analysis,
                                size_t most) {
  std::vector<int> all(analysis.series.size());
  std::iota(all.begin(), all.end(), 0);
  return telling_series(run, analysis, all, most);
}

std::vector<int64_t> glance_sizes(const record::Run& run, const analyze::Analysis& analysis,
                                  const std::vector<int>& series) {
  std::set<int64_t> sizes;
  for (const int s : series)
    for (const int c : analysis.series[s].cases)
      if (run.cases[c].plan.outcome != record::Outcome::kSkipped)
        sizes.insert(run.cases[c].plan.seq_len());
  return {sizes.begin(), sizes.end()};
}

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

GlanceRow glance_row(const record::Run& run, const analyze::Analysis& analysis, int series,
                     const std::vector<int64_t>& sizes) {
  const analyze::Series& s = analysis.series[series];
  GlanceRow row;
  for (const int64_t n : sizes) row.medians.push_back(median_cell(run, analysis, s, n));
  row.time = time_growth_cell(s.time);
  row.scratch = scratch_cell(run.cases[s.cases.front()].plan, s.memory);
  row.ceiling = ceiling_cell(analysis, s);
  return row;
}

std::string saved_growth_cell(const record::Case& plan, const analyze::MemoryGrowth& growth) {
  const std::string cell = exact_growth_cell(growth.saved, plan.saved_bytes);
  return cell.starts_with("n^") ? cell + mark(growth.judgement.verdict) : cell;
}

GlanceMarks glance_marks(const analyze::Analysis& analysis, const std::vector<int>& series) {
  GlanceMarks marks;
  bool doubt = false;
  for (const int s : series) {
    const analyze::Series& one = analysis.series[s];
    marks.has_growth = marks.has_growth || one.time.time.fit.has_value();
    for (const auto& judgement : {one.time.judgement, one.memory.judgement})
      doubt = doubt || judgement.verdict != analyze::Verdict::kHolds;
    const std::string ceiling = ceiling_cell(analysis, one);
    marks.memory = marks.memory || ceiling.ends_with(kOfBandwidth);
    marks.bf16 = marks.bf16 || ceiling.ends_with(kOfBf16);
  }
  marks.doubt = doubt && marks.has_growth;
  return marks;
}

}  // namespace attnbench::report
