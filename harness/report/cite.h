// How to cite a run, and how to repeat it.
#pragma once

#include <string>

#include "record/record.h"

namespace attnbench::report {

/// One sentence, with so many digits of the commit.
std::string citation(const record::Run& run, size_t commit_digits = 40);

/// A BibTeX entry.
std::string bibtex(const record::Run& run);

/// The command that measures a config from standard input with this run's plugins and files of
/// variants.
std::string run_command(const record::Run& run);

/// The text quoted so that a shell takes it as one literal word.
std::string shell_word(const std::string& text);

/// Shell commands that check out the run's commit and measure its config again.
std::string reproduce_commands(const record::Run& run);

}  // namespace attnbench::report
