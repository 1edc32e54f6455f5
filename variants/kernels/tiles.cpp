// Packing of weights in tiles, and the products with tokens.
#include "kernels/tiles.h"

#include "kernels/microkernel.h"

namespace attnbench::kernels {
namespace {

/// The most rows of a tile that are used at once, so that 128 KiB of it stay in a cache.
constexpr int64_t kMostDepth = 512;

}  // namespace

void Tiles::pack(const float* matrix, int64_t tile, float* to) const noexcept {
  const float* rows[kTileLanes];
  for (int64_t lane = 0; lane < lanes(tile); ++lane)
    rows[lane] = matrix + std::min(tile * kTileLanes + lane, width - 1) * width;
  pack_tile(rows, lanes(tile), width, to);
}

void Tiles::pack_transposed(const float* matrix, int64_t tile, float* to) const noexcept {
  const int64_t column = tile * kTileLanes;
  pack_rows(matrix + column, width, width, std::min(lanes(tile), width - column), lanes(tile), to,
            lanes(tile));
}

void Tiles::pad(const float* bias, float* to) const noexcept {
  std::fill(std::copy_n(bias, width, to), to + all_lanes(), 0.0f);
}

TileSums::TileSums(const Problem& p, const Tiles& tiles, int64_t tile, int64_t first, int64_t end,
                   const float* bias) noexcept
    : problem_(p),
      tiles_(tiles),
      first_(first),
      end_(end),
      lanes_(tiles.lanes(tile)),
      column_(tile * kTileLanes) {
  for (int64_t query = first; query < end; ++query) {
    float* const row = sums_ + (query - first) * lanes_;
    if (bias != nullptr && aligned_position(p, query) >= 0)
      std::copy_n(bias + column_, lanes_, row);
    else
      std::fill_n(row, lanes_, 0.0f);
  }
}

void TileSums::add(const Tensor<const float>& x, int64_t batch, int64_t begin, int64_t count,
                   int64_t at, const float* packed) noexcept {
  float* const sums = sums_ + at * lanes_;
  const int64_t most_heads = std::max<int64_t>(1, kMostDepth / x.dim);
  for (int64_t head = 0; head < x.heads; head += most_heads) {
    const LeftRows left{x.row(batch, head, begin), x.dim, std::min(most_heads, x.heads - head),
                        x.dim, x.len * x.dim};
    for (int64_t i = 0; i < count;)
      i += multiply_packed(left.from(i), count - i, packed + head * x.dim * lanes_,
                           static_cast<int>(lanes_ / kLanes), sums + i * lanes_, lanes_,
                           sums + i * lanes_, lanes_);
  }
}

void TileSums::store(const Tensor<float>& out, int64_t batch) const noexcept {
  for (int64_t query = first_; query < end_; ++query)
    for_each_piece(column_, std::min(column_ + lanes_, tiles_.width), problem_.head_dim,
                   [&](int64_t head, int64_t dim, int64_t begin, int64_t count) {
                     std::copy_n(sums_ + (query - first_) * lanes_ + begin - column_, count,
                                 out.row(batch, head, query) + dim);
                   });
}

}  // namespace attnbench::kernels
