// Products c = a b of row-major matrices. Lanes are columns of b. b is packed into tiles of a few
// vectors of columns; a and c are not packed.
//
// If the n^2 scores outgrow the caches, writing and reading them sets the pace. A core of a Xeon
// wrote 192 bytes in each of many rows, a page apart, at 4 GB/s. It wrote at 9 to 10 GB/s if a few
// rows took four or more tiles one after the other and prefetched the lines to be written next. A
// product with head_dim 64 at 80 % of that core's FMA peak writes 4.5 GB/s.
#include "kernels/matrix.h"

#include <algorithm>
#include <cassert>

#include "kernels/divide.h"
#include "kernels/matrix_tile.h"
#include "kernels/microkernel.h"
#include "kernels/prefetch.h"
#include "kernels/transpose.h"
#include "kernels/vectors.h"

namespace attnbench::kernels {
namespace {

/// Fewer rows than this are not worth the packing: they read b in place, at the speed of memory.
constexpr int64_t kFewestPackedRows = 4;
/// How far ahead such rows prefetch b.
constexpr int64_t kAheadFloats = 2048;

/// Some rows and columns of b, packed.
struct Pack {
  int64_t depth;                         ///< Rows of b.
  int64_t columns;                       ///< Columns of b.
  int64_t step;                          ///< Columns of a tile; the last tile has what is left.
  alignas(64) float tiles[kPackFloats];  ///< [tile, depth, kTileColumns]

