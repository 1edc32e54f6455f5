// Formats the growth of each series as cells.
#include "report/growth_table.h"

#include "record/format.h"
#include "report/words.h"

namespace attnbench::report {
namespace {

std::string slope_cell(const analyze::Measured& measured) {
  return measured.fit ? slope_words(*measured.fit) : "–";
}

const char* verdict_cell(analyze::Verdict verdict) {
  switch (verdict) {
    case analyze::Verdict::kHolds:
      return "holds";
    case analyze::Verdict::kDoesNotHold:
      return "does not hold";
    case analyze::Verdict::kNone:
      break;
  }
  return "no verdict";
}

std::string local_slopes_cell(const analyze::Measured& measured) {
  if (!measured.fit) return "–";
  std::string cell;
  for (const analyze::LocalSlope& local : measured.fit->local_slopes)
    cell += (cell.empty() ? "" : ", ") + record::format_number(local.slope, 2);
  return cell;
}

Cells growth_row(const std::string& name, const analyze::Series& series) {
  const auto& [time, time_judgement] = series.time;
  const analyze::MemoryGrowth& memory = series.memory;
  return {name,
          slope_cell(time),
          local_slopes_cell(time),
          record::growth_words(time_judgement.declared),
          verdict_cell(time_judgement.verdict),
          memory.workspace.fit ? exact_slope_words(*memory.workspace.fit) : "–",
          slope_cell(memory.heap_peak),
          slope_cell(memory.resident_peak),
          record::growth_words(memory.judgement.declared),
          verdict_cell(memory.judgement.verdict),
          series.largest_fit ? seq_len_limit_words(*series.largest_fit) : "–"};
}

}  // namespace

Cells growth_header() {
  return {"series",    "time",          "between neighbours", "declared", "verdict",  "workspace",
          "heap peak", "resident peak", "declared",           "verdict",  "largest n"};
}

std::vector<Cells> growth_rows(const record::Run& run, const analyze::Analysis& analysis) {
  std::vector<Cells> rows;
  for (size_t s = 0; s < analysis.series.size(); ++s) {
    const std::string name = series_words(run, analysis, static_cast<int>(s));
    if (analysis.series[s].first_supported) {
      rows.push_back(growth_row(name, analysis.series[s]));
    } else {  // Its variant was not even asked for its theory.
      rows.emplace_back(growth_header().size(), "–");
      rows.back().front() = name;
    }
  }
  return rows;
}

}  // namespace attnbench::report
