// Claims on made-up runs, for the tests of evidence.
#pragma once

#include <optional>
#include <string>

#include "made_up_run.h"
#include "study/evidence.h"

namespace attnbench::study {

inline Claim claim(Measure measure, const std::string& quantity, const Pick& of,
                   const std::optional<Pick>& over = {}) {
  Claim c;
  c.measure = measure;
  c.quantity = quantity;
  c.of = of;
  c.over = over;
  c.rule = Bounds{{0, 1}};
  return c;
}

inline Evidence found(const Claim& c, const MadeUp& made_up) {
  return find_evidence(c, made_up.run, made_up.analysis());
}

inline void skip(record::CaseRecord& c, const std::string& reason) {
  c.plan.outcome = record::Outcome::kSkipped;
  c.plan.reason = reason;
  c.samples.clear();
}

inline MadeUp full_and_window() {
  return MadeUp().add("full", kLengths, squared).add("window", kLengths, linear);
}

}  // namespace attnbench::study
