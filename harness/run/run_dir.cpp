// Folders and files on disk.
#include "run/run_dir.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <filesystem>

#include "record/format.h"
#include "record/json.h"

namespace attnbench::run {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kLargestFile = int64_t{2} << 30;

[[noreturn]] void fail(const std::string& path, int error) {
  throw EnvironmentError(path + ": " + strerror(error));
}

/// Only a link may be replaced, because a folder or a file of that name is not ours.
void require_replaceable(const fs::path& latest) {
  std::error_code error;
  const fs::file_status status = fs::symlink_status(latest, error);
  if (fs::exists(status) && !fs::is_symlink(status))
    throw EnvironmentError(latest.string() + ": is no link; it must be free for the link to the " +
                           "newest run: rename it");
}

void point_latest(const fs::path& latest, const fs::path& target) {
  const fs::path temporary = latest.parent_path() / (".latest." + std::to_string(getpid()));
  std::error_code error, ignored;
  fs::remove(temporary, ignored);
  fs::create_directory_symlink(target, temporary, error);
  if (!error) fs::rename(temporary, latest, error);
  if (!error) return;
  fs::remove(temporary, ignored);
  throw EnvironmentError(latest.string() +
                         ": cannot be made a link to the new run: " + error.message());
}

/// The first part of `path` that is a dangling link; empty if there is none.
fs::path dangling_link(const fs::path& path) {
  std::error_code error;
  fs::path at;
  for (const fs::path& part : path) {
    at /= part;
    if (fs::is_symlink(fs::symlink_status(at, error)) && !fs::exists(at, error)) return at;
  }
  return {};
}

/// Checked before anything is measured: a sweep of hours must not end on a full disk.
void require_space(const std::string& folder, int64_t bytes) {
  struct statvfs disk {};
  if (statvfs(folder.c_str(), &disk) != 0) return;  // Writing will report the error.
  const double free_bytes = static_cast<double>(disk.f_bavail) * static_cast<double>(disk.f_frsize);
  if (free_bytes < static_cast<double>(bytes))
    throw EnvironmentError(folder + ": " + record::format_bytes(free_bytes) +
                           " free on this disk, this run may need " +
                           record::format_bytes(static_cast<double>(bytes)));
}

}  // namespace

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    text.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

void make_folder(const std::string& path) {
  if (const fs::path link = dangling_link(path); !link.empty()) {
    std::error_code error;
    throw EnvironmentError(link.string() + ": is a link to " +
                           fs::read_symlink(link, error).string() +
                           ", which is not there; make that folder or remove the link");
  }
  std::error_code error;
  fs::create_directories(path, error);
  if (error) throw EnvironmentError(path + ": " + error.message());
}

std::string make_run_dir(const std::string& root, const std::string& name, const std::string& utc,
                         int64_t needed_bytes) {
  const fs::path parent = fs::path(root) / name;
  make_folder(parent.string());
  require_space(parent.string(), needed_bytes);
  require_replaceable(parent / "latest");
  std::error_code error;
  std::string stamp = utc;
  std::replace(stamp.begin(), stamp.end(), ':', '-');
  fs::path dir = parent / stamp;
  for (int i = 2; !fs::create_directory(dir, error); ++i) {
    if (error) throw EnvironmentError(dir.string() + ": " + error.message());
    dir = parent / (stamp + "-" + std::to_string(i));
  }
  try {
    point_latest(parent / "latest", dir.filename());
  } catch (...) {
    fs::remove(dir, error);
    throw;
  }
  return dir.string();
}

void write_file(const std::string& dir, const std::string& name, const std::string& text) {
  const std::string path = dir + "/" + name;
  const std::string temporary = dir + "/." + name + "." + std::to_string(getpid()) + ".tmp";
  const int fd = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) fail(temporary, errno);
  const bool written = write_all(fd, text) && fsync(fd) == 0;
  const int write_error = errno;
  const bool closed = close(fd) == 0;
  if (!written || !closed) {
    unlink(temporary.c_str());
    fail(path, written ? errno : write_error);
  }
  if (rename(temporary.c_str(), path.c_str()) != 0) {
    const int error = errno;
    unlink(temporary.c_str());
    fail(path, error);
  }
}

std::string read_open_file(int fd, const std::string& path) {
  struct stat facts {};
  if (fstat(fd, &facts) != 0) fail(path, errno);
  if (!S_ISREG(facts.st_mode)) throw record::RecordError(path + ": not a regular file");
  if (facts.st_size > kLargestFile)
    throw record::RecordError(
        path + ": " + record::format_bytes(static_cast<double>(facts.st_size)) +
        ", more than the " + record::format_bytes(kLargestFile) + " that a record may have");
  std::string text(static_cast<size_t>(facts.st_size), '\0');
  size_t size = 0;
  while (size < text.size()) {
    const ssize_t n = pread(fd, text.data() + size, text.size() - size, static_cast<off_t>(size));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail(path, errno);
    if (n == 0) break;  // The file was cut off in the meantime.
    size += static_cast<size_t>(n);
  }
  text.resize(size);
  return text;
}

std::string read_file(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) fail(path, errno);
  try {
    std::string text = read_open_file(fd, path);
    close(fd);
    return text;
  } catch (...) {
    close(fd);
    throw;
  }
}

}  // namespace attnbench::run
