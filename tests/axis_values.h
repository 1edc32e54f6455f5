// Another value for any axis, so that a test can loop over the table without naming its axes.
#pragma once

#include "record/axes.h"

namespace attnbench::test {

/// A value that `c` does not have, that a config and a record may hold, and that kv_heads divides.
inline record::AxisValue other_value(const record::Axis& axis, const record::Case& c) {
  const record::AxisValue value = axis.get(c);
  if (axis.type() == record::AxisType::kNumber) return std::get<double>(value) + 0.5;
  if (axis.type() == record::AxisType::kText)
    return value == axis.standard ? "qkv.npz" : std::string("normal");
  const int64_t held = std::get<int64_t>(value);
  if (axis.type() == record::AxisType::kFlag) return 1 - held;
  if (axis.type() == record::AxisType::kName)
    return (held + 1) % static_cast<int64_t>(axis.names.size());
  return 2 * held + (held == 0 ? 1 : 0);
}

inline record::Case with_other_value(const record::Axis& axis, record::Case c) {
  axis.set(c, other_value(axis, c));
  return c;
}

}  // namespace attnbench::test
