// Narrows a config to two variants and one axis, and plans single values of it.
#include "plan/pair_axis.h"

#include <algorithm>
#include <cmath>

#include "config/fields.h"
#include "config/problems.h"
#include "config/variations.h"
#include "plan/plan.h"
#include "record/axes.h"
#include "record/format.h"

namespace attnbench::plan {
namespace {

using config::ConfigError;
using record::AxisType;

/// Of an axis that is numeric.
double as_number(const record::AxisValue& value) {
  const auto* const whole = std::get_if<int64_t>(&value);
  return whole != nullptr ? static_cast<double>(*whole) : std::get<double>(value);
}

/// The values of the param that a spec names; null if it names none.
std::vector<int64_t>* values_of_param(config::VariantSpec& spec, const std::string& param) {
  for (auto& [name, values] : spec.params)
    if (name == param) return &values;
  return nullptr;
}

}  // namespace

bool PairPoint::equal_work() const {
  return a.flops > 0 && a.flops == b.flops && a.pairs == b.pairs &&
         record::saturated_counts(a).empty();
}

PairAxis::PairAxis(const config::Config& config, const registry::Catalogue& catalogue,
                   std::string a, std::string b, const std::string& axis,
                   int64_t memory_limit_bytes)
    : catalogue_(catalogue),
      a_(std::move(a)),
      b_(std::move(b)),
      memory_limit_bytes_(memory_limit_bytes) {
  if (a_ == b_)
    throw ConfigError(
        {"'" + config::printable(a_) + "' is named twice; a crossover needs two variants"});
  narrowed_ = config;
  const size_t dot = axis.find('.');
  if (dot != std::string::npos) {
    variant_ = axis.substr(0, dot);
    param_ = axis.substr(dot + 1);
  }
  take_variants(config);
  if (param_.empty())
    take_axis(config, axis);
  else
    take_param(axis);
  require_single_values();
  narrowed_.measure.memory_limit_bytes = memory_limit_bytes;
  narrowed_.report.baseline.clear();
  const std::string name = config.name + "-crossover";
  if (name.size() <= config::kMostNameLength) narrowed_.name = name;
}

void PairAxis::take_variants(const config::Config& config) {
  // Each label with the spec that gives it, whose other params then have one value.
  std::vector<std::string> labels;
  std::vector<config::VariantSpec> specs;
  config::Config single = config;
  for (config::VariantSpec& spec : single.variants)
    if (std::vector<int64_t>* values = values_of_param(spec, param_);
        values != nullptr && spec.variant == variant_)
      values->resize(1);
  const std::vector<config::Variation> variations = config::expand_variants(single, catalogue_);
  size_t next = 0;
  for (size_t s = 0; s < single.variants.size(); ++s) {
    config::Config one;
    one.variants = {single.variants[s]};
    for (auto count = config::count_variations(one); count >= 1; --count, ++next) {
      config::VariantSpec spec = single.variants[s];
      spec.label = variations[next].label;
      for (auto& [name, values] : spec.params)
        for (size_t p = 0; p < variations[next].params.size(); ++p)
          if (variations[next].entry->params()[p].name == name)
            values = {variations[next].params[p]};
      config::VariantSpec original = config.variants[s];
      if (const auto* range = values_of_param(original, param_);
          range != nullptr && spec.variant == variant_)
        *values_of_param(spec, param_) = *range;
      labels.push_back(spec.label);
      specs.push_back(std::move(spec));
    }
  }
  narrowed_.variants.clear();
  for (const std::string& wanted : {a_, b_}) {
    const auto it = std::ranges::find(labels, wanted);
    if (it == labels.end())
      throw ConfigError({"no variant of this config is called '" + config::printable(wanted) +
                         "'; it has: " + config::join(labels, ", ") +
                         config::suggestion(wanted, labels)});
    narrowed_.variants.push_back(specs[static_cast<size_t>(it - labels.begin())]);
  }
}

void PairAxis::take_axis(const config::Config& config, const std::string& name) {
  std::vector<std::string> known;
  for (const record::Axis* axis : config::swept_axes()) {
    if (!axis->is_numeric()) continue;
    known.emplace_back(axis->name);
    if (name == axis->name) axis_ = axis;
  }
  for (const config::VariantSpec& spec : narrowed_.variants)
    for (const Param& param : catalogue_.find(spec.variant)->params())
      if (const std::string full = spec.variant + "." + param.name;
          !param.is_list && std::ranges::find(known, full) == known.end())
        known.push_back(full);
  if (axis_ == nullptr)
    throw ConfigError({"--x " + config::printable(name) + ": no numeric axis; there are: " +
                       config::join(known, ", ") + config::suggestion(name, known)});
  std::vector<double> values;
  for (const record::AxisValue& value : config.sweep[*axis_]) values.push_back(as_number(value));
  if (values.size() < 2)
    throw ConfigError({"/sweep/" + name +
                       ": a crossover is searched between the least and the largest value of the "
                       "axis, and the config gives fewer than two; for instance --set sweep." +
                       name + "=[1,64]"});
  low_ = std::ranges::min(values);
  high_ = std::ranges::max(values);
  if (low_ <= 0)
    throw ConfigError({"/sweep/" + name + ": a crossover is searched by factors, so that all " +
                       "values must be above 0"});
}

void PairAxis::take_param(const std::string& name) {
  bool found = false;
  for (config::VariantSpec& spec : narrowed_.variants) {
    if (spec.variant != variant_) continue;
    const auto params = catalogue_.find(spec.variant)->params();
    if (std::ranges::none_of(params,
                             [&](const Param& p) { return p.name == param_ && !p.is_list; }))
      throw ConfigError({"--x " + config::printable(name) + ": " + variant_ + " has no number '" +
                         config::printable(param_) + "'; `attnbench describe " + variant_ +
                         "` shows its params"});
    const std::vector<int64_t>* values = values_of_param(spec, param_);
    if (values == nullptr || values->size() < 2)
      throw ConfigError({"--x " + name +
                         ": a crossover is searched between the least and the "
                         "largest value of the param, and the config gives fewer than two; for "
                         "instance \"params\": { \"" +
                         param_ + "\": [16, 1024] }"});
    low_ = static_cast<double>(std::ranges::min(*values));
    high_ = static_cast<double>(std::ranges::max(*values));
    found = true;
  }
  if (!found)
    throw ConfigError({"--x " + config::printable(name) + ": neither " + a_ + " nor " + b_ +
                       " is of the variant '" + config::printable(variant_) + "'"});
  if (low_ <= 0)
    throw ConfigError({"--x " + name +
                       ": a crossover is searched by factors, so that all values "
                       "must be above 0"});
}

void PairAxis::require_single_values() const {
  std::vector<std::string> problems;
  for (const record::Axis* axis : config::swept_axes())
    if (axis != axis_ && narrowed_.sweep[*axis].size() > 1)
      problems.push_back("/sweep/" + std::string(axis->name) + ": has " +
                         std::to_string(narrowed_.sweep[*axis].size()) +
                         " values; a crossover needs one value of each axis but the searched one: "
                         "--set sweep." +
                         axis->name + "=" +
                         record::value_text(*axis, narrowed_.sweep[*axis].front()));
  if (!problems.empty()) throw ConfigError(problems);
}

double PairAxis::rounded(double value) const {
  if (axis_ == nullptr || axis_->type() == AxisType::kInteger) return std::round(value);
  if (value == low_ || value == high_) return value;
  return std::stod(record::format_number(value, 4));
}

std::string PairAxis::text(double value) const {
  return axis_ != nullptr && axis_->type() == AxisType::kNumber
             ? record::shortest(value)
             : std::to_string(std::llround(value));
}

config::Config PairAxis::at(const std::vector<double>& values) const {
  config::Config config = narrowed_;
  if (axis_ != nullptr) {
    config::AxisValues& axis_values = config.sweep[*axis_];
    axis_values.clear();
    for (const double value : values) {
      if (axis_->type() == AxisType::kInteger)
        axis_values.emplace_back(static_cast<int64_t>(std::llround(value)));
      else
        axis_values.emplace_back(value);
    }
    config.report.baseline = a_;
    return config;
  }
  for (config::VariantSpec& spec : config.variants) {
    if (spec.variant != variant_) continue;
    std::vector<int64_t>& param_values = *values_of_param(spec, param_);
    param_values.clear();
    for (const double value : values) param_values.push_back(std::llround(value));
  }
  return config;
}

const PairPoint& PairAxis::point(double value) const {
  const auto [it, is_new] = known_.try_emplace(value);
  PairPoint& point = it->second;
  if (!is_new) return point;
  Plan plan = make_plan(at({value}), catalogue_, memory_limit_bytes_);
  point.a = std::move(plan.cases.at(0));
  point.b = std::move(plan.cases.at(1));
  for (record::Case* c : {&point.a, &point.b}) {
    if (axis_ == nullptr && c->variant == variant_) c->label += " " + param_ + "=" + text(value);
    if (point.reason.empty() && c->outcome != record::Outcome::kPending)
      point.reason = c->label + ": " + c->reason;
  }
  return point;
}

std::optional<double> PairAxis::nearest(double value, double low, double high) const {
  const double middle = rounded(std::clamp(value, low, high));
  const bool integer = axis_ == nullptr || axis_->type() == AxisType::kInteger;
  const auto valid = [&](double x) { return x >= low && x <= high && point(x).reason.empty(); };
  // One by one where every 8th or 64th value is valid, then by growing steps: memory ends an axis.
  constexpr double kOneByOne = 64, kGrowth = 1.25;
  double step = integer ? 1 : 0.01 * middle;
  for (double away = 0; away <= high - low; away += step) {
    if (away > kOneByOne * step) step *= kGrowth;
    if (const double up = rounded(middle + away); valid(up)) return up;
    if (const double down = rounded(middle - away); valid(down)) return down;
  }
  return {};
}

std::string PairAxis::obstacle(double value) const {
  return point(rounded(value)).reason;
}

std::optional<double> PairAxis::equal_work_up_to() const {
  constexpr int kSteps = 32;
  double equal = 0, differs = 0;
  for (int i = 0; i <= kSteps && differs == 0; ++i) {
    const double x = i == kSteps ? high_ : rounded(low_ * std::pow(high_ / low_, 1.0 * i / kSteps));
    (point(x).equal_work() ? equal : differs) = x;
  }
  if (equal == 0) return {};
  if (differs == 0) return high_;
  while (true) {
    const double middle = rounded((equal + differs) / 2);
    if (middle <= equal || middle >= differs) return equal;
    (point(middle).equal_work() ? equal : differs) = middle;
  }
}

}  // namespace attnbench::plan
