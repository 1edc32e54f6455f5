// Runs made up for the tests of comparisons.
#pragma once

#include <cmath>
#include <cstdint>

#include "record/record.h"
#include "synthetic.h"

namespace attnbench::analyze {

/// The scatter of samples as seen on a shared machine of two cores: about 2 %, and one sample in
/// twelve took up to a third longer because something else ran.
inline double noisy(double time_s, Random& random) {
  const double slowed =
      random.below(12) == 0 ? 1 + 0.00033 * static_cast<double>(random.below(1000)) : 1;
  return time_s * slowed * std::exp(0.02 * normal(random));
}

inline record::Run make_run(int cases, uint64_t seed, int rounds = 9) {
  Random random(seed);
  record::Run run;
  run.machine.cpu = "a CPU";
  for (int i = 0; i < cases; ++i) {
    record::CaseRecord& c = run.cases.emplace_back();
    c.plan.id = i;
    c.plan.variant = c.plan.label = "full";
    c.plan.problem.kv_len = c.plan.problem.q_len = 64 * (i + 1);
    c.plan.outcome = record::Outcome::kOk;
    c.plan.workspace_bytes = 1 << 20;
    c.memory = {1 << 20, "", 8 << 20, ""};
    c.check = record::Check{64, 1e-7, 0.1};
    c.quality = record::Quality{64, 0.2};
    for (int round = 0; round < rounds; ++round)
      c.samples.push_back({round, noisy(1e-3 * (i + 1), random), 0, 10, 0});
  }
  return run;
}

inline void slow_down(record::CaseRecord& c, double factor) {
  for (record::Sample& s : c.samples) s.time_s *= factor;
}

}  // namespace attnbench::analyze
