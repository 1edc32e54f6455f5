// The table of what a claim may be about.
#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "record/probe.h"
#include "report/quantities.h"
#include "study/evidence.h"

namespace attnbench::study {
namespace {

/// Quantities of a case that no claim is about: they describe how the run was measured, or compare
/// with a ceiling of which no interval is known.
const std::set<std::string> kNotClaimed = {"samples",
                                           "setup_median_s",
                                           "setup_heap_peak_bytes",
                                           "setup_resident_peak_bytes",
                                           "empty_call_median_s",
                                           "iterations",
                                           "check_rows",
                                           "check_visible_error",
                                           "check_rows_counted",
                                           "check_differing_outputs",
                                           "distance_rows",
                                           "distance_worst_head",
                                           "percent_on_huge_pages",
                                           "percent_of_peak",
                                           "percent_of_adjacent_peak",
                                           "percent_of_roofline",
                                           "percent_of_adjacent_roofline",
                                           "percent_in_selection",
                                           "percent_of_linear_speedup",
                                           "flop_per_byte"};

TEST_CASE("Every quantity of a case is claimed about by its name, or left out on purpose") {
  std::set<std::string> ends;
  for (const report::Quantity& q : report::quantities())
    for (const char* const end : {q.low, q.high, q.least, q.most})
      if (end != nullptr) ends.insert(end);
  for (const report::Quantity& q : report::quantities()) {
    INFO(q.name);
    CHECK((find_quantity_row(q.name) != nullptr) !=
          (ends.contains(q.name) || kNotClaimed.contains(q.name)));
  }
}

TEST_CASE("Rows of a case exist in the report, and every row has words and a name of its own") {
  std::set<std::string> names;
  for (const QuantityRow& row : quantity_rows()) {
    INFO(row.name);
    CHECK(names.insert(row.name).second);
    CHECK_FALSE(row.what.empty());
    CHECK(find_quantity_row(row.name) == &row);
    if (row.source == Source::kCase || row.source == Source::kRate)
      CHECK(report::find_quantity(row.name) != nullptr);
    CHECK(row.needs_distance() == (record::find_probe_kind(row.name) != nullptr));
  }
  CHECK(find_quantity_row("beauty") == nullptr);
}

}  // namespace
}  // namespace attnbench::study
