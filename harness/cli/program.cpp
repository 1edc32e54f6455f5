// posix_spawnp and waitpid.
#include "cli/program.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

namespace attnbench::cli {
namespace {

Ended spawn_and_wait(std::vector<std::string> argv, const posix_spawn_file_actions_t* actions) {
  std::vector<char*> pointers;
  for (std::string& argument : argv) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  pid_t child = 0;
  if (const int error =
          posix_spawnp(&child, pointers[0], actions, nullptr, pointers.data(), environ))
    return {error, false};
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return {0, WIFEXITED(status) && WEXITSTATUS(status) == 0};
}

}  // namespace

Ended run_program(std::vector<std::string> argv) {
  return spawn_and_wait(std::move(argv), nullptr);
}

Ended run_program_in(const std::string& folder, const std::string& log,
                     std::vector<std::string> argv) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log.c_str(),
                                   O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  const Ended ended = spawn_and_wait(std::move(argv), &actions);
  posix_spawn_file_actions_destroy(&actions);
  return ended;
}

}  // namespace attnbench::cli
