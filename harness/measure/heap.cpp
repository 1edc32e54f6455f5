// Replaces malloc and its kin in the whole program, to count what variants allocate, plugins
// included. Outside a counted call that costs one relaxed load.
#include <link.h>
#include <malloc.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "measure/memory.h"
#include "registry/plugins.h"

#if defined(__GLIBC__) && !defined(ATTNBENCH_SANITIZED)

namespace {

std::atomic<bool> g_counting{false};
std::atomic<int64_t> g_live_bytes{0};
std::atomic<int64_t> g_peak_bytes{0};

/// The code of the OpenMP runtimes and the loader. What they allocate for themselves is not the
/// variant's: libgomp, for one, allocates a block for every parallel region of a single thread.
struct CodeRange {
  uintptr_t begin, end;
};
std::array<CodeRange, 16> g_runtime_code;
size_t g_runtime_ranges = 0;

/// The dynamic loader allocates the thread-local memory of each new thread. A runtime starts
/// threads anew if its teams shrink and grow.
bool is_loader(const char* image_name) {
  return std::string_view(image_name).find("/ld-linux") != std::string_view::npos;
}

int collect_code(dl_phdr_info* image, size_t, void*) {
  if (!attnbench::registry::is_openmp_runtime(image->dlpi_name) && !is_loader(image->dlpi_name))
    return 0;
  for (int i = 0; i < image->dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = image->dlpi_phdr[i];
    const uintptr_t begin = image->dlpi_addr + segment.p_vaddr;
    if (segment.p_type == PT_LOAD && (segment.p_flags & PF_X) != 0 &&
        g_runtime_ranges < g_runtime_code.size())
      g_runtime_code[g_runtime_ranges++] = {begin, begin + segment.p_memsz};
  }
  return 0;
}

bool is_runtime(const void* caller) {
  const auto address = reinterpret_cast<uintptr_t>(caller);
  for (size_t i = 0; i < g_runtime_ranges; ++i)
    if (address >= g_runtime_code[i].begin && address < g_runtime_code[i].end) return true;
  return false;
}

/// The blocks that runtimes hold, by address: if a runtime frees one in a tail call, the variant
/// looks like the caller.
class RuntimeBlocks {
 public:
  /// False if there is no room for `block`.
  bool add(void* block) { return replace(nullptr, block, block); }
  /// False if `block` is not one of them.
  bool remove(void* block) { return replace(block, nullptr, block); }
  void clear() {
    for (std::atomic<void*>& slot : slots_) slot = nullptr;
  }

 private:
  static constexpr size_t kSlots = 4096, kTried = 16;

  bool replace(void* old, void* fresh, const void* block) {
    const size_t first = (reinterpret_cast<uintptr_t>(block) >> 4) * 0x9E3779B97F4A7C15u >> 52;
    for (size_t i = 0; i < kTried; ++i) {
      void* expected = old;
      if (slots_[(first + i) % kSlots].compare_exchange_strong(expected, fresh)) return true;
    }
    return false;
  }

  std::array<std::atomic<void*>, kSlots> slots_{};
};
RuntimeBlocks g_runtime_blocks;

void* count_in(void* block, const void* caller) {
  if (block == nullptr || !g_counting.load(std::memory_order_relaxed)) return block;
  if (is_runtime(caller) && g_runtime_blocks.add(block)) return block;
  const auto bytes = static_cast<int64_t>(malloc_usable_size(block));
  const int64_t live = g_live_bytes.fetch_add(bytes) + bytes;
  int64_t peak = g_peak_bytes.load();
  while (live > peak && !g_peak_bytes.compare_exchange_weak(peak, live)) {
  }
  return block;
}

void count_out(void* block, const void* caller) {
  if (block == nullptr || !g_counting.load(std::memory_order_relaxed)) return;
  if (g_runtime_blocks.remove(block) || is_runtime(caller)) return;
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

}  // extern "C"

namespace {

void* resize(void* block, size_t bytes, const void* caller) {
  count_out(block, caller);
  void* const moved = __libc_realloc(block, bytes);
  // A failed realloc leaves the old block as it was.
  return moved == nullptr && bytes != 0 ? (count_in(block, caller), nullptr)
                                        : count_in(moved, caller);
}

}  // namespace

#define CALLER __builtin_return_address(0)

extern "C" {

void* malloc(size_t bytes) noexcept {
  return count_in(__libc_malloc(bytes), CALLER);
}

void* calloc(size_t count, size_t bytes) noexcept {
  return count_in(__libc_calloc(count, bytes), CALLER);
}

void* realloc(void* block, size_t bytes) noexcept {
  return resize(block, bytes, CALLER);
}

void* reallocarray(void* block, size_t count, size_t bytes) noexcept {
  size_t total = 0;
  if (!__builtin_mul_overflow(count, bytes, &total)) return resize(block, total, CALLER);
  errno = ENOMEM;
  return nullptr;
}

void* memalign(size_t alignment, size_t bytes) noexcept {
  return count_in(__libc_memalign(alignment, bytes), CALLER);
}

void* aligned_alloc(size_t alignment, size_t bytes) noexcept {
  return count_in(__libc_memalign(alignment, bytes), CALLER);
}

int posix_memalign(void** block, size_t alignment, size_t bytes) noexcept {
  if (!is_power_of_two(alignment) || alignment % sizeof(void*) != 0) return EINVAL;
  void* const made = count_in(__libc_memalign(alignment, bytes), CALLER);
  if (made == nullptr) return ENOMEM;
  *block = made;
  return 0;
}

void* valloc(size_t bytes) noexcept {
  return count_in(__libc_valloc(bytes), CALLER);
}

void* pvalloc(size_t bytes) noexcept {
  return count_in(__libc_pvalloc(bytes), CALLER);
}

void free(void* block) noexcept {
  count_out(block, CALLER);
  __libc_free(block);
}

}  // extern "C"

namespace attnbench::measure {

HeapPeak heap_peak_of(const std::function<void()>& call) {
  g_runtime_ranges = 0;
  dl_iterate_phdr(collect_code, nullptr);
  g_runtime_blocks.clear();
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
