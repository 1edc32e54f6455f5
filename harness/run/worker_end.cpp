// Classifies how workers ended, and describes it.
#include "run/worker_end.h"

#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <iterator>
#include <string_view>

namespace attnbench::run {

using How = WorkerEnd::How;

namespace {

/// The last line of what a worker printed; of a crash in Python, the line of the innermost call.
std::string last_words(std::string tail) {
  constexpr std::string_view kInnermostFollows = "(most recent call first):\n";
  if (const size_t dump = tail.rfind(kInnermostFollows); dump != std::string::npos) {
    tail.erase(0, tail.find_first_not_of(' ', dump + kInnermostFollows.size()));
    tail.resize(std::min(tail.find('\n'), tail.size()));
  }
  while (!tail.empty() && (tail.back() == '\n' || tail.back() == ' ')) tail.pop_back();
  const size_t last_line = tail.find_last_of('\n');
  if (last_line != std::string::npos) tail.erase(0, last_line + 1);
  constexpr size_t kMost = 500;  // A refusal of a config names every axis that there is.
  if (tail.size() > kMost) tail.erase(0, tail.size() - kMost);
  return tail;
}

}  // namespace

bool is_out_of_memory(const WorkerEnd& end) {
  const bool aborted = end.how == How::kSignalled && end.code == SIGABRT;
  return end.how == How::kOutOfMemory ||
         (aborted && end.output_tail.find("bad_alloc") != std::string::npos);
}

bool killed_by_others(const WorkerEnd& end) {
  constexpr int kTheirs[] = {SIGKILL, SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};
  return end.how == How::kSignalled &&
         std::find(std::begin(kTheirs), std::end(kTheirs), end.code) != std::end(kTheirs);
}

bool is_disturbed(const WorkerEnd& end) {
  return end.stopped && (end.how == How::kExited || end.how == How::kSignalled);
}

bool is_outside_variant(const WorkerEnd& end) {
  return killed_by_others(end) || end.how == How::kCpuLimit || end.how == How::kNotStarted;
}

std::string describe_end(const WorkerEnd& end, double timeout_s) {
  std::string text;
  switch (end.how) {
    case How::kExited:
      text = "exited with code " + std::to_string(end.code) + " before it was done";
      break;
    case How::kSignalled: {
      const char* name = sigabbrev_np(end.code);
      text = "killed by SIG" + std::string(name != nullptr ? name : std::to_string(end.code)) +
             " (" + strsignal(end.code) + ")";
      break;
    }
    case How::kTimeout: {
      std::string seconds = std::to_string(timeout_s);
      seconds.erase(seconds.find_last_not_of('0') + 1);
      if (seconds.back() == '.') seconds.pop_back();
      return std::string(kTimedOut) + " = " + seconds + " s";
    }
    case How::kInterrupted:
      return "interrupted";
    case How::kFlooded:
      return "sent more facts than the protocol allows";
    case How::kNotStarted:
      return std::string("worker did not start: ") + strerror(end.code);
    case How::kOutOfMemory:
      return "killed by the kernel for want of memory (SIGKILL)";
    case How::kCpuLimit:
      return "used up the CPU time that a process may have here (ulimit -t)";
  }
  const std::string words = last_words(end.output_tail);
  return words.empty() ? text : text + "; its last words: " + words;
}

}  // namespace attnbench::run
