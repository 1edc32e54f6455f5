// Progress lines.
#include "run/progress.h"

#include <cmath>
#include <ostream>
#include <string_view>
#include <utility>

#include "record/format.h"
#include "record/utf8.h"

namespace attnbench::run {
std::string duration_words(double seconds) {
  const auto whole = static_cast<long long>(std::llround(seconds));
  if (whole < 60) return std::to_string(whole) + " s";
  if (whole < 3600) return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s";
  return std::to_string(whole / 3600) + " h " + std::to_string(whole / 60 % 60) + " min";
}

std::string fitted(const std::string& text, size_t columns) {
  constexpr std::string_view kMore = " ...";
  if (record::display_width(text) <= columns) return text;
  for (size_t end = text.rfind(' '); end != std::string::npos && end > 0;
       end = text.rfind(' ', end - 1)) {
    const std::string words = text.substr(0, end);
    if (record::display_width(words) + kMore.size() <= columns) return words + std::string(kMore);
  }
  return std::string(kMore.substr(1, columns));
}

Progress::Progress(std::ostream& out, std::function<size_t()> columns, double later_s)
    : out_(out), columns_(std::move(columns)), later_s_(later_s) {}

Progress::~Progress() {
  erase();
}

std::string Progress::elapsed() const {
  return duration_words(
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count());
}

std::string Progress::left_words(double left_s) const {
  return left_s < 0 ? "time left not known yet"
                    : "about " + duration_words(left_s + later_s_) + " left";
}

void Progress::erase() {
  if (columns_) out_ << "\r\033[K" << std::flush;
}

void Progress::begin(const std::string& stage) {
  stage_ = stage;
}

void Progress::step(int position, int count, const std::string& what, double left_s) {
  if (!columns_) return;
  const std::string line = stage_ + ", case " + std::to_string(position) + " of " +
                           std::to_string(count) + ", " + elapsed() + ", " + left_words(left_s) +
                           ": " + what;
  // A line that wraps cannot be erased, and some terminals wrap after the last column.
  const size_t columns = columns_();
  out_ << "\r\033[K" << fitted(line, columns == 0 ? 0 : columns - 1) << std::flush;
}

void Progress::note(const std::string& line) {
  erase();
  out_ << line << "\n" << std::flush;
}

void Progress::end(int count, double left_s) {
  if (columns_) return;
  out_ << stage_ << ": " << record::plural(count, "case") << ", " << elapsed() << " elapsed, "
       << left_words(left_s) << "\n"
       << std::flush;
}

}  // namespace attnbench::run
