// The table of probes.
#include "record/probe.h"

#include <algorithm>
#include <cmath>

namespace attnbench::record {
namespace {

const ProbeKind kProbeKinds[] = {
    {"influence",
     "How far the last output moves if the token at a distance before the last one is replaced by "
     "another.",
     "|change| / |last output|",
     8,
     10'000,
     {},
     0,
     kRoundingChange},
    {"order",
     "How far the last output moves if as many tokens as a distance, just before the last one, "
     "change places: keys with their values. What takes them for a set is not moved.",
     "|change| / |last output|",
     8,
     10'000,
     {},
     0,
     kRoundingChange},
    {"recall",
     "How often the last query, a noisy copy of the key planted at a distance, gets that key's "
     "value back, among other pairs of key and value.",
     "part of the values recalled",
     16,
     10'000,
     {16},
     1.0 / kRecallCodes},
    {"memory",
     "How much of the token at a distance a linear readout, fitted on other sequences, gets back "
     "from the last output. For variants that see no q and k.",
     "part of the variance recovered",
     1024,
     100'000,
     {}},
};

}  // namespace

std::span<const ProbeKind> probe_kinds() {
  return kProbeKinds;
}

const ProbeKind* find_probe_kind(std::string_view name) {
  const auto found =
      std::ranges::find_if(kProbeKinds, [&](const ProbeKind& kind) { return kind.name == name; });
  return found == std::end(kProbeKinds) ? nullptr : &*found;
}

std::vector<int64_t> spaced_distances(int64_t most, int64_t count) {
  std::vector<int64_t> distances;
  for (int64_t i = 0; i < count; ++i) {
    const double part = count == 1 ? 1 : static_cast<double>(i) / static_cast<double>(count - 1);
    const auto distance = static_cast<int64_t>(
        std::llround(std::pow(static_cast<double>(std::max<int64_t>(most, 1)), part)));
    if (distance <= most && (distances.empty() || distance > distances.back()))
      distances.push_back(distance);
  }
  return distances;
}

}  // namespace attnbench::record
