// What probes of a variant's behaviour try, and what they found.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace attnbench::record {

/// The number of values among which recall has to find the right one.
inline constexpr int64_t kRecallCodes = 16;

/// A change of the output below this part of its length is no more than the rounding of float32.
inline constexpr double kRoundingChange = 1e-6;

/// An experiment with a variant's forward alone.
struct ProbeKind {
  const char* name;
  const char* doc;
  const char* value;  ///< What a point's value is.
  int64_t seeds;      ///< The default.
  int64_t most_seeds;
  std::vector<int64_t> pairs;  ///< The default; empty if the probe knows no pairs.
  double chance = 0;           ///< The value that guessing has; 0 if it has none.
  double rounding = 0;         ///< A value below it may be rounding alone; 0 if none may.
};

/// The table of probes.
std::span<const ProbeKind> probe_kinds();
/// Null if there is none of that name.
const ProbeKind* find_probe_kind(std::string_view name);

inline constexpr int64_t kMostProbeDistances = 64;
inline constexpr int64_t kMostProbePairs = 1 << 20;

/// One probe that a config asks for.
struct ProbeSetting {
  std::string name;        ///< Of its ProbeKind.
  int64_t seeds = 1;       ///< Independent inputs, over which values are averaged.
  int64_t distances = 12;  ///< Distances tried, from 1 to n - 1, in equal ratios.
  std::vector<int64_t> pairs = {};

  friend bool operator==(const ProbeSetting&, const ProbeSetting&) = default;
};

/// One distance from the last token.
struct ProbePoint {
  int64_t distance = 0;
  int64_t pairs = 0;         ///< 0 if the probe knows none.
  double value = 0;          ///< Mean over seeds and heads.
  double low = 0, high = 0;  ///< Of the means over heads: the smallest and largest of any seed.
};

/// The result of one probe of one case.
struct Probe {
  std::string name;
  int64_t seeds = 0;
  std::string reason = {};  ///< Why there are no points; empty if there are.
  std::vector<ProbePoint> points = {};
};

/// `count` whole numbers from 1 to `most` in about equal ratios, without repeats.
std::vector<int64_t> spaced_distances(int64_t most, int64_t count);

}  // namespace attnbench::record
