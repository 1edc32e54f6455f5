// Text for a terminal: sentences wrapped to its width, in colour if it knows colours.
#pragma once

#include <cstddef>
#include <string>

namespace attnbench::report {

/// What the text is shown on.
struct Screen {
  int columns = 80;
  bool color = false;  ///< Whether escape sequences of colours are understood and wanted.
};

inline constexpr char kRed[] = "\x1b[31m";
inline constexpr char kBold[] = "\x1b[1m";

/// Lines for one screen, each indented by a blank.
class Lines {
 public:
  explicit Lines(const Screen& screen) : screen_(screen) {}

  /// Wraps at blanks; continued lines stand two columns further in than the first, which stands
  /// `indent` columns further in.
  void sentence(const std::string& text, const char* color = nullptr, size_t indent = 0);
  /// One line as it is.
  void put(const std::string& line, const char* color = nullptr);
  void gap() { text_ += "\n"; }

  std::string text() && { return std::move(text_); }

 private:
  Screen screen_;
  std::string text_;
};

}  // namespace attnbench::report
