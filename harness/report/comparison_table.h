// The rows of a comparison's table: verdict first, worst first.
#pragma once

#include <string>
#include <vector>

#include "report/comparison.h"
#include "report/glance.h"
#include "report/lines.h"

namespace attnbench::report {

/// A compared case in words. All text is printable.
struct ComparisonRow {
  const analyze::CaseDifference* difference = nullptr;
  std::string verdict;
  std::string as_fast;  ///< "0.80x [0.75, 0.84]" of NEW beside BASE; "–" without times.
  std::string base;     ///< Median time.
  std::string fresh;
  std::string name;                ///< By what the cases differ in.
  std::vector<std::string> notes;  ///< Why it is broken, changed defaults, more or less memory.
};

struct ComparisonRows {
  std::string shared;               ///< What all cases have in common.
  std::vector<ComparisonRow> rows;  ///< What regressed first; then by how slow NEW is.
};

ComparisonRows comparison_rows(const CompareView& view);

/// The table on a screen, 80 columns at most: the times are left out on a narrow one, and a case
/// whose name does not fit stands on a line of its own. Of cases that neither changed nor have a
/// note, no more than kMostQuietRows are shown; the last line counts the others.
void add_table(Lines& lines, const ComparisonRows& rows, const Screen& screen);

inline constexpr size_t kMostQuietRows = 30;

}  // namespace attnbench::report
