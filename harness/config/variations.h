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

  /// What a record calls its params: all but a list that is not given.
  std::vector<std::pair<std::string, int64_t>> named_params() const;
};

/// In the config's order. The label is the spec's label, or the variant's name, followed by those
/// params that set it apart ("window left=64") where one name would stand for several.
std::vector<Variation> expand_variants(const Config& config, const registry::Catalogue& catalogue);

/// How many expand_variants returns; a double, since it can be astronomic.
double count_variations(const Config& config);

}  // namespace attnbench::config
