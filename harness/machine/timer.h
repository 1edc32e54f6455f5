// Times a call with Google Benchmark: the only place that knows it.
#pragma once

#include <cstdint>
#include <functional>

namespace attnbench::machine {

/// Mean over one timing's iterations, for one call.
struct CallTime {
  double time_s = 0;  ///< Wall time.
  double cpu_s = 0;   ///< CPU time of the process, all its threads.
};

/// The smallest number of calls that takes min_time_s, by a few trial calls; at least 1.
int64_t calibrate(const std::function<void()>& call, double min_time_s);

/// Exactly `iterations` calls, timed as one. Prints nothing, whatever the environment says.
CallTime time_calls(const std::function<void()>& call, int64_t iterations);

/// Wall time of one call.
double time_once(const std::function<void()>& call);

/// The least of so many times of one call: noise only ever adds.
double best_time_s(const std::function<void()>& call, int calls);

}  // namespace attnbench::machine
