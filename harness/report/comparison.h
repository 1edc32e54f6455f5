// Writes a comparison of two runs as text, Markdown, CSV or JSON.
#pragma once

#include <string>

#include "analyze/compare.h"
#include "analyze/gate.h"
#include "record/record.h"

namespace attnbench::report {

/// What is compared, the noise floor's source ("measured 2026-01-31 on host"), and the differences
/// that a gate tolerates.
struct CompareView {
  const analyze::Comparison& comparison;
  const record::Run& base;
  const record::Run& fresh;
  std::string floor_source;
  analyze::GateRules rules = {};
};

std::string comparison_text(const CompareView& view);  ///< For a terminal.
std::string comparison_md(const CompareView& view);
std::string comparison_csv(const CompareView& view);
std::string comparison_json(const CompareView& view);

}  // namespace attnbench::report
