// conv_depthwise: a depthwise 1-D convolution. Each channel of an output is a sum, over `kernel`
// neighbouring tokens, of a weight times that channel of the token: channels do not mix, so that
// the work grows with the width, and not with its square. Tokens are v's rows of all heads
// (kernels/tokens.h).
#include <algorithm>
#include <cmath>
#include <vector>

#include "attnbench/register.h"
#include "convolution/convolution_variant.h"
#include "convolution/definitions.h"
#include "kernels/depthwise.h"
#include "kernels/depthwise_gradient.h"
#include "kernels/taps.h"
#include "kernels/tasks.h"
#include "kernels/tokens.h"

namespace attnbench {
namespace {

class ConvDepthwise final : public ConvolutionVariant<ConvDepthwise> {
 public:
  void extra_inputs(const Call& call, ExtraInputs& inputs) const noexcept override {
    const int64_t kernel = call.params[0], width = kernels::token_width(call.problem);
    const double scale = 1 / std::sqrt(static_cast<double>(kernel));
    inputs.add({"weights", 1, 1, kernel, width, Fill::kNormal, scale, 0, true});
    inputs.add({"bias", 1, 1, 1, width, Fill::kNormal, 0.1, 0, true});
  }

  static Count operations(const Call& call) {
    const Problem& p = call.problem;
    return count(2, p.batch, kernels::Taps(p, call.params[0]).products(p), kernels::token_width(p));
  }
  static Count weights(const Call& call) {
    const int64_t width = kernels::token_width(call.problem);
    return count(call.params[0], width);
  }

  Count workspace_bytes(const Call& call) const noexcept override {
    return count(call.params[0], kernels::token_width(call.problem), sizeof(float));
  }

  /// DepthwiseConv of Wu et al. 2019, section 2: O_ic = sum over j = 1 ... k of
  /// W_cj X_(i + j - ceil((k + 1) / 2)),c, here with a bias, and with taps counted from 0 and from
  /// the newest token on. If causal, the taps end at i, as in their decoder.
  template <class Real>
  void rows(const Call& call, const Inputs& in, const Rows& rows, Real* out) const {
    const Problem& p = call.problem;
    const kernels::Taps taps(p, call.params[0]);
    for (const int64_t row : rows) {
      const int64_t t = aligned_position(p, row % p.q_len);
      const int64_t head = row / p.q_len % p.heads, batch = row / p.q_len / p.heads;
      for (int64_t d = 0; d < p.head_dim; ++d) {
        const int64_t channel = head * p.head_dim + d;
        Real sum = t < 0 ? Real(0) : static_cast<Real>(in.extra[1].data[channel]);
        for (int64_t tap = 0; tap < taps.kernel && t >= 0; ++tap) {
          const int64_t from = t + taps.offset(tap);
          if (from < 0 || from >= p.kv_len) continue;
          sum += static_cast<Real>(in.extra[0].row(0, 0, tap)[channel]) *
                 static_cast<Real>(in.v.row(batch, head, from)[d]);
        }
        *out++ = sum;
      }
    }
  }

  void forward(const Call& call, const Inputs& in, const Tensor<float>& out,
               const Workspace& workspace) const noexcept override {
    const Problem& p = call.problem;
    const kernels::Taps taps(p, call.params[0]);
    auto* const packed = reinterpret_cast<float*>(workspace.data);
    kernels::pack_depthwise(p, taps, in.extra[0].data, packed);
    kernels::convolve_depthwise(call, taps, in.v, {packed, in.extra[1].data}, out);
  }

  Count training_workspace_bytes(const Call& call) const noexcept override {
    const kernels::Taps taps(call.problem, call.params[0]);
    return workspace_bytes(call) +
           kernels::DepthwiseGradient(call.problem, taps).floats(call.threads) *
               Count(sizeof(float));
  }

  /// With g_t the gradient of O_t, that of the bias is the sum of g_t over t. In a channel, that of
  /// tap j's weight w_j is the sum of g_t x_{t + right - j} over t, and that of x_s is the sum of
  /// w_j g_{s - right + j} over j.
  template <class Real>
  void gradients(const Call& call, const Inputs& in, const Tensor<const float>& d_out,
                 const DefinedGradients<Real>& to) const {
    const Problem& p = call.problem;
    const kernels::Taps taps(p, call.params[0]);
    constexpr int64_t kBlock = 256;
    for (int64_t batch = 0; batch < p.batch; ++batch)
      for (int64_t first = kernels::first_seeing(p); first < p.q_len; first += kBlock) {
        const int64_t end = std::min(first + kBlock, p.q_len);
        const std::vector<Real> g = tokens_of<Real>(d_out, batch, first, end);
        add_tokens(g.data(), end - first, kernels::token_width(p), to.extra[1]);
        define_depthwise_gradients(p, taps, in.extra[0].data, in.v, batch, {first, end}, g,
                                   to.extra[0], to.v);
      }
  }

  void backward(const Call& call, const Inputs& in, const Tensor<const float>&, const Saved&,
                const Tensor<const float>& d_out, const Gradients& gradients,
                const Workspace& workspace) const noexcept override {
    const Problem& p = call.problem;
    const kernels::Taps taps(p, call.params[0]);
    auto* const packed = reinterpret_cast<float*>(workspace.data);
    kernels::clear_unread(call.threads, gradients);
    kernels::pack_depthwise(p, taps, in.extra[0].data, packed, true);
    kernels::write_depthwise_token_gradients(call, taps, d_out, packed, gradients.v);
    kernels::DepthwiseGradient(p, taps).write(call.threads, d_out, in.v, gradients.extra[0].data,
                                              gradients.extra[1].data,
                                              packed + taps.kernel * kernels::token_width(p));
  }
};

const Info kInfo{"conv_depthwise",
                 "a depthwise 1-D convolution over v; its weights are random",
                 Kind::kBaseline,
                 "Wu et al. 2019, Pay Less Attention with Lightweight and Dynamic Convolutions",
                 kernels::kKernelParams,
                 1,
                 "is a convolution of v, and sees no q and k"};

}  // namespace
}  // namespace attnbench

ATTNBENCH_VARIANT(attnbench::ConvDepthwise, attnbench::kInfo)
