// Times triads over large arrays.
#include "machine/streaming.h"

#include <algorithm>
#include <new>

#include "machine/buffer.h"
#include "machine/ceilings_kernel.h"
#include "machine/machine.h"
#include "machine/share_out.h"
#include "machine/timer.h"

namespace attnbench::machine {
namespace {

volatile float g_factor = 0.5f;  // Volatile, so that the compiler computes nothing in advance.

/// The size of the last-level cache, or 16 MiB if that is more or the kernel does not tell.
int64_t largest_cache_bytes() {
  const record::Machine machine = read_machine();
  return std::max({machine.l3_bytes, machine.l2_bytes, int64_t{16} << 20});
}

/// The size of the three arrays together.
int64_t arrays_bytes() {
  return std::min({4 * largest_cache_bytes(), int64_t{1} << 30, available_memory_bytes() / 4});
}

}  // namespace

double streaming_gbs(int threads, int passes) {
  constexpr int64_t kLineFloats = 16, kLineBytes = kLineFloats * sizeof(float);
  const int64_t lines = std::max<int64_t>(arrays_bytes() / 3 / kLineBytes, 1);
  const auto bytes = static_cast<size_t>(lines * kLineBytes);
  const Buffer a(bytes), b(bytes), c(bytes);
  const int64_t pieces = int64_t{threads} * kPieces;
  const auto begin_of = [&](int64_t piece) { return lines * piece / pieces * kLineFloats; };
  // Pages that nobody wrote would all be the same zero page. The kernel places a page near the
  // thread that writes it first, so each thread writes its own part.
#pragma omp parallel for schedule(static) num_threads(threads)
  for (int part = 0; part < threads; ++part) {
    const int64_t begin = begin_of(int64_t{part} * kPieces);
    const int64_t length = begin_of(int64_t{part + 1} * kPieces) - begin;
    std::fill_n(a.floats().data() + begin, length, 0.0f);
    std::fill_n(b.floats().data() + begin, length, 1.0f);
    std::fill_n(c.floats().data() + begin, length, 2.0f);
  }
  const auto pass = [&] {
    share_out(threads, [&](int part, int number) {
      const int64_t piece = int64_t{part} * kPieces + number;
      const int64_t begin = begin_of(piece);
      triad(a.floats().data() + begin, b.floats().data() + begin, c.floats().data() + begin,
            g_factor, begin_of(piece + 1) - begin);
    });
  };
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

}  // namespace attnbench::machine
