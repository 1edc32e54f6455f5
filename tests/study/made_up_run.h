// Runs made up for the tests of studies: a sample run in which each series, time and number is what
// the test says.
#pragma once

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "analyze/analysis.h"
#include "record/axes.h"
#include "record/record.h"
#include "study/study.h"

namespace attnbench::study {

using LawOfN = std::function<double(double n)>;

/// Samples of law(n) with a scatter of about 1 %.
inline record::CaseRecord made_up_case(const std::string& variant, int64_t n, const LawOfN& time_s,
                                       int rounds = 9) {
  record::CaseRecord c;
  c.plan.variant = c.plan.label = variant;
  c.plan.kind = "exact";
  c.plan.problem = {1, 2, 2, n, n, 32, false};
  c.plan.input_bytes = 3 * 2 * n * 32 * 4;
  c.plan.output_bytes = 2 * n * 32 * 4;
  c.plan.workspace_bytes = 8 * n * n;
  c.plan.flops = 4 * 32 * 2 * n * n;
  c.plan.steps = 2;
  c.plan.path = 1;
  c.plan.theory = {{2, 0}, {2, 0}};
  c.plan.outcome = record::Outcome::kOk;
  for (int round = 0; round < rounds; ++round) {
    const double off = 1 + 0.01 * ((round * 4) % 9 - 4) / 4;
    c.samples.push_back({round, time_s(static_cast<double>(n)) * off,
                         time_s(static_cast<double>(n)) * off, 16, 2e-3});
  }
  return c;
}

/// A run to which series are added.
struct MadeUp {
  record::Run run;

  /// Adds a series with a case at each length; `change` may alter each case.
  MadeUp& add(const std::string& variant, const std::vector<int64_t>& lengths, const LawOfN& time_s,
              const std::function<void(record::CaseRecord&)>& change = {}, int rounds = 9) {
    for (const int64_t n : lengths) {
      record::CaseRecord c = made_up_case(variant, n, time_s, rounds);
      if (change) change(c);
      c.plan.id = static_cast<int>(run.cases.size());
      run.cases.push_back(c);
    }
    return *this;
  }
  analyze::Analysis analysis() const { return analyze::analyze(run); }
};

inline const std::vector<int64_t> kLengths = {256, 512, 1024, 2048, 4096};

inline double squared(double n) {
  return 1e-9 * n * n;
}
inline double linear(double n) {
  return 1e-6 * n;
}

/// A pick by name and values of axes.
inline Pick pick(const std::string& variant,
                 const std::vector<std::pair<std::string, record::AxisValue>>& axes = {}) {
  Pick p{variant};
  for (const auto& [name, value] : axes) p.axes.emplace_back(&record::axis_named(name), value);
  return p;
}

}  // namespace attnbench::study
