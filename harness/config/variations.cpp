// The variants of a config with every combination of their params.
#include "config/variations.h"

#include <algorithm>
#include <map>

#include "registry/list_digest.h"

namespace attnbench::config {
namespace {

/// A spec with a list of values for each declared param.
struct FullSpec {
  const registry::Entry* entry;
  std::string name;  ///< What its labels begin with.
  std::vector<std::vector<int64_t>> values;
  std::shared_ptr<const std::vector<int64_t>> list;
};

FullSpec complete(const VariantSpec& spec, const registry::Catalogue& catalogue) {
  const registry::Entry* entry = catalogue.find(spec.variant);
  if (entry == nullptr) throw ConfigError({"no variant is called '" + spec.variant + "'"});
  FullSpec full{entry, spec.label.empty() ? spec.variant : spec.label, {}, spec.list};
  for (const Param& param : entry->params()) {
    if (param.is_list) {
      full.values.push_back({spec.list ? registry::list_digest(*spec.list) : param.value});
      continue;
    }
    const auto given = std::find_if(spec.params.begin(), spec.params.end(),
                                    [&](const auto& named) { return named.first == param.name; });
    full.values.push_back(given == spec.params.end() ? std::vector{param.value} : given->second);
  }
  return full;
}

/// Which params take more than one value among the specs of one variant under one name.
std::vector<bool> distinguishing(const std::vector<const FullSpec*>& specs) {
  const FullSpec& first = *specs.front();
  std::vector<bool> differs(first.values.size());
  for (size_t i = 0; i < differs.size(); ++i)
    differs[i] = std::any_of(specs.begin(), specs.end(), [&](const FullSpec* spec) {
      return spec->values[i].size() > 1 || spec->values[i] != first.values[i];
    });
  return differs;
}

void append_variations(const FullSpec& spec, const std::vector<bool>& differs,
                       std::vector<Variation>& variations) {
  const std::span<const Param> params = spec.entry->params();
  std::vector<size_t> at(params.size());
  while (true) {
    Variation variation{spec.entry, spec.name, {}, spec.list};
    for (size_t i = 0; i < params.size(); ++i) {
      variation.params.push_back(spec.values[i][at[i]]);
      const bool none = params[i].is_list && !spec.list;
      if (differs[i])
        variation.label += std::string(" ") + params[i].name + '=' +
                           (none ? "none" : std::to_string(variation.params[i]));
    }
    variations.push_back(std::move(variation));
    size_t i = params.size();  // Count up, the last param fastest.
    while (i > 0 && ++at[i - 1] == spec.values[i - 1].size()) at[--i] = 0;
    if (i == 0) return;
  }
}

}  // namespace

std::vector<std::pair<std::string, int64_t>> Variation::named_params() const {
  std::vector<std::pair<std::string, int64_t>> named;
  for (size_t i = 0; i < params.size(); ++i) {
    const Param& param = entry->params()[i];
    if (!param.is_list || list) named.emplace_back(param.name, params[i]);
  }
  return named;
}

std::vector<Variation> expand_variants(const Config& config, const registry::Catalogue& catalogue) {
  std::vector<FullSpec> specs;
  for (const VariantSpec& spec : config.variants) specs.push_back(complete(spec, catalogue));
  using Key = std::pair<const registry::Entry*, std::string>;
  std::map<Key, std::vector<const FullSpec*>> groups;
  for (const FullSpec& spec : specs) groups[{spec.entry, spec.name}].push_back(&spec);
  std::map<Key, std::vector<bool>> differs;
  for (const auto& [key, group] : groups) differs[key] = distinguishing(group);

  std::vector<Variation> variations;
  for (const FullSpec& spec : specs)
    append_variations(spec, differs.at({spec.entry, spec.name}), variations);
  return variations;
}

double count_variations(const Config& config) {
  double total = 0;
  for (const VariantSpec& spec : config.variants) {
    double combinations = 1;
    for (const auto& [name, values] : spec.params)
      combinations *= static_cast<double>(values.size());
    total += combinations;
  }
  return total;
}

}  // namespace attnbench::config
