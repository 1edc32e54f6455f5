// Fills the columns of the tables about training.
#include "report/training_columns.h"

#include <algorithm>
#include <set>

#include "record/format.h"
#include "report/glance_rows.h"
#include "report/training_words.h"
#include "report/words.h"

namespace attnbench::report {
namespace {

constexpr char kNone[] = "–";

std::string time_cell(const TrainingRow& row, const std::optional<int>& c) {
  if (!c) return kNone;
  const auto& time_s = row.analysis.cases[*c].time_s;
  return time_s ? record::format_time(time_s->median)
                : record::outcome_name(row.run.cases[*c].plan.outcome);
}

std::string forward_cell(const TrainingRow& row) {
  return time_cell(row, row.at.forward);
}
std::string backward_cell(const TrainingRow& row) {
  return time_cell(row, row.at.backward);
}
std::string both_cell(const TrainingRow& row) {
  return time_cell(row, row.at.both);
}
std::string ratio_cell(const TrainingRow& row) {
  const auto& ratio = row.at.backward_ratio;
  return ratio ? ratio_words({ratio->value, {}}) : kNone;
}
std::string ratio_interval(const TrainingRow& row) {
  const auto& ratio = row.at.backward_ratio;
  return ratio ? ratio_words(*ratio).substr(ratio_cell(row).size()) : "";
}
std::string saved_cell(const TrainingRow& row) {
  if (!row.trained_case()) return kNone;
  const record::Case& plan = row.run.cases[*row.trained_case()].plan;
  return plan.input_bytes > 0 ? record::format_bytes(static_cast<double>(plan.saved_bytes)) : kNone;
}
std::string saved_growth(const TrainingRow& row) {
  const analyze::Series& series = row.series();
  if (!series.first_supported) return kNone;
  return saved_growth_cell(row.run.cases[*series.first_supported].plan, series.memory);
}
std::string largest_n_cell(const TrainingRow& row) {
  const auto& fit = row.series().largest_fit;
  return fit ? seq_len_limit_words(*fit) : kNone;
}
std::string largest_batch_cell(const TrainingRow& row) {
  const auto& batch = row.series().largest_batch;
  return batch ? batch_limit_words(*batch) : kNone;
}

constexpr TrainingColumn kColumns[] = {
    {.title = "forward", .of = forward_cell, .spare = 1},
    {.title = "backward", .of = backward_cell},
    {.title = "ratio",
     .of = ratio_cell,
     .interval = ratio_interval,
     .spare = 2,
     .page = "backward / forward"},
    {.title = "step", .of = both_cell, .spare = 6, .narrow = false, .page = "training step"},
    {.title = "saved", .of = saved_cell, .spare = 3},
    {.title = "grows",
     .of = saved_growth,
     .spare = 7,
     .narrow = false,
     .of_series = true,
     .page = "saved grows"},
    {.title = "largest n", .of = largest_n_cell, .spare = 4, .of_series = true},
    {.title = "batch",
     .of = largest_batch_cell,
     .spare = 5,
     .narrow = false,
     .of_series = true,
     .page = "largest batch"},
};

}  // namespace

std::vector<const TrainingColumn*> filled_columns(const std::vector<TrainingRow>& rows) {
  std::vector<const TrainingColumn*> columns;
  for (const TrainingColumn& column : kColumns)
    if (std::ranges::any_of(rows, [&](const TrainingRow& row) { return column.of(row) != kNone; }))
      columns.push_back(&column);
  return columns;
}

std::string column_words(const record::Run& run, const std::vector<TrainingRow>& rows,
                         const std::vector<const TrainingColumn*>& columns) {
  const auto has = [&](std::string (*of)(const TrainingRow&)) {
    return std::ranges::find(columns, of, &TrainingColumn::of) != columns.end();
  };
  std::string words;
  if (has(saved_cell)) words = "Saved: what forward keeps for backward, beside the inputs and out.";
  if (has(both_cell))
    words += std::string(words.empty() ? "" : " ") + "A training step is both passes.";
  std::string limits = has(largest_n_cell) ? "Largest n" : "";
  if (has(largest_batch_cell)) {
    std::set<int64_t> batch_at;
    for (const TrainingRow& row : rows)
      if (row.series().largest_batch) batch_at.insert(largest_swept(run, row.series()));
    const std::string at = batch_at.size() == 1 ? "at n = " + std::to_string(*batch_at.begin())
                                                : "at the largest n of its sweep";
    limits += limits.empty() ? "Largest batch, " + at : " and, " + at + ", largest batch";
  }
  if (!limits.empty())
    words += (words.empty() ? "" : " ") + limits + ": the most that " +
             record::format_bytes(static_cast<double>(run.memory_limit_bytes)) +
             " hold in training.";
  return words;
}

}  // namespace attnbench::report
