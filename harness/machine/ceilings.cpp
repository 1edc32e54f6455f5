// Measures the ceilings: arithmetic, memory and the cost of starting threads.
#include "machine/ceilings.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "machine/ceilings_kernel.h"
#include "machine/share_out.h"
#include "machine/streaming.h"
#include "machine/timer.h"

namespace attnbench::machine {
namespace {

/// A ceiling is the best of so many repetitions, because noise only ever lowers a rate.
constexpr int kRepetitions = 7;
/// Fewer, as each round of a run measures the ceilings anew and keeps the best.
constexpr int kRepetitionsOfNarrow = 2;

volatile float g_sink;
volatile float g_half = 0.5f;  // Volatile, so that the compiler computes nothing in advance.

double giga_a_second(const MultiplyAdds& loop, int64_t rounds, int threads, double time_s) {
  return static_cast<double>(loop.operations * rounds * threads) / time_s / 1e9;
}

/// The rate of one burst of about `rounds` rounds on each thread, in 1e9 operations a second.
double burst_rate(const MultiplyAdds& loop, int64_t rounds, int threads) {
  const int64_t piece = rounds / kPieces + 1;
  const float half = g_half;  // Read once, because threads that share a variable wait on it.
  const double time_s = time_once([&] {
    share_out(threads, [&](int, int) {
      [[maybe_unused]] volatile float sink = loop.run(piece, half, half);
    });
  });
  return giga_a_second(loop, piece * kPieces, threads, time_s);
}

/// The highest rate of so many bursts.
double best_rate(const MultiplyAdds& loop, int64_t rounds, int threads, int bursts) {
  double best = 0;
  for (int i = 0; i < bursts; ++i) best = std::max(best, burst_rate(loop, rounds, threads));
  return best;
}

constexpr int64_t kTrialRounds = 100'000;

/// Time of kTrialRounds by this thread alone, from which the length of a burst follows. A trial by
/// all threads would tell little: if they share a core, starting them takes longer than the trial.
double trial_s(const MultiplyAdds& loop) {
  return best_time_s([&] { g_sink = loop.run(kTrialRounds, g_half, g_half); }, 2);
}

/// The number of rounds that take `burst_s`.
int64_t rounds_of(double burst_s, double trial_s) {
  return static_cast<int64_t>(static_cast<double>(kTrialRounds) * burst_s / trial_s) + 1;
}

/// Empty if the build has no such loop.
std::optional<double> peak_rate(const MultiplyAdds& loop, int threads, int repetitions) {
  constexpr double kBurst_s = 0.04;
  if (loop.run == nullptr) return {};
  return best_rate(loop, rounds_of(kBurst_s, trial_s(loop)), threads, repetitions);
}

/// The median over batches of regions, because one region takes hardly longer than reading the
/// clock.
double measure_parallel_region_s(int threads) {
  constexpr int kBatches = 101, kRegions = 20;
  constexpr double kEnough_s = 0.2;  // Reached only if the threads share a core.
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

record::Ceiling measure_ceiling(int threads, record::Pages pages) {
  record::Ceiling ceiling;
  ceiling.threads = threads;
  ceiling.pages = pages;
  ceiling.fma_gflops = peak_rate(kFma, threads, kRepetitions).value_or(0);
  ceiling.bf16_gflops = peak_rate(kBf16, threads, kRepetitionsOfNarrow);
  ceiling.int8_gops = peak_rate(kInt8, threads, kRepetitionsOfNarrow);
  const StreamRates rates = stream_rates(threads, pages, kRepetitions);
  ceiling.stream_gbs = rates.stream_gbs;
  ceiling.read_gbs = rates.read_gbs;
  ceiling.parallel_region_s = measure_parallel_region_s(threads);
  return ceiling;
}

Moment measure_moment(int threads, bool bf16) {
  constexpr double kBurst_s = 0.0005, kAsGood = 0.95;
  constexpr int kFewest = 2, kMost = 8;
  const double alone_s = trial_s(kFma);
  const int64_t rounds = rounds_of(kBurst_s, alone_s);
  // Threads that just woke up may share a core at first; more tries let the system spread them.
  const double enough = kAsGood * threads * giga_a_second(kFma, kTrialRounds, 1, alone_s);
  Moment moment;
  for (int i = 0; i < kFewest || (i < kMost && moment.fma_gflops < enough); ++i)
    moment.fma_gflops = std::max(moment.fma_gflops, burst_rate(kFma, rounds, threads));
  moment.crowded_gflops = best_rate(kCrowdedFma, rounds, threads, kFewest);
  if (bf16 && kBf16.run != nullptr)
    moment.bf16_gflops = best_rate(kBf16, rounds_of(kBurst_s, trial_s(kBf16)), threads, kFewest);
  return moment;
}

}  // namespace attnbench::machine
