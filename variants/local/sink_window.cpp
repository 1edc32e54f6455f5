// sink_window: a window of recent keys, and the first ones as an attention sink.
#include "attnbench/register.h"
#include "kernels/engine_variant.h"
#include "kernels/visible.h"

namespace attnbench {
namespace {

class SinkWindow final : public kernels::EngineVariant {
 public:
  void visible_keys(const Call& call, int64_t query, KeySpans& keys) const noexcept override {
    const KeySpan recent = kernels::window_keys(call.problem, query, call.params[0], 0);
    kernels::SpansWithin spans(kernels::allowed_keys(call.problem, query), keys);
    spans.add(0, call.params[1]);
    spans.add(recent.begin, recent.end);
  }

  Theory theory(const Call& call) const noexcept override {
    return {.time = kernels::window_growth(call.problem, call.params[0], 0), .memory = {0}};
  }
};

constexpr Param kParams[] = {
    kernels::kLeft,
    {"sinks", 4, 0, kernels::kWidest, "first keys of the sequence, which every query sees"},
};

const Info kInfo{
    "sink_window", "each query sees itself, the `left` keys before it, and the first `sinks` keys",
    Kind::kExact,  "Xiao et al. 2023, Efficient Streaming Language Models with Attention Sinks",
    kParams,       2};

}  // namespace
}  // namespace attnbench

ATTNBENCH_VARIANT(attnbench::SinkWindow, attnbench::kInfo)
