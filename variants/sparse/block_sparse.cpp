// block_sparse: attention under a mask of whole blocks, given or of a given density.
#include <cmath>
#include <numeric>

#include "attnbench/register.h"
#include "kernels/draw.h"
#include "kernels/engine_variant.h"
#include "kernels/visible.h"

namespace attnbench {
namespace {

class BlockSparse final : public kernels::EngineVariant {
 public:
  Support supports(const Call& call) const noexcept override {
    const int64_t side = mask_side(call);
    if (side * side != call.list.size) return {"its mask is not square"};
    if (side > 0 && (call.problem.kv_len - 1) / call.params[0] >= side)
      return {"its mask has fewer blocks than the sequence"};
    return {};
  }

  void visible_keys(const Call& call, int64_t query, KeySpans& keys) const noexcept override {
    const int64_t block = call.params[0];
    const KeySpan allowed = kernels::allowed_keys(call.problem, query);
    const int64_t blocks = (allowed.end + block - 1) / block;
    const int64_t row = kernels::block_of(aligned_position(call.problem, query), block);
    kernels::SpansWithin spans(allowed, keys);
    if (call.list.size > 0) {
      if (row >= 0) add_masked(call.list.values + row * mask_side(call), blocks, block, spans);
      return;
    }
    const int64_t shown = (blocks * call.params[1] + 99) / 100;
    const kernels::Draws draws(call.params[2], row);
    for (int64_t i = 0; i < shown; ++i) {
      const int64_t at = draws.from_part(blocks, shown, i);
      spans.add(at * block, (at + 1) * block);
    }
  }

  kernels::Tile tile(const Call& call) const noexcept override {
    return kernels::tile_of_blocks(call.params[0]);
  }

  /// How a given mask grows with n is not known. The least possible growth is declared. Of a random
  /// one, a row has the part of its blocks that the density says, rounded up. That part is a
  /// multiple of g = gcd(density, 100) / 100, so that a row is rounded up by 0, g, 2 g, ... or
  /// 1 - g, on average by (1 - g) / 2 of a block.
  Theory theory(const Call& call) const noexcept override {
    if (call.list.size > 0) return {.time = {1}, .memory = {0}};
    const double share = static_cast<double>(call.params[1]) / 100;
    const double step = static_cast<double>(std::gcd(call.params[1], int64_t{100})) / 100;
    if (call.params[1] == 100) return {.time = {2}, .memory = {0}};
    return {.time = {{2, 0, call.problem.causal ? share / 2 : share, "the density"},
                     {1, 0, static_cast<double>(call.params[0]) * (1 - step) / 2,
                      "rounding up to blocks"}},
            .memory = {0}};
  }

 private:
  /// The number of blocks in a row of the mask; 0 if none is given.
  static int64_t mask_side(const Call& call) {
    return static_cast<int64_t>(std::sqrt(static_cast<double>(call.list.size)));
  }

  /// States the blocks that a row of the mask allows; neighbouring blocks make one span.
  static void add_masked(const int64_t* row, int64_t blocks, int64_t block,
                         kernels::SpansWithin& spans) {
    for (int64_t at = 0; at < blocks; ++at) {
      const int64_t begin = at;
      while (at < blocks && row[at] != 0) ++at;
      spans.add(begin * block, at * block);
    }
  }
};

constexpr Param kParams[] = {
    {"block", 64, 1, kernels::kWidest, "the size of a block, in keys and in queries"},
    {"density", 10, 1, 100,
     "percent, rounded up, of the blocks that causality allows a block of queries that it sees"},
    {"seed", 1, 0, kernels::kLargestSeed,
     "seed of the random mask, which takes one block from each of so many equal parts of a row"},
    {"mask", 0, 0, 1,
     "a mask to use instead of density and seed: a square matrix of 0 and 1, in which row i says "
     "which blocks of keys the queries of block i see; a shorter sequence takes its top left",
     true, true},
};

const Info kInfo{"block_sparse", "a mask of whole blocks: random of a given density, or given",
                 Kind::kExact,   "Dao et al. 2022, FlashAttention",
                 kParams,        4};

}  // namespace
}  // namespace attnbench

ATTNBENCH_VARIANT(attnbench::BlockSparse, attnbench::kInfo)
