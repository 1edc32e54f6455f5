// conv_dense: a dense 1-D convolution. Each output is a sum, over `kernel` neighbouring tokens, of
// a matrix times the token, one matrix for each place. Tokens are v's rows of all heads
// (kernels/tokens.h).
//
// It is done as a product with packed matrices: the rows on the left are tokens where they lie, and
// each place of the kernel takes the rows that far away. A task is some tokens and a tile of
// outputs, whose sums stay in the nearest caches until all places and heads have been added.
#include <algorithm>
#include <cmath>
#include <vector>

#include "attnbench/register.h"
#include "kernels/packed.h"
#include "kernels/taps.h"
#include "kernels/tasks.h"
#include "kernels/tokens.h"

namespace attnbench {
namespace {

using kernels::kLanes;

/// Tokens of a task, in whole blocks of six rows: their sums for a tile take 24 KiB.
constexpr int64_t kTaskTokens = 96;
/// The most rows of a tile that are used at once, so that 128 KiB of it stay in a cache.
constexpr int64_t kMostDepth = 512;

constexpr int64_t kTileLanes = kernels::kTileVectorsForRows * kLanes;

/// How outputs are cut into tiles. The last tile has as many pairs of vectors as it needs.
struct Tiles {
  int64_t width, count;

  explicit Tiles(const Problem& p)
      : width(kernels::token_width(p)), count(kernels::divide_up(width, kTileLanes)) {}

  int64_t lanes(int64_t tile) const {
    return std::min(kTileLanes, kernels::round_up(width - tile * kTileLanes, 2 * kLanes));
  }
  int64_t all_lanes() const { return kernels::round_up(width, 2 * kLanes); }
  /// Where a tile's matrix for one place of the kernel begins, in the packed weights.
  int64_t packed(int64_t tile, int64_t tap, int64_t taps) const {
    return tile * kTileLanes * taps * width + tap * lanes(tile) * width;
  }
};

class ConvDense final : public Defines<ConvDense> {
 public:
  Support supports(const Call& call) const noexcept override {
    return kernels::one_width(call.problem);
  }

  void extra_inputs(const Call& call, ExtraInputs& inputs) const noexcept override {
    const int64_t kernel = call.params[0], width = kernels::token_width(call.problem);
    const double scale = 1 / std::sqrt(static_cast<double>(kernel * width));
    inputs.add({"weights", 1, kernel, width, width, Fill::kNormal, scale, 0, true});
    inputs.add({"bias", 1, 1, 1, width, Fill::kNormal, 0.1, 0, true});
  }

  Cost cost(const Call& call) const noexcept override {
    const kernels::Taps taps(call.problem, call.params[0]);
    const Problem& p = call.problem;
    const int64_t width = kernels::token_width(p);
    const Count floats = count(taps.kernel, width, width) + Count(width) +
                         count(p.batch, taps.tokens_read(p), width) +
                         count(p.batch, p.q_len, width);
    return {count(2, p.batch, taps.products(p), width, width), floats * Count(sizeof(float)),
            Count(1), taps.layers(p.kv_len)};
  }

  Count workspace_bytes(const Call& call) const noexcept override {
    const Tiles tiles(call.problem);
    return count(call.params[0], tiles.width, tiles.all_lanes(), sizeof(float)) +
           count(tiles.all_lanes(), sizeof(float));
  }
  Theory theory(const Call&) const noexcept override { return {.time = {1}, .memory = {0}}; }

  /// y_t = b + sum over j < kernel of W_j x_{t + right - j}, of the tokens that exist.
  template <class Real>
  void rows(const Call& call, const Inputs& in, const Rows& rows, Real* out) const {
    const Problem& p = call.problem;
    const kernels::Taps taps(p, call.params[0]);
    const int64_t width = kernels::token_width(p);
    std::vector<Real> x(static_cast<size_t>(width));
    for (const int64_t row : rows) {
      const int64_t t = aligned_position(p, row % p.q_len), head = row / p.q_len % p.heads;
      for (int64_t d = 0; d < p.head_dim; ++d)
        out[d] = t < 0 ? Real(0) : static_cast<Real>(in.extra[1].data[head * p.head_dim + d]);
      for (int64_t tap = 0; tap < taps.kernel && t >= 0; ++tap) {
        const int64_t from = t + taps.offset(tap);
        if (from < 0 || from >= p.kv_len) continue;
        kernels::copy_token(in.v, row / p.q_len / p.heads, from, x.data());
        kernels::add_weighed(in.extra[0].row(0, tap, head * p.head_dim), p.head_dim, width,
                             x.data(), out);
      }
      out += p.head_dim;
    }
  }

