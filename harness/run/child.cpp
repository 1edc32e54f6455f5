// posix_spawn, three pipes and a pidfd.
#include "run/child.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/syscall.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "measure/worker.h"

static_assert(attnbench::measure::kFactsFd == 3,
              "the descriptor after those of the standard streams");

namespace attnbench::run {
namespace {

std::vector<char*> c_strings(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (const std::string& s : strings) pointers.push_back(const_cast<char*>(s.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

int spawn(const std::vector<std::string>& arguments, const std::vector<std::string>& environment,
          const std::vector<int>& fds, pid_t& pid) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  for (size_t i = 0; i < fds.size(); ++i)
    posix_spawn_file_actions_adddup2(&actions, fds[i], static_cast<int>(i));

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

  const auto argv = c_strings(arguments);
  const auto env = c_strings(environment);
  const int error = posix_spawn(&pid, argv[0], &actions, &attributes, argv.data(), env.data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

bool open_pipe(Fd& read_end, Fd& write_end) {
  int fds[2];
  if (pipe2(fds, O_CLOEXEC) != 0) return false;
  read_end = Fd(fds[0]);
  write_end = Fd(fds[1]);
  return true;
}

int open_pipes(Child& child, ChildEnds& ends) {
  if (!open_pipe(ends.in, child.in) || !open_pipe(child.out, ends.out) ||
      !open_pipe(child.facts, ends.facts))
    return errno;
  for (const Fd* fd : {&child.in, &child.out, &child.facts}) fcntl(fd->get(), F_SETFL, O_NONBLOCK);
  return 0;
}

void watch(Child& child, pid_t pid) {
  child.pid = pid;
  child.ended = Fd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
}

int start(const std::vector<std::string>& argv, const std::vector<std::string>& environment,
          Child& child) {
  ChildEnds ends;
  pid_t pid = -1;
  if (const int error = open_pipes(child, ends); error != 0) return error;
  const std::vector<int> fds{ends.in.get(), ends.out.get(), ends.out.get(), ends.facts.get()};
  if (const int error = spawn(argv, environment, fds, pid); error != 0) return error;
  watch(child, pid);
  return 0;
}

bool feed(int fd, std::string_view& input) {
  while (!input.empty()) {
    const ssize_t n = write(fd, input.data(), input.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return n < 0 && errno == EAGAIN;
    input.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

bool drain(int fd, std::string& text, size_t most) {
  std::array<char, 65536> buffer;
  for (;;) {
    const ssize_t n = read(fd, buffer.data(), buffer.size());
    if (n > 0) {
      text.append(buffer.data(), static_cast<size_t>(n));
      if (text.size() > most) return true;
    } else if (n == 0) {
      return false;
    } else if (errno != EINTR) {
      return errno == EAGAIN;
    }
  }
}

}  // namespace attnbench::run
