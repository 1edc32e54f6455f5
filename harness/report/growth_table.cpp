// Formats the growth of each series as cells.
#include "report/growth_table.h"

#include <algorithm>

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

std::string exact_cell(const analyze::Measured& measured) {
  return measured.fit ? exact_slope_words(*measured.fit) : "–";
}

bool trains(const record::CaseRecord& c) {
  return record::trains(c.plan.pass);
}

Cells growth_row(const std::string& name, const analyze::Series& series, bool with_saved) {
  const auto& [time, time_judgement] = series.time;
  const analyze::MemoryGrowth& memory = series.memory;
  Cells row{name,
            slope_cell(time),
            local_slopes_cell(time),
            record::growth_words(time_judgement.declared),
            verdict_cell(time_judgement.verdict),
            exact_cell(memory.workspace)};
  if (with_saved) row.push_back(exact_cell(memory.saved));
  row.insert(row.end(), {slope_cell(memory.heap_peak), slope_cell(memory.resident_peak),
                         record::growth_words(memory.judgement.declared),
                         verdict_cell(memory.judgement.verdict),
                         series.largest_fit ? seq_len_limit_words(*series.largest_fit) : "–"});
  return row;
}

}  // namespace

Cells growth_header(const record::Run& run) {
  Cells header{"series", "time", "between neighbours", "declared", "verdict", "workspace"};
  if (std::ranges::any_of(run.cases, trains)) header.emplace_back("saved for backward");
  header.insert(header.end(), {"heap peak", "resident peak", "declared", "verdict", "largest n"});
  return header;
}

std::vector<Cells> growth_rows(const record::Run& run, const analyze::Analysis& analysis) {
  std::vector<Cells> rows;
  const bool with_saved = std::ranges::any_of(run.cases, trains);
  for (size_t s = 0; s < analysis.series.size(); ++s) {
    const std::string name = series_words(run, analysis, static_cast<int>(s));
    if (analysis.series[s].first_supported) {
      rows.push_back(growth_row(name, analysis.series[s], with_saved));
    } else {  // Its variant was not even asked for its theory.
      rows.emplace_back(growth_header(run).size(), "–");
      rows.back().front() = name;
    }
  }
  return rows;
}

}  // namespace attnbench::report
