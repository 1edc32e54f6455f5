// What the user sees while a sweep runs: a live line on a terminal, else a plain line per round.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <iosfwd>
#include <string>

namespace attnbench::run {

class Progress {
 public:
  /// `columns` returns the width of the terminal `out`. It is empty if `out` is not a terminal or
  /// cannot erase a line. `later_s` is what will be measured after this sweep: it counts as time
  /// left.
  Progress(std::ostream& out, std::function<size_t()> columns, double later_s = 0);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// A stage of the sweep begins: "checking", "round 3 of 9".
  void begin(const std::string& stage);
  /// Case `position` of `count` of this stage starts; `left_s` is the time left of the whole sweep,
  /// negative if it is not known yet.
  void step(int position, int count, const std::string& what, double left_s);
  /// A line that stays, such as a case that failed.
  void note(const std::string& line);
  /// The stage is over.
  void end(int count, double left_s);

 private:
  void erase();
  std::string elapsed() const;
  std::string left_words(double left_s) const;

  std::ostream& out_;
  std::function<size_t()> columns_;
  double later_s_;
  std::string stage_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// "12 s", "3 min 20 s", "2 h 5 min".
std::string duration_words(double seconds);

/// `text` if it takes no more than `columns`, else as many of its words as leave room for " ...".
std::string fitted(const std::string& text, size_t columns);

}  // namespace attnbench::run
