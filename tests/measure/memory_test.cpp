// Tests of the memory counters: the heap peak and the resident peak.
#include "measure/memory.h"

#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <deque>
#include <memory>
#include <thread>
#include <vector>

#include "catch.h"
#include "machine/buffer.h"
#include "machine/machine_files.h"
#include "measure/fenced_block.h"

namespace attnbench::measure {
namespace {

#ifndef ATTNBENCH_SANITIZED

constexpr size_t kBytes = 1 << 20;

/// Keeps the compiler from leaving out a block that nobody else sees.
void keep(void* block) {
  [[maybe_unused]] void* volatile seen = block;
}

/// The heap peak of a call that takes one block and gives it back.
template <class Take>
int64_t peak_of_block(Take take) {
  return heap_peak_of([&] {
           void* volatile block = take();
           std::free(block);
         })
      .bytes.value();
}

TEST_CASE("A block between fences takes no huge page that does not fit in it") {
  constexpr int kBlocks = 8;
  constexpr auto kHuge = static_cast<int64_t>(machine::kHugePageBytes);
  const auto resident = [] { return machine::process_memory_bytes("VmRSS").value_or(0); };
  for (const FencedEnd end : {FencedEnd::kFront, FencedEnd::kBack}) {
    const int64_t before = resident();
    std::deque<FencedBlock> blocks;
    for (int i = 0; i < kBlocks; ++i) blocks.emplace_back(100, 4, end).floats()[0] = 1;
    CHECK(resident() - before < kBlocks * kHuge / 4);
  }
}

TEST_CASE("Every way to take memory from the heap is counted") {
  const auto is_one_block = [](int64_t peak) {
    return peak >= int64_t{kBytes} && peak < int64_t{kBytes} + 16384;
  };
  CHECK(is_one_block(peak_of_block([] { return std::malloc(kBytes); })));
  CHECK(is_one_block(peak_of_block([] { return std::calloc(kBytes / 8, 8); })));
  CHECK(is_one_block(peak_of_block([] { return std::realloc(nullptr, kBytes); })));
  CHECK(is_one_block(peak_of_block([] { return reallocarray(nullptr, kBytes / 8, 8); })));
  CHECK(is_one_block(peak_of_block([] { return std::aligned_alloc(64, kBytes); })));
  CHECK(is_one_block(peak_of_block([] { return memalign(4096, kBytes); })));
  CHECK(is_one_block(peak_of_block([] { return valloc(kBytes); })));
  CHECK(is_one_block(peak_of_block([] { return pvalloc(kBytes); })));
  CHECK(is_one_block(peak_of_block([] {
    void* block = nullptr;
    return posix_memalign(&block, 64, kBytes) == 0 ? block : nullptr;
  })));
  CHECK(is_one_block(heap_peak_of([] { keep(std::vector<char>(kBytes).data()); }).bytes.value()));
}

/// A parallel region that no compiler leaves out.
void begin_region(int threads) {
  std::atomic<int> ran{0};
#pragma omp parallel num_threads(threads)
  ++ran;
  REQUIRE(ran > 0);
}

TEST_CASE("Memory that the OpenMP runtime takes for its teams is not counted") {
  const auto call = [] {
    for (const int threads : {1, 2, 3, 1, 2}) begin_region(threads);
  };
  call();  // The first call starts the threads, which take memory from the C library.
  CHECK(heap_peak_of(call).bytes == 0);
}

TEST_CASE("Memory that a call takes between OpenMP regions is counted in full") {
  begin_region(2);
  const HeapPeak peak = heap_peak_of([] {
    for (int i = 0; i < 100; ++i) begin_region(1);
    void* volatile block = std::malloc(1000);
    begin_region(1);
    std::free(block);
  });
  CHECK(peak.bytes.value() >= 1000);
  CHECK(peak.bytes.value() < 1500);
}

TEST_CASE("The peak is the most that was held at once, not the sum") {
  const HeapPeak peak = heap_peak_of([] {
    for (int i = 0; i < 10; ++i) {
      void* volatile block = std::malloc(kBytes);
      std::free(block);
    }
  });
  CHECK(peak.bytes.value() < int64_t{2 * kBytes});
  CHECK(peak.reason.empty());
}

TEST_CASE("A block that grows is counted once") {
  const HeapPeak peak = heap_peak_of([] {
    void* block = std::malloc(kBytes);
    keep(block);
    block = std::realloc(block, 2 * kBytes);
    keep(block);
    std::free(block);
  });
  CHECK(peak.bytes.value() >= int64_t{2 * kBytes});
  CHECK(peak.bytes.value() < int64_t{3 * kBytes});
}

TEST_CASE("What other threads take is counted too") {
  const HeapPeak peak = heap_peak_of([] {
    std::thread([] {
      void* volatile block = std::malloc(kBytes);
      std::free(block);
    }).join();
  });
  CHECK(peak.bytes.value() >= int64_t{kBytes});
}

TEST_CASE("A call that takes no memory has a peak of zero, even if it gives some back") {
  auto before = std::make_unique<std::vector<char>>(kBytes);
  CHECK(heap_peak_of([] {}).bytes == 0);
  CHECK(heap_peak_of([&] { before.reset(); }).bytes == 0);
}

TEST_CASE("The resident peak rises by the pages that are touched") {
  reset_resident_peak();
  const int64_t before = machine::process_memory_bytes("VmHWM").value();
  const machine::Buffer buffer(size_t{64} << 20);
  for (std::byte* at = buffer.data(); at < buffer.data() + buffer.size(); at += 4096)
    *at = std::byte{1};
  const int64_t grown = machine::process_memory_bytes("VmHWM").value() - before;
  CHECK(grown > int64_t{60} << 20);
  CHECK(grown < int64_t{70} << 20);
}

#else

TEST_CASE("Under sanitizers the heap peak is unknown, and the reason says so") {
  bool called = false;
  const HeapPeak peak = heap_peak_of([&] { called = true; });
  CHECK(called);
  CHECK_FALSE(peak.bytes);
  CHECK_FALSE(peak.reason.empty());
}

#endif

}  // namespace
}  // namespace attnbench::measure
