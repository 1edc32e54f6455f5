// A small registry for config tests.
#include "fakes.h"

namespace attnbench::config::testing {
namespace {

class Nothing final : public Variant {
 public:
  void visible_keys(const Call&, int64_t, KeySpans&) const noexcept override {}
  size_t workspace_bytes(const Call&) const noexcept override { return 0; }
  Theory theory(const Call&) const noexcept override { return {}; }
  void forward(const Call&, const Inputs&, const Tensor<float>&,
               const Workspace&) const noexcept override {}
};

const Nothing kNothing;
constexpr Param kWindowParams[] = {{"left", 256, -1, 1 << 20, "Keys before the query's position."},
                                   {"right", 0, -1, 1 << 20, "Keys after the query's position."}};
constexpr Info kFull{"full", "Sees all.", Kind::kExact, "-"};
constexpr Info kWindow{"window", "Sees a window.", Kind::kExact, "-", kWindowParams, 2};

}  // namespace

const registry::Catalogue& catalogue() {
  static const registry::Catalogue kCatalogue({{&kFull, &kNothing}, {&kWindow, &kNothing}});
  return kCatalogue;
}

}  // namespace attnbench::config::testing
