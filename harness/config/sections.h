// The sections of a config, each read on its own, so that one wrong section hides no other.
#pragma once

#include <filesystem>
#include <vector>

#include "config/config.h"
#include "config/problems.h"

namespace attnbench::config {

/// `budget` is how many more values the config's ranges may expand to. `folder` holds the files of
/// lists.
std::vector<VariantSpec> read_variants(const Node& node, const registry::Catalogue& catalogue,
                                       const std::filesystem::path& folder, int64_t& budget,
                                       Problems& problems);
/// One element of the list of variants.
VariantSpec read_variant(const Node& node, const registry::Catalogue& catalogue,
                         const std::filesystem::path& folder, int64_t& budget, Problems& problems);
/// The values of one axis of the sweep. A text is read by read_inputs (inputs.h) instead.
AxisValues read_axis(const Node& node, const record::Axis& axis, int64_t& budget,
                     Problems& problems);
/// `folder` holds the files of inputs.
Sweep read_sweep(const Node& node, const std::filesystem::path& folder, int64_t& budget,
                 Problems& problems);
Measure read_measure(const Node& node, Problems& problems);

std::vector<record::ProbeSetting> read_probes(const Node& node, Problems& problems);

Report read_report(const Node& node, Problems& problems);

/// The label of the baseline that report.baseline names by its label or variant. All other sections
/// of `config` are free of problems.
std::string resolve_baseline(const Config& config, const registry::Catalogue& catalogue,
                             Problems& problems);

}  // namespace attnbench::config
