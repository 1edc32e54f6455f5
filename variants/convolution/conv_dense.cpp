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
#include "convolution/convolution_variant.h"
#include "convolution/definitions.h"
#include "kernels/taps.h"
#include "kernels/tasks.h"
#include "kernels/tiles.h"
#include "kernels/tokens.h"
#include "kernels/weight_gradients.h"

namespace attnbench {
namespace {

class ConvDense final : public ConvolutionVariant<ConvDense> {
 public:
  void extra_inputs(const Call& call, ExtraInputs& inputs) const noexcept override {
    const int64_t kernel = call.params[0], width = kernels::token_width(call.problem);
    const double scale = 1 / std::sqrt(static_cast<double>(kernel * width));
    inputs.add({"weights", 1, kernel, width, width, Fill::kNormal, scale, 0, true});
    inputs.add({"bias", 1, 1, 1, width, Fill::kNormal, 0.1, 0, true});
  }

  static Count operations(const Call& call) {
    const Problem& p = call.problem;
    const int64_t width = kernels::token_width(p);
    return count(2, p.batch, kernels::Taps(p, call.params[0]).products(p), width, width);
  }
  static Count weights(const Call& call) {
    const int64_t width = kernels::token_width(call.problem);
    return count(call.params[0], width, width);
  }

  Count workspace_bytes(const Call& call) const noexcept override {
    const kernels::Tiles tiles(call.problem);
    return count(call.params[0], tiles.width, tiles.all_lanes(), sizeof(float)) +
           count(tiles.all_lanes(), sizeof(float));
  }

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
    const kernels::Tiles tiles(p);
    auto* const packed = reinterpret_cast<float*>(workspace.data);
    float* const bias = packed + taps.kernel * tiles.width * tiles.all_lanes();
    tiles.pad(in.extra[1].data, bias);
    kernels::for_each_task(call.threads, tiles.count * taps.kernel, [&](int64_t task, int) {
      const int64_t tile = task / taps.kernel, tap = task % taps.kernel;
      tiles.pack(in.extra[0].head(0, tap), tile, packed + tiles.packed(tile, tap, taps.kernel));
    });
    const int64_t tasks = kernels::divide_up(p.q_len, kernels::kTaskTokens);
    kernels::for_each_task(call.threads, tiles.count * p.batch * tasks, [&](int64_t task, int) {
      const int64_t tile = task / tasks / p.batch, batch = task / tasks % p.batch;
      const int64_t first = task % tasks * kernels::kTaskTokens;
      const int64_t end = std::min(first + kernels::kTaskTokens, p.q_len);
      kernels::TileSums sums(p, tiles, tile, first, end, bias);
      for (int64_t tap = 0; tap < taps.kernel; ++tap) {
        const kernels::Range t = taps.positions(p, tap, first, end);
        if (t.begin < t.end)
          sums.add(in.v, batch, t.begin + taps.offset(tap), t.end - t.begin,
                   t.begin - aligned_position(p, first),
                   packed + tiles.packed(tile, tap, taps.kernel));
      }
      sums.store(out, batch);
    });
  }

  Count training_workspace_bytes(const Call& call) const noexcept override {
    return workspace_bytes(call) +
           count(call.threads, kernels::MatrixGradient::kScratch, sizeof(float));
  }

  /// With g_t the gradient of y_t, the gradient of W_j is the sum of g_t x_{t + right - j}^T over
  /// t, that of x_s is the sum of W_j^T g_{s - right + j} over j, and that of b is the sum of g_t.
  template <class Real>
  void gradients(const Call& call, const Inputs& in, const Tensor<const float>& d_out,
                 const DefinedGradients<Real>& to) const {
    const Problem& p = call.problem;
    const kernels::Taps taps(p, call.params[0]);
    const int64_t width = kernels::token_width(p), before = aligned_position(p, 0);
    constexpr int64_t kBlock = 256;
    std::vector<Real> part(static_cast<size_t>(width));
    for (int64_t batch = 0; batch < p.batch; ++batch)
      for (int64_t first = kernels::first_seeing(p); first < p.q_len; first += kBlock) {
        const int64_t end = std::min(first + kBlock, p.q_len);
        const std::vector<Real> g = tokens_of<Real>(d_out, batch, first, end);
        add_tokens(g.data(), end - first, width, to.extra[1]);
        for (int64_t tap = 0; tap < taps.kernel; ++tap) {
          const kernels::Range t = taps.positions(p, tap, first, end);
          if (t.begin >= t.end) continue;
          const int64_t offset = taps.offset(tap);
          const Real* const of_tap = g.data() + (t.begin - before - first) * width;
          const std::vector<Real> x =
              tokens_of<Real>(in.v, batch, t.begin + offset, t.end + offset);
          kernels::add_outer_products(of_tap, width, x.data(), width, width, t.end - t.begin,
                                      to.extra[0] + tap * width * width);
          for (int64_t at = t.begin; at < t.end; ++at) {
            std::fill(part.begin(), part.end(), Real(0));
            kernels::add_weighed_rows(in.extra[0].head(0, tap), width, width,
                                      of_tap + (at - t.begin) * width, part.data());
            kernels::add_to_token(p, batch, at + offset, part.data(), to.v);
          }
        }
      }
  }

  void backward(const Call& call, const Inputs& in, const Tensor<const float>&, const Saved&,
                const Tensor<const float>& d_out, const Gradients& gradients,
                const Workspace& workspace) const noexcept override {
    const Problem& p = call.problem;
    const kernels::Taps taps(p, call.params[0]);
    const kernels::Tiles tiles(p);
    auto* const packed = reinterpret_cast<float*>(workspace.data);
    float* const scratch = packed + taps.kernel * tiles.width * tiles.all_lanes();
    kernels::clear_unread(call.threads, gradients);
    kernels::write_dense_token_gradients(call, taps, in.extra[0], d_out, packed, gradients.v);
    const int64_t before = aligned_position(p, 0);
    const kernels::MatrixGradient matrix(p);
    kernels::for_each_task(
        call.threads, taps.kernel * matrix.tasks(), [&](int64_t task, int thread) {
          const int64_t tap = task / matrix.tasks();
          const kernels::Range t = taps.positions(p, tap, 0, p.q_len);
          matrix.write(task % matrix.tasks(),
                       {d_out, in.v, t.begin - before, t.end - before, taps.offset(tap) + before},
                       scratch + thread * kernels::MatrixGradient::kScratch,
                       gradients.extra[0].head(0, tap));
        });
    kernels::write_bias_gradient(call, d_out, gradients.extra[1].data);
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
