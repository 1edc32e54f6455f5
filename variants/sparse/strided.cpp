// strided: the latest keys, and every s-th one further away.
#include <algorithm>
#include <cmath>

#include "attnbench/register.h"
#include "kernels/engine.h"
#include "kernels/visible.h"

namespace attnbench {
namespace {

class Strided final : public kernels::Pattern {
 public:
  void visible_keys(const Call& call, int64_t query, KeySpans& keys) const noexcept override {
    const int64_t step = stride(call);
    const int64_t position = aligned_position(call.problem, query);
    const KeySpan allowed = kernels::allowed_keys(call.problem, query);
    const KeySpan block = kernels::window_keys(call.problem, query, step, step);
    const int64_t first = (position % step + step) % step;
    const int64_t begin = std::min(block.begin, allowed.end);
    if (first < begin) keys.add({first, begin, step});
    if (block.begin < block.end) keys.add(block);
    const int64_t next = std::max(position + 2 * step, first);
    if (next < allowed.end) keys.add({next, allowed.end, step});
  }

  /// A stride of the square root makes n * sqrt(n) pairs; a fixed one leaves them quadratic.
  Theory theory(const Call& call) const noexcept override {
    return {.time = {call.params[0] == 0 ? 1.5 : 2.0}, .memory = {0}};
  }

  kernels::Tile tile(const Call&) const noexcept override { return kernels::kTileApart; }

 private:
  static int64_t stride(const Call& call) {
    if (call.params[0] != 0) return call.params[0];
    return static_cast<int64_t>(std::ceil(std::sqrt(static_cast<double>(call.problem.kv_len))));
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
