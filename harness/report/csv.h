// Tables for pandas, R and spreadsheets, with one row per case or one row per sample.
#pragma once

#include <string>

#include "analyze/analysis.h"
#include "record/record.h"

namespace attnbench::report {

/// One row per case. Commas and quotes follow RFC 4180, but lines end in a bare line feed. There is
/// a header row with units in the column names. Numbers have '.' as decimal point and their
/// shortest exact form. A cell without a value is empty.
std::string cases_csv(const record::Run& run, const analyze::Analysis& analysis);

/// The same form with one row per sample; a case's samples are in the order measured.
std::string samples_csv(const record::Run& run, const analyze::Analysis& analysis);

}  // namespace attnbench::report
