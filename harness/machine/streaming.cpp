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

/// The size of the arrays together. A cache still holds a part of arrays of four times its size:
/// from those one thread of a Zen 5 reads 49 GB/s and two read 100; from any of 16 times its size
/// and more they read 42 and 84.
int64_t arrays_bytes() {
  return std::min({16 * largest_cache_bytes(), int64_t{1} << 30, available_memory_bytes() / 4});
}

}  // namespace

namespace {

/// An array of whole cache lines that threads share out, each writing its own part first.
class SharedArray {
 public:
  SharedArray(int64_t lines, int threads, record::Pages pages, float value)
      : lines_(lines),
        threads_(threads),
        buffer_(static_cast<size_t>(lines) * kLineFloats * sizeof(float), pages) {
    // Pages that nobody wrote would all be the same zero page. The kernel places a page near the
    // thread that writes it first, so each thread writes its own part.
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int part = 0; part < threads; ++part) {
      const int64_t begin = begin_of(part, 0);
      std::fill_n(data() + begin, begin_of(part + 1, 0) - begin, value);
    }
  }

  float* data() const {
    return buffer_.floats().data();
  }
  /// Where a piece of a thread's part begins, in floats.
  int64_t begin_of(int part, int piece) const {
    const int64_t pieces = int64_t{threads_} * kPieces;
    return lines_ * (int64_t{part} * kPieces + piece) / pieces * kLineFloats;
  }

  static constexpr int64_t kLineFloats = 16;

 private:
  int64_t lines_;
  int threads_;
  Buffer buffer_;
};

constexpr int64_t kLineBytes = SharedArray::kLineFloats * sizeof(float);

}  // namespace

StreamRates stream_rates(int threads, record::Pages pages, int passes) {
  const int64_t fewest = int64_t{3} * threads * kPieces;  // A line of each array in each piece.
  const int64_t lines = std::max(arrays_bytes() / kLineBytes, fewest);
  const SharedArray all(lines, threads, pages, 1);
  // Each piece holds its part of a, b and c, one after another.
  const auto floats_of_each = [&](int part, int piece) {
    constexpr int64_t kArrays = 3 * SharedArray::kLineFloats;
    return (all.begin_of(part, piece + 1) - all.begin_of(part, piece)) / kArrays *
           SharedArray::kLineFloats;
  };
  int64_t triads = 0;
  for (int part = 0; part < threads; ++part)
    for (int piece = 0; piece < kPieces; ++piece) triads += floats_of_each(part, piece);
  const auto stream = [&] {
    share_out(threads, [&](int part, int piece) {
      float* const a = all.data() + all.begin_of(part, piece);
      const int64_t n = floats_of_each(part, piece);
      triad(a, a + n, a + 2 * n, g_factor, n);
    });
  };
  const auto read = [&] {
    share_out(threads, [&](int part, int piece) {
      const int64_t begin = all.begin_of(part, piece);
      [[maybe_unused]] volatile float sink =
          read_sum(all.data() + begin, all.begin_of(part, piece + 1) - begin);
    });
  };
  return {static_cast<double>(3 * sizeof(float) * static_cast<size_t>(triads)) /
              best_time_s(stream, passes) / 1e9,
          static_cast<double>(lines * kLineBytes) / best_time_s(read, passes) / 1e9};
}

double rereading_gbs(int64_t bytes, int threads, record::Pages pages, int bursts) {
  constexpr double kBurst_s = 0.005;
  const int64_t lines = std::max<int64_t>(bytes / kLineBytes, threads);
  const SharedArray array(lines, threads, pages, 1);
  // A team of threads reads for a whole burst: starting it takes longer than reading a cache once.
  const auto burst = [&](int64_t rounds) {
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int part = 0; part < threads; ++part) {
      const int64_t begin = array.begin_of(part, 0), count = array.begin_of(part + 1, 0) - begin;
      for (int64_t round = 0; round < rounds; ++round) {
        [[maybe_unused]] volatile float sink = read_sum(array.data() + begin, count);
      }
    }
  };
  int64_t rounds = 1;
  while (time_once([&] { burst(rounds); }) < kBurst_s) rounds *= 2;
  return static_cast<double>(lines * kLineBytes * rounds) /
         best_time_s([&] { burst(rounds); }, bursts) / 1e9;
}

std::optional<StreamRates> stream_rates_after(int threads, record::Pages pages,
                                              int64_t traffic_bytes) {
  constexpr int kPasses = 4;
  if (std::min(traffic_bytes, arrays_bytes()) < 2 * largest_cache_bytes()) return {};
  try {
    return stream_rates(threads, pages, kPasses);
  } catch (const std::bad_alloc&) {
    return {};
  }
}

}  // namespace attnbench::machine
