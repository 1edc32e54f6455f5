// bigbird: each query sees the blocks of a window, some global blocks, and some random ones.
#include <algorithm>

#include "attnbench/register.h"
#include "kernels/draw.h"
#include "kernels/engine_variant.h"
#include "kernels/visible.h"

namespace attnbench {
namespace {

class BigBird final : public kernels::EngineVariant {
 public:
  void visible_keys(const Call& call, int64_t query, KeySpans& keys) const noexcept override {
    // Named one by one: Clang 14 does not let lambdas capture structured bindings.
    const Shape s = shape(call);
    const int64_t block = s.block, side = s.side, globals = s.globals;
    const KeySpan allowed = kernels::allowed_keys(call.problem, query);
    const int64_t blocks = (allowed.end + block - 1) / block;
    const int64_t row = kernels::block_of(aligned_position(call.problem, query), block);
    kernels::SpansWithin spans(allowed, keys);
    const auto add_blocks = [&](int64_t begin, int64_t end) {
      spans.add(begin * block, std::min(end, blocks) * block);
    };
    if (row >= 0 && row < globals) return add_blocks(0, blocks);

    // Random blocks are drawn from those that are neither global nor in the window. `before` of
    // these stand before the window.
    const int64_t before = std::max<int64_t>(0, std::min(row - side, blocks) - globals);
    const int64_t after_begin = std::max(row + side + 1, globals);
    const int64_t eligible = before + std::max<int64_t>(0, blocks - after_begin);
    const int64_t drawn = std::min(s.random, eligible);
    const kernels::Draws draws(s.seed, row);
    const auto drawn_block = [&](int64_t i) {
      const int64_t at = draws.from_part(eligible, drawn, i);
      return at < before ? globals + at : after_begin + at - before;
    };
    add_blocks(0, globals);
    int64_t i = 0;
    for (; i < drawn && drawn_block(i) < row; ++i) add_blocks(drawn_block(i), drawn_block(i) + 1);
    add_blocks(row - side, row + side + 1);
    for (; i < drawn; ++i) add_blocks(drawn_block(i), drawn_block(i) + 1);
  }

  kernels::Tile tile(const Call& call) const noexcept override {
    return kernels::tile_of_blocks(shape(call).block);
  }

  Theory theory(const Call&) const noexcept override { return {.time = {1}, .memory = {0}}; }

 private:
  struct Shape {
    int64_t block, side, globals, random, seed;
  };
  static Shape shape(const Call& call) {
    return {call.params[0], call.params[1], call.params[2], call.params[3], call.params[4]};
  }
};

constexpr int64_t kMostBlocks = int64_t{1} << 20;

constexpr Param kParams[] = {
    {"block", 64, 1, kMostBlocks, "the size of a block, in keys and in queries"},
    {"side", 1, 0, kMostBlocks, "blocks of the window on each side of the query's own"},
    {"globals", 1, 0, kMostBlocks,
     "the first blocks of the sequence, which see every key and which every query sees"},
    {"random", 3, 0, kMostBlocks,
     "random blocks for each block of queries: one from each of so many equal parts of the rest"},
    {"seed", 1, 0, kernels::kLargestSeed, "seed of the random blocks"},
};

const Info kInfo{"bigbird",    "a window, global tokens and random keys, all by blocks",
                 Kind::kExact, "Zaheer et al. 2020, Big Bird",
                 kParams,      5};

}  // namespace
}  // namespace attnbench

ATTNBENCH_VARIANT(attnbench::BigBird, attnbench::kInfo)
