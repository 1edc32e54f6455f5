// The exact engine: softmax attention over whichever keys a pattern says are visible. README.md in
// this folder is the map of how it works.
#pragma once

#include <cstddef>
#include <cstdint>

#include "attnbench/variant.h"

namespace attnbench::kernels {

/// How the work is cut. The last bits of the result depend on the tile, but not on the number of
/// threads.
struct Tile {
  /// Query rows of a task, rounded up to whole strips. Small heads may have more.
  int64_t queries;
  /// The most keys of a block, rounded up to a multiple of 8.
  int64_t keys;
  /// Queries this far apart are attended together, because they see the same keys. Patterns with a
  /// step need it: there neighbouring queries see different keys. With kEachApart each query is
  /// attended on its own.
  int64_t query_step = 1;
  /// If it is not 0: the pattern changes from one block of this many queries to the next, and no
  /// task has queries of two blocks. Heeded only if query_step is 1.
  int64_t query_block = 0;
};
inline constexpr int64_t kEachApart = int64_t{1} << 40;
inline constexpr Tile kDefaultTile{96, 96};
/// The largest tile with which scratch stays within 1 MiB a thread at head_dim 512, if keys and
/// values are float32.
inline constexpr Tile kLargestTile{192, 512};

/// What attend() heeds of a Problem: everything.
inline constexpr uint32_t kEngineTakes = take::kScale | take::kSoftcap | take::kAlibi |
                                         take::kBf16 | take::kF16 | take::kInt8 | take::kQ8_0;

/// The exact scratch, in bytes, that attend() needs. It is linear in the number of threads and the
/// same for every length of self-attention. If few queries have their keys cut into chunks, the
/// chunks' results take more, but the first thread's scratch and they stay within 1 MiB.
Count scratch_bytes(const Call& call, const Tile& tile) noexcept;

/// The tile for patterns in which no queries see the same keys.
inline constexpr Tile kTileApart{192, 96, kEachApart};

/// The tile for patterns in which queries `step` apart see nearly the same keys.
constexpr Tile tile_of_steps(int64_t step) {
  return {kDefaultTile.queries, kDefaultTile.keys, step};
}

/// The tile for patterns that change from one block of queries to the next.
constexpr Tile tile_of_blocks(int64_t block) {
  return {kDefaultTile.queries, kDefaultTile.keys, 1, block};
}

/// Computes exact attention of every query over pattern.visible_keys. Queries that are neighbours,
/// or a step apart, are attended together, and the time is that of the union of the keys they see.
/// The conditions are those of Variant::forward; scratch is scratch_bytes() long and aligned to 64
/// bytes. q, k, v and out may be of any type that kEngineTakes names; sums are kept in float32. If
/// log_sums is not null, writes there the logarithm to base 2 of each row's sum of
/// 2^score, with scores in that base: [batch, heads, q_len], -infinity if the query sees nothing.
void attend(const Exact& pattern, const Call& call, const Tile& tile, const Inputs& inputs,
            const Tensor<float>& out, std::byte* scratch, float* log_sums = nullptr) noexcept;

/// One of two passes: the keys that it attends, and how its work is cut.
struct Pass {
  const Exact& pattern;
  Tile tile;
};
/// Exact attention over the keys of two patterns that have no key in common, one pass after the
/// other. It is for patterns whose near keys and far keys are seen alike by different sets of
/// queries. Each row's state goes from the first pass to the second in scratch, which for float32
/// is half a mebibyte; keys are not cut into chunks.
Count scratch_bytes(const Call& call, const Tile& first, const Tile& second) noexcept;
void attend(const Pass& first, const Pass& second, const Call& call, const Inputs& inputs,
            const Tensor<float>& out, std::byte* scratch, float* log_sums = nullptr) noexcept;

}  // namespace attnbench::kernels
