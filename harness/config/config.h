// A config: what a user asks for, read from JSON, checked and resolved.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "record/axes.h"
#include "record/inputs.h"
#include "registry/registry.h"

namespace attnbench::config {

/// A variant with the values of its params to sweep, as their cartesian product.
struct VariantSpec {
  std::string variant;
  std::string label;  ///< Empty if the config gives none.
  std::vector<std::pair<std::string, std::vector<int64_t>>>
      params;  ///< Those that the config names, without the one that is a list.
  /// The name of the param that is a list, and that list, which all of the product share. Empty and
  /// null if the config gives none.
  std::string list_name = {};
  std::shared_ptr<const std::vector<int64_t>> list = {};
};

using AxisValues = std::vector<record::AxisValue>;

/// The values of each axis of record::axes(), ranges expanded: the sweep is their cartesian
/// product. An axis without values takes those of the one that it follows.
class Sweep {
 public:
  Sweep();  ///< The standard values.

  AxisValues& operator[](const record::Axis& axis) { return values_[place(axis)]; }
  const AxisValues& operator[](const record::Axis& axis) const { return values_[place(axis)]; }
  AxisValues& operator[](std::string_view name) { return (*this)[record::axis_named(name)]; }
  const AxisValues& operator[](std::string_view name) const {
    return (*this)[record::axis_named(name)];
  }

  /// What the values of the axis `inputs` other than "normal" stand for.
  std::vector<std::shared_ptr<const record::InputSource>> input_sources = {};

  /// The one of this text; null for "normal".
  std::shared_ptr<const record::InputSource> input_source(std::string_view text) const;

 private:
  static size_t place(const record::Axis& axis) {
    return static_cast<size_t>(&axis - record::axes().data());
  }

  std::vector<AxisValues> values_;
};

struct Measure {
  int64_t rounds = 9;
  double min_time_s = 0.05;
  double timeout_s = 600;
  std::optional<int64_t> memory_limit_bytes;  ///< Null: what is available when the run starts.
  uint64_t seed = 1;
};

struct Report {
  std::string baseline;  ///< Label or variant that speed-ups refer to; empty for none.
};

struct Config {
  std::string name;
  std::string description;
  std::vector<VariantSpec> variants;
  Sweep sweep;
  Measure measure;
  std::vector<record::ProbeSetting> probes = {};  ///< In the order of record::probe_kinds().
  Report report;
};

/// A config is wrong; holds all of its problems, one a line.
class ConfigError : public std::runtime_error {
 public:
  explicit ConfigError(std::vector<std::string> problems);
  const std::vector<std::string>& problems() const { return problems_; }

 private:
  std::vector<std::string> problems_;
};

/// Reads and resolves a config: a file, a pipe, or standard input if `path` is "-". The config may
/// name files in its own folder; a pipe's is the current one. Comments (// and /* */) are allowed.
/// `overrides` are "path.to.field=JSON" in order (a value that is not JSON is taken as a string);
/// `cores` is the default of sweep.threads. Throws ConfigError.
Config read_config(const std::string& path, const std::vector<std::string>& overrides,
                   const registry::Catalogue& catalogue, int cores);

/// The same from text. Errors name `file`, and its folder holds the files that the text names.
Config parse_config(const std::string& text, const std::string& file,
                    const std::vector<std::string>& overrides, const registry::Catalogue& catalogue,
                    int cores);

/// The resolved config as JSON text that read_config accepts and resolves to the same Config.
std::string config_to_text(const Config& config);

/// The JSON Schema (draft 2020-12) of configs, with the variants and params of `catalogue`.
std::string schema_text(const registry::Catalogue& catalogue);

}  // namespace attnbench::config
