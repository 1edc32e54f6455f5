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
#include "convolution/convolution_variant.h"
#include "convolution/definitions.h"
#include "kernels/depthwise.h"
#include "kernels/depthwise_gradient.h"
#include "kernels/layout.h"
#include "kernels/taps.h"
#include "kernels/tasks.h"
#include "kernels/tiles.h"
#include "kernels/tokens.h"
#include "kernels/weight_gradients.h"

namespace attnbench {
namespace {

/// The inputs beside v, in the order declared.
enum Extra : int64_t { kDepthwise, kPointwise, kBias };

class ConvSeparable final : public ConvolutionVariant<ConvSeparable> {
 public:
  void extra_inputs(const Call& call, ExtraInputs& inputs) const noexcept override {
    const int64_t kernel = call.params[0], width = kernels::token_width(call.problem);
    const double depthwise = 1 / std::sqrt(static_cast<double>(kernel));
    const double pointwise = 1 / std::sqrt(static_cast<double>(width));
    inputs.add({"depthwise_weights", 1, 1, kernel, width, Fill::kNormal, depthwise, 0, true});
    inputs.add({"pointwise_weights", 1, 1, width, width, Fill::kNormal, pointwise, 0, true});
    inputs.add({"bias", 1, 1, 1, width, Fill::kNormal, 0.1, 0, true});
  }

  /// k n d + n d^2 of Vaswani et al. 2017, section 4, counted in multiply-adds.
  static Count operations(const Call& call) {
    const Problem& p = call.problem;
    const int64_t width = kernels::token_width(p), outputs = std::min(p.q_len, p.kv_len);
    return count(2, p.batch, kernels::Taps(p, call.params[0]).products(p), width) +
           count(2, p.batch, outputs, width, width);
  }
  static Count weights(const Call& call) {
    const int64_t width = kernels::token_width(call.problem);
    return count(call.params[0], width) + count(width, width);
  }

  Count workspace_bytes(const Call& call) const noexcept override {
    const kernels::Tiles tiles(call.problem);
    return count(tiles.width, tiles.all_lanes(), sizeof(float)) +
           count(tiles.all_lanes(), sizeof(float)) +
           count(call.params[0], tiles.width, sizeof(float)) +
           count(call.threads, kernels::kTaskTokens, tiles.width, sizeof(float));
  }

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

  Count training_workspace_bytes(const Call& call) const noexcept override {
    kernels::Layout layout(nullptr);
    const Scratch scratch(call, layout);
    return std::max(workspace_bytes(call), layout.bytes());
  }

  /// With g_t the gradient of y_t, the gradient of P is the sum of g_t z_t^T over t, that of b is
  /// the sum of g_t, and that of z_t is P^T g_t, which is the gradient of a depthwise convolution's
  /// output.
  template <class Real>
  void gradients(const Call& call, const Inputs& in, const Tensor<const float>& d_out,
                 const DefinedGradients<Real>& to) const {
    const Problem& p = call.problem;
    const kernels::Taps taps(p, call.params[0]);
    const int64_t width = kernels::token_width(p);
    constexpr int64_t kBlock = 256;
    for (int64_t batch = 0; batch < p.batch; ++batch)
      for (int64_t first = kernels::first_seeing(p); first < p.q_len; first += kBlock) {
        const int64_t end = std::min(first + kBlock, p.q_len);
        const std::vector<Real> g = tokens_of<Real>(d_out, batch, first, end);
        const std::vector<Real> z =
            define_depthwise<Real>(p, taps, in.extra[kDepthwise].data, in.v, batch, {first, end});
        std::vector<Real> d_z(g.size());
        for (int64_t i = 0; i < end - first; ++i)
          kernels::add_weighed_rows(in.extra[kPointwise].data, width, width, g.data() + i * width,
                                    d_z.data() + i * width);
        kernels::add_outer_products(g.data(), width, z.data(), width, width, end - first,
                                    to.extra[kPointwise]);
        add_tokens(g.data(), end - first, width, to.extra[kBias]);
        define_depthwise_gradients(p, taps, in.extra[kDepthwise].data, in.v, batch, {first, end},
                                   d_z, to.extra[kDepthwise], to.v);
      }
  }

  void backward(const Call& call, const Inputs& in, const Tensor<const float>&, const Saved&,
                const Tensor<const float>& d_out, const Gradients& gradients,
                const Workspace& workspace) const noexcept override {
    const Problem& p = call.problem;
    const kernels::Taps taps(p, call.params[0]);
    kernels::Layout layout(workspace.data);
    const Scratch scratch(call, layout);
    const Tensor<float> to{scratch.tokens, p.batch, p.heads, p.q_len, p.head_dim};
    const Tensor<const float> tokens{to.data, to.batch, to.heads, to.len, to.dim};
    kernels::clear_unread(call.threads, gradients);

    Call pointwise = call;  // A convolution with one tap, whose tokens are z.
    pointwise.problem.kv_len = p.q_len;
    kernels::write_dense_token_gradients(pointwise, kernels::Taps(pointwise.problem, 1),
                                         in.extra[kPointwise], d_out, scratch.packed, to);
    kernels::pack_depthwise(p, taps, in.extra[kDepthwise].data, scratch.weights, true);
    kernels::write_depthwise_token_gradients(call, taps, tokens, scratch.weights, gradients.v);
    kernels::DepthwiseGradient(p, taps).write(
        call.threads, tokens, in.v, gradients.extra[kDepthwise].data, nullptr, scratch.sums);

    // z for the gradient of P: it could be kept by forward, but is computed again.
    kernels::pack_depthwise(p, taps, in.extra[kDepthwise].data, scratch.weights);
    kernels::convolve_depthwise(call, taps, in.v, {scratch.weights, nullptr}, to);
    const kernels::MatrixGradient matrix(p);
    kernels::for_each_task(call.threads, matrix.tasks(), [&](int64_t task, int thread) {
      matrix.write(task, {d_out, tokens, kernels::first_seeing(p), p.q_len, 0},
                   scratch.products + thread * kernels::MatrixGradient::kScratch,
                   gradients.extra[kPointwise].data);
    });
    kernels::write_bias_gradient(call, d_out, gradients.extra[kBias].data);
  }

 private:
  /// What backward needs.
  struct Scratch {
    float* packed;    ///< P, transposed, in tiles.
    float* weights;   ///< Of the depthwise convolution, packed.
    float* tokens;    ///< The gradients of z, and then z: [batch, heads, q_len, head_dim].
    float* sums;      ///< For the gradient of the depthwise weights.
    float* products;  ///< For that of P.

    Scratch(const Call& call, kernels::Layout& layout) {
      const Problem& p = call.problem;
      const kernels::Tiles tiles(p);
      const kernels::Taps taps(p, call.params[0]);
      const Count width(tiles.width);
      layout.take(packed, width * Count(tiles.all_lanes()));
      layout.take(weights, count(taps.kernel, width));
      layout.take(tokens, count(p.batch, p.q_len, width));
      layout.take(sums, kernels::DepthwiseGradient(p, taps).floats(call.threads));
      layout.take(products, count(call.threads, kernels::MatrixGradient::kScratch));
    }
  };
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
