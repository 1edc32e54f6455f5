// Times a call with Google Benchmark, which only this file and its .cpp use.
#pragma once

#include <cstdint>
#include <functional>

namespace attnbench::machine {

/// The time of one call: the mean over the iterations of one timing.
struct CallTime {
  double time_s = 0;  ///< Wall time.
  double cpu_s = 0;   ///< CPU time of the process, all its threads.
};

/// What happens before each call and is not timed, such as emptying the caches; may be empty.
using Preparation = std::function<void()>;

/// The smallest number of calls that takes min_time_s, as a few trial calls suggest; at least 1.
int64_t calibrate(const std::function<void()>& call, double min_time_s,
                  const Preparation& prepare = {});

/// Times exactly `iterations` calls: together, or each by itself if each is prepared. Prints
/// nothing, whatever the environment asks of Google Benchmark.
CallTime time_calls(const std::function<void()>& call, int64_t iterations,
                    const Preparation& prepare = {});

/// Wall time of one call.
double time_once(const std::function<void()>& call);

/// The least time of one call among `calls`, because noise only ever adds time.
double best_time_s(const std::function<void()>& call, int calls);

}  // namespace attnbench::machine
