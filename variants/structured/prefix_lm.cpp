// prefix_lm: causal attention, but every query sees the prefix, the prefix's own queries included.
#include <algorithm>

#include "attnbench/register.h"
#include "kernels/engine_variant.h"
#include "kernels/visible.h"

namespace attnbench {
namespace {

class PrefixLm final : public kernels::EngineVariant {
 public:
  Support supports(const Call& call) const noexcept override {
    return {call.problem.causal ? "a prefix looks ahead, which causal forbids; prefix_lm is causal "
                                  "behind its prefix by itself: use causal false"
                                : nullptr};
  }

  void visible_keys(const Call& call, int64_t query, KeySpans& keys) const noexcept override {
    const int64_t past = aligned_position(call.problem, query) + 1;
    const int64_t end = std::min(std::max(past, call.params[0]), call.problem.kv_len);
    if (end > 0) keys.add({0, end});
  }

  /// The queries of the prefix see half a square of keys more than in causal attention.
  Theory theory(const Call& call) const noexcept override {
    const auto prefix = static_cast<double>(call.params[0]);
    if (prefix == 0) return {.time = {2}, .memory = {0}};
    return {.time = {{2, 0, 0.5, "keys up to the query"},
                     {0, 0, prefix * prefix / 2, "keys of the prefix after the query"}},
            .memory = {0}};
  }
};

constexpr Param kParams[] = {
    {"prefix", 256, 0, kernels::kWidest, "how many first keys every query sees"},
};

const Info kInfo{
    "prefix_lm",  "every query sees the first `prefix` keys and all keys up to its own position",
    Kind::kExact, "Raffel et al. 2020, Exploring the Limits of Transfer Learning (T5)",
    kParams,      1,
    "sees its prefix in both directions, as its task asks"};

}  // namespace
}  // namespace attnbench

ATTNBENCH_VARIANT(attnbench::PrefixLm, attnbench::kInfo)
