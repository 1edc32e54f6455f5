// Flushes cache lines one by one.
#include "machine/evict.h"

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

#include <cstdint>
#include <numeric>
#include <vector>

namespace attnbench::machine {
namespace {

/// The least cache line of the CPUs that have the instruction. A longer line is flushed twice.
[[maybe_unused]] constexpr size_t kLineBytes = 64;

#if defined(__x86_64__)
void flush_line(const std::byte* line) {
  _mm_clflush(line);
}
void finish() {
  _mm_mfence();
}
#elif defined(__aarch64__)
void flush_line(const std::byte* line) {
  __asm__ volatile("dc civac, %0" ::"r"(line) : "memory");
}
void finish() {
  __asm__ volatile("dsb sy" ::: "memory");
}
#endif

}  // namespace

void evict(std::span<const std::byte> bytes) {
#if defined(__x86_64__) || defined(__aarch64__)
  for (size_t at = 0; at < bytes.size(); at += kLineBytes) flush_line(bytes.data() + at);
  if (!bytes.empty()) flush_line(&bytes.back());
  finish();
#else
  constexpr size_t kMoreThanCaches = size_t{1} << 29;
  static std::vector<uint64_t> other(kMoreThanCaches / sizeof(uint64_t), 1);
  [[maybe_unused]] volatile uint64_t sink =
      bytes.empty() ? 0 : std::accumulate(other.begin(), other.end(), uint64_t{0});
#endif
}

}  // namespace attnbench::machine
