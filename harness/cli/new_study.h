// `new --study`: writes a study to start from.
#pragma once

#include <string>

namespace attnbench::cli {

/// Into configs/NAME of the source tree, or into `dir` if that is not empty. Returns the exit code.
int write_new_study(const std::string& name, const std::string& dir);

}  // namespace attnbench::cli
