// What reader, writer and schema share: the axes of the sweep and the limits of other fields.
#pragma once

#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <vector>

#include "record/axes.h"

namespace attnbench::config {

/// The axes that a config may name, in the order in which configs are written: the lengths first.
std::vector<const record::Axis*> swept_axes();

/// The schema of one such axis.
nlohmann::ordered_json axis_schema(const record::Axis& axis);

inline constexpr int64_t kMostRounds = 10000;
inline constexpr double kMostMinTimeS = 3600;
inline constexpr double kMostTimeoutS = 7 * 24 * 3600;
/// JSON tools keep no larger integers.
inline constexpr int64_t kMostSeed = std::numeric_limits<int64_t>::max();

inline constexpr size_t kMostNameLength = 100;
inline constexpr const char* kNamePattern = "^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$";
inline constexpr const char* kMemoryPattern = "^[0-9]+(\\.[0-9]+)? ?(B|KiB|MiB|GiB|TiB)$";

/// How many different numbers of pairs a probe may be asked for.
inline constexpr int64_t kMostProbePairCounts = 16;

/// Largest number of cases of a sweep, and of values that all ranges of a config expand to.
inline constexpr int64_t kMostCases = 1'000'000;

}  // namespace attnbench::config
