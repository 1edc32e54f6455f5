// What waiting for a worker needs of the process that waits.
#pragma once

#include <csignal>
#include <cstdint>
#include <functional>
#include <string>

namespace attnbench::run {

struct Surroundings {
  sigset_t wake_mask{};                          ///< Signal mask while waiting.
  std::function<bool()> interrupted;             ///< Asked after each wake-up.
  std::function<int64_t()> oom_kills;            ///< As machine::oom_kills_so_far.
  std::function<void(const std::string&)> note;  ///< Takes messages for people.
};

}  // namespace attnbench::run
