// Products of rows with a matrix that is packed once and used often, such as the weights of a
// layer. A matrix [outputs, depth] is packed in tiles of a few vectors, whose lanes are outputs; a
// sum runs along the depth. An output's bits depend neither on the tile it is in nor on the rows
// that are multiplied along with it.
#pragma once

#include <cstdint>

#include "kernels/divide.h"
#include "kernels/simd.h"

namespace attnbench::kernels {

/// The most vectors of a tile, whose sums for one row hide the latency of FMA.
inline constexpr int kMostTileVectors = kHasAvx512 ? 8 : 4;
/// Vectors of a tile that is multiplied by many rows.
inline constexpr int kTileVectorsForRows = kHasAvx512 ? 4 : 2;
/// The most rows that are worth wide tiles: more rows hide the latency themselves.
inline constexpr int64_t kFewRows = 3;

/// The rows on the left: element (row, run, i) is first[row * pitch + run * run_stride + i], for
/// `runs` runs of `run_length` elements, which together are the depth.
struct LeftRows {
  const float* first;
  int64_t pitch;
  int64_t runs, run_length, run_stride;

  LeftRows from(int64_t row) const {
    return {first + row * pitch, pitch, runs, run_length, run_stride};
  }
};

/// Packs rows[0], ..., rows[lanes - 1], each with `depth` elements, as one tile [depth, lanes],
/// which is aligned to a vector. `lanes` is a multiple of kLanes.
void pack_tile(const float* const* rows, int64_t lanes, int64_t depth, float* tile) noexcept;

/// Multiplies some of `left`'s rows, of which there are `rows`, by a tile of 2, 3, 4, 6 or 8
/// vectors, and returns how many it did. Row r's sums begin with start[r * start_pitch], or with
/// zero if start is null, and go to c[r * c_pitch]; both are vectors. All addresses but left's are
/// aligned.
int64_t multiply_packed(const LeftRows& left, int64_t rows, const float* tile, int vectors,
                        const float* start, int64_t start_pitch, float* c,
                        int64_t c_pitch) noexcept;

}  // namespace attnbench::kernels
