// Tests of memory between fences.
#include "measure/fenced_block.h"

#include <deque>
#include <stdexcept>

#include "catch.h"

namespace attnbench::measure {
namespace {

TEST_CASE("As many fenced blocks as may live are all watched, and no more can be had") {
  const FaultWatch watch;
  std::deque<FencedBlock> blocks;
  for (size_t i = 0; i < FencedBlock::kMost; ++i)
    blocks.emplace_back(64, 64, FencedEnd::kBack, record::Pages::kSmall);
  CHECK_THROWS_AS(blocks.emplace_back(64, 64, FencedEnd::kBack), std::length_error);
  volatile std::byte& beyond = *(blocks.back().data() + 68);
  beyond = std::byte{1};
  CHECK(blocks.front().trespass() == "");
  CHECK(blocks.back().trespass() == "4 bytes past its end");
  blocks.pop_front();
  blocks.emplace_back(64, 64, FencedEnd::kBack, record::Pages::kSmall);
}

}  // namespace
}  // namespace attnbench::measure
