// The sample run, trained: made up for the tests of what reports say of passes.
#pragma once

#include "sample_run.h"

namespace attnbench::report {

/// A forward case as one of training: full saves its weights, window a float a query.
/// Backward takes 2.5 and 3 times as long as forward.
inline record::CaseRecord as_trained(record::CaseRecord c, record::Pass pass, int id) {
  const int64_t q_bytes = c.plan.output_bytes, n = c.plan.seq_len();
  const bool full = c.plan.variant == "full";
  const bool backward = pass == record::Pass::kBackward;
  c.plan.id = id;
  c.plan.pass = pass;
  c.plan.flops = c.plan.flops / 2 * (backward ? 5 : 7);
  c.plan.input_bytes += q_bytes;
  c.plan.output_bytes += c.plan.input_bytes - q_bytes;
  c.plan.workspace_bytes = 131072;
  c.plan.saved_bytes = 32 * (full ? n * n : n);
  c.plan.theory.memory = full ? record::Growth{2, 0} : record::Growth{1, 0};
  c.memory = {0, "", 135168, "", c.plan.input_bytes};
  c.quality.reset();
  const double factor = full ? 2.5 : 3;
  for (record::Sample& s : c.samples) s.time_s *= backward ? factor : 1 + factor;
  return c;
}

/// The two series of the sample run that have times, in these passes.
inline record::Run trained_run(std::initializer_list<record::Pass> passes) {
  record::Run run = sample_run();
  const std::vector<record::CaseRecord> forward(run.cases.begin(), run.cases.begin() + 11);
  run.cases.clear();
  run.largest_fits.clear();
  for (const record::Pass pass : passes)
    for (const record::CaseRecord& c : forward) {
      const auto id = static_cast<int>(run.cases.size());
      const bool trains = record::trains(pass);
      if (run.cases.empty() || run.cases.back().plan.label != c.plan.label ||
          run.cases.back().plan.pass != pass) {
        const bool full = c.plan.variant == "full";
        record::LargestFit& fit = run.largest_fits.emplace_back();
        fit.series = id;
        fit.seq_len = full ? 15892 : 1 << 20;
        if (trains) fit.batch = full ? 0 : 170;
      }
      run.cases.push_back(trains ? as_trained(c, pass, id) : c);
      run.cases.back().plan.id = id;
    }
  run.patterns.clear();
  run.sentence = {};
  run.input_statistics.clear();
  return run;
}

}  // namespace attnbench::report
