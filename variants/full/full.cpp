// full: textbook attention. The scores of all heads are stored, softmaxed and multiplied.
#include "attnbench/register.h"
#include "kernels/dense.h"
#include "kernels/visible.h"

namespace attnbench {
namespace {

class Full final : public kernels::DenseVariant {
 public:
  void visible_keys(const Call& call, int64_t query, KeySpans& keys) const noexcept override {
    const KeySpan span = kernels::allowed_keys(call.problem, query);
    if (span.begin < span.end) keys.add(span);
  }

  bool recomputes(const Call& call) const noexcept override { return call.params[0] != 0; }
};

constexpr Param kParams[] = {kernels::kRecompute};

const Info kInfo{"full",       "the textbook: all scores are stored, softmaxed and multiplied",
                 Kind::kExact, "Vaswani et al. 2017, Attention Is All You Need",
                 kParams,      1};

}  // namespace
}  // namespace attnbench

ATTNBENCH_VARIANT(attnbench::Full, attnbench::kInfo)
