// A small registry for config tests, and the problems that the reader finds against it.
#include "fakes.h"

#include "config/config.h"

namespace attnbench::config::testing {
namespace {

class Nothing final : public Exact {
 public:
  void visible_keys(const Call&, int64_t, KeySpans&) const noexcept override {}
  Count workspace_bytes(const Call&) const noexcept override { return {}; }
  Theory theory(const Call&) const noexcept override { return {}; }
  void forward(const Call&, const Inputs&, const Tensor<float>&,
               const Workspace&) const noexcept override {}
};

const Nothing kNothing;
constexpr Param kWindowParams[] = {{"left", 256, -1, 1 << 20, "Keys before the query's position."},
                                   {"right", 0, -1, 1 << 20, "Keys after the query's position."}};
constexpr Param kMaskedParams[] = {{"block", 64, 1, 1024, "Keys a block."},
                                   {"mask", 0, 0, 9, "Which blocks.", true}};
constexpr Param kSquareParams[] = {{"mask", 0, 0, 9, "Which blocks.", true, true}};
constexpr Info kSquare{"square", "Sees a square mask.", Kind::kExact, "-", kSquareParams, 1};
constexpr Info kMasked{"masked", "Sees a mask.", Kind::kExact, "-", kMaskedParams, 2};
constexpr Info kFull{"full", "Sees all.", Kind::kExact, "-"};
constexpr Info kWindow{"window", "Sees a window.", Kind::kExact, "-", kWindowParams, 2};

}  // namespace

const registry::Catalogue& catalogue() {
  static const registry::Catalogue kCatalogue({{&kFull, &kNothing}, {&kWindow, &kNothing}});
  return kCatalogue;
}

const registry::Catalogue& catalogue_with_list() {
  static const registry::Catalogue kCatalogue(
      {{&kFull, &kNothing}, {&kWindow, &kNothing}, {&kMasked, &kNothing}, {&kSquare, &kNothing}});
  return kCatalogue;
}

std::vector<std::string> problems_of(const std::string& text) {
  try {
    parse_config(text, "bad.json", {}, catalogue(), 2);
  } catch (const ConfigError& error) {
    return error.problems();
  }
  return {};
}

std::string all_problems_of(const std::string& text) {
  std::string all;
  for (const std::string& problem : problems_of(text)) all += problem + '\n';
  return all;
}

}  // namespace attnbench::config::testing
