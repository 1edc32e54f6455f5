// Writes a comparison of two sides as text, Markdown, CSV or JSON.
#pragma once

#include <string>

#include "analyze/compare.h"
#include "analyze/gate.h"
#include "record/record.h"
#include "report/glance.h"

namespace attnbench::report {

/// What is compared (of a side of several runs the first), the source of noise floor and drift
/// ("measured 2026-01-31 on host"), and the differences that a gate tolerates.
struct CompareView {
  const analyze::Comparison& comparison;
  const record::Run& base;
  const record::Run& fresh;
  std::string floor_source;
  analyze::GateRules rules = {};
};

/// For a terminal: the conclusion, the table, what else there is to know.
std::string comparison_text(const CompareView& view, const Screen& screen);
std::string comparison_md(const CompareView& view);
std::string comparison_csv(const CompareView& view);
std::string comparison_json(const CompareView& view);

}  // namespace attnbench::report
