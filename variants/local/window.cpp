// window: sliding-window attention; each query sees the keys around its own position.
#include "attnbench/register.h"
#include "kernels/engine_variant.h"
#include "kernels/visible.h"

namespace attnbench {
namespace {

class Window final : public kernels::EngineVariant {
 public:
  void visible_keys(const Call& call, int64_t query, KeySpans& keys) const noexcept override {
    const KeySpan span = kernels::window_keys(call.problem, query, call.params[0], call.params[1]);
    if (span.begin < span.end) keys.add(span);
  }

  Theory theory(const Call& call) const noexcept override {
    return {.time = kernels::window_growth(call.problem, call.params[0], call.params[1]),
            .memory = {0}};
  }
};

constexpr Param kParams[] = {kernels::kLeft, kernels::kRight};

const Info kInfo{
    "window",     "each query sees the keys from `left` before to `right` after its position",
    Kind::kExact, "Beltagy et al. 2020, Longformer; window_size of Dao 2023, FlashAttention-2",
    kParams,      2};

}  // namespace
}  // namespace attnbench

ATTNBENCH_VARIANT(attnbench::Window, attnbench::kInfo)
