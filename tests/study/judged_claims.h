// Claims with a rule, judged by a made-up run.
#pragma once

#include <cmath>
#include <string>

#include "made_up_run.h"
#include "study/judge.h"

namespace attnbench::study {

inline StudyRun measured(const MadeUp& made_up) {
  return {"time.json", "time", made_up.run, made_up.analysis()};
}

inline MadeUp two_series() {
  return MadeUp()
      .add("full", kLengths, squared)
      .add("window", kLengths, linear, [](record::CaseRecord& c) {
        c.plan.theory = {{1, 0}, {2, 0}};
        c.plan.flops = 128 * c.plan.seq_len();
      });
}

inline Claim claim(Measure measure, const std::string& quantity, const Rule& rule) {
  Claim c;
  c.measure = measure;
  c.quantity = quantity;
  c.of = pick("full");
  if (measure == Measure::kRatio || measure == Measure::kCrossover) c.over = pick("window");
  c.rule = rule;
  return c;
}

inline Bounds at_least(double low) {
  return {{low, HUGE_VAL}};
}
inline Bounds at_most(double high) {
  return {{-HUGE_VAL, high}};
}

inline Judged judged(const Claim& c, const MadeUp& run, const Study& study = {}) {
  return judge(c, study, measured(run));
}

inline Verdict verdict(const Claim& c, const MadeUp& run) {
  return judged(c, run).verdict;
}

}  // namespace attnbench::study
