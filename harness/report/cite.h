// How a run is cited, and how it is done again.
#pragma once

#include <string>

#include "record/record.h"

namespace attnbench::report {

/// One sentence.
std::string citation(const record::Run& run);

/// A BibTeX entry.
std::string bibtex(const record::Run& run);

/// What measures a config from standard input with the plugins of this run.
std::string run_command(const record::Run& run);

/// Shell commands that check out the same commit and measure the same config again.
std::string reproduce_commands(const record::Run& run);

}  // namespace attnbench::report
