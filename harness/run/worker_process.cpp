// Spawning and listening: posix_spawn, three pipes, a pidfd and one poll loop.
#include "run/worker_process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string_view>

#include "measure/worker.h"

extern char** environ;

namespace attnbench::run {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kMaxFactsBytes = 16u << 20;
constexpr size_t kOutputTailBytes = 4096;

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

struct Pipe {
  Fd read_end, write_end;
};

bool open_pipe(Pipe& pipe) {
  int fds[2];
  if (pipe2(fds, O_CLOEXEC) != 0) return false;
  pipe.read_end = Fd(fds[0]);
  pipe.write_end = Fd(fds[1]);
  return true;
}

std::vector<char*> c_strings(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (const std::string& s : strings) pointers.push_back(const_cast<char*>(s.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

/// Starts the command with the three pipes at 0, 1 + 2 and the facts descriptor. Returns errno.
int spawn(const WorkerCommand& command, const Pipe& in, const Pipe& out, const Pipe& facts,
          pid_t& pid) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in.read_end.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out.write_end.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out.write_end.get(), STDERR_FILENO);
  posix_spawn_file_actions_adddup2(&actions, facts.write_end.get(), measure::kFactsFd);

  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);

  const auto argv = c_strings(command.argv);
  const auto env = c_strings(command.environment);
  const int error = posix_spawn(&pid, argv[0], &actions, &attributes, argv.data(), env.data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

/// Moves what is there from a non-blocking descriptor into `text`. False at end of file.
bool drain(int fd, std::string& text) {
  std::array<char, 65536> buffer;
  for (;;) {
    const ssize_t n = read(fd, buffer.data(), buffer.size());
    if (n > 0) {
      text.append(buffer.data(), static_cast<size_t>(n));
      if (text.size() > 2 * kMaxFactsBytes) return true;
    } else if (n == 0) {
      return false;
    } else if (errno != EINTR) {
      return errno == EAGAIN;
    }
  }
}

void keep_tail(std::string& text) {
  if (text.size() > kOutputTailBytes) text.erase(0, text.size() - kOutputTailBytes);
}

void feed(int fd, std::string_view input) {
  while (!input.empty()) {
    const ssize_t n = write(fd, input.data(), input.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;  // It died before it read its task; its end says how.
    input.remove_prefix(static_cast<size_t>(n));
  }
}

std::vector<std::string> whole_lines(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t begin = 0, end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1)
    lines.push_back(text.substr(begin, end - begin));
  return lines;
}

timespec time_left(Clock::time_point deadline) {
  const auto left = std::max(deadline - Clock::now(), Clock::duration::zero());
  const auto ns = std::chrono::duration_cast<std::chrono::nanoseconds>(left).count();
  return {ns / 1'000'000'000, ns % 1'000'000'000};
}

/// Listens until the worker is gone or has to be killed; true where it ended by itself.
bool listen(WorkerEnd& end, std::string& facts_text, int pidfd, int out, int facts,
            Clock::time_point deadline, const sigset_t& wake_mask,
            const std::function<bool()>& interrupted) {
  std::array<pollfd, 3> fds{{{pidfd, POLLIN, 0}, {out, POLLIN, 0}, {facts, POLLIN, 0}}};
  for (;;) {
    const timespec left = time_left(deadline);
    const int ready = ppoll(fds.data(), fds.size(), &left, &wake_mask);
    if (interrupted()) {
      end.how = WorkerEnd::How::kInterrupted;
      return false;
    }
    if (ready < 0 && errno != EINTR) return false;
    if (ready > 0) {
      if (!drain(out, end.output_tail)) fds[1].fd = -1;
      keep_tail(end.output_tail);
      if (!drain(facts, facts_text)) fds[2].fd = -1;
      if (facts_text.size() > kMaxFactsBytes) {
        end.how = WorkerEnd::How::kFlooded;
        return false;
      }
      if (fds[0].revents != 0) return true;
    }
    if (Clock::now() >= deadline) {
      end.how = WorkerEnd::How::kTimeout;
      return false;
    }
  }
}

}  // namespace

WorkerEnd run_worker_process(const WorkerCommand& command, const sigset_t& wake_mask,
                             const std::function<bool()>& interrupted) {
  WorkerEnd end;
  const auto not_started = [&](int error) {
    end.how = WorkerEnd::How::kNotStarted;
    end.code = error;
    return end;
  };
  Pipe in, out, facts;
  if (!open_pipe(in) || !open_pipe(out) || !open_pipe(facts)) return not_started(errno);
  pid_t pid = -1;
  if (const int error = spawn(command, in, out, facts, pid); error != 0) return not_started(error);
  in.read_end.reset();
  out.write_end.reset();
  facts.write_end.reset();
  fcntl(out.read_end.get(), F_SETFL, O_NONBLOCK);
  fcntl(facts.read_end.get(), F_SETFL, O_NONBLOCK);

  const Fd pidfd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  const auto deadline = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                           std::chrono::duration<double>(command.timeout_s));
  feed(in.write_end.get(), command.input);
  in.write_end.reset();

  std::string facts_text;
  const bool by_itself = listen(end, facts_text, pidfd.get(), out.read_end.get(),
                                facts.read_end.get(), deadline, wake_mask, interrupted);
  kill(-pid, SIGKILL);  // Children that it left behind, too.
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  drain(out.read_end.get(), end.output_tail);
  keep_tail(end.output_tail);
  drain(facts.read_end.get(), facts_text);
  end.facts = whole_lines(facts_text);
  if (by_itself) {
    end.how = WIFSIGNALED(status) ? WorkerEnd::How::kSignalled : WorkerEnd::How::kExited;
    end.code = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
  }
  return end;
}

std::string describe_end(const WorkerEnd& end, double timeout_s) {
  std::string text;
  switch (end.how) {
    case WorkerEnd::How::kExited:
      text = "exited with code " + std::to_string(end.code) + " before it was done";
      break;
    case WorkerEnd::How::kSignalled: {
      const char* name = sigabbrev_np(end.code);
      text = "killed by SIG" + std::string(name != nullptr ? name : std::to_string(end.code)) +
             " (" + strsignal(end.code) + ")";
      break;
    }
    case WorkerEnd::How::kTimeout: {
      std::string seconds = std::to_string(timeout_s);
      seconds.erase(seconds.find_last_not_of('0') + 1);
      if (seconds.back() == '.') seconds.pop_back();
      return "no answer within timeout_s = " + seconds + " s";
    }
    case WorkerEnd::How::kInterrupted:
      return "interrupted";
    case WorkerEnd::How::kFlooded:
      return "sent more facts than the protocol allows";
    case WorkerEnd::How::kNotStarted:
      return std::string("worker did not start: ") + strerror(end.code);
  }
  std::string tail = end.output_tail;
  while (!tail.empty() && (tail.back() == '\n' || tail.back() == ' ')) tail.pop_back();
  const size_t last_line = tail.find_last_of('\n');
  if (last_line != std::string::npos) tail.erase(0, last_line + 1);
  if (tail.size() > 200) tail.erase(0, tail.size() - 200);
  return tail.empty() ? text : text + "; its last words: " + tail;
}

std::vector<std::string> worker_environment(int threads) {
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view e = *entry;
    if (!e.starts_with("BENCHMARK_") && !e.starts_with("OMP_NUM_THREADS=") &&
        !e.starts_with("OMP_DYNAMIC="))
      environment.emplace_back(e);
  }
  environment.push_back("OMP_NUM_THREADS=" + std::to_string(threads));
  environment.push_back("OMP_DYNAMIC=false");
  return environment;
}

}  // namespace attnbench::run
