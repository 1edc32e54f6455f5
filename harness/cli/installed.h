// Where the program is, and what was installed beside it.
#pragma once

#include <filesystem>
#include <string>

namespace attnbench::cli {

/// The folder that holds bin/, include/ and share/ of this program if it is installed; else
/// empty.
std::filesystem::path install_prefix();

/// The path of a config. If there is no such file, the path of the config installed under that
/// name, so that configs/quickstart.json is found from any folder; if there is none, `path` itself.
std::string find_config(const std::string& path);

/// The same of a study's folder.
std::string find_study(const std::string& path);

}  // namespace attnbench::cli
