// Two of a config's variants along one axis: which cases measure them at any value of it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/config.h"
#include "record/record.h"
#include "registry/registry.h"

namespace attnbench::plan {

/// The cases of the two at one value. They are pending, or `reason` says why the value cannot be
/// measured.
struct PairPoint {
  record::Case a;
  record::Case b;
  std::string reason;

  /// Whether both count the same FLOPs and pairs.
  bool equal_work() const;
};

/// A config narrowed to two of its variants and to one axis that varies: a numeric axis of the
/// sweep ("seq_len", "threads"), or a param of one or both variants ("window.left").
class PairAxis {
 public:
  /// `a` and `b` are labels, as reports show them. If the axis is a param, they are the labels that
  /// the config gives if that param has one value only. Throws config::ConfigError if a label or
  /// the axis is unknown, if the axis has fewer than two values in the config, if another axis has
  /// several, or if `a` is `b`.
  PairAxis(const config::Config& config, const registry::Catalogue& catalogue, std::string a,
           std::string b, const std::string& axis, int64_t memory_limit_bytes);

  /// The least and the largest value in the config.
  double low() const { return low_; }
  double high() const { return high_; }

  /// The config of the two variants at these values, called "NAME-crossover".
  config::Config at(const std::vector<double>& values) const;

  /// What the plan knows at this value.
  const PairPoint& point(double value) const;

  /// The value nearest to `value` from `low` to `high` at which both can be measured.
  std::optional<double> nearest(double value, double low, double high) const;

  /// Up to which value from `low` on the two do equal work, found from exact counts: empty if they
  /// differ at `low` already; `high` if they are equal throughout.
  std::optional<double> equal_work_up_to() const;

  /// Why `value`, rounded to what the axis can take, cannot be measured; empty if it can.
  std::string obstacle(double value) const;

  /// "512", "0.25": as a config would hold it.
  std::string text(double value) const;

 private:
  void take_variants(const config::Config& config);
  void take_axis(const config::Config& config, const std::string& name);
  void take_param(const std::string& name);
  void require_single_values() const;
  double rounded(double value) const;

  const registry::Catalogue& catalogue_;
  std::string a_, b_;
  int64_t memory_limit_bytes_;
  config::Config narrowed_;             ///< First the config, then A and B only.
  const record::Axis* axis_ = nullptr;  ///< Null for a param.
  std::string variant_, param_;         ///< Of a param.
  double low_ = 0, high_ = 0;
  mutable std::map<double, PairPoint> known_;
};

}  // namespace attnbench::plan
