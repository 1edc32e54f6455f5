// dilated: a window with gaps; each query sees every d-th key around its position.
#include <algorithm>

#include "attnbench/register.h"
#include "kernels/engine_variant.h"
#include "kernels/visible.h"

namespace attnbench {
namespace {

class Dilated final : public kernels::EngineVariant {
 public:
  void visible_keys(const Call& call, int64_t query, KeySpans& keys) const noexcept override {
    const int64_t step = call.params[2];
    const int64_t position = aligned_position(call.problem, query);
    const KeySpan allowed = kernels::allowed_keys(call.problem, query);
    const int64_t first = position - call.params[0] * step;
    const int64_t end = std::min(allowed.end, position + call.params[1] * step + 1);
    const int64_t begin = first >= 0 ? first : (first % step + step) % step;
    if (begin < end) keys.add({begin, end, step});
  }

  Theory theory(const Call&) const noexcept override { return {.time = {1}, .memory = {0}}; }

  kernels::Tile tile(const Call& call) const noexcept override {
    return kernels::tile_of_steps(call.params[2]);
  }
};

constexpr Param kParams[] = {
    {"left", 256, 0, kernels::kWidest,
     "keys before the query's position that it sees, `dilation` apart"},
    {"right", 0, 0, kernels::kWidest,
     "keys after the query's position that it sees, `dilation` apart"},
    {"dilation", 2, 1, int64_t{1} << 20,
     "distance from one key to the next; with 1 it is a plain window"},
};

const Info kInfo{
    "dilated",    "every `dilation`-th key, `left` of them before and `right` after the position",
    Kind::kExact, "Beltagy et al. 2020, Longformer",
    kParams,      3};

}  // namespace
}  // namespace attnbench

ATTNBENCH_VARIANT(attnbench::Dilated, attnbench::kInfo)
