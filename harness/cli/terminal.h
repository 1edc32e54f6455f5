// The terminal that shows progress, and the care that the program takes of its standard streams.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "report/glance.h"

namespace attnbench::cli {

/// Gives the columns of the terminal behind `fd`, anew at each call, because windows are resized.
/// Empty if `fd` is no terminal or if TERM says that the terminal knows no escape codes.
std::function<size_t()> terminal_columns(int fd);

/// The screen behind standard output: the terminal's columns, or 80 if it is no terminal; in colour
/// if the terminal knows escape codes and NO_COLOR is not set (https://no-color.org).
report::Screen output_screen();

/// Replaces each standard stream that the caller closed by a file that cannot be used. Otherwise
/// the next opened file would take the stream's number, and output would go into that file.
void keep_standard_streams();

/// From this call on, remembers why printing to standard output failed.
void watch_output();

/// Flushes and closes standard output. Returns an empty text if all output was written, else the
/// reason why it was not. Nothing can be printed after this.
std::string finish_output();

}  // namespace attnbench::cli
