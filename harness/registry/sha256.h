// The SHA-256 of a file: of plugins, and of files that hold inputs.
#pragma once

#include <string>

namespace attnbench::registry {

/// In hexadecimal, as `sha256sum` prints it. Empty if the file cannot be read.
std::string sha256_of_file(const std::string& path);

}  // namespace attnbench::registry
