// Facts to lines and lines to a run.
#include "run/journal.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "record/sanity.h"
#include "run/facts.h"
#include "run/run_dir.h"

namespace attnbench::run {
namespace {

using record::Json;
using record::RecordError;

/// The limit of all lines but the first, which holds the whole plan. Ours are far shorter.
constexpr size_t kLongestLine = size_t{1} << 20;

[[noreturn]] void fail(const std::string& path, int error) {
  throw EnvironmentError(path + ": " + strerror(error));
}

/// Locks the whole file, so that a second process is told who holds it. The kernel gives the lock
/// up when the process ends, however it ends, or when it closes any descriptor of the file.
void lock(int fd, const std::string& path) {
  struct flock whole {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  if (fcntl(fd, F_SETLK, &whole) == 0) return;
  if (errno != EACCES && errno != EAGAIN) return;  // The file system has no locks.
  const bool known = fcntl(fd, F_GETLK, &whole) == 0 && whole.l_type != F_UNLCK && whole.l_pid > 0;
  throw EnvironmentError(path + ": a run into this folder is under way, in " +
                         (known ? "process " + std::to_string(whole.l_pid) : "another process"));
}

int open_journal(const std::string& path, int flags) {
  const int fd = open(path.c_str(), flags | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0666);
  if (fd < 0) fail(path, errno);
  try {
    lock(fd, path);
  } catch (...) {
    close(fd);
    throw;
  }
  return fd;
}

/// One line of a journal; `number` counts from 1.
void apply_line(record::Run& run, std::string_view line, int number) {
  if (number > 1 && line.size() > kLongestLine)
    throw RecordError("a line of " + std::to_string(line.size()) + " bytes");
  try {
    const Json fact = record::parse_bounded(std::string(line));
    if ((number == 1) != (fact.value("fact", "") == "run"))
      throw RecordError("a journal starts with its run, once");
    apply_fact(run, fact);
  } catch (const Json::exception& e) {
    throw RecordError(e.what());
  }
}

}  // namespace

Journal::Journal(const std::string& path)
    : path_(path), fd_(open_journal(path, O_WRONLY | O_CREAT | O_EXCL)) {}

Journal::Journal(const std::string& path, record::Run& run)
    : path_(path), fd_(open_journal(path, O_RDWR)) {
  try {
    Replay replay = replay_text(read_open_file(fd_, path), path);
    run = std::move(replay.run);
    bytes_ = replay.whole_bytes;
    if (ftruncate(fd_, static_cast<off_t>(bytes_)) != 0) fail(path, errno);
  } catch (...) {
    close(fd_);
    throw;
  }
}

Journal::~Journal() {
  close(fd_);
}

void Journal::append(const Json& fact) {
  const std::string line = record::to_line(fact);
  if (!write_all(fd_, line)) {
    const int error = errno;
    // If this fails, the torn line stays, but a replay leaves it out as well.
    [[maybe_unused]] const int cut = ftruncate(fd_, static_cast<off_t>(bytes_));
    fail(path_, error);
  }
  bytes_ += line.size();
}

void Journal::sync() {
  if (fdatasync(fd_) != 0 && errno != EINVAL) fail(path_, errno);
}

Replay replay_text(std::string_view text, const std::string& file) {
  Replay replay;
  int number = 0;
  for (size_t end; (end = text.find('\n', replay.whole_bytes)) != std::string_view::npos;
       replay.whole_bytes = end + 1) {
    ++number;
    try {
      apply_line(replay.run, text.substr(replay.whole_bytes, end - replay.whole_bytes), number);
    } catch (const record::SchemaError& e) {
      throw record::SchemaError(file + ":" + std::to_string(number) + ": " + e.what());
    } catch (const RecordError& e) {
      throw RecordError(file + ":" + std::to_string(number) + ": " + e.what());
    }
  }
  if (number == 0) throw RecordError(file + ": holds no run");
  try {
    record::require_sane(replay.run);
  } catch (const RecordError& e) {
    throw RecordError(file + ": " + e.what());
  }
  return replay;
}

record::Run replay_journal(const std::string& path) {
  return replay_text(read_file(path), path).run;
}

record::Run load_run(const std::string& run_dir) {
  const std::string journal = run_dir + "/journal.jsonl", whole = run_dir + "/run.json";
  if (std::filesystem::exists(journal)) return replay_journal(journal);
  return record::run_from_text(read_file(whole), whole);
}

}  // namespace attnbench::run
