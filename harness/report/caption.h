// What a paper must say of a figure or table: what it shows, how sure it is, and where it comes
// from.
#pragma once

#include <string>

#include "report/chart.h"

namespace attnbench::report {

/// "Median time per call against sequence length n, with 95 % intervals ...; 9 samples a case. ..."
/// Plain text in one paragraph.
std::string figure_caption(const record::Run& run, const analyze::Analysis& analysis,
                           const Chart& chart);

/// The same for a table of these cases and quantities.
std::string table_caption(const record::Run& run, const analyze::Analysis& analysis,
                          const std::vector<int>& cases,
                          const std::vector<const Quantity*>& columns, const std::string& shared);

}  // namespace attnbench::report
