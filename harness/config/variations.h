// The variants of a config with every combination of their params, each under a label of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "config/config.h"

namespace attnbench::config {

/// One variant with one value for each of its declared params.
struct Variation {
  const registry::Entry* entry = nullptr;
  std::string label;
  std::vector<int64_t> params;  ///< In declared order.
  std::shared_ptr<const std::vector<int64_t>> list =
      {};  ///< Of the param that is one; may be null.

  /// The params by name, as records hold them: all but a list that the config does not give.
  std::vector<std::pair<std::string, int64_t>> named_params() const;
};

/// All variations in the config's order. A label is that of the config, or the variant's name; if
/// several would have it, those params follow that tell them apart ("window left=64").
std::vector<Variation> expand_variants(const Config& config, const registry::Catalogue& catalogue);

/// How many variations expand_variants would return; a double, since the number can be astronomic.
double count_variations(const Config& config);

}  // namespace attnbench::config
