// Sorts, words and lays out the rows of a comparison.
#include "report/comparison_table.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "record/format.h"
#include "record/utf8.h"
#include "report/comparison_words.h"
#include "report/escape.h"
#include "report/series_names.h"
#include "report/table.h"
#include "report/words.h"

namespace attnbench::report {
namespace {

using analyze::CaseDifference;
using analyze::Difference;

constexpr int kWidestTable = 80;
constexpr char kNone[] = "–";
/// If a case has less room than this, the times make room.
constexpr size_t kShortestName = 20;

/// The place of a case in the table: what regressed, what nobody knows, what is fine.
int rank(const CaseDifference& d) {
  if (d.verdict == Difference::kBroken) return 0;
  if (d.verdict == Difference::kSlower) return 1;
  if (d.regressed()) return 2;
  if (d.verdict == Difference::kCannotTell) return 3;
  if (d.verdict == Difference::kNotTimed) return 4;
  return d.verdict == Difference::kSame ? 5 : 6;
}

std::string median_words(const std::optional<analyze::Summary>& time_s) {
  return time_s ? record::format_time(time_s->median) : kNone;
}

std::vector<std::string> notes_of(const CaseDifference& d) {
  std::vector<std::string> notes;
  if (!d.reason.empty() && d.verdict != Difference::kCannotTell)
    notes.push_back(printable(d.reason));
  for (const std::string& words : {defaults_words(d), changes_words(d)})
    if (!words.empty()) notes.push_back(printable(words));
  return notes;
}

bool is_quiet(const ComparisonRow& row) {
  const Difference verdict = row.difference->verdict;
  return row.notes.empty() && (verdict == Difference::kSame || verdict == Difference::kCannotTell);
}

/// The first columns of each row; the case follows them.
std::vector<Cells> cells_of(const std::vector<const ComparisonRow*>& shown, bool with_times) {
  std::vector<Cells> cells{{"verdict", "as fast"}};
  if (with_times) cells.front().insert(cells.front().end(), {"BASE", "NEW"});
  for (const ComparisonRow* row : shown) {
    Cells& line = cells.emplace_back(Cells{row->verdict, row->as_fast});
    if (with_times) line.insert(line.end(), {row->base, row->fresh});
  }
  return cells;
}

std::vector<std::string> padded(const std::vector<Cells>& cells) {
  std::vector<std::string> lines;
  size_t widest = 0;
  const std::string text = aligned_table(cells, 2);
  for (size_t at = 0; at < text.size();) {
    const size_t end = text.find('\n', at);
    lines.push_back(text.substr(at, end - at));
    widest = std::max(widest, record::display_width(lines.back()));
    at = end + 1;
  }
  for (std::string& line : lines) line.append(widest - record::display_width(line), ' ');
  return lines;
}

std::string trimmed(std::string line) {
  line.resize(line.find_last_not_of(' ') + 1);
  return line;
}

}  // namespace

ComparisonRows comparison_rows(const CompareView& view) {
  std::vector<const CaseDifference*> sorted;
  for (const CaseDifference& d : view.comparison.cases) sorted.push_back(&d);
  std::ranges::stable_sort(sorted, [](const CaseDifference* a, const CaseDifference* b) {
    const auto key = [](const CaseDifference* d) {
      return std::tuple(rank(*d), -(d->ratio ? d->ratio->value : 0));
    };
    return key(a) < key(b);
  });
  std::vector<LineStart> plans;
  for (const CaseDifference* d : sorted) {
    const record::Case& plan = view.fresh.cases[d->fresh].plan;
    plans.push_back({plan.label, &plan});
  }
  const SeriesNames names = name_lines(plans, "");
  ComparisonRows table{names.shared, {}};
  for (size_t i = 0; i < sorted.size(); ++i) {
    const CaseDifference& d = *sorted[i];
    table.rows.push_back({&d, analyze::verdict_name(d.verdict),
                          d.ratio ? ratio_words(inverse(*d.ratio)) : kNone, median_words(d.base_s),
                          median_words(d.fresh_s), names.names[i], notes_of(d)});
  }
  return table;
}

void add_table(Lines& lines, const ComparisonRows& rows, const Screen& screen) {
  std::vector<const ComparisonRow*> shown;
  std::map<std::string, int> hidden;
  size_t quiet = 0;
  for (const ComparisonRow& row : rows.rows) {
    if (is_quiet(row) && ++quiet > kMostQuietRows)
      ++hidden[row.verdict];
    else
      shown.push_back(&row);
  }
  const auto room = static_cast<size_t>(std::min(screen.columns, kWidestTable)) - 1;
  std::vector<std::string> table = padded(cells_of(shown, true));
  const auto left = [&] { return room - std::min(room, record::display_width(table.front()) + 2); };
  if (left() < kShortestName) table = padded(cells_of(shown, false));
  const auto fits = [&](const std::string& name) { return record::display_width(name) <= left(); };
  const bool beside = std::ranges::any_of(shown, [&](const auto* row) { return fits(row->name); });
  lines.put(trimmed(table.front() + (beside ? "  case" : "")));
  for (size_t i = 0; i < shown.size(); ++i) {
    const ComparisonRow& row = *shown[i];
    const char* color = row.difference->regressed() ? kRed : nullptr;
    lines.put(fits(row.name) ? table[i + 1] + "  " + row.name : trimmed(table[i + 1]), color);
    if (!fits(row.name)) lines.sentence(row.name, color, 2);
    for (const std::string& note : row.notes) lines.sentence(note, color, 4);
  }
  std::string more;
  for (const auto& [verdict, count] : hidden)
    more += (more.empty() ? "" : ", ") + std::to_string(count) + " " + verdict;
  if (!more.empty()) lines.sentence("… and " + more + " (--format md lists all).");
}

}  // namespace attnbench::report
