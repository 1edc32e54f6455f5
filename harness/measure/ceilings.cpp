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

volatile float g_sink;
volatile float g_half = 0.5f;  // Volatile, so that nothing is computed ahead.

double fma_time_s(int threads, int64_t rounds) {
  return time_once([&] {
#pragma omp parallel num_threads(threads)
    g_sink = fma_rounds(rounds, g_half, g_half);
  });
}

double measure_fma_gflops(int threads) {
  constexpr double kBurst_s = 0.04;
  int64_t rounds = 100'000;
  rounds =
      static_cast<int64_t>(static_cast<double>(rounds) * kBurst_s / fma_time_s(threads, rounds)) +
      1;
  double best_s = fma_time_s(threads, rounds);
  for (int i = 1; i < kRepetitions; ++i) best_s = std::min(best_s, fma_time_s(threads, rounds));
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
  double best_s = time_once(pass);
  for (int i = 1; i < kRepetitions; ++i) best_s = std::min(best_s, time_once(pass));
  return 3 * static_cast<double>(bytes) / best_s / 1e9;
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
  return {threads, measure_fma_gflops(threads), measure_stream_gbs(threads),
          measure_parallel_region_s(threads)};
}

}  // namespace attnbench::measure
