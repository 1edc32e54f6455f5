// Rows of CSV, and the columns that identify a case in every CSV file.
#pragma once

#include <cmath>
#include <optional>
#include <string>
#include <string_view>

#include "analyze/statistics.h"
#include "record/format.h"
#include "record/record.h"
#include "report/escape.h"

namespace attnbench::report {

using record::shortest;

/// One row, cell by cell.
class CsvRow {
 public:
  explicit CsvRow(std::string& out) : out_(out) {}

  void text(std::string_view value) { cell(csv_text(value)); }
  void integer(int64_t value) { cell(std::to_string(value)); }
  void integer(const std::optional<int64_t>& value) { value ? integer(*value) : missing(); }
  void number(const std::optional<double>& value) {
    value&& std::isfinite(*value) ? cell(shortest(*value)) : missing();
  }
  void interval(const std::optional<analyze::Interval>& value) {
    number(value ? std::optional(value->low) : std::nullopt);
    number(value ? std::optional(value->high) : std::nullopt);
  }
  void missing() { cell(""); }
  void end() {
    out_ += '\n';
    first_ = true;
  }

 private:
  void cell(std::string_view value) {
    if (!first_) out_ += ',';
    first_ = false;
    out_ += value;
  }

  std::string& out_;
  bool first_ = true;
};

/// The header of the columns that add_identity fills, ending in a comma.
std::string identity_columns();

void add_identity(CsvRow& row, const record::Case& plan);

}  // namespace attnbench::report