  float* tile(int64_t column) { return tiles + column / step * depth * kTileColumns; }
};

/// Some rows of a and of c. a points to the column of a that meets the pack's first row, c to the
/// column of c that meets the pack's first column.
struct Panel {
  const float* a;
  int64_t a_pitch;
  float* c;
  int64_t c_pitch;
};

/// Computes sum over i < depth of a[r][i] * tile[i][:] for kRows rows r, and writes it to
/// c[r][:columns], or adds it if kAdds. If it adds, it prefetches the next kRows rows of a, else
/// the lines of c at `next`.
template <int kRows, int kVectors, bool kAdds>
HWY_NOINLINE void multiply_tile(const Panel& panel, const float* tile, int64_t depth, float* c,
                                int64_t columns, const float* next) {
  Vec sums[kRows][kVectors];
  clear_sums(sums);
  const float* a = panel.a;
  if constexpr (kAdds) {
    const int64_t whole = depth / kLineFloats * kLineFloats;
    sum_products<Operand::kKeys, kRows, kVectors, kTileVectors, kLineFloats, Prefetch::kStreams>(
        a, panel.a_pitch, tile, whole, kLineFloats, a + kRows * panel.a_pitch, sums);
    a += whole;
    tile += whole * kTileColumns;
    depth -= whole;
  } else {
    for (int r = 0; r < kRows; ++r) {
      for (int64_t i = 0; i < kVectors * kLanes; i += kLineFloats) {
        __builtin_prefetch(next + r * panel.c_pitch + i, /* to be written */ 1);
      }
    }
  }
  sum_products<Operand::kKeys, kRows, kVectors, kTileVectors>(a, panel.a_pitch, tile, depth, 0,
                                                              nullptr, sums);
  for (int r = 0; r < kRows; ++r, c += panel.c_pitch) {
    for (int v = 0; v < kVectors; ++v)
      store_columns<kAdds>(sums[r][v], columns - v * kLanes, c + v * kLanes);
  }
}

/// Multiplies kRows rows by all tiles.
template <int kRows, bool kAdds>
void multiply_rows(const Panel& panel, Pack& pack) {
  for (int64_t column = 0; column < pack.columns; column += pack.step) {
    const int64_t columns = std::min(pack.step, pack.columns - column);
    float* const c = panel.c + column;
    const float* const next =
        column + pack.step < pack.columns ? c + pack.step : panel.c + kRows * panel.c_pitch;
    with_tile_vectors(columns, [&]<int kVectors>() {
      multiply_tile<kRows, kVectors, kAdds>(panel, pack.tile(column), pack.depth, c, columns, next);
    });
  }
}

/// Multiplies all rows by all tiles.
template <bool kAdds>
void multiply_panel(const Panel& panel, int64_t rows, Pack& pack) {
  for_each_row_group<rows_in_registers(kTileVectors)>(rows, [&]<int kRows>(int64_t row) {
    multiply_rows<kRows, kAdds>({panel.a + row * panel.a_pitch, panel.a_pitch,
                                 panel.c + row * panel.c_pitch, panel.c_pitch},
                                pack);
  });
}

/// Packs keys [pack.columns, pitch], transposed, and of their dims those below pack.depth.
void pack_keys(const float* keys, int64_t pitch, Pack& pack) {
  for (int64_t key = 0; key < pack.columns; key += pack.step) {
    const float* rows[kTileColumns];
    for (int64_t i = 0; i < kTileColumns; ++i) {
      rows[i] = keys + std::min(key + i, pack.columns - 1) * pitch;
    }
    transpose(rows, kTileColumns, pack.depth, 1, pack.tile(key));
  }
}

/// Packs values [pack.depth, pitch], and of their dims those below pack.columns.
void pack_values(const float* values, int64_t pitch, Pack& pack) {
  for (int64_t dim = 0; dim < pack.columns; dim += pack.step) {
    const int64_t dims = std::min(pack.step, pack.columns - dim);
    pack_rows(values + dim, pitch, pack.depth, dims, round_up(dims, kLanes), pack.tile(dim),
              kTileColumns);
  }
}

/// multiply_values() without packing, for few rows. out holds zeros. The sum over a few keys is
/// complete before it is added to the others, as in a pack.
void multiply_values_unpacked(const float* weights, int64_t pitch, int64_t rows, const float* v,
                              int64_t keys, int64_t head_dim, float* out) {
  constexpr int64_t kShortSum = 128;
  float sums[kPackDims];
  for (int64_t dim = 0; dim < head_dim; dim += kPackDims) {
    const int64_t dims = std::min(kPackDims, head_dim - dim);
    for (int64_t first = 0; first < keys; first += kShortSum) {
      const int64_t last = std::min(first + kShortSum, keys);
      for (int64_t row = 0; row < rows; ++row) {
        std::fill_n(sums, dims, 0.0f);
        for (int64_t key = first; key < last; ++key) {
          const float* from = v + key * head_dim + dim;
          if (row == 0) prefetch(from + kAheadFloats, dims);
          add_scaled(weights[row * pitch + key], from, dims, sums);
        }
        add_scaled(1, sums, dims, out + row * head_dim + dim);
      }
    }
  }
}

}  // namespace

void multiply_keys(const float* q, int64_t rows, const float* k, int64_t keys, int64_t head_dim,
                   float* scores, int64_t pitch) noexcept {
  assert(pitch >= keys && "Rows of scores overlap");
  if (rows < kFewestPackedRows) {
    for (int64_t key = 0; key < keys; ++key, k += head_dim) {
      prefetch(k + kAheadFloats, head_dim);
      for (int64_t row = 0; row < rows; ++row) {
        scores[row * pitch + key] = dot(q + row * head_dim, k, head_dim);
      }
    }
    return;
  }
  Pack pack;
  pack.step = kTileColumns;
  const int64_t tiles = kPackFloats / std::min(head_dim, kPackDims) / kTileColumns;
  for (int64_t key = 0; key < keys; key += pack.columns) {
    pack.columns = std::min(tiles * kTileColumns, keys - key);
    for (int64_t dim = 0; dim < head_dim; dim += pack.depth) {
      pack.depth = std::min(kPackDims, head_dim - dim);
      pack_keys(k + key * head_dim + dim, head_dim, pack);
      const Panel panel{q + dim, head_dim, scores + key, pitch};
      if (dim == 0) {
        multiply_panel<false>(panel, rows, pack);
      } else {
        multiply_panel<true>(panel, rows, pack);
      }
    }
  }
}

void multiply_values(const float* weights, int64_t pitch, int64_t rows, const float* v,
                     int64_t keys, int64_t head_dim, float* out) noexcept {
  assert(pitch >= keys && "Rows of weights overlap");
  std::fill_n(out, rows * head_dim, 0.0f);
  if (rows < kFewestPackedRows) {
    multiply_values_unpacked(weights, pitch, rows, v, keys, head_dim, out);
    return;
  }
  Pack pack;
  for (int64_t dim = 0; dim < head_dim; dim += pack.columns) {
    pack.columns = std::min(kPackDims, head_dim - dim);
    pack.step = tile_step(pack.columns);
    const int64_t tiles = divide_up(pack.columns, pack.step);
    const int64_t most = kPackFloats / (tiles * kTileColumns) / kLineFloats * kLineFloats;
    for (int64_t key = 0; key < keys; key += pack.depth) {
      pack.depth = std::min(most, keys - key);
      pack_values(v + key * head_dim + dim, head_dim, pack);
      multiply_panel<true>({weights + key, pitch, out + dim, head_dim}, rows, pack);
    }
  }
}

}  // namespace attnbench::kernels
