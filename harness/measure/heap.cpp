// Stands in for malloc and its kin in the whole program, so that a variant's own allocations are
// seen, a plugin's too. Outside a counted call it costs one relaxed load.
#include <malloc.h>

#include <atomic>
#include <cerrno>
#include <cstddef>

#include "measure/memory.h"

#if defined(__GLIBC__) && !defined(ATTNBENCH_SANITIZED)

namespace {

std::atomic<bool> g_counting{false};
std::atomic<int64_t> g_live_bytes{0};
std::atomic<int64_t> g_peak_bytes{0};

void* count_in(void* block) {
  if (block == nullptr || !g_counting.load(std::memory_order_relaxed)) return block;
  const auto bytes = static_cast<int64_t>(malloc_usable_size(block));
  const int64_t live = g_live_bytes.fetch_add(bytes) + bytes;
  int64_t peak = g_peak_bytes.load();
  while (live > peak && !g_peak_bytes.compare_exchange_weak(peak, live)) {
  }
  return block;
}

void count_out(void* block) {
  if (block == nullptr || !g_counting.load(std::memory_order_relaxed)) return;
  g_live_bytes.fetch_sub(static_cast<int64_t>(malloc_usable_size(block)));
}

bool is_power_of_two(size_t n) {
  return n != 0 && (n & (n - 1)) == 0;
}

}  // namespace

extern "C" {

void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_memalign(size_t, size_t);
void* __libc_valloc(size_t);
void* __libc_pvalloc(size_t);
void __libc_free(void*);

void* malloc(size_t bytes) noexcept {
  return count_in(__libc_malloc(bytes));
}

void* calloc(size_t count, size_t bytes) noexcept {
  return count_in(__libc_calloc(count, bytes));
}

void* realloc(void* block, size_t bytes) noexcept {
  count_out(block);
  void* const moved = __libc_realloc(block, bytes);
  // A failed realloc leaves the old block as it was.
  return moved == nullptr && bytes != 0 ? (count_in(block), nullptr) : count_in(moved);
}

void* reallocarray(void* block, size_t count, size_t bytes) noexcept {
  size_t total = 0;
  if (!__builtin_mul_overflow(count, bytes, &total)) return realloc(block, total);
  errno = ENOMEM;
  return nullptr;
}

void* memalign(size_t alignment, size_t bytes) noexcept {
  return count_in(__libc_memalign(alignment, bytes));
}

void* aligned_alloc(size_t alignment, size_t bytes) noexcept {
  return memalign(alignment, bytes);
}

int posix_memalign(void** block, size_t alignment, size_t bytes) noexcept {
  if (!is_power_of_two(alignment) || alignment % sizeof(void*) != 0) return EINVAL;
  void* const made = memalign(alignment, bytes);
  if (made == nullptr) return ENOMEM;
  *block = made;
  return 0;
}

void* valloc(size_t bytes) noexcept {
  return count_in(__libc_valloc(bytes));
}

void* pvalloc(size_t bytes) noexcept {
  return count_in(__libc_pvalloc(bytes));
}

void free(void* block) noexcept {
  count_out(block);
  __libc_free(block);
}

}  // extern "C"

namespace attnbench::measure {

HeapPeak heap_peak_of(const std::function<void()>& call) {
  g_live_bytes = 0;
  g_peak_bytes = 0;
  g_counting = true;
  call();
  g_counting = false;
  return {g_peak_bytes.load(), {}};
}

}  // namespace attnbench::measure

#else

namespace attnbench::measure {

HeapPeak heap_peak_of(const std::function<void()>& call) {
  call();
  return {{}, "not counted in a build with sanitizers or another libc than glibc"};
}

}  // namespace attnbench::measure

#endif
