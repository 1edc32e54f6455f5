// full_masked_window: the answer of `window` by dense work and a mask. It is the control for
// `window`, which saves time only by the work that it skips.
#include "attnbench/register.h"
#include "kernels/dense.h"
#include "kernels/visible.h"

namespace attnbench {
namespace {

class FullMaskedWindow final : public kernels::DenseVariant {
 public:
  void visible_keys(const Call& call, int64_t query, KeySpans& keys) const noexcept override {
    const KeySpan span = kernels::window_keys(call.problem, query, call.params[0], call.params[1]);
    if (span.begin < span.end) keys.add(span);
  }

  bool recomputes(const Call& call) const noexcept override { return call.params[2] != 0; }
};

constexpr Param kParams[] = {kernels::kLeft, kernels::kRight, kernels::kRecompute};

const Info kInfo{"full_masked_window",
                 "the answer of window by dense work and a mask: the control that skips nothing",
                 Kind::kExact,
                 "none: masking as frameworks' math path does it",
                 kParams,
                 3};

}  // namespace
}  // namespace attnbench

ATTNBENCH_VARIANT(attnbench::FullMaskedWindow, attnbench::kInfo)
