// Facts of two runs beside each other: machine, build, conditions and settings, as text.
#pragma once

#include <string>
#include <vector>

#include "record/record.h"

namespace attnbench::report {

/// What a machine reached on its own work moves a little from run to run. Beyond this ratio it was
/// not the same machine any more: other cores, another clock, or neighbours.
inline constexpr double kSteadyCeiling = 1.10;

/// One fact of both runs.
struct Fact {
  std::string name;  ///< "governor", "memory".
  std::string base;
  std::string fresh;
  bool differs = false;
  bool affects_time = true;  ///< Could explain a difference in time where it differs.
};

std::vector<Fact> both_facts(const record::Run& base, const record::Run& fresh);

/// Those that differ and could explain a difference in time.
std::vector<Fact> differing_facts(const record::Run& base, const record::Run& fresh);

}  // namespace attnbench::report
