// Times a call with Google Benchmark, registered at run time with a fixed number of iterations.
#include "machine/timer.h"

#include <benchmark/benchmark.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <stdexcept>
#include <vector>

namespace attnbench::machine {
namespace {

/// Keeps the times of the only run and prints nothing.
class Collector final : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      const auto calls = static_cast<double>(run.iterations);
      time = {run.real_accumulated_time / calls, run.cpu_accumulated_time / calls};
      ++reported;
    }
  }

  CallTime time;
  int reported = 0;
};

}  // namespace

double time_once(const std::function<void()>& call) {
  const auto start = std::chrono::steady_clock::now();
  call();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double best_time_s(const std::function<void()>& call, int calls) {
  double best_s = time_once(call);
  for (int i = 1; i < calls; ++i) best_s = std::min(best_s, time_once(call));
  return best_s;
}

int64_t calibrate(const std::function<void()>& call, double min_time_s,
                  const Preparation& prepare) {
  constexpr double kMostCalls = 1e9;
  double calls = 1;
  while (true) {
    double elapsed_s = 0;
    if (prepare) {
      for (double i = 0; i < calls; ++i) {
        prepare();
        elapsed_s += time_once(call);
      }
    } else {
      elapsed_s = time_once([&] {
        for (double i = 0; i < calls; ++i) call();
      });
    }
    const double needed = std::ceil(calls * min_time_s / std::max(elapsed_s, 1e-9));
    const double enough = std::clamp(needed, 1.0, kMostCalls);
    // Calls that take a tenth of the time are enough to extrapolate from.
    if (elapsed_s * 10 >= min_time_s || calls >= enough) return static_cast<int64_t>(enough);
    calls = std::min(calls * 10, enough);
  }
}

namespace {

/// Lets Google Benchmark run `body` once, `iterations` times inside, and returns its times.
CallTime run_benchmark(const std::function<void(benchmark::State&)>& body, int64_t iterations,
                       bool manual_time) {
  benchmark::internal::Benchmark* const registered =
      benchmark::RegisterBenchmark("case", body)->Repetitions(1)->Iterations(iterations);
  if (manual_time)
    registered->UseManualTime();
  else
    registered->UseRealTime()->MeasureProcessCPUTime();
  Collector collector;
  benchmark::RunSpecifiedBenchmarks(&collector, nullptr, "case");
  benchmark::ClearRegisteredBenchmarks();
  if (collector.reported != 1) throw std::runtime_error("the timer reported no run");
  return collector.time;
}

double process_cpu_s() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

}  // namespace

CallTime time_calls(const std::function<void()>& call, int64_t iterations,
                    const Preparation& prepare) {
  if (!prepare)
    return run_benchmark(
        [&](benchmark::State& state) {
          for ([[maybe_unused]] auto _ : state) {
            call();
            benchmark::ClobberMemory();
          }
        },
        iterations, false);
  double cpu_s = 0;
  CallTime time = run_benchmark(
      [&](benchmark::State& state) {
        for ([[maybe_unused]] auto _ : state) {
          prepare();
          const double cpu_before_s = process_cpu_s();
          state.SetIterationTime(time_once(call));
          cpu_s += process_cpu_s() - cpu_before_s;
        }
      },
      iterations, true);
  time.cpu_s = cpu_s / static_cast<double>(iterations);
  return time;
}

}  // namespace attnbench::machine
