// The gradients of tokens, matrices and biases.
#include "kernels/weight_gradients.h"

#include <algorithm>

#include "kernels/tasks.h"
#include "kernels/tile_product.h"
#include "kernels/vectors.h"

namespace attnbench::kernels {
namespace {

/// Copies columns [column, column + columns) of some tokens to rows that are `pitch` apart.
void pack_tokens(const Tensor<const float>& from, int64_t batch, int64_t begin, int64_t count,
                 int64_t column, int64_t columns, float* to, int64_t pitch) {
  for_each_piece(column, column + columns, from.dim,
                 [&](int64_t head, int64_t dim, int64_t at, int64_t floats) {
                   const float* row = from.row(batch, head, begin) + dim;
                   for (int64_t t = 0; t < count; ++t, row += from.dim)
                     std::copy_n(row, floats, to + t * pitch + at - column);
                 });
}

/// Adds the products of `count` packed tokens to sums [rows, kVectors].
template <int kVectors>
void add_products(const float* d, const float* x, int64_t count, int64_t rows, float* sums) {
  constexpr int64_t kPitch = kVectors * kLanes;
  for_each_row_group<rows_in_registers(kVectors)>(rows, [&]<int kRows>(int64_t row) {
    float* const to = sums + row * kPitch;
    multiply_tile<Operand::kValues, kRows, kVectors, kVectors>(d + row, MatrixGradient::kRows, x,
                                                               count, to, to, kPitch);
  });
}

}  // namespace

void write_dense_token_gradients(const Call& call, const Taps& taps,
                                 const Tensor<const float>& weights, const Tensor<const float>& d,
                                 float* scratch, const Tensor<float>& to) noexcept {
  const Problem& p = call.problem;
  const Tiles tiles(p);
  for_each_task(call.threads, tiles.count * taps.kernel, [&](int64_t task, int) {
    const int64_t tile = task / taps.kernel, tap = task % taps.kernel;
    tiles.pack_transposed(weights.head(0, tap), tile,
                          scratch + tiles.packed(tile, tap, taps.kernel));
  });
  Problem by_token = p;  // A row of the result is a token, not a query.
  by_token.q_len = p.kv_len;
  const int64_t tasks = divide_up(p.kv_len, kTaskTokens);
  for_each_task(call.threads, tiles.count * p.batch * tasks, [&](int64_t task, int) {
    const int64_t tile = task / tasks / p.batch, batch = task / tasks % p.batch;
    const int64_t first = task % tasks * kTaskTokens;
    const int64_t end = std::min(first + kTaskTokens, p.kv_len);
    TileSums sums(by_token, tiles, tile, first, end, nullptr);
    for (int64_t tap = 0; tap < taps.kernel; ++tap) {
      const Range outputs = taps.positions(p, tap, 0, p.q_len);
      const int64_t offset = taps.offset(tap), begin = std::max(first, outputs.begin + offset);
      const int64_t count = std::min(end, outputs.end + offset) - begin;
      if (count > 0)
        sums.add(d, batch, begin - offset - aligned_position(p, 0), count, begin - first,
                 scratch + tiles.packed(tile, tap, taps.kernel));
    }
    sums.store(to, batch);
  });
}

void MatrixGradient::write(int64_t task, const MeetingTokens& tokens, float* scratch,
                           float* to) const noexcept {
  const int64_t tile = task / blocks_, lanes = tiles_.lanes(tile), column = tile * kTileLanes;
  const int64_t columns = std::min(lanes, tiles_.width - column);
  const int64_t first = std::min(task % blocks_ * rows_, tiles_.width);
  const int64_t rows = std::min(rows_, tiles_.width - first);
  float* const sums = scratch;
  float* const d = sums + kRows * kTileLanes;
  float* const x = d + kTokens * kRows;
  std::fill_n(scratch, kScratch, 0.0f);
  for (int64_t batch = 0; batch < tokens.d.batch; ++batch)
    for (int64_t t = tokens.begin; t < tokens.end; t += kTokens) {
      const int64_t count = std::min(kTokens, tokens.end - t);
      pack_tokens(tokens.d, batch, t, count, first, rows, d, kRows);
      pack_tokens(tokens.x, batch, t + tokens.shift, count, column, columns, x, lanes);
      if (lanes == kTileLanes)
        add_products<kTileVectorsForRows>(d, x, count, round_up(rows, 4), sums);
      else
        add_products<2>(d, x, count, round_up(rows, 4), sums);
    }
  for (int64_t row = 0; row < rows; ++row)
    std::copy_n(sums + row * lanes, columns, to + (first + row) * tiles_.width + column);
}

void write_bias_gradient(const Call& call, const Tensor<const float>& d, float* to) noexcept {
  const int64_t begin = first_seeing(call.problem), end = call.problem.q_len;
  for_each_task(call.threads, d.heads, [&](int64_t head, int) {
    float sum[kMaxHeadDim];
    float* const total = to + head * d.dim;
    std::fill_n(total, d.dim, 0.0f);
    for (int64_t batch = 0; batch < d.batch; ++batch)
      for (int64_t first = begin; first < end; first += MatrixGradient::kTokens) {
        std::fill_n(sum, d.dim, 0.0f);
        for (int64_t t = first; t < std::min(first + MatrixGradient::kTokens, end); ++t)
          add_scaled(1, d.row(batch, head, t), d.dim, sum);
        add_scaled(1, sum, d.dim, total);
      }
  });
}

}  // namespace attnbench::kernels
