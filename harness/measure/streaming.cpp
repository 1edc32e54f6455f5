// Times triads over large arrays.
#include "measure/streaming.h"

#include <algorithm>

#include "measure/ceilings_kernel.h"
#include "measure/machine.h"
#include "measure/timer.h"

namespace attnbench::measure {
namespace {

volatile float g_factor = 0.5f;  // Volatile, so that nothing is computed ahead.

size_t array_bytes() {
  const int64_t floats = Streaming::bytes() / 3 / static_cast<int64_t>(sizeof(float));
  return static_cast<size_t>(std::max<int64_t>(floats, 1)) * sizeof(float);
}

}  // namespace

int64_t largest_cache_bytes() {
  const record::Machine machine = read_machine();
  return std::max({machine.l3_bytes, machine.l2_bytes, int64_t{16} << 20});
}

int64_t Streaming::bytes() {
  return std::min({4 * largest_cache_bytes(), int64_t{1} << 30, available_memory_bytes() / 4});
}

Streaming::Streaming(int threads)
    : threads_(threads), a_(array_bytes()), b_(a_.size()), c_(a_.size()) {
  const auto n = static_cast<int64_t>(a_.floats().size());
#pragma omp parallel for schedule(static) num_threads(threads_)
  for (int part = 0; part < threads_; ++part)
    for (int64_t i = n * part / threads_; i < n * (part + 1) / threads_; ++i) {
      b_.floats()[static_cast<size_t>(i)] = 1;  // Untouched pages would all be the one zero page.
      c_.floats()[static_cast<size_t>(i)] = 2;
    }
  pass();
}

/// Each thread has the same part each time, and the first pass places its pages near it.
void Streaming::pass() const {
  const auto n = static_cast<int64_t>(a_.floats().size());
#pragma omp parallel for schedule(static) num_threads(threads_)
  for (int part = 0; part < threads_; ++part) {
    const int64_t begin = n * part / threads_;
    triad(a_.floats().data() + begin, b_.floats().data() + begin, c_.floats().data() + begin,
          g_factor, n * (part + 1) / threads_ - begin);
  }
}

double Streaming::best_gbs(int passes) const {
  const double best_s = best_time_s([this] { pass(); }, passes);
  return 3 * static_cast<double>(a_.size()) / best_s / 1e9;
}

}  // namespace attnbench::measure
