// Runs another program and waits for it.
#pragma once

#include <string>
#include <vector>

namespace attnbench::cli {

/// How a program ended.
struct Ended {
  int error = 0;    ///< errno if it could not be started, such as ENOENT if there is none.
  bool ok = false;  ///< Whether it started and exited with 0.
};

/// Looks argv[0] up in PATH. The program shares this one's standard streams.
Ended run_program(std::vector<std::string> argv);

/// The same in this folder, without input; its output and errors go into the file `log` there.
Ended run_program_in(const std::string& folder, const std::string& log,
                     std::vector<std::string> argv);

}  // namespace attnbench::cli
