// strided: the latest keys, and every s-th one further away.
#include <algorithm>
#include <cmath>

#include "attnbench/register.h"
#include "kernels/engine.h"
#include "kernels/visible.h"

namespace attnbench {
namespace {

/// Distance of the far keys, and length of the near block.
int64_t stride(const Call& call) {
  if (call.params[0] != 0) return call.params[0];
  return static_cast<int64_t>(std::ceil(std::sqrt(static_cast<double>(call.problem.kv_len))));
}

/// What a query sees; each may be empty.
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

/// Neighbouring queries see nearly the same.
class Near final : public kernels::Pattern {
 public:
  void visible_keys(const Call& call, int64_t query, KeySpans& keys) const noexcept override {
    add(seen_by(call, query).near, keys);
  }
  Theory theory(const Call&) const noexcept override { return {}; }
};

/// Queries a stride apart see nearly the same.
class Far final : public kernels::Pattern {
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

class Strided final : public Variant {
 public:
  void visible_keys(const Call& call, int64_t query, KeySpans& keys) const noexcept override {
    const Seen seen = seen_by(call, query);
    add(seen.before, keys);
    add(seen.near, keys);
    add(seen.after, keys);
  }

  /// A stride of the square root makes n * sqrt(n) pairs; a fixed one leaves them quadratic.
  Theory theory(const Call& call) const noexcept override {
    return {.time = {call.params[0] == 0 ? 1.5 : 2.0}, .memory = {0}};
  }

  Count workspace_bytes(const Call& call) const noexcept override {
    if (!in_two_passes(call)) return kernels::scratch_bytes(call, kernels::kTileApart);
    return kernels::scratch_bytes(call, Near().tile(call), Far().tile(call));
  }

  void forward(const Call& call, const Inputs& inputs, const Tensor<float>& out,
               const Workspace& workspace) const noexcept override {
    if (!in_two_passes(call)) {
      kernels::attend(*this, call, kernels::kTileApart, inputs, out, workspace.data);
      return;
    }
    const Near near;
    const Far far;
    kernels::attend({near, near.tile(call)}, {far, far.tile(call)}, call, inputs, out,
                    workspace.data);
  }

 private:
  /// Whether some queries see the same far keys: two passes are 2.0 times as fast for four of them,
  /// with four heads a key head 1.2. Else each is attended on its own.
  static bool in_two_passes(const Call& call) {
    constexpr int64_t kFewQueries = 4;
    return call.problem.q_len / stride(call) >= kFewQueries;
  }
};

constexpr Param kParams[] = {
    {"stride", 0, 0, kernels::kWidest,
     "distance of the far keys, and length of the near block; 0: sqrt(kv_len)"},
};

const Info kInfo{
    "strided",    "the nearest `stride` keys, and every `stride`-th key beyond them",
    Kind::kExact, "Child et al. 2019, Generating Long Sequences with Sparse Transformers",
    kParams,      1};

}  // namespace
}  // namespace attnbench

ATTNBENCH_VARIANT(attnbench::Strided, attnbench::kInfo)
