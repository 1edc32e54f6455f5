// strided: each query sees the nearest keys, and every s-th key further away.
#include <algorithm>
#include <cmath>
#include <span>

#include "attnbench/register.h"
#include "kernels/engine_variant.h"
#include "kernels/visible.h"

namespace attnbench {
namespace {

/// The distance of the far keys from one another, and how many keys are near on each side.
int64_t stride(const Call& call) {
  if (call.params[0] != 0) return call.params[0];
  return static_cast<int64_t>(std::ceil(std::sqrt(static_cast<double>(call.problem.kv_len))));
}

/// The spans that a query sees; each may be empty.
struct Seen {
  KeySpan before;
  KeySpan near;
  KeySpan after;
};

Seen seen_by(const Call& call, int64_t query) {
  const int64_t step = stride(call);
  const int64_t position = aligned_position(call.problem, query);
  const KeySpan allowed = kernels::allowed_keys(call.problem, query);
  const KeySpan near = kernels::window_keys(call.problem, query, step, step);
  const int64_t first = (position % step + step) % step;
  return {{first, std::min(near.begin, allowed.end), step},
          near,
          {std::max(position + 2 * step, first), allowed.end, step}};
}

void add(const KeySpan& span, KeySpans& keys) {
  if (span.begin < span.end) keys.add(span);
}

/// The near keys: neighbouring queries see nearly the same ones.
class Near final : public kernels::EngineVariant {
 public:
  void visible_keys(const Call& call, int64_t query, KeySpans& keys) const noexcept override {
    add(seen_by(call, query).near, keys);
  }
  Theory theory(const Call&) const noexcept override { return {}; }
};

/// The far keys: queries a stride apart see nearly the same ones.
class Far final : public kernels::EngineVariant {
 public:
  void visible_keys(const Call& call, int64_t query, KeySpans& keys) const noexcept override {
    const Seen seen = seen_by(call, query);
    add(seen.before, keys);
    add(seen.after, keys);
  }
  Theory theory(const Call&) const noexcept override { return {}; }
  kernels::Tile tile(const Call& call) const noexcept override {
    return kernels::tile_of_steps(stride(call));
  }
};

class Strided final : public Exact, public Differentiable {
 public:
  void visible_keys(const Call& call, int64_t query, KeySpans& keys) const noexcept override {
    const Seen seen = seen_by(call, query);
    add(seen.before, keys);
    add(seen.near, keys);
    add(seen.after, keys);
  }

  /// If the stride is the square root of n, there are n * sqrt(n) pairs of either kind.
  Theory theory(const Call& call) const noexcept override {
    if (call.params[0] == 0) return {.time = {1.5}, .memory = {0}};
    const auto step = static_cast<double>(call.params[0]);
    const bool causal = call.problem.causal;
    return {.time = {{2, 0, (causal ? 0.5 : 1) / step, "far keys"},
                     {1, 0, causal ? step : 2 * step, "near keys"}},
            .memory = {0}};
  }

  uint32_t takes() const noexcept override { return kernels::kEngineTakes; }
  Count workspace_bytes(const Call& call) const noexcept override {
    if (!in_two_passes(call)) return kernels::scratch_bytes(call, kernels::kTileApart);
    return kernels::scratch_bytes(call, Near().tile(call), Far().tile(call));
  }
  void forward(const Call& call, const Inputs& inputs, const Tensor<float>& out,
               const Workspace& workspace) const noexcept override {
    forward_saving(call, inputs, out, {}, workspace);
  }

  const Differentiable* differentiable() const noexcept override { return this; }
  Count saved_bytes(const Call& call) const noexcept override {
    return kernels::log_sum_bytes(call);
  }
  Count training_workspace_bytes(const Call& call) const noexcept override {
    const Passes passes(*this, call);
    return std::max(workspace_bytes(call), kernels::backward_bytes(call, passes.used()));
  }
  Theory training_theory(const Call& call) const noexcept override {
    return {theory(call).time, {1}};
  }
  void forward_saving(const Call& call, const Inputs& inputs, const Tensor<float>& out,
                      const Workspace& saved, const Workspace& workspace) const noexcept override {
    auto* const log_sums = reinterpret_cast<float*>(saved.data);
    const Passes passes(*this, call);
    if (!passes.two) {
      kernels::attend(*this, call, passes.alone.tile, inputs, out, workspace.data, log_sums);
    } else {
      kernels::attend(passes.both[0], passes.both[1], call, inputs, out, workspace.data, log_sums);
    }
  }
  void backward(const Call& call, const Inputs& inputs, const Tensor<const float>& out,
                const Saved& saved, const Tensor<const float>& d_out, const Gradients& gradients,
                const Workspace& workspace) const noexcept override {
    const Passes passes(*this, call);
    kernels::attend_backward(
        passes.used(),
        {call, inputs, out, reinterpret_cast<const float*>(saved.data), d_out, gradients},
        workspace.data);
  }

 private:
  /// Whether to attend the near keys and the far keys in two passes. It pays if at least a few
  /// queries see the same far keys: for four queries it is 2.0 times as fast, with four heads per
  /// key head 1.2 times. Else each query is attended on its own.
  static bool in_two_passes(const Call& call) {
    constexpr int64_t kFewQueries = 4;
    return call.problem.q_len / stride(call) >= kFewQueries;
  }

  struct Passes {
    Near near;
    Far far;
    kernels::Pass alone;
    kernels::Pass both[2];
    bool two;

    Passes(const Strided& all, const Call& call)
        : alone{all, kernels::kTileApart},
          both{{near, near.tile(call)}, {far, far.tile(call)}},
          two(in_two_passes(call)) {}
    Passes(const Passes&) = delete;  // `both` refers to `near` and `far`.
    std::span<const kernels::Pass> used() const { return {two ? both : &alone, two ? 2u : 1u}; }
  };
};

constexpr Param kParams[] = {
    {"stride", 0, 0, kernels::kWidest,
     "distance from one far key to the next, and length of the near block; 0 means sqrt(kv_len)"},
};

const Info kInfo{
    "strided",    "the nearest `stride` keys, and every `stride`-th key beyond them",
    Kind::kExact, "Child et al. 2019, Generating Long Sequences with Sparse Transformers",
    kParams,      1};

}  // namespace
}  // namespace attnbench

ATTNBENCH_VARIANT(attnbench::Strided, attnbench::kInfo)
