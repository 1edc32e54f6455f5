// Tests of the buffer: its alignment, its zeros, and what happens if there is no memory.
#include "machine/buffer.h"

#include <algorithm>
#include <cstdint>
#include <new>
#include <utility>

#include "catch.h"

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
