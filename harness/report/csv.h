// Tables for pandas, R and spreadsheets: one row a case, or one row a sample.
#pragma once

#include <string>

#include "analyze/analysis.h"
#include "record/record.h"

namespace attnbench::report {

/// Comma-separated by RFC 4180 but with bare line feeds, a header row, units in the column names,
/// '.' as decimal point, numbers in their shortest exact form, empty where there is no value.
std::string cases_csv(const record::Run& run, const analyze::Analysis& analysis);

/// The same form, one row a sample, in the order measured within each case.
std::string samples_csv(const record::Run& run, const analyze::Analysis& analysis);

}  // namespace attnbench::report
