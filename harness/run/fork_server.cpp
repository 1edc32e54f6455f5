// The server forks each worker twice and lets the process between end, so that the worker becomes a
// child of the conductor, which adopts orphans (PR_SET_CHILD_SUBREAPER): it waits for it, watches
// and kills it like any other.
#include "run/fork_server.h"

#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <utility>

#include "measure/worker.h"
#include "run/stops.h"

namespace attnbench::run {
namespace {

using How = WorkerEnd::How;
using Clock = std::chrono::steady_clock;

constexpr size_t kPassed = 3;  ///< Descriptors of a request: a worker's in, out and facts.

/// A message of one byte, with room for kPassed descriptors beside it.
class Message {
 public:
  Message() {
    header_.msg_iov = &data_;
    header_.msg_iovlen = 1;
    header_.msg_control = control_.data();
    header_.msg_controllen = control_.size();
  }
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;

  msghdr* header() { return &header_; }
  /// What stands beside the byte; null if nothing does.
  cmsghdr* beside() { return CMSG_FIRSTHDR(&header_); }

 private:
  char byte_ = 0;
  iovec data_{&byte_, 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(kPassed * sizeof(int))> control_{};
  msghdr header_{};
};

bool send_fds(int socket, const std::array<int, kPassed>& fds) {
  Message message;
  cmsghdr* const beside = message.beside();
  beside->cmsg_level = SOL_SOCKET;
  beside->cmsg_type = SCM_RIGHTS;
  beside->cmsg_len = CMSG_LEN(sizeof fds);
  std::memcpy(CMSG_DATA(beside), fds.data(), sizeof fds);
  return sendmsg(socket, message.header(), MSG_NOSIGNAL) == 1;
}

/// False if nobody asks any more.
bool receive_fds(int socket, std::array<Fd, kPassed>& fds) {
  Message message;
  ssize_t size = 0;
  while ((size = recvmsg(socket, message.header(), MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR) {
  }
  std::array<int, kPassed> numbers{};
  const cmsghdr* const beside = message.beside();
  if (size != 1 || beside == nullptr || beside->cmsg_len != CMSG_LEN(sizeof numbers)) return false;
  std::memcpy(numbers.data(), CMSG_DATA(beside), sizeof numbers);
  for (size_t i = 0; i < kPassed; ++i) fds[i] = Fd(numbers[i]);
  return true;  // None of them is a worker's 0 to 3: the server keeps these occupied.
}

pid_t wait_for(pid_t pid, int& status) {
  pid_t ended = 0;
  while ((ended = waitpid(pid, &status, 0)) < 0 && errno == EINTR) {
  }
  return ended;
}

/// In the worker: gives it the descriptors that run::start gives.
void become_worker(const std::array<Fd, kPassed>& fds) {
  setpgid(0, 0);
  dup2(fds[0].get(), STDIN_FILENO);
  dup2(fds[1].get(), STDOUT_FILENO);
  dup2(fds[1].get(), STDERR_FILENO);
  dup2(fds[2].get(), measure::kFactsFd);
}

}  // namespace

/// A server process, which this process started.
class ForkServer {
 public:
  ForkServer() = default;
  ~ForkServer() {
    if (pid_ < 0) return;
    kill_all();
    end();
  }
  ForkServer(const ForkServer&) = delete;
  ForkServer& operator=(const ForkServer&) = delete;

  /// Returns errno; 0 if it started.
  int start(const std::vector<std::string>& argv, const std::vector<std::string>& environment) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return errno;
    socket_ = Fd(ends[0]);
    const Fd theirs(ends[1]);
    output_ = Fd(memfd_create("attnbench-fork-server", MFD_CLOEXEC));
    const int output = output_.get();
    return spawn(argv, environment, {theirs.get(), output, output, output}, pid_);
  }

  /// Asks for a worker. False if the server is gone.
  bool ask(const ChildEnds& ends) const {
    return send_fds(socket_.get(), {ends.in.get(), ends.out.get(), ends.facts.get()});
  }

  /// Waits for its answer: the worker's pid; 0 if the server is gone, -1 on timeout or
  /// interruption.
  pid_t answer(Clock::time_point deadline, const Surroundings& surroundings) const {
    for (pollfd fd{socket_.get(), POLLIN, 0};;) {
      if (surroundings.interrupted() || Clock::now() >= deadline) return -1;
      const auto ns = std::chrono::nanoseconds(Stops::kHeartbeat).count();
      const timespec most{ns / 1'000'000'000, ns % 1'000'000'000};
      if (ppoll(&fd, 1, &most, &surroundings.wake_mask) <= 0) continue;
      pid_t pid = 0;
      return recv(socket_.get(), &pid, sizeof pid, 0) == sizeof pid ? pid : 0;
    }
  }

  void kill_all() const { kill(-pid_, SIGKILL); }

  /// Waits for its end; returns how it ended and its last output.
  WorkerEnd end() {
    WorkerEnd end;
    int status = 0;
    wait_for(std::exchange(pid_, -1), status);
    end.how = WIFSIGNALED(status) ? How::kSignalled : How::kExited;
    end.code = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
    constexpr off_t kTail = 4096;
    std::array<char, kTail> text;
    const off_t size = lseek(output_.get(), 0, SEEK_END);
    const ssize_t got =
        pread(output_.get(), text.data(), text.size(), std::max<off_t>(size - kTail, 0));
    if (got > 0) end.output_tail.assign(text.data(), static_cast<size_t>(got));
    return end;
  }

 private:
  pid_t pid_ = -1;
  Fd socket_, output_;
};

ForkServers::ForkServers(std::vector<std::string> argv, std::set<std::string> variants)
    : argv_(std::move(argv)), variants_(std::move(variants)) {
  prctl(PR_SET_CHILD_SUBREAPER, 1);
}

ForkServers::~ForkServers() = default;

std::optional<WorkerEnd> ForkServers::start(const std::vector<std::string>& environment,
                                            double timeout_s, const Surroundings& surroundings,
                                            Child& child) {
  const auto not_started = [](int error) {
    WorkerEnd end;
    end.how = How::kNotStarted;
    end.code = error;
    return end;
  };
  ChildEnds ends;
  if (const int error = open_pipes(child, ends); error != 0) return not_started(error);
  std::unique_ptr<ForkServer>& server = servers_[environment];
  if (!server) {
    server = std::make_unique<ForkServer>();
    if (const int error = server->start(argv_, environment); error != 0) {
      server.reset();
      return not_started(error);
    }
  }
  const auto deadline = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                           std::chrono::duration<double>(timeout_s));
  const pid_t pid = server->ask(ends) ? server->answer(deadline, surroundings) : 0;
  if (pid > 0) {
    watch(child, pid);
    return {};
  }
  if (pid < 0) server->kill_all();
  WorkerEnd end = server->end();
  server.reset();  // The next worker gets a new one.
  if (pid < 0) end.how = surroundings.interrupted() ? How::kInterrupted : How::kTimeout;
  return end;
}

bool serve_forks() {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (std::array<Fd, kPassed> fds; receive_fds(STDIN_FILENO, fds);) {
    Fd pid_read, pid_write;
    pid_t worker = 0;
    if (!open_pipe(pid_read, pid_write)) return false;
    const pid_t between = fork();
    if (between < 0) return false;
    if (between == 0) {
      worker = fork();
      if (worker == 0) {
        for (Fd* fd : {&pid_read, &pid_write}) fd->reset();
        become_worker(fds);
        return true;
      }
      setpgid(worker, worker);
      _exit(write(pid_write.get(), &worker, sizeof worker) == sizeof worker ? 0 : 1);
    }
    int status = 0;
    wait_for(between, status);  // From now on the worker is a child of the conductor.
    pid_write.reset();
    if (read(pid_read.get(), &worker, sizeof worker) != sizeof worker || worker < 0) return false;
    for (Fd& fd : fds) fd.reset();
    if (send(STDIN_FILENO, &worker, sizeof worker, MSG_NOSIGNAL) != sizeof worker) return false;
  }
  return false;
}

}  // namespace attnbench::run
