// Reads the section variants: names, or objects with label and params.
#include <algorithm>

#include "config/lists.h"
#include "config/sections.h"
#include "config/values.h"

namespace attnbench::config {
namespace {

constexpr ptrdiff_t kMostLabelCharacters = 100;

const registry::Entry* find_variant(const Node& node, const registry::Catalogue& catalogue,
                                    Problems& problems) {
  const std::optional<std::string> name = read_string(node, problems);
  if (!name) return nullptr;
  const registry::Entry* entry = catalogue.find(*name);
  if (entry != nullptr) return entry;
  std::vector<std::string> names;
  for (const registry::Entry& known : catalogue.entries()) names.emplace_back(known.name());
  problems.add(node.pointer, "unknown variant " + shown(node.value) +
                                 "; there are: " + join(names, ", ") + suggestion(*name, names));
  return nullptr;
}

std::string read_label(const Node& node, Problems& problems) {
  const std::string label = read_string(node, problems).value_or("");
  if (!node.value.is_string()) return label;
  const ptrdiff_t characters = std::count_if(label.begin(), label.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;  // Not a continuation byte of UTF-8.
  });
  if (characters == 0 || characters > kMostLabelCharacters)
    problems.add(node.pointer, "has " + std::to_string(characters) +
                                   " characters; a label has from 1 to " +
                                   std::to_string(kMostLabelCharacters));
  if (printable(label) != label)
    problems.add(node.pointer, "holds a control character; a label is one line of plain text");
  return label;
}

void read_params(const Node& node, const registry::Entry& entry,
                 const std::filesystem::path& folder, VariantSpec& spec, int64_t& budget,
                 Problems& problems) {
  std::vector<std::string> names;
  for (const Param& param : entry.params()) names.emplace_back(param.name);
  const std::string has =
      spec.variant + (names.empty() ? " has no params" : " has: " + join(names, ", "));
  if (!node.value.is_object()) {
    problems.add(node.pointer, "is " + shown(node.value) + "; expected an object; " + has);
    return;
  }
  for (const auto& item : node.value.items())
    if (std::find(names.begin(), names.end(), item.key()) == names.end())
      problems.add(join_pointer(node.pointer, item.key()),
                   "unknown param; " + has + suggestion(item.key(), names));
  for (const Param& param : entry.params()) {
    const std::optional<Node> values = member(node, param.name);
    if (!values) continue;
    if (param.is_list) {
      spec.list_name = param.name;
      spec.list = read_list_param(*values, param, folder, problems);
    } else {
      spec.params.emplace_back(
          param.name, read_values(*values, {param.name, param.min, param.max}, budget, problems));
    }
  }
}

VariantSpec read_object(const Node& node, const registry::Catalogue& catalogue,
                        const std::filesystem::path& folder, int64_t& budget, Problems& problems) {
  VariantSpec spec;
  check_object(node, {"variant", "label", "params"}, problems);
  const std::optional<Node> name = member(node, "variant");
  if (!name) problems.add(node.pointer, "needs 'variant', a name");
  if (const std::optional<Node> label = member(node, "label"))
    spec.label = read_label(*label, problems);
  const registry::Entry* entry = name ? find_variant(*name, catalogue, problems) : nullptr;
  if (entry == nullptr) return spec;
  spec.variant = entry->name();
  if (const std::optional<Node> params = member(node, "params"))
    read_params(*params, *entry, folder, spec, budget, problems);
  return spec;
}

}  // namespace

VariantSpec read_variant(const Node& node, const registry::Catalogue& catalogue,
                         const std::filesystem::path& folder, int64_t& budget, Problems& problems) {
  if (node.value.is_object()) return read_object(node, catalogue, folder, budget, problems);
  if (!node.value.is_string()) {
    problems.add(node.pointer, "is " + shown(node.value) +
                                   "; expected a variant's name, or an object with: variant, "
                                   "label, params");
    return {};
  }
  const registry::Entry* entry = find_variant(node, catalogue, problems);
  return {entry == nullptr ? std::string() : std::string(entry->name()), {}, {}};
}

std::vector<VariantSpec> read_variants(const Node& node, const registry::Catalogue& catalogue,
                                       const std::filesystem::path& folder, int64_t& budget,
                                       Problems& problems) {
  std::vector<VariantSpec> specs;
  if (!node.value.is_array() || node.value.empty()) {
    problems.add(node.pointer, "is " + shown(node.value) +
                                   "; expected a list with at least one variant, such as "
                                   "[\"full\", {\"variant\": \"window\", \"params\": {}}]");
    return specs;
  }
  for (size_t i = 0; i < node.value.size(); ++i)
    specs.push_back(read_variant(element(node, i), catalogue, folder, budget, problems));
  return specs;
}

}  // namespace attnbench::config
