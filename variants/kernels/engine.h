// The exact engine: softmax attention over whatever keys a pattern says are visible.
#pragma once

#include <cstddef>
#include <cstdint>

#include "attnbench/variant.h"

namespace attnbench::kernels {

/// How the work is cut. The result does not depend on the number of threads, but its last bits do
/// depend on the tile.
struct Tile {
  int64_t queries;  ///< Query rows a task, rounded up to whole strips; small heads may have more.
  int64_t keys;     ///< Keys a block at most, rounded up to a multiple of 8.
  /// Queries so far apart are attended together, as steps make neighbours see other keys than they
  /// do. With kEachApart each query is attended on its own.
  int64_t query_step = 1;
  /// Queries see alike within blocks of so many, from the first on: no task straddles two. 0: none.
  /// Only where query_step is 1.
  int64_t query_block = 0;
};
inline constexpr int64_t kEachApart = int64_t{1} << 40;
inline constexpr Tile kDefaultTile{96, 96};
/// With these, at head_dim 512, scratch stays within 1 MiB a thread.
inline constexpr Tile kLargestTile{192, 512};

/// Exact scratch, in bytes, that attend needs: linear in threads, and the same for every length of
/// self-attention. Where few queries have their keys cut into chunks, these add what is left of the
/// first thread's mebibyte at most.
Count scratch_bytes(const Call& call, const Tile& tile) noexcept;

inline constexpr Tile kTileApart{192, 96, kEachApart};

/// For patterns whose queries see alike where they are so far apart.
constexpr Tile tile_of_steps(int64_t step) {
  return {kDefaultTile.queries, kDefaultTile.keys, step};
}

/// For patterns that change from one block of queries to the next.
constexpr Tile tile_of_blocks(int64_t block) {
  return {kDefaultTile.queries, kDefaultTile.keys, 1, block};
}

/// Exact attention of every query over pattern.visible_keys. Takes time for the union of what
/// neighbouring queries see, or those a step apart. Conditions as for Variant::forward; scratch is
/// scratch_bytes long and aligned to 64 bytes.
void attend(const Variant& pattern, const Call& call, const Tile& tile, const Inputs& inputs,
            const Tensor<float>& out, std::byte* scratch) noexcept;

/// Keys that queries see, and how that is cut.
struct Pass {
  const Variant& pattern;
  Tile tile;
};
/// The same over the keys of two patterns, which share none: where keys near by and far away call
/// for other queries to be attended together. Rows' state is handed on from pass to pass in half a
/// mebibyte; keys are not cut into chunks.
Count scratch_bytes(const Call& call, const Tile& first, const Tile& second) noexcept;
void attend(const Pass& first, const Pass& second, const Call& call, const Inputs& inputs,
            const Tensor<float>& out, std::byte* scratch) noexcept;

/// An exact variant that the engine computes. What it sees, and how that grows, is all it says.
class Pattern : public Variant {
 public:
  virtual Tile tile(const Call&) const noexcept { return kDefaultTile; }

  Count workspace_bytes(const Call& call) const noexcept final {
    return scratch_bytes(call, tile(call));
  }
  void forward(const Call& call, const Inputs& inputs, const Tensor<float>& out,
               const Workspace& workspace) const noexcept final {
    attend(*this, call, tile(call), inputs, out, workspace.data);
  }

 protected:
  ~Pattern() = default;
};

}  // namespace attnbench::kernels
