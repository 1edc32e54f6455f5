// Facts of two runs side by side, as text: machine, build, conditions and settings.
#pragma once

#include <string>
#include <vector>

#include "record/record.h"

namespace attnbench::report {

/// The measured ceilings of one machine vary a little from run to run. If two runs' ceilings differ
/// by more than this ratio, the machine had changed: other cores, another clock, or neighbours.
inline constexpr double kSteadyCeiling = 1.10;

/// One fact of both runs.
struct Fact {
  std::string name;  ///< "governor", "memory".
  std::string base;
  std::string fresh;
  bool differs = false;
  bool affects_time = true;  ///< If it differs, it could explain a difference in time.
};

std::vector<Fact> both_facts(const record::Run& base, const record::Run& fresh);

/// The facts that differ and could explain a difference in time.
std::vector<Fact> differing_facts(const record::Run& base, const record::Run& fresh);

}  // namespace attnbench::report
