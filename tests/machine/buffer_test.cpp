// Tests of the buffer: its alignment, its zeros, and what happens if there is no memory.
#include "machine/buffer.h"

#include <algorithm>
#include <cstdint>
#include <new>
#include <utility>

#include "catch.h"
#include "machine/machine_files.h"

namespace attnbench::machine {
namespace {

TEST_CASE("A buffer is aligned to a page and zeroed") {
  const Buffer buffer(12345);
  CHECK(reinterpret_cast<uintptr_t>(buffer.data()) % 4096 == 0);
  CHECK(buffer.size() == 12345);
  CHECK(std::all_of(buffer.data(), buffer.data() + 12345,
                    [](std::byte b) { return b == std::byte{0}; }));
  CHECK(buffer.floats().size() == 3086);
}

/// Whether the kernel grants huge pages to who asks by madvise.
bool grants_huge_pages() {
  const std::string setting = read_text("/sys/kernel/mm/transparent_hugepage/enabled");
  return setting.find("[never]") == std::string::npos && !setting.empty() &&
         process_huge_page_bytes().has_value();
}

void touch(const Buffer& buffer) {
  std::fill_n(buffer.data(), buffer.size(), std::byte{1});
}

TEST_CASE("A buffer gets huge pages if it asks for them and the kernel grants them") {
  if (!grants_huge_pages()) {
    WARN("this kernel grants no huge pages");
    return;
  }
  const int64_t before = *process_huge_page_bytes();
  const Buffer buffer(4 * kHugePageBytes + 1, record::Pages::kHuge);
  CHECK(reinterpret_cast<uintptr_t>(buffer.data()) % kHugePageBytes == 0);
  touch(buffer);
  CHECK(*process_huge_page_bytes() - before == static_cast<int64_t>(4 * kHugePageBytes));
}

TEST_CASE("A buffer that asks for small pages gets no huge ones") {
  const int64_t before = process_huge_page_bytes().value_or(0);
  const Buffer buffer(4 * kHugePageBytes, record::Pages::kSmall);
  touch(buffer);
  CHECK(process_huge_page_bytes().value_or(0) == before);
}

TEST_CASE("An empty buffer holds nothing") {
  const Buffer buffer(0);
  CHECK(buffer.data() == nullptr);
  CHECK(buffer.size() == 0);
}

TEST_CASE("A buffer that was moved from is empty") {
  Buffer from(100);
  std::byte* const data = from.data();
  Buffer to(std::move(from));
  CHECK(to.data() == data);
  CHECK(from.data() == nullptr);
  Buffer last;
  last = std::move(to);
  CHECK(last.data() == data);
  CHECK(last.size() == 100);
}

TEST_CASE("A buffer larger than the address space is out of memory") {
  REQUIRE_THROWS_AS(Buffer(size_t{1} << 60), std::bad_alloc);
}

}  // namespace
}  // namespace attnbench::machine
