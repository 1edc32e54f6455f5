// Where the program is, and what was installed beside it.
#pragma once

#include <filesystem>
#include <string>

namespace attnbench::cli {

/// The folder that holds bin/, include/ and share/ of this program where it was installed, else
/// empty.
std::filesystem::path install_prefix();

/// A config by its path; where there is no such file, the one that was installed under that name,
/// so that configs/quickstart.json is found from any folder. Else the path as it is.
std::string find_config(const std::string& path);

}  // namespace attnbench::cli
