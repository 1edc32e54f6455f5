// Measures the ceilings: arithmetic, memory and the cost of starting threads.
#include "measure/ceilings.h"

#include <algorithm>
#include <vector>

#include "measure/buffer.h"
#include "measure/ceilings_kernel.h"
#include "measure/machine.h"
#include "measure/timer.h"

namespace attnbench::measure {
namespace {

/// The best of so many repetitions: noise only ever takes away.
constexpr int kRepetitions = 7;
constexpr int kBurstRepetitions = 2;

volatile float g_sink;
volatile float g_half = 0.5f;  // Volatile, so that nothing is computed ahead.

/// The least of so many times.
template <class Call>
double best_time_s(const Call& call, int repetitions = kRepetitions) {
  double best_s = time_once(call);
  for (int i = 1; i < repetitions; ++i) best_s = std::min(best_s, time_once(call));
  return best_s;
}

using Rounds = float (*)(int64_t rounds, float factor, float addend);

double measure_fma_gflops(Rounds fma, int threads, double burst_s, int repetitions) {
  constexpr int64_t kTrial = 100'000;
  // How long a burst has to be is tried on this thread alone: where threads have to share a core,
  // starting them takes longer than the trial.
  const double trial_s = best_time_s([&] { g_sink = fma(kTrial, g_half, g_half); }, repetitions);
  const auto rounds = static_cast<int64_t>(static_cast<double>(kTrial) * burst_s / trial_s) + 1;
  const double best_s = best_time_s(
      [&] {
#pragma omp parallel num_threads(threads)
        g_sink = fma(rounds, g_half, g_half);
      },
      repetitions);
  return static_cast<double>(kFlopsPerRound * rounds * threads) / best_s / 1e9;
}

int64_t stream_floats_per_array() {
  const record::Machine machine = read_machine();
  const int64_t cache = std::max({machine.l3_bytes, machine.l2_bytes, int64_t{16} << 20});
  const int64_t total = std::min({4 * cache, int64_t{1} << 30, available_memory_bytes() / 4});
  return std::max<int64_t>(total / 3 / static_cast<int64_t>(sizeof(float)), 1);
}

/// Counts the three arrays once each; the line that a store reads first is not counted.
double measure_stream_gbs(int threads) {
  const int64_t n = stream_floats_per_array();
  const auto bytes = static_cast<size_t>(n) * sizeof(float);
  const Buffer a(bytes), b(bytes), c(bytes);
  // Each thread has the same part each time, and the first pass places its pages near it.
  const auto pass = [&] {
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int part = 0; part < threads; ++part) {
      const int64_t begin = n * part / threads;
      triad(a.floats().data() + begin, b.floats().data() + begin, c.floats().data() + begin, g_half,
            n * (part + 1) / threads - begin);
    }
  };
#pragma omp parallel for schedule(static) num_threads(threads)
  for (int part = 0; part < threads; ++part)
    for (int64_t i = n * part / threads; i < n * (part + 1) / threads; ++i) {
      b.floats()[static_cast<size_t>(i)] = 1;  // Untouched pages would all be the one zero page.
      c.floats()[static_cast<size_t>(i)] = 2;
    }
  pass();
  return 3 * static_cast<double>(bytes) / best_time_s(pass) / 1e9;
}

/// The median over batches of regions: one alone is near the clock's own cost.
double measure_parallel_region_s(int threads) {
  constexpr int kBatches = 101, kRegions = 20;
  constexpr double kEnough_s = 0.2;  // Reached where the threads have to share a core.
  const auto batch = [&] {
    for (int i = 0; i < kRegions; ++i) {
#pragma omp parallel num_threads(threads)
      g_sink = g_half;
    }
  };
  std::vector<double> times_s;
  double total_s = 0;
  while (times_s.size() < kBatches && total_s < kEnough_s) {
    times_s.push_back(time_once(batch));
    total_s += times_s.back();
  }
  const auto middle = times_s.begin() + static_cast<std::ptrdiff_t>(times_s.size() / 2);
  std::nth_element(times_s.begin(), middle, times_s.end());
  return *middle / kRegions;
}

}  // namespace

record::Ceiling measure_ceiling(int threads) {
  return {threads, measure_fma_gflops(fma_rounds, threads, 0.04, kRepetitions),
          measure_stream_gbs(threads), measure_parallel_region_s(threads)};
}

Moment measure_moment(int threads) {
  constexpr double kBurst_s = 0.001;
  return {measure_fma_gflops(fma_rounds, threads, kBurst_s, kBurstRepetitions),
          measure_fma_gflops(crowded_fma_rounds, threads, kBurst_s, kBurstRepetitions)};
}

}  // namespace attnbench::measure
