// blocked: exact attention in tiles with the online softmax.
#include "attnbench/register.h"
#include "kernels/engine.h"
#include "kernels/visible.h"

namespace attnbench {
namespace {

class Blocked final : public kernels::Pattern {
 public:
  void visible_keys(const Call& call, int64_t query, KeySpans& keys) const noexcept override {
    const KeySpan span = kernels::allowed_keys(call.problem, query);
    if (span.begin < span.end) keys.add(span);
  }

  Theory theory(const Call&) const noexcept override { return {.time = {2}, .memory = {0}}; }

  kernels::Tile tile(const Call& call) const noexcept override {
    return {call.params[0], call.params[1]};
  }
};

constexpr Param kParams[] = {
    {"block_q", kernels::kDefaultTile.queries, 1, kernels::kLargestTile.queries,
     "query rows a task, rounded up to whole strips of SIMD lanes; key heads of up to twice as "
     "many rows (192 at most) are one task each where a batch has 64 or more"},
    {"block_k", kernels::kDefaultTile.keys, 1, kernels::kLargestTile.keys,
     "keys a block at most, rounded up to a multiple of 8; fewer where a head has few query rows"},
};

const Info kInfo{
    "blocked",    "exact attention in tiles with the online softmax; nothing of size n^2 is stored",
    Kind::kExact, "Dao et al. 2022, FlashAttention",
    kParams,      2};

}  // namespace
}  // namespace attnbench

ATTNBENCH_VARIANT(attnbench::Blocked, attnbench::kInfo)
