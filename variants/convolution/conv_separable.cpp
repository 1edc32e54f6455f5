// conv_separable: a depthwise separable 1-D convolution: a depthwise one (conv_depthwise), then a
// pointwise one, which is one matrix that mixes the channels of each token. Tokens are v's rows of
// all heads (kernels/tokens.h).
//
// A task convolves some tokens into scratch, and multiplies them by the packed matrix, one tile of
// outputs after the other.
#include <algorithm>
#include <cmath>
#include <vector>

#include "attnbench/register.h"
#include "kernels/depthwise.h"
#include "kernels/taps.h"
#include "kernels/tasks.h"
#include "kernels/tiles.h"
#include "kernels/tokens.h"

namespace attnbench {
namespace {

/// The inputs beside v, in the order declared.
enum Extra : int64_t { kDepthwise, kPointwise, kBias };

class ConvSeparable final : public Defines<ConvSeparable> {
 public:
  Support supports(const Call& call) const noexcept override {
    return kernels::one_width(call.problem);
  }

  void extra_inputs(const Call& call, ExtraInputs& inputs) const noexcept override {
    const int64_t kernel = call.params[0], width = kernels::token_width(call.problem);
    const double depthwise = 1 / std::sqrt(static_cast<double>(kernel));
    const double pointwise = 1 / std::sqrt(static_cast<double>(width));
    inputs.add({"depthwise_weights", 1, 1, kernel, width, Fill::kNormal, depthwise, 0, true});
    inputs.add({"pointwise_weights", 1, 1, width, width, Fill::kNormal, pointwise, 0, true});
    inputs.add({"bias", 1, 1, 1, width, Fill::kNormal, 0.1, 0, true});
  }

  /// k n d + n d^2 of Vaswani et al. 2017, section 4, counted in multiply-adds.
  Cost cost(const Call& call) const noexcept override {
    const kernels::Taps taps(call.problem, call.params[0]);
    const Problem& p = call.problem;
    const int64_t width = kernels::token_width(p);
    const int64_t outputs = std::min(p.q_len, p.kv_len);
    const Count floats = count(taps.kernel, width) + count(width, width) + Count(width) +
                         count(p.batch, taps.tokens_read(p), width) +
                         count(p.batch, p.q_len, width);
    return {count(2, p.batch, taps.products(p), width) + count(2, p.batch, outputs, width, width),
            floats * Count(sizeof(float)), Count(1), taps.layers(p.kv_len)};
  }

  Count workspace_bytes(const Call& call) const noexcept override {
    const kernels::Tiles tiles(call.problem);
    return count(tiles.width, tiles.all_lanes(), sizeof(float)) +
           count(tiles.all_lanes(), sizeof(float)) +
           count(call.params[0], tiles.width, sizeof(float)) +
           count(call.threads, kernels::kTaskTokens, tiles.width, sizeof(float));
  }
  Theory theory(const Call&) const noexcept override { return {.time = {1}, .memory = {0}}; }

  /// y_t = b + P z_t, where channel c of z_t is the sum over j < kernel of w_jc x_{t + right - j,
  /// c} of the tokens that exist. As in Chollet 2017, nothing stands between the two, and the
  /// spatial convolution comes first.
  template <class Real>
  void rows(const Call& call, const Inputs& in, const Rows& rows, Real* out) const {
    const Problem& p = call.problem;
    const kernels::Taps taps(p, call.params[0]);
    const int64_t width = kernels::token_width(p);
    std::vector<Real> x(static_cast<size_t>(width)), z(static_cast<size_t>(width));
    for (const int64_t row : rows) {
      const int64_t t = aligned_position(p, row % p.q_len), head = row / p.q_len % p.heads;
      for (int64_t d = 0; d < p.head_dim; ++d)
        out[d] = t < 0 ? Real(0) : static_cast<Real>(in.extra[kBias].data[head * p.head_dim + d]);
      std::fill(z.begin(), z.end(), Real(0));
      for (int64_t tap = 0; tap < taps.kernel && t >= 0; ++tap) {
        const int64_t from = t + taps.offset(tap);
        if (from < 0 || from >= p.kv_len) continue;
        kernels::copy_token(in.v, row / p.q_len / p.heads, from, x.data());
        const float* const weights = in.extra[kDepthwise].row(0, 0, tap);
        for (size_t c = 0; c < z.size(); ++c) z[c] += static_cast<Real>(weights[c]) * x[c];
      }
      kernels::add_weighed(in.extra[kPointwise].row(0, 0, head * p.head_dim), p.head_dim, width,
                           z.data(), out);
      out += p.head_dim;
    }
  }

  void forward(const Call& call, const Inputs& in, const Tensor<float>& out,
               const Workspace& workspace) const noexcept override {
    const Problem& p = call.problem;
    const kernels::Taps taps(p, call.params[0]);
    const kernels::Tiles tiles(p);
    auto* const packed = reinterpret_cast<float*>(workspace.data);
    float* const bias = packed + tiles.width * tiles.all_lanes();
    float* const weights = bias + tiles.all_lanes();
    float* const convolved = weights + taps.kernel * tiles.width;
    kernels::pack_depthwise(p, taps, in.extra[kDepthwise].data, weights);
    tiles.pad(in.extra[kBias].data, bias);
    kernels::for_each_task(call.threads, tiles.count, [&](int64_t tile, int) {
      tiles.pack(in.extra[kPointwise].data, tile, packed + tiles.packed(tile));
    });
    const int64_t tokens = kernels::task_tokens(call), tasks = kernels::divide_up(p.q_len, tokens);
    kernels::for_each_task(call.threads, p.batch * tasks, [&](int64_t task, int thread) {
      const int64_t batch = task / tasks, first = task % tasks * tokens;
      const int64_t end = std::min(first + tokens, p.q_len);
      float* const z = convolved + thread * kernels::kTaskTokens * tiles.width;
      for (int64_t head = 0; head < p.heads; ++head)
        kernels::convolve_depthwise(p, taps, in.v.head(batch, head),
                                    {weights + head * taps.kernel * p.head_dim, nullptr}, first,
                                    end, z + head * (end - first) * p.head_dim);
      for (int64_t tile = 0; tile < tiles.count; ++tile) {
        kernels::TileSums sums(p, tiles, tile, first, end, bias);
        sums.add({z, 1, p.heads, end - first, p.head_dim}, 0, 0, end - first, 0,
                 packed + tiles.packed(tile));
        sums.store(out, batch);
      }
    });
  }
};

const Info kInfo{"conv_separable",
                 "a depthwise, then a pointwise 1-D convolution over v; its weights are random",
                 Kind::kBaseline,
                 "Chollet 2017, Xception: Deep Learning with Depthwise Separable Convolutions",
                 kernels::kKernelParams,
                 1,
                 "is a convolution of v, and sees no q and k"};

}  // namespace
}  // namespace attnbench

ATTNBENCH_VARIANT(attnbench::ConvSeparable, attnbench::kInfo)
