// Lays out the passes of each variant, and tells how they compare.
#include "report/training_table.h"

#include <algorithm>
#include <functional>

#include "record/format.h"
#include "report/escape.h"
#include "report/glance_rows.h"
#include "report/series_names.h"
#include "report/words.h"

namespace attnbench::report {
namespace {

using analyze::Training;
using analyze::TrainingAtSize;

constexpr char kNone[] = "–";

/// What a row of the table is made from.
struct Row {
  const record::Run& run;
  const analyze::Analysis& analysis;
  const Training& training;
  const TrainingAtSize& at;

  const analyze::Series& series() const { return analysis.series[training.trained()]; }
  const std::optional<int>& trained_case() const { return at.backward ? at.backward : at.both; }
};

std::string time_cell(const Row& row, const std::optional<int>& c) {
  if (!c) return kNone;
  const auto& time_s = row.analysis.cases[*c].time_s;
  return time_s ? record::format_time(time_s->median)
                : record::outcome_name(row.run.cases[*c].plan.outcome);
}

std::string forward_cell(const Row& row) {
  return time_cell(row, row.at.forward);
}
std::string backward_cell(const Row& row) {
  return time_cell(row, row.at.backward);
}
std::string both_cell(const Row& row) {
  return time_cell(row, row.at.both);
}
std::string ratio_cell(const Row& row) {
  const auto& ratio = row.at.backward_ratio;
  return ratio ? record::format_number(ratio->value, 3) + "x" : kNone;
}
std::string ratio_interval_cell(const Row& row) {
  return row.at.backward_ratio ? ratio_words(*row.at.backward_ratio) : kNone;
}
std::string saved_cell(const Row& row) {
  if (!row.trained_case()) return kNone;
  const record::Case& plan = row.run.cases[*row.trained_case()].plan;
  return plan.input_bytes > 0 ? record::format_bytes(static_cast<double>(plan.saved_bytes)) : kNone;
}
std::string saved_growth(const Row& row) {
  const analyze::Series& series = row.series();
  if (!series.first_supported) return kNone;
  return saved_growth_cell(row.run.cases[*series.first_supported].plan, series.memory);
}
std::string largest_n_cell(const Row& row) {
  const auto& fit = row.series().largest_fit;
  return fit ? seq_len_limit_words(*fit) : kNone;
}
std::string largest_batch_cell(const Row& row) {
  const auto& batch = row.series().largest_batch;
  return batch ? batch_limit_words(*batch) : kNone;
}

struct Column {
  const char* title;
  std::string (*of)(const Row&);
  /// Of the columns that a terminal has no room for, the one with the highest number goes first.
  int spare = 0;
  bool narrow = true;          ///< Whether a phone has room for it.
  bool of_series = false;      ///< Whether it is the same at every n.
  const char* page = nullptr;  ///< Its title on pages, if it is another.
};

constexpr Column kColumns[] = {
    {.title = "forward", .of = forward_cell, .spare = 1},
    {.title = "backward", .of = backward_cell},
    {.title = "ratio", .of = ratio_cell, .spare = 2, .page = "backward / forward"},
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

/// The name of each Training: by what differs between them, without the pass.
std::vector<std::string> names_of(const record::Run& run, const analyze::Analysis& analysis) {
  std::vector<record::Case> plans;
  for (const Training& training : analysis.training) {
    plans.push_back(run.cases[analysis.series[training.trained()].cases.front()].plan);
    plans.back().pass = record::Pass::kForward;
  }
  std::vector<LineStart> starts;
  for (const record::Case& plan : plans) starts.push_back({plan.label, &plan});
  return name_lines(starts, "seq_len").names;
}

/// The largest size with both passes timed, else the largest with a training pass timed, else the
/// largest.
const TrainingAtSize& telling_size(const analyze::Analysis& analysis, const Training& training) {
  const auto timed = [&](const std::optional<int>& c) {
    return c && analysis.cases[*c].time_s.has_value();
  };
  const auto last = [&](const auto& holds) {
    return std::find_if(training.sizes.rbegin(), training.sizes.rend(), holds);
  };
  auto it = last([](const TrainingAtSize& at) { return at.backward_ratio.has_value(); });
  if (it == training.sizes.rend())
    it = last([&](const TrainingAtSize& at) { return timed(at.backward) || timed(at.both); });
  return it == training.sizes.rend() ? training.sizes.back() : *it;
}

std::vector<Row> glance_rows(const record::Run& run, const analyze::Analysis& analysis) {
  std::vector<Row> rows;
  for (const Training& training : analysis.training)
    rows.push_back({run, analysis, training, telling_size(analysis, training)});
  return rows;
}

std::vector<Row> all_rows(const record::Run& run, const analyze::Analysis& analysis) {
  std::vector<Row> rows;
  for (const Training& training : analysis.training)
    for (const TrainingAtSize& at : training.sizes) rows.push_back({run, analysis, training, at});
  return rows;
}

std::vector<const Column*> filled(const std::vector<Row>& rows) {
  std::vector<const Column*> columns;
  for (const Column& column : kColumns)
    if (std::ranges::any_of(rows, [&](const Row& row) { return column.of(row) != kNone; }))
      columns.push_back(&column);
  return columns;
}

std::vector<Cells> cells_of(const std::vector<Row>& rows, const std::vector<const Column*>& columns,
                            const std::vector<std::string>& names) {
  std::vector<Cells> cells;
  for (const Row& row : rows) {
    const auto place = static_cast<size_t>(&row.training - row.analysis.training.data());
    Cells& line = cells.emplace_back(Cells{names[place], std::to_string(row.at.seq_len)});
    for (const Column* column : columns)
      line.push_back(column->of == ratio_cell ? ratio_interval_cell(row) : column->of(row));
  }
  return cells;
}

std::string note_words(const record::Run& run, const std::vector<Row>& rows) {
  int64_t largest = 0;
  bool batch = false;
  for (const Row& row : rows) {
    largest = std::max(largest, run.cases[row.series().cases.back()].plan.seq_len());
    batch = batch || row.series().largest_batch;
  }
  std::string words = "Saved: what forward keeps for backward, beside the inputs and out.";
  if (std::ranges::any_of(rows, [](const Row& row) { return row.at.both.has_value(); }))
    words += " A training step is both passes.";
  if (batch)
    words +=
        " Largest n and, at n = " + std::to_string(largest) + ", largest batch: the most that " +
        record::format_bytes(static_cast<double>(run.memory_limit_bytes)) + " hold in training.";
  return words;
}

TrainingTable laid_out(const record::Run& run, const analyze::Analysis& analysis,
                       const std::vector<Row>& rows, bool of_series) {
  TrainingTable table;
  if (rows.empty()) return table;
  std::vector<const Column*> columns = filled(rows);
  if (!of_series) std::erase_if(columns, [](const Column* column) { return column->of_series; });
  table.header = {"series", "n"};
  table.narrow = {true, !of_series};  // The sentence at a glance tells n.
  for (const Column* column : columns) {
    table.header.emplace_back(column->page != nullptr ? column->page : column->title);
    table.narrow.push_back(column->narrow);
  }
  table.rows = cells_of(rows, columns, names_of(run, analysis));
  table.note = note_words(run, rows);
  return table;
}

std::string table_md(const TrainingTable& table) {
  std::string text = markdown_header(table.header, 1);
  for (const Cells& row : table.rows) text += markdown_row(row);
  return text;
}

}  // namespace

TrainingTable training_at_a_glance(const record::Run& run, const analyze::Analysis& analysis) {
  return laid_out(run, analysis, glance_rows(run, analysis), true);
}

TrainingTable training_by_size(const record::Run& run, const analyze::Analysis& analysis) {
  return laid_out(run, analysis, all_rows(run, analysis), false);
}

std::vector<std::string> training_lines(const record::Run& run, const analyze::Analysis& analysis,
                                        int columns) {
  const std::vector<Row> rows = glance_rows(run, analysis);
  if (rows.empty()) return {};
  const std::vector<std::string> names = names_of(run, analysis);
  const auto room = static_cast<size_t>(std::max(columns - 1, 1));
  size_t name_room = std::max<size_t>(room / 3, 12);
  std::vector<const Column*> shown = filled(rows);
  const auto text = [&] {
    std::vector<Cells> cells{{"training", "n"}};
    for (const Column* column : shown) cells.front().emplace_back(column->title);
    for (size_t i = 0; i < rows.size(); ++i) {
      Cells& line = cells.emplace_back(
          Cells{shortened(names[i], name_room), std::to_string(rows[i].at.seq_len)});
      for (const Column* column : shown) line.push_back(column->of(rows[i]));
    }
    return aligned_table(cells, 1);
  };
  while (widest(text()) > room) {
    const auto most = std::ranges::max_element(shown, {}, &Column::spare);
    if (most == shown.end() || (*most)->spare == 0) break;
    shown.erase(most);
  }
  if (const size_t width = widest(text()); width < room) name_room += room - width;
  return lines_of(text());
}

std::string training_md(const record::Run& run, const analyze::Analysis& analysis) {
  const TrainingTable table = training_at_a_glance(run, analysis);
  if (table.rows.empty()) return {};
  const TrainingTable all = training_by_size(run, analysis);
  std::string text = "\n## Training\n\n" + markdown_text(table.note) + "\n\n" + table_md(table);
  if (all.rows.size() > table.rows.size()) text += "\nAt every n:\n\n" + table_md(all);
  return text;
}

std::string training_sentence(const record::Run& run, const analyze::Analysis& analysis) {
  struct Told {
    double ratio;
    std::string words;
    int64_t seq_len;
  };
  std::vector<Told> all;
  const std::vector<std::string> names = names_of(run, analysis);
  for (size_t i = 0; i < analysis.training.size(); ++i) {
    const TrainingAtSize& at = telling_size(analysis, analysis.training[i]);
    if (!at.backward_ratio) continue;
    const std::string words = ratio_words(*at.backward_ratio) + " (" + names[i] + ")";
    all.push_back({at.backward_ratio->value, words, at.seq_len});
  }
  if (all.empty()) return {};
  const auto [least, most] = std::ranges::minmax_element(all, {}, &Told::ratio);
  const bool same = std::ranges::all_of(
      all, [&](const Told& told) { return told.seq_len == all.front().seq_len; });
  return "Backward takes " + least->words + (all.size() == 1 ? "" : " to " + most->words) +
         " as long as forward, " +
         (same ? "at n = " + std::to_string(all.front().seq_len) : "each at its largest n") + ".";
}

std::string backward_words(const record::Run& run, const analyze::Analysis& analysis, int series) {
  const auto it = std::ranges::find_if(
      analysis.training, [&](const Training& training) { return training.backward == series; });
  if (it == analysis.training.end()) return {};
  const TrainingAtSize& at = telling_size(analysis, *it);
  if (!at.backward_ratio) return {};
  const auto saved = static_cast<double>(run.cases[*at.backward].plan.saved_bytes);
  return "takes " + ratio_words(*at.backward_ratio) +
         " as long as the forward pass at n = " + std::to_string(at.seq_len) + ", which keeps " +
         record::format_bytes(saved) + " for it.";
}

}  // namespace attnbench::report
