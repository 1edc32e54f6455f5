// The run at a glance, for a terminal: one table, who wins, whether to trust it.
#pragma once

#include <string>

#include "analyze/analysis.h"
#include "record/record.h"
#include "report/lines.h"

namespace attnbench::report {

/// What went wrong comes first, then a row a series (medians against n, growth of time and of
/// scratch memory, percent of the ceiling), four sentences at most, what probes found, one sentence
/// for each kind of inputs, and one line on how quiet the machine was. No table is wider than the
/// screen or 80 columns; sentences are wrapped.
std::string glance(const record::Run& run, const analyze::Analysis& analysis, const Screen& screen);

}  // namespace attnbench::report
