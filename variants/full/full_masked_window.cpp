// full_masked_window: the window's answer by dense work and a mask; what a window must skip to
// save.
#include "attnbench/register.h"
#include "kernels/dense.h"
#include "kernels/visible.h"

namespace attnbench {
namespace {

class FullMaskedWindow final : public Variant {
 public:
  void visible_keys(const Call& call, int64_t query, KeySpans& keys) const noexcept override {
    const KeySpan span = kernels::window_keys(call.problem, query, call.params[0], call.params[1]);
    if (span.begin < span.end) keys.add(span);
  }

  size_t workspace_bytes(const Call& call) const noexcept override {
    return kernels::dense_bytes(call);
  }

  Theory theory(const Call&) const noexcept override { return {.time = {2}, .memory = {2}}; }

  void forward(const Call& call, const Inputs& inputs, const Tensor<float>& out,
               const Workspace& workspace) const noexcept override {
    kernels::attend_dense(*this, call, inputs, out, workspace.data);
  }
};

constexpr Param kParams[] = {
    {"left", 256, -1, kernels::kWidest, "keys before the query's position that it sees; -1: all"},
    {"right", 0, -1, kernels::kWidest, "keys after the query's position that it sees; -1: all"},
};

const Info kInfo{"full_masked_window",
                 "the answer of window by dense work and a mask: the control that skips nothing",
                 Kind::kExact,
                 "none: masking as frameworks' math path does it",
                 kParams,
                 2};

}  // namespace
}  // namespace attnbench

ATTNBENCH_VARIANT(attnbench::FullMaskedWindow, attnbench::kInfo)
