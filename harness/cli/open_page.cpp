// Shows a file in the desktop's browser.
#include <cerrno>
#include <cstring>

#include "cli/commands.h"
#include "cli/program.h"
#include "run/run_dir.h"

namespace attnbench::cli {

void open_page(const std::string& path) {
  const std::string self = ": open " + path + " in a browser yourself";
  const Ended ended = run_program({"xdg-open", path});
  if (ended.error == ENOENT)
    throw run::EnvironmentError("there is no xdg-open here (Debian's package xdg-utils)" + self);
  if (ended.error != 0)
    throw run::EnvironmentError(std::string("xdg-open: ") + strerror(ended.error) + self);
  if (!ended.ok) throw run::EnvironmentError("xdg-open found nothing that shows the page" + self);
}

}  // namespace attnbench::cli
