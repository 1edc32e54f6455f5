// blocked: exact attention in tiles with the online softmax.
#include "attnbench/register.h"
#include "kernels/engine_variant.h"
#include "kernels/visible.h"

namespace attnbench {
namespace {

class Blocked final : public kernels::EngineVariant {
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
     "query rows that a thread attends together, rounded up to a multiple of three SIMD vectors; "
     "if "
     "a batch has 64 key heads or more, a head of up to twice as many rows (at most 192) is not "
     "divided"},
    {"block_k", kernels::kDefaultTile.keys, 1, kernels::kLargestTile.keys,
     "the most keys that are attended at a time, rounded up to a multiple of 8; fewer if a head "
     "has "
     "few query rows"},
};

const Info kInfo{
    "blocked",    "exact attention in tiles with the online softmax; nothing of size n^2 is stored",
    Kind::kExact, "Dao et al. 2022, FlashAttention",
    kParams,      2};

}  // namespace
}  // namespace attnbench

ATTNBENCH_VARIANT(attnbench::Blocked, attnbench::kInfo)
