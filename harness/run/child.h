// A child process with three pipes: started, fed and read.
#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace attnbench::run {

/// A descriptor that closes itself.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd() { reset(); }
  void reset() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }
  int get() const { return fd_; }

 private:
  int fd_ = -1;
};

/// A running child. Its pipes do not block; `ended` becomes readable at its end.
struct Child {
  pid_t pid = -1;
  Fd in, out, facts, ended;
};

/// The child's ends of its pipes.
struct ChildEnds {
  Fd in, out, facts;
};

/// False and errno if there is no pipe.
bool open_pipe(Fd& read_end, Fd& write_end);

/// Opens the pipes of a child that is to be started. Returns errno; 0 if all are open.
int open_pipes(Child& child, ChildEnds& ends);

/// Takes note of the child that has the other ends.
void watch(Child& child, pid_t pid);

/// Starts argv with fds[0] as its descriptor 0, fds[1] as 1 and so on, in a process group of its
/// own and with no signal blocked or handled. Returns errno; 0 if it started.
int spawn(const std::vector<std::string>& argv, const std::vector<std::string>& environment,
          const std::vector<int>& fds, pid_t& pid);

/// Starts argv with these three descriptors at 0, 1 and 2, and measure::kFactsFd, in a process
/// group of its own and with no signal blocked or handled. Returns errno; 0 if it started.
int start(const std::vector<std::string>& argv, const std::vector<std::string>& environment,
          Child& child);

/// Writes as much as the non-blocking descriptor takes, and removes it from `input`. False if the
/// other end is closed.
bool feed(int fd, std::string_view& input);

/// Moves the available bytes from a non-blocking descriptor into `text`, and stops some time after
/// `most` bytes. False at end of file.
bool drain(int fd, std::string& text, size_t most);

}  // namespace attnbench::run
