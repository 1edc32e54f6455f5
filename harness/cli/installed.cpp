// Finds installed files by the path of the program's own file.
#include "cli/installed.h"

#include <iostream>

namespace attnbench::cli {

namespace fs = std::filesystem;

fs::path install_prefix() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  const fs::path prefix = program.parent_path().parent_path();
  return !error && fs::exists(prefix / "share/attnbench/configs", error) ? prefix : fs::path();
}

std::string find_config(const std::string& path) {
  std::error_code error;
  if (path.empty() || fs::exists(path, error) || fs::path(path).is_absolute()) return path;
  const fs::path prefix = install_prefix();
  const fs::path installed = prefix / "share/attnbench" / path;
  if (prefix.empty() || !fs::is_regular_file(installed, error)) return path;
  std::cerr << "attnbench: " << path << " is not here; taking " << installed.string() << "\n";
  return installed.string();
}

}  // namespace attnbench::cli
