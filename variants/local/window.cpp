// window: sliding-window attention; each query sees the keys around its own position.
#include <algorithm>

#include "attnbench/register.h"
#include "kernels/engine.h"
#include "kernels/visible.h"

namespace attnbench {
namespace {

class Window final : public Variant {
 public:
  void visible_keys(const Call& call, int64_t query, KeySpans& keys) const noexcept override {
    const int64_t left = call.params[0];
    const int64_t right = call.params[1];
    const int64_t position = aligned_position(call.problem, query);
    KeySpan span = kernels::allowed_keys(call.problem, query);
    if (left != kUnlimited) span.begin = std::max(span.begin, position - left);
    if (right != kUnlimited) span.end = std::min(span.end, position + right + 1);
    if (span.begin < span.end) keys.add(span);
  }

  size_t workspace_bytes(const Call& call) const noexcept override {
    return kernels::scratch_bytes(call, kernels::kDefaultTile);
  }

  Theory theory(const Call& call) const noexcept override {
    const bool bounded_left = call.params[0] != kUnlimited;
    const bool bounded_right = call.params[1] != kUnlimited || call.problem.causal;
    return {.time = {bounded_left && bounded_right ? 1.0 : 2.0}, .memory = {0}};
  }

  void forward(const Call& call, const Inputs& inputs, const Tensor<float>& out,
               const Workspace& workspace) const noexcept override {
    kernels::attend(*this, call, kernels::kDefaultTile, inputs, out, workspace.data);
  }

 private:
  static constexpr int64_t kUnlimited = -1;
};

constexpr int64_t kWidest = int64_t{1} << 40;
constexpr Param kParams[] = {
    {"left", 256, -1, kWidest, "keys before the query's position that it sees; -1: all"},
    {"right", 0, -1, kWidest, "keys after the query's position that it sees; -1: all"},
};

const Info kInfo{
    "window",     "each query sees the keys from `left` before to `right` after its position",
    Kind::kExact, "Beltagy et al. 2020, Longformer; window_size of Dao 2023, FlashAttention-2",
    kParams,      2};

}  // namespace
}  // namespace attnbench

ATTNBENCH_VARIANT(attnbench::Window, attnbench::kInfo)
