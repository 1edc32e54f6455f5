// posix_spawn, three pipes and a pidfd.
#include "run/child.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/syscall.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "measure/worker.h"

namespace attnbench::run {
namespace {

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

int spawn(const std::vector<std::string>& arguments, const std::vector<std::string>& environment,
          const Pipe& in, const Pipe& out, const Pipe& facts, pid_t& pid) {
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

  const auto argv = c_strings(arguments);
  const auto env = c_strings(environment);
  const int error = posix_spawn(&pid, argv[0], &actions, &attributes, argv.data(), env.data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

}  // namespace

int start(const std::vector<std::string>& argv, const std::vector<std::string>& environment,
          Child& child) {
  Pipe in, out, facts;
  if (!open_pipe(in) || !open_pipe(out) || !open_pipe(facts)) return errno;
  if (const int error = spawn(argv, environment, in, out, facts, child.pid); error != 0)
    return error;
  for (const Fd* fd : {&in.write_end, &out.read_end, &facts.read_end})
    fcntl(fd->get(), F_SETFL, O_NONBLOCK);
  child.in = std::move(in.write_end);
  child.out = std::move(out.read_end);
  child.facts = std::move(facts.read_end);
  child.ended = Fd(static_cast<int>(syscall(SYS_pidfd_open, child.pid, 0)));
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
