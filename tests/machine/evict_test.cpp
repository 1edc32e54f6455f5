// Evicting: memory keeps its contents, whatever its length and alignment.
#include "machine/evict.h"

#include <numeric>
#include <vector>

#include "catch.h"

namespace attnbench::machine {

TEST_CASE("Evicted memory keeps what was written to it") {
  std::vector<unsigned char> bytes(1000);
  std::iota(bytes.begin(), bytes.end(), static_cast<unsigned char>(0));
  const std::vector<unsigned char> before = bytes;
  for (const size_t begin : {0, 1, 63, 64, 999, 1000})
    evict(std::as_bytes(std::span(bytes).subspan(begin)));
  CHECK(bytes == before);
}

}  // namespace attnbench::machine
