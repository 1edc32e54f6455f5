// The folder of a run: made, pointed to by `latest`, and filled with files that appear whole.
#pragma once

#include <stdexcept>
#include <string>

namespace attnbench::run {

/// The environment refuses: a folder that cannot be made, a file that cannot be written.
class EnvironmentError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Now in UTC: "2026-01-31T09:30:00Z".
std::string utc_now();

/// Makes <root>/<name>/<utc, with '-' for ':'>/ and points <root>/<name>/latest to it. A second run
/// in the same second gets a suffix. Throws EnvironmentError.
std::string make_run_dir(const std::string& root, const std::string& name, const std::string& utc);

/// Writes dir/name by a temporary file, fsync and rename. Throws EnvironmentError.
void write_file(const std::string& dir, const std::string& name, const std::string& text);

/// The whole file. Throws EnvironmentError.
std::string read_file(const std::string& path);

}  // namespace attnbench::run
