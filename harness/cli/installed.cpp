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

namespace {

/// `path`, or what is installed under that name if it alone is what `is_right` says.
std::string find(const std::string& path, bool (*is_right)(const fs::path&)) {
  std::error_code error;
  if (path.empty() || fs::exists(path, error) || fs::path(path).is_absolute()) return path;
  const fs::path prefix = install_prefix();
  const fs::path installed = prefix / "share/attnbench" / path;
  if (prefix.empty() || !is_right(installed)) return path;
  std::cerr << "attnbench: " << path << " is not here; taking " << installed.string() << "\n";
  return installed.string();
}

}  // namespace

std::string find_config(const std::string& path) {
  return find(path, [](const fs::path& file) {
    std::error_code error;
    return fs::is_regular_file(file, error);
  });
}

std::string find_study(const std::string& path) {
  return find(path, [](const fs::path& folder) {
    std::error_code error;
    return fs::is_directory(folder, error);
  });
}

}  // namespace attnbench::cli
