// The terminal that progress is shown on, and what the program owes to its standard streams.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "report/glance.h"

namespace attnbench::cli {

/// Gives the columns of the terminal behind `fd`, anew at each call, as windows are resized. Empty
/// if `fd` is no terminal or if TERM says that it knows no escape codes.
std::function<size_t()> terminal_columns(int fd);

/// What standard output is shown on: the terminal's columns, 80 if it is none; in colour on a
/// terminal that knows escape codes, unless NO_COLOR is set (https://no-color.org).
report::Screen output_screen();

/// Puts something that refuses to be read or written in the place of standard streams that the
/// caller closed: the next file to be opened would otherwise take their number, and be printed to.
void keep_standard_streams();

/// From here on, remembers why printing to standard output failed.
void watch_output();

/// Writes what is still to be written to standard output. Empty if all that was ever printed has
/// arrived, else why it has not. Nothing can be printed after this.
std::string finish_output();

}  // namespace attnbench::cli
