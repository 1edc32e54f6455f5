// Tiles of the matrix products: a few vectors of columns of the matrix on the right, packed.
#pragma once

#include <cstdint>

#include "kernels/divide.h"
#include "kernels/simd.h"

namespace attnbench::kernels {

/// The most vectors of columns in a tile.
inline constexpr int kTileVectors = kHasAvx512 ? 4 : 3;
inline constexpr int64_t kTileColumns = kTileVectors * kLanes;

/// Floats of a pack: 128 KiB, which the second nearest cache holds.
inline constexpr int64_t kPackFloats = 32768;
/// The most dims that are packed at once.
inline constexpr int64_t kPackDims = 256;

/// Columns of a tile, if so many columns are cut into tiles that are about equally wide: one with
/// few would not hide the latency of FMA.
inline int64_t tile_step(int64_t columns) {
  const int64_t vectors = divide_up(columns, kLanes);
  return divide_up(vectors, divide_up(vectors, kTileVectors)) * kLanes;
}

/// Calls body.operator()<vectors of a tile of so many columns>().
template <class Body>
void with_tile_vectors(int64_t columns, const Body& body) {
  switch (divide_up(columns, kLanes)) {
    case 1:
      return body.template operator()<1>();
    case 2:
      return body.template operator()<2>();
    case 3:
      return body.template operator()<3>();
    default:
      return body.template operator()<kTileVectors>();
  }
}

}  // namespace attnbench::kernels
