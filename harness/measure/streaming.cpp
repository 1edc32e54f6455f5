// Times triads over large arrays.
#include "measure/streaming.h"

#include <algorithm>
#include <new>

#include "measure/buffer.h"
#include "measure/ceilings_kernel.h"
#include "measure/machine.h"
#include "measure/timer.h"

namespace attnbench::measure {
namespace {

volatile float g_factor = 0.5f;  // Volatile, so that nothing is computed ahead.

/// The last-level cache, as far as the kernel tells, at least 16 MiB.
int64_t largest_cache_bytes() {
  const record::Machine machine = read_machine();
  return std::max({machine.l3_bytes, machine.l2_bytes, int64_t{16} << 20});
}

/// Of the three arrays.
int64_t arrays_bytes() {
  return std::min({4 * largest_cache_bytes(), int64_t{1} << 30, available_memory_bytes() / 4});
}

}  // namespace

double streaming_gbs(int threads, int passes) {
  constexpr auto kFloatBytes = static_cast<int64_t>(sizeof(float));
  const int64_t n = std::max<int64_t>(arrays_bytes() / 3 / kFloatBytes, 1);
  const auto bytes = static_cast<size_t>(n * kFloatBytes);
  const Buffer a(bytes), b(bytes), c(bytes);
  // Each thread has the same part each time, and the first pass places its pages near it.
  const auto each_part = [&](const auto& visit) {
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int part = 0; part < threads; ++part) {
      const int64_t begin = n * part / threads;
      visit(begin, n * (part + 1) / threads - begin);
    }
  };
  // Untouched pages would all be the one zero page.
  each_part([&](int64_t begin, int64_t length) {
    std::fill_n(b.floats().data() + begin, length, 1.0f);
    std::fill_n(c.floats().data() + begin, length, 2.0f);
  });
  const auto pass = [&] {
    each_part([&](int64_t begin, int64_t length) {
      triad(a.floats().data() + begin, b.floats().data() + begin, c.floats().data() + begin,
            g_factor, length);
    });
  };
  pass();
  return 3 * static_cast<double>(bytes) / best_time_s(pass, passes) / 1e9;
}

std::optional<double> streaming_gbs_after(int threads, int64_t traffic_bytes) {
  constexpr int kPasses = 8;
  if (std::min(traffic_bytes, arrays_bytes()) < 2 * largest_cache_bytes()) return {};
  try {
    return streaming_gbs(threads, kPasses);
  } catch (const std::bad_alloc&) {
    return {};
  }
}

}  // namespace attnbench::measure
