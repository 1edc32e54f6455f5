// block_sparse: attention under a mask of whole blocks, of a given density.
#include <algorithm>

#include "attnbench/register.h"
#include "kernels/draw.h"
#include "kernels/engine.h"
#include "kernels/visible.h"

namespace attnbench {
namespace {

class BlockSparse final : public kernels::Pattern {
 public:
  void visible_keys(const Call& call, int64_t query, KeySpans& keys) const noexcept override {
    const int64_t block = call.params[0];
    const KeySpan allowed = kernels::allowed_keys(call.problem, query);
    const int64_t blocks = (allowed.end + block - 1) / block;
    const int64_t row = kernels::block_of(aligned_position(call.problem, query), block);
    const int64_t shown = (blocks * call.params[1] + 99) / 100;
    const kernels::Draws draws(call.params[2], row);
    kernels::SpansWithin spans(allowed, keys);
    for (int64_t i = 0; i < shown; ++i) {
      const int64_t at = draws.from_part(blocks, shown, i);
      spans.add(at * block, (at + 1) * block);
    }
  }

  kernels::Tile tile(const Call& call) const noexcept override {
    return kernels::tile_of_blocks(call.params[0]);
  }

  Theory theory(const Call&) const noexcept override { return {.time = {2}, .memory = {0}}; }
};

constexpr Param kParams[] = {
    {"block", 64, 1, kernels::kWidest, "keys, and queries, a block"},
    {"density", 10, 1, 100,
     "percent of the blocks that causality allows a row that it sees, rounded up"},
    {"seed", 1, 0, kernels::kLargestSeed,
     "of the mask: one block at random from each equal part of a row"},
};

const Info kInfo{"block_sparse", "a random mask of whole blocks of a given density",
                 Kind::kExact,   "Dao et al. 2022, FlashAttention",
                 kParams,        3};

}  // namespace
}  // namespace attnbench

ATTNBENCH_VARIANT(attnbench::BlockSparse, attnbench::kInfo)
