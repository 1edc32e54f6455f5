// The quantities of a case, in one table: cases.csv, the Markdown tables, the page's table and
// data, and what its charts offer to pick all read it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "analyze/analysis.h"
#include "record/json.h"
#include "record/record.h"

namespace attnbench::report {

/// None, a whole number, or a number.
using Value = std::variant<std::monostate, int64_t, double>;

/// How people read a quantity; html/columns.js does the same by the same names.
enum class Format {
  kNumber,   ///< `digits` significant ones.
  kPercent,  ///< The same; its title says "%".
  kTime,     ///< With interval, or with its range if it has none.
  kRatio,    ///< With interval.
  kBytes,
  kError,  ///< With the part of its bound that it is.
  kWhole,  ///< A whole number.
};

/// One row of the table.
struct Quantity {
  const char* name;  ///< With its unit, as CSV and the page's data call it.
  Value (*of)(const record::CaseRecord&, const analyze::CaseStats&);
  Format format = Format::kNumber;
  int digits = 3;
  const char* title = nullptr;  ///< Heads its column for people. Null: their tables lack it.
  /// How the axis of a figure and the column of a paper's table call it. Null: its title or name.
  const char* label = nullptr;
  bool over_baseline = false;  ///< The title goes on with the baseline's name.
  /// The quantities that are told with it, by name: an interval, a range, the error of which it is
  /// the part. Null: none.
  const char* low = nullptr;
  const char* high = nullptr;
  const char* least = nullptr;
  const char* most = nullptr;
  const char* error = nullptr;
  /// What a case says in place of a value that it lacks, such as "never". Null: nothing.
  const char* (*text)(const record::CaseRecord&) = nullptr;
  /// A cell for people, if the format alone does not make it.
  std::string (*words)(const record::CaseRecord&, const analyze::CaseStats&) = nullptr;
  const char* chart = nullptr;  ///< Id of the page's chart that offers it. Null: none does.
  const char* pick = nullptr;   ///< How that chart calls it.
  /// A percentage of a limit. Tables and pages for people hide one above 100, and say why (see
  /// above_limit_words).
  bool of_limit = false;
  /// A percentage of the case's own peak. If that is not the peak of FMA, cells for people say
  /// whose it is.
  bool of_peak = false;
  /// Tables for people have a column for it if this holds for a case. Null: they always have.
  bool (*is_worth_a_column)(const record::CaseRecord&) = nullptr;
  bool in_csv = true;
  bool in_page = true;  ///< False for what the page shows nowhere: its data is large enough.
};

/// In the order of the columns of cases.csv.
std::span<const Quantity> quantities();

/// Those that tables for people of this run show, in their order: times and ratios first.
std::vector<const Quantity*> table_quantities(const record::Run& run);

/// What heads its column; `baseline` is the label of the series that speed-ups refer to, or empty.
std::string quantity_title(const Quantity& quantity, const std::string& baseline);

/// "median time of a call", "speed-up over full": without the unit if its format writes one.
std::string quantity_label(const Quantity& quantity, const std::string& baseline);

/// The quantity of this name; null if there is none.
const Quantity* find_quantity(std::string_view name);

/// A cell for people: "–" if there is no value.
std::string quantity_words(const Quantity& quantity, const record::CaseRecord& c,
                           const analyze::CaseStats& stats);

/// The value, or none if it is a percentage of a limit and above 100.
Value shown_value(const Quantity& quantity, const record::CaseRecord& c,
                  const analyze::CaseStats& stats);

/// Which percentages `shown_value` hides, and why; empty if none.
std::string hidden_words(const record::CaseRecord& c, const analyze::CaseStats& stats);

/// That value for the page; the quantity's text in place of a value that the case lacks, else null.
record::Json shown_json(const Quantity& quantity, const record::CaseRecord& c,
                        const analyze::CaseStats& stats);

/// Null if there is no value.
record::Json value_json(const Value& value);

/// What the page's scripts must know of the quantities that it shows or offers.
record::Json quantities_json();

}  // namespace attnbench::report
