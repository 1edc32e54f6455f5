// Progress lines.
#include "run/progress.h"

#include <cmath>
#include <ostream>

namespace attnbench::run {
namespace {

std::string duration(double seconds) {
  const auto whole = static_cast<long long>(std::llround(seconds));
  if (whole < 60) return std::to_string(whole) + " s";
  if (whole < 3600) return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s";
  return std::to_string(whole / 3600) + " h " + std::to_string(whole / 60 % 60) + " min";
}

std::string left_words(double left_s) {
  return left_s < 0 ? "time left not known yet" : "about " + duration(left_s) + " left";
}

}  // namespace

Progress::Progress(std::ostream& out, bool live) : out_(out), live_(live) {}

Progress::~Progress() {
  erase();
}

std::string Progress::elapsed() const {
  return duration(std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count());
}

void Progress::erase() {
  if (live_) out_ << "\r\033[K" << std::flush;
}

void Progress::begin(const std::string& stage) {
  stage_ = stage;
}

void Progress::step(int position, int count, const std::string& what, double left_s) {
  if (!live_) return;
  // Kept within 80 columns: a wrapped line cannot be erased.
  std::string line = stage_ + ", case " + std::to_string(position) + " of " +
                     std::to_string(count) + ", " + elapsed() + ", " + left_words(left_s) + ": " +
                     what;
  if (line.size() > 79) {
    size_t end = 79;
    while ((line[end] & 0xC0) == 0x80) --end;  // Not within a UTF-8 character.
    line.resize(end);
  }
  out_ << "\r\033[K" << line << std::flush;
}

void Progress::note(const std::string& line) {
  erase();
  out_ << line << "\n" << std::flush;
}

void Progress::end(int count, double left_s) {
  if (live_) return;
  out_ << stage_ << ": " << count << (count == 1 ? " case, " : " cases, ") << elapsed()
       << " elapsed, " << left_words(left_s) << "\n"
       << std::flush;
}

}  // namespace attnbench::run
