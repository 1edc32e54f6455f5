// Shows a file in the desktop's browser.
#include <spawn.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstring>

#include "cli/commands.h"
#include "run/run_dir.h"

namespace attnbench::cli {

void open_page(const std::string& path) {
  const std::string self = ": open " + path + " in a browser yourself";
  std::string program = "xdg-open", file = path;
  char* argv[] = {program.data(), file.data(), nullptr};
  pid_t child = 0;
  if (const int error = posix_spawnp(&child, argv[0], nullptr, nullptr, argv, environ))
    throw run::EnvironmentError(
        error == ENOENT ? "there is no xdg-open here (Debian's package xdg-utils)" + self
                        : std::string("xdg-open: ") + strerror(error) + self);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    throw run::EnvironmentError("xdg-open found nothing that shows the page" + self);
}

}  // namespace attnbench::cli