  void forward(const Call& call, const Inputs& in, const Tensor<float>& out,
               const Workspace& workspace) const noexcept override {
    const Problem& p = call.problem;
    const kernels::Taps taps(p, call.params[0]);
    const Tiles tiles(p);
    auto* const packed = reinterpret_cast<float*>(workspace.data);
    float* const bias = packed + taps.kernel * tiles.width * tiles.all_lanes();
    std::fill(std::copy_n(in.extra[1].data, tiles.width, bias), bias + tiles.all_lanes(), 0.0f);
    kernels::for_each_task(call.threads, tiles.count * taps.kernel, [&](int64_t task, int) {
      pack(in.extra[0], tiles, taps, task / taps.kernel, task % taps.kernel, packed);
    });
    const int64_t tasks = kernels::divide_up(p.q_len, kTaskTokens);
    kernels::for_each_task(call.threads, tiles.count * p.batch * tasks, [&](int64_t task, int) {
      const int64_t first = task % tasks * kTaskTokens;
      convolve(p, in, out, tiles, taps, packed, bias, task / tasks / p.batch,
               task / tasks % p.batch, first, std::min(first + kTaskTokens, p.q_len));
    });
  }

 private:
  static void pack(const Tensor<const float>& weights, const Tiles& tiles,
                   const kernels::Taps& taps, int64_t tile, int64_t tap, float* packed) {
    const float* rows[kTileLanes];
    for (int64_t lane = 0; lane < tiles.lanes(tile); ++lane)
      rows[lane] = weights.row(0, tap, std::min(tile * kTileLanes + lane, tiles.width - 1));
    kernels::pack_tile(rows, tiles.lanes(tile), tiles.width,
                       packed + tiles.packed(tile, tap, taps.kernel));
  }

  /// Queries [first, end) of one sequence, and the outputs of one tile.
  static void convolve(const Problem& p, const Inputs& in, const Tensor<float>& out,
                       const Tiles& tiles, const kernels::Taps& taps, const float* packed,
                       const float* bias, int64_t tile, int64_t batch, int64_t first, int64_t end) {
    const int64_t lanes = tiles.lanes(tile), column = tile * kTileLanes;
    alignas(64) float sums[kTaskTokens * kTileLanes];
    for (int64_t query = first; query < end; ++query) {
      float* const row = sums + (query - first) * lanes;
      if (aligned_position(p, query) >= 0)
        std::copy_n(bias + column, lanes, row);
      else
        std::fill_n(row, lanes, 0.0f);
    }
    for (int64_t tap = 0; tap < taps.kernel; ++tap) {
      const kernels::Range t = taps.positions(p, tap, first, end);
      if (t.begin >= t.end) continue;
      add_tap(p, in.v, batch, t.begin + taps.offset(tap), t.end - t.begin,
              packed + tiles.packed(tile, tap, taps.kernel), static_cast<int>(lanes / kLanes),
              sums + (t.begin - aligned_position(p, first)) * lanes);
    }
    for (int64_t query = first; query < end; ++query)
      kernels::for_each_piece(column, std::min(column + lanes, tiles.width), p.head_dim,
                              [&](int64_t head, int64_t dim, int64_t begin, int64_t count) {
                                std::copy_n(sums + (query - first) * lanes + begin - column, count,
                                            out.row(batch, head, query) + dim);
                              });
  }

  /// sums [tokens, lanes] += tokens from `first` on times a tile's matrix for one tap.
  static void add_tap(const Problem& p, const Tensor<const float>& v, int64_t batch, int64_t first,
                      int64_t tokens, const float* matrix, int vectors, float* sums) {
    const int64_t lanes = vectors * kLanes;
    const int64_t most_heads = std::max<int64_t>(1, kMostDepth / p.head_dim);
    for (int64_t head = 0; head < v.heads; head += most_heads) {
      const kernels::LeftRows left{v.row(batch, head, first), p.head_dim,
                                   std::min(most_heads, v.heads - head), p.head_dim,
                                   v.len * p.head_dim};
      for (int64_t i = 0; i < tokens;)
        i += kernels::multiply_packed(left.from(i), tokens - i, matrix + head * p.head_dim * lanes,
                                      vectors, sums + i * lanes, lanes, sums + i * lanes, lanes);
    }
  }
};

const Info kInfo{"conv_dense",
                 "a dense 1-D convolution over v; its weights are random",
                 Kind::kBaseline,
                 "Gehring et al. 2017, Convolutional Sequence to Sequence Learning",
                 kernels::kKernelParams,
                 1,
                 "is a convolution of v, and sees no q and k"};

}  // namespace
}  // namespace attnbench

ATTNBENCH_VARIANT(attnbench::ConvDense, attnbench::kInfo)
