// The sections of a config, each read on its own, so that one wrong section hides no other.
#pragma once

#include <filesystem>
#include <vector>

#include "config/config.h"
#include "config/problems.h"

namespace attnbench::config {

/// `budget` is how many more values the config's ranges may expand to; files of lists stand in
/// `folder`.
std::vector<VariantSpec> read_variants(const Node& node, const registry::Catalogue& catalogue,
                                       const std::filesystem::path& folder, int64_t& budget,
                                       Problems& problems);
/// One element of that list.
VariantSpec read_variant(const Node& node, const registry::Catalogue& catalogue,
                         const std::filesystem::path& folder, int64_t& budget, Problems& problems);
/// The values of one axis of the sweep.
AxisValues read_axis(const Node& node, const record::Axis& axis, int64_t& budget,
                     Problems& problems);
Sweep read_sweep(const Node& node, int64_t& budget, Problems& problems);
Measure read_measure(const Node& node, Problems& problems);

Report read_report(const Node& node, Problems& problems);

/// The label in the run of the baseline that the report asks for. `config` is free of problems so
/// far.
std::string resolve_baseline(const Config& config, const registry::Catalogue& catalogue,
                             Problems& problems);

}  // namespace attnbench::config
