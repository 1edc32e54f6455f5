// The product of a transposed matrix of weights with rows: what a key or its value gathers from all
// queries in the backward pass.
#include <algorithm>
#include <cassert>

#include "kernels/matrix.h"
#include "kernels/matrix_tile.h"
#include "kernels/microkernel.h"

namespace attnbench::kernels {
namespace {

/// Rows that are summed up before they are added to out, which keeps rounding errors from growing
/// with the number of rows. A pack holds as many rows of x.
constexpr int64_t kDepth = kPackFloats / kPackDims;

/// Weights are copied before they are multiplied, so many keys of kDepth rows at a time: a
/// microkernel reads a few keys of each row, and rows that are a power of two apart would evict one
/// another from the caches. Copies are an odd number of cache lines apart.
constexpr int64_t kCopiedKeys = 192;
constexpr int64_t kCopyPitch = kCopiedKeys + 16;

/// Some rows of x and of the weights.
struct Blocks {
  int64_t depth;                                   ///< Rows.
  alignas(64) float x[kPackFloats];                ///< [tile, depth, columns of the tile]
  alignas(64) float weights[kDepth * kCopyPitch];  ///< [depth, kCopyPitch]
};

/// Adds the products of kRows keys and a tile to c[key][:columns].
template <int kRows, int kVectors>
HWY_NOINLINE void add_tile(const float* weights, const float* tile, int64_t depth, float* c,
                           int64_t pitch, int64_t columns) {
  Vec sums[kRows][kVectors];
  clear_sums(sums);
  sum_products<Operand::kValues, kRows, kVectors, kTileVectors>(weights, kCopyPitch, tile, depth, 0,
                                                                nullptr, sums);
  for (int r = 0; r < kRows; ++r, c += pitch)
    for (int v = 0; v < kVectors; ++v)
      store_columns<true>(sums[r][v], columns - v * kLanes, c + v * kLanes);
}

/// Adds the products of all copied keys with `dims` packed columns of x.
void add_block(const Blocks& blocks, int64_t keys, int64_t dims, float* out, int64_t head_dim) {
  const int64_t step = tile_step(dims);
  for (int64_t dim = 0; dim < dims; dim += step) {
    const int64_t columns = std::min(step, dims - dim);
    const float* const tile = blocks.x + dim * blocks.depth;
    with_tile_vectors(columns, [&]<int kVectors>() {
      for_each_row_group<rows_in_registers(kTileVectors)>(keys, [&]<int kRows>(int64_t key) {
        add_tile<kRows, kVectors>(blocks.weights + key, tile, blocks.depth,
                                  out + key * head_dim + dim, head_dim, columns);
      });
    });
  }
}

/// Packs `dims` columns of blocks.depth rows of x.
void pack_tiles(const float* x, int64_t head_dim, int64_t dims, Blocks& blocks) {
  const int64_t step = tile_step(dims);
  for (int64_t dim = 0; dim < dims; dim += step) {
    const int64_t columns = std::min(step, dims - dim), padded = round_up(columns, kLanes);
    pack_rows(x + dim, head_dim, blocks.depth, columns, padded, blocks.x + dim * blocks.depth,
              padded);
  }
}

}  // namespace

void add_transposed_product(const float* weights, int64_t pitch, int64_t rows, int64_t keys,
                            const float* x, int64_t head_dim, float* out) noexcept {
  assert(pitch >= keys && "Rows of weights overlap");
  Blocks blocks;
  for (int64_t dim = 0; dim < head_dim; dim += kPackDims) {
    const int64_t dims = std::min(kPackDims, head_dim - dim);
    for (int64_t row = 0; row < rows; row += blocks.depth) {
      blocks.depth = std::min(kDepth, rows - row);
      pack_tiles(x + row * head_dim + dim, head_dim, dims, blocks);
      for (int64_t key = 0; key < keys; key += kCopiedKeys) {
        const int64_t some = std::min(kCopiedKeys, keys - key);
        pack_rows(weights + row * pitch + key, pitch, blocks.depth, some, round_up(some, kLanes),
                  blocks.weights, kCopyPitch);
        add_block(blocks, some, dims, out + key * head_dim + dim, head_dim);
      }
    }
  }
}

}  // namespace attnbench::kernels
