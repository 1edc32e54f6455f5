// Products of a sequence's tokens with matrices of weights [width, width], as convolutions need
// them: outputs are cut into tiles, and the sums of some tokens' outputs in one tile stay in the
// nearest caches until every product has been added.
#pragma once

#include <algorithm>
#include <cstdint>

#include "attnbench/variant.h"
#include "kernels/divide.h"
#include "kernels/packed.h"
#include "kernels/tokens.h"

namespace attnbench::kernels {

/// The most tokens of a task, in whole blocks of six rows: their sums for a tile take 24 KiB.
inline constexpr int64_t kTaskTokens = 96;
inline constexpr int64_t kTileLanes = kTileVectorsForRows * kLanes;

/// Tokens of a task that computes all outputs of them, in whole blocks of six rows: few enough for
/// each thread to have about four tasks, so that threads end at about the same time.
inline int64_t task_tokens(const Call& call) {
  constexpr int64_t kTasksPerThread = 4;
  const int64_t share =
      divide_up(call.problem.batch * call.problem.q_len, kTasksPerThread * call.threads);
  return std::min(kTaskTokens, round_up(share, 6));
}

/// How outputs are cut into tiles. The last tile has as many pairs of vectors as it needs.
struct Tiles {
  int64_t width, count;

  explicit Tiles(const Problem& p) : width(token_width(p)), count(divide_up(width, kTileLanes)) {}

  int64_t lanes(int64_t tile) const {
    return std::min(kTileLanes, round_up(width - tile * kTileLanes, 2 * kLanes));
  }
  int64_t all_lanes() const { return round_up(width, 2 * kLanes); }
  /// Where a tile of matrix `index` begins, if each tile has its part of `matrices` matrices packed
  /// one after the other.
  int64_t packed(int64_t tile, int64_t index = 0, int64_t matrices = 1) const {
    return tile * kTileLanes * matrices * width + index * lanes(tile) * width;
  }

  /// Packs a tile of a matrix [width, width], which has a row for each output.
  void pack(const float* matrix, int64_t tile, float* to) const noexcept;
  /// The same of the matrix's transpose, which has a row for each input.
  void pack_transposed(const float* matrix, int64_t tile, float* to) const noexcept;
  /// Copies a bias [width] to [all_lanes].
  void pad(const float* bias, float* to) const noexcept;
};

/// The sums of the outputs in one tile of queries [first, end) of a sequence, at most kTaskTokens.
class TileSums {
 public:
  /// The sums begin with the bias [all_lanes], if that is not null, and with zero for queries
  /// before the first token.
  TileSums(const Problem& p, const Tiles& tiles, int64_t tile, int64_t first, int64_t end,
           const float* bias) noexcept;

  /// Adds the products of a packed matrix with rows [begin, begin + count) of x, all heads of a
  /// batch entry: the first one to the sums of query first + at, and so on.
  void add(const Tensor<const float>& x, int64_t batch, int64_t begin, int64_t count, int64_t at,
           const float* packed) noexcept;

  void store(const Tensor<float>& out, int64_t batch) const noexcept;

 private:
  const Problem& problem_;
  const Tiles& tiles_;
  int64_t first_, end_, lanes_, column_;
  alignas(64) float sums_[kTaskTokens * kTileLanes];
};

}  // namespace attnbench::kernels
