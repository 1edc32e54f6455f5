// global_local: a window, and a few global tokens that see every key and are seen by every query.
#include "attnbench/register.h"
#include "kernels/engine_variant.h"
#include "kernels/visible.h"

namespace attnbench {
namespace {

class GlobalLocal final : public kernels::EngineVariant {
 public:
  void visible_keys(const Call& call, int64_t query, KeySpans& keys) const noexcept override {
    const int64_t globals = call.params[2];
    const int64_t position = aligned_position(call.problem, query);
    const KeySpan window =
        kernels::window_keys(call.problem, query, call.params[0], call.params[1]);
    kernels::SpansWithin spans(kernels::allowed_keys(call.problem, query), keys);
    spans.add(0, position >= 0 && position < globals ? call.problem.kv_len : globals);
    spans.add(window.begin, window.end);
  }

  Theory theory(const Call& call) const noexcept override {
    return {.time = kernels::window_growth(call.problem, call.params[0], call.params[1]),
            .memory = {0}};
  }
};

constexpr Param kParams[] = {
    kernels::kLeft,
    kernels::kRight,
    {"globals", 64, 0, kernels::kWidest,
     "the first tokens of the sequence, which see every key and which every query sees"},
};

const Info kInfo{
    "global_local",
    "a window, and the first `globals` tokens, which see every key and which every query sees",
    Kind::kExact,
    "Beltagy et al. 2020, Longformer",
    kParams,
    3};

}  // namespace
}  // namespace attnbench

ATTNBENCH_VARIANT(attnbench::GlobalLocal, attnbench::kInfo)
