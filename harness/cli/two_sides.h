// Measures two runs in the same rounds, each into a folder of its own.
#pragma once

#include <memory>
#include <string>

#include "cli/interrupt.h"
#include "record/record.h"
#include "run/conductor.h"
#include "run/journal.h"

namespace attnbench::cli {

/// One of two runs, OLD or NEW.
struct TwoSidesRun {
  std::string name;     ///< "OLD" or "NEW".
  std::string program;  ///< For people: its path, or "this program".
  record::Run run;      ///< Planned.
  run::ConductOptions options;
  std::string dir = {};  ///< Where it is measured into; not made yet.
};

/// Measures both and writes their journals, run.json and reports. Both records say that they were
/// interleaved.
void measure_both(TwoSidesRun& old, TwoSidesRun& fresh, const Interrupt& interrupt);

}  // namespace attnbench::cli
