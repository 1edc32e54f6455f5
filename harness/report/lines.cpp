// Wraps and colours.
#include "report/lines.h"

#include <algorithm>

#include "record/utf8.h"

namespace attnbench::report {
namespace {

constexpr char kPlain[] = "\x1b[0m";

}  // namespace

void Lines::sentence(const std::string& text, const char* color, size_t indent) {
  const auto room = static_cast<size_t>(std::max(screen_.columns - 1, 20));
  std::string line(indent, ' ');
  bool fresh = true;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find(' ', at), text.size());
    const std::string word = text.substr(at, end - at);
    if (!fresh && record::display_width(line) + 1 + record::display_width(word) > room) {
      put(line, color);
      line = std::string(indent + 2, ' ');
    } else if (!fresh) {
      line += ' ';
    }
    line += word;
    fresh = false;
    at = end + 1;
  }
  put(line, color);
}

void Lines::put(const std::string& line, const char* color) {
  const bool colored = color != nullptr && screen_.color;
  text_ += (colored ? color : "") + std::string(line.empty() ? "" : " ") + line +
           (colored ? kPlain : "") + "\n";
}

}  // namespace attnbench::report
