// Folders and files on disk.
#include "run/run_dir.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>

namespace attnbench::run {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const std::string& path, int error) {
  throw EnvironmentError(path + ": " + strerror(error));
}

/// True where the link could be put in place of what stood there.
bool point_latest(const fs::path& parent, const fs::path& target) {
  const fs::path temporary = parent / (".latest." + std::to_string(getpid()));
  std::error_code error;
  fs::remove(temporary, error);
  fs::create_directory_symlink(target, temporary, error);
  if (!error) fs::rename(temporary, parent / "latest", error);
  return !error;
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    text.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

}  // namespace

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

std::string make_run_dir(const std::string& root, const std::string& name, const std::string& utc) {
  const fs::path parent = fs::path(root) / name;
  std::error_code error;
  fs::create_directories(parent, error);
  if (error) throw EnvironmentError(parent.string() + ": " + error.message());
  std::string stamp = utc;
  std::replace(stamp.begin(), stamp.end(), ':', '-');
  fs::path dir = parent / stamp;
  for (int i = 2; !fs::create_directory(dir, error); ++i) {
    if (error) throw EnvironmentError(dir.string() + ": " + error.message());
    dir = parent / (stamp + "-" + std::to_string(i));
  }
  if (!point_latest(parent, dir.filename()))
    throw EnvironmentError((parent / "latest").string() + ": cannot be pointed to the new run");
  return dir.string();
}

void write_file(const std::string& dir, const std::string& name, const std::string& text) {
  const std::string path = dir + "/" + name;
  const std::string temporary = dir + "/." + name + ".tmp";
  const int fd = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) fail(temporary, errno);
  const bool written = write_all(fd, text) && fsync(fd) == 0;
  const int write_error = errno;
  const bool closed = close(fd) == 0;
  if (!written || !closed) {
    unlink(temporary.c_str());
    fail(path, written ? errno : write_error);
  }
  if (rename(temporary.c_str(), path.c_str()) != 0) fail(path, errno);
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) fail(path, errno);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (file.bad()) fail(path, EIO);
  return text;
}

}  // namespace attnbench::run
