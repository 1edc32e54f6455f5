// projections: the products with matrices that a layer has around attention, and nothing between
// them. Tokens are v's rows of all heads (kernels/tokens.h). A case with `projections` runs this
// before its attention, which otherwise looks cheap beside layers that have their products within.
#include <algorithm>
#include <cmath>
#include <vector>

#include "attnbench/register.h"
#include "kernels/tasks.h"
#include "kernels/tiles.h"
#include "kernels/tokens.h"

namespace attnbench {
namespace {

/// The matrices, in the order declared. The last one is multiplied by the sum of what the others
/// give.
constexpr int64_t kInward = 3, kMatrices = 4;
constexpr const char* kNames[kMatrices] = {"query_weights", "key_weights", "value_weights",
                                           "output_weights"};

class Projections final : public Defines<Projections> {
 public:
  Support supports(const Call& call) const noexcept override {
    return kernels::one_width(call.problem);
  }

  void extra_inputs(const Call& call, ExtraInputs& inputs) const noexcept override {
    const int64_t width = kernels::token_width(call.problem);
    const double scale = 1 / std::sqrt(static_cast<double>(width));
    for (const char* const name : kNames)
      inputs.add({name, 1, 1, width, width, Fill::kNormal, scale, 0, true});
  }

  /// Each product counts: the sum stands for attention, which keeps q, k and v apart.
  Cost cost(const Call& call) const noexcept override {
    const Problem& p = call.problem;
    const int64_t width = kernels::token_width(p), tokens = std::min(p.q_len, p.kv_len);
    const Count floats = count(kMatrices, width, width) + count(p.batch, tokens, width) +
                         count(p.batch, p.q_len, width);
    // A token reaches no other one: no number of such layers brings the first to the last.
    return {count(2, kMatrices, p.batch, tokens, width, width), floats * Count(sizeof(float)),
            Count(2), p.kv_len == 1 ? Count(1) : count(INT64_MAX)};
  }

  Count workspace_bytes(const Call& call) const noexcept override {
    const kernels::Tiles tiles(call.problem);
    return count(kMatrices, tiles.width, tiles.all_lanes(), sizeof(float)) +
           count(tiles.all_lanes(), sizeof(float)) +
           count(call.threads, kernels::kTaskTokens, tiles.width, sizeof(float));
  }
  Theory theory(const Call&) const noexcept override { return {.time = {1}, .memory = {0}}; }

  /// y_t = W_o (W_q x_t + W_k x_t + W_v x_t): section 3.2.2 of the paper, with a sum in place of
  /// attention.
  template <class Real>
  void rows(const Call& call, const Inputs& in, const Rows& rows, Real* out) const {
    const Problem& p = call.problem;
    const int64_t width = kernels::token_width(p);
    std::vector<Real> x(static_cast<size_t>(width)), z(static_cast<size_t>(width));
    for (const int64_t row : rows) {
      const int64_t t = aligned_position(p, row % p.q_len), head = row / p.q_len % p.heads;
      std::fill_n(out, p.head_dim, Real(0));
      if (t >= 0) {
        kernels::copy_token(in.v, row / p.q_len / p.heads, t, x.data());
        std::fill(z.begin(), z.end(), Real(0));
        for (int64_t matrix = 0; matrix < kInward; ++matrix)
          kernels::add_weighed(in.extra[matrix].data, width, width, x.data(), z.data());
        kernels::add_weighed(in.extra[kInward].row(0, 0, head * p.head_dim), p.head_dim, width,
                             z.data(), out);
      }
      out += p.head_dim;
    }
  }

  void forward(const Call& call, const Inputs& in, const Tensor<float>& out,
               const Workspace& workspace) const noexcept override {
    const Problem& p = call.problem;
    const kernels::Tiles tiles(p);
    auto* const packed = reinterpret_cast<float*>(workspace.data);
    float* const zeros = packed + kMatrices * tiles.width * tiles.all_lanes();
    float* const scratch = zeros + tiles.all_lanes();
    std::fill_n(zeros, tiles.all_lanes(), 0.0f);
    kernels::for_each_task(call.threads, tiles.count * kMatrices, [&](int64_t task, int) {
      const int64_t tile = task / kMatrices, matrix = task % kMatrices;
      tiles.pack(in.extra[matrix].data, tile, packed + tiles.packed(tile, matrix, kMatrices));
    });
    const int64_t tokens = kernels::task_tokens(call), tasks = kernels::divide_up(p.q_len, tokens);
    kernels::for_each_task(call.threads, p.batch * tasks, [&](int64_t task, int thread) {
      const int64_t first = task % tasks * tokens;
      project(p, in.v, out, tiles, packed, zeros, task / tasks, first,
              std::min(first + tokens, p.q_len),
              scratch + thread * kernels::kTaskTokens * tiles.width);
    });
  }

 private:
  /// Queries [first, end) of one sequence. What goes into the last product is kept in scratch.
  static void project(const Problem& p, const Tensor<const float>& v, const Tensor<float>& out,
                      const kernels::Tiles& tiles, const float* packed, const float* zeros,
                      int64_t batch, int64_t first, int64_t end, float* scratch) {
    const int64_t begin = std::max(first, p.q_len - p.kv_len);  // Queries before have no token.
    const int64_t tokens = std::max<int64_t>(0, end - begin);
    const Problem task{1, p.heads, p.kv_heads, tokens, tokens, p.head_dim};
    const Tensor<float> z{scratch, 1, p.heads, tokens, p.head_dim};
    for (int64_t tile = 0; tile < tiles.count; ++tile) {
      kernels::TileSums sums(task, tiles, tile, 0, tokens, zeros);
      for (int64_t matrix = 0; matrix < kInward; ++matrix)
        sums.add(v, batch, aligned_position(p, begin), tokens, 0,
                 packed + tiles.packed(tile, matrix, kMatrices));
      sums.store(z, 0);
    }
    for (int64_t tile = 0; tile < tiles.count; ++tile) {
      kernels::TileSums sums(p, tiles, tile, first, end, zeros);
      if (tokens > 0)
        sums.add({z.data, 1, z.heads, z.len, z.dim}, 0, 0, tokens, begin - first,
                 packed + tiles.packed(tile, kInward, kMatrices));
      sums.store(out, batch);
    }
  }
};

const Info kInfo{"projections",
                 "the products with matrices around attention, and nothing between them",
                 Kind::kBaseline,
                 "Vaswani et al. 2017, Attention Is All You Need",
                 nullptr,
                 0,
                 "multiplies each token by matrices, and looks at no other one"};

}  // namespace
}  // namespace attnbench

ATTNBENCH_VARIANT(attnbench::Projections, attnbench::kInfo)
