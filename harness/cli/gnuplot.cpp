// Runs gnuplot in a temporary folder.
#include "cli/gnuplot.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "cli/program.h"
#include "report/escape.h"
#include "run/run_dir.h"

namespace attnbench::cli {
namespace {

namespace fs = std::filesystem;

/// A folder that nobody else reads, which is removed with all that is in it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    path_ = (fs::temp_directory_path() / "attnbench-figure-XXXXXX").string();
    if (mkdtemp(path_.data()) == nullptr)
      throw run::EnvironmentError(path_ + ": " + strerror(errno));
  }
  ~TemporaryFolder() {
    std::error_code error;
    fs::remove_all(path_, error);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

constexpr char kLog[] = ".gnuplot.log";

/// gnuplot first repeats the command that it cannot carry out, and then says why.
std::string last_line(const std::string& file) {
  std::ifstream lines(file);
  std::string line, last;
  while (std::getline(lines, line))
    if (line.find_first_not_of(" \t\r") != std::string::npos) last = line;
  return last;
}

[[noreturn]] void fail(const Ended& ended, const std::string& folder) {
  if (ended.error == ENOENT)
    throw run::EnvironmentError(
        "there is no gnuplot here, which draws figures: install Debian's packages gnuplot-nox and "
        "fonts-liberation, or call ./attnbench, which installs them");
  if (ended.error != 0)
    throw run::EnvironmentError(std::string("gnuplot: ") + strerror(ended.error));
  const std::string said = last_line(folder + "/" + kLog);
  throw run::EnvironmentError(
      "gnuplot did not draw the figure (it needs the terminals pdfcairo, pngcairo and svg, which "
      "Debian's gnuplot-nox has): " +
      report::printable(said));
}

}  // namespace

std::string draw(const Drawing& drawing) {
  const TemporaryFolder folder;
  run::write_file(folder.path(), drawing.script_file, drawing.script);
  run::write_file(folder.path(), drawing.data_file, drawing.data);
  const std::string picture = folder.path() + "/" + drawing.picture_file;
  // -d: without the user's own settings. The folder keeps the name from being taken for an option.
  const Ended ended =
      run_program_in(folder.path(), kLog, {"gnuplot", "-d", "./" + drawing.script_file});
  if (!ended.ok || !fs::exists(picture) || fs::file_size(picture) == 0) fail(ended, folder.path());
  return run::read_file(picture);
}

}  // namespace attnbench::cli
