// Asks the terminal for its size, and watches and closes standard output.
#include "cli/terminal.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <streambuf>
#include <string_view>

namespace attnbench::cli {
namespace {

constexpr size_t kUsualColumns = 80;

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// The width that the terminal reports; else COLUMNS, because a serial line reports none.
size_t columns_of(int fd) {
  struct winsize window {};
  if (ioctl(fd, TIOCGWINSZ, &window) == 0 && window.ws_col > 0) return window.ws_col;
  const std::string_view text = variable("COLUMNS");
  size_t columns = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), columns);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && columns > 0 ? columns : kUsualColumns;
}

/// Passes all output of std::cout to its previous buffer, and keeps the first error, which the C
/// library forgets.
class Watched : public std::streambuf {
 public:
  /// Never destroyed, because std::cout is in use until the process ends.
  static Watched& instance() {
    static auto* const kInstance = new Watched(*std::cout.rdbuf());
    return *kInstance;
  }
  int error() const { return error_; }

 protected:
  std::streamsize xsputn(const char* text, std::streamsize size) override {
    const std::streamsize written = under_.sputn(text, size);
    note(written == size);
    return written;
  }
  int_type overflow(int_type c) override {
    const int_type written = under_.sputc(traits_type::to_char_type(c));
    note(!traits_type::eq_int_type(written, traits_type::eof()));
    return written;
  }
  int sync() override {
    const int result = under_.pubsync();
    note(result == 0);
    return result;
  }

 private:
  explicit Watched(std::streambuf& under) : under_(under) { std::cout.rdbuf(this); }
  void note(bool ok) {
    if (!ok && error_ == 0) error_ = errno == 0 ? EIO : errno;
  }

  std::streambuf& under_;
  int error_ = 0;
};

}  // namespace

std::function<size_t()> terminal_columns(int fd) {
  const std::string_view term = variable("TERM");
  if (isatty(fd) == 0 || term.empty() || term == "dumb") return {};
  return [fd] { return columns_of(fd); };
}

report::Screen output_screen() {
  report::Screen screen;
  const auto columns = terminal_columns(STDOUT_FILENO);
  screen.columns = static_cast<int>(columns ? columns() : kUsualColumns);
  screen.color = columns != nullptr && variable("NO_COLOR").empty();
  return screen;
}

void keep_standard_streams() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF) continue;
    // The lowest free number is `fd`, so that open() returns it. The file is opened for the wrong
    // direction, so that using it is an error.
    [[maybe_unused]] const int opened = open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

void watch_output() {
  Watched::instance();
}

std::string finish_output() {
  std::cout.flush();
  errno = 0;
  // Some network file systems report only at this point that the disk is full.
  const bool closed = std::fclose(stdout) == 0;
  const int error = Watched::instance().error();
  if (closed && error == 0) return {};
  return std::string("standard output: ") + std::strerror(error == 0 ? errno : error);
}

}  // namespace attnbench::cli
