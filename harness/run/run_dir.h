// The folder of a run: made, pointed to by `latest`, and filled with files that appear whole.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace attnbench::run {

/// The environment refused, such as a folder that cannot be made or a file that cannot be written.
class EnvironmentError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Now in UTC: "2026-01-31T09:30:00Z".
std::string utc_now();

/// Makes the folder and its parents, unless they exist. Throws EnvironmentError.
void make_folder(const std::string& path);

/// Makes <root>/<name>/<utc, with '-' for ':'>/ and points <root>/<name>/latest to it. A second run
/// in the same second gets a suffix. Nothing is made if the disk has less than `needed_bytes`.
/// Throws EnvironmentError.
std::string make_run_dir(const std::string& root, const std::string& name, const std::string& utc,
                         int64_t needed_bytes = 0);

/// Writes dir/name by a temporary file, fsync and rename. Throws EnvironmentError.
void write_file(const std::string& dir, const std::string& name, const std::string& text);

/// Returns false and sets errno if not all of the text could be written.
bool write_all(int fd, std::string_view text);

/// The whole file. Throws EnvironmentError, or record::RecordError if it is no regular file or is
/// larger than any record.
std::string read_file(const std::string& path);
std::string read_open_file(int fd, const std::string& path);

}  // namespace attnbench::run
