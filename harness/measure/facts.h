// Facts that a worker writes to a pipe, each a line of JSON in one piece.
#pragma once

#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <string>

#include "record/json.h"

namespace attnbench::measure {

class Facts {
 public:
  explicit Facts(int fd) : fd_(fd) {}

  /// Throws std::runtime_error if nobody listens any more.
  void write(const char* fact, const record::Json& fields = record::Json::object()) {
    record::Json line{{"fact", fact}};
    line.update(fields);
    const std::string text = record::to_line(line);
    for (size_t at = 0; at < text.size();) {
      const ssize_t written = ::write(fd_, text.data() + at, text.size() - at);
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) throw std::runtime_error("cannot write a fact");
      at += static_cast<size_t>(written);
    }
  }
  void write_reason(const char* fact, const std::string& reason) {
    write(fact, record::Json{{"reason", reason}});
  }

 private:
  int fd_;
};

}  // namespace attnbench::measure
