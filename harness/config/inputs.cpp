// Reads and writes values of the axis `inputs`.
#include "config/inputs.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "config/model_like.h"
#include "config/sections.h"
#include "config/values.h"
#include "npz/qkv.h"
#include "record/axes.h"
#include "record/model_like.h"
#include "registry/sha256.h"

namespace attnbench::config {
namespace {

using record::InputSource;
using OrderedJson = nlohmann::ordered_json;

constexpr const char* kNormal = "normal";
constexpr const char* kExpected = R"(inputs are "normal", "model_like" or {"file": "NAME.npz"})";
constexpr size_t kMostNameBytes = 300;
constexpr size_t kHexDigits = 64;  // Of a SHA-256.

/// An axis that a file fixes, and the file's value of it.
struct FixedAxis {
  const char* axis;
  int64_t InputSource::*value;
};
constexpr FixedAxis kFixedAxes[] = {{"batch", &InputSource::batch},
                                    {"heads", &InputSource::heads},
                                    {"kv_heads", &InputSource::kv_heads},
                                    {"head_dim", &InputSource::head_dim}};

/// A name that stands in every report: one line of text of limited length.
std::string read_name(const Node& node, const std::string& what, Problems& problems) {
  const std::string name = read_string(node, problems).value_or("");
  if (!node.value.is_string()) return {};
  if (!name.empty() && name.size() <= kMostNameBytes && printable(name) == name) return name;
  problems.add(node.pointer, shown(node.value) + " is no " + what + "; give 1 to " +
                                 std::to_string(kMostNameBytes) + " bytes of plain text");
  return {};
}

std::optional<std::string> read_hash(const Node& node, Problems& problems) {
  std::optional<std::string> hash = read_string(node, problems);
  if (!hash || (hash->size() == kHexDigits &&
                hash->find_first_not_of("0123456789abcdef") == std::string::npos))
    return hash;
  problems.add(node.pointer, shown(node.value) + " is no sha256; `sha256sum FILE` prints it: " +
                                 std::to_string(kHexDigits) + " digits of 0-9 and a-f");
  return std::nullopt;
}

/// Reads the file; nothing if there is a problem.
std::shared_ptr<const InputSource> read_source(const Node& node,
                                               const std::filesystem::path& folder,
                                               Problems& problems) {
  if (!check_object(node, {"file", "layer", "sha256"}, problems)) return nullptr;
  const std::optional<Node> file = member(node, "file");
  if (!file) {
    problems.add(node.pointer, std::string("needs 'file'; ") + kExpected);
    return nullptr;
  }
  InputSource source;
  source.file = read_name(*file, "name of a file", problems);
  const bool is_npz = source.file.ends_with(".npz");
  if (!source.file.empty() && !is_npz)
    problems.add(file->pointer, shown(file->value) +
                                    " is no npz file by its name; numpy.savez(\"NAME.npz\", q=q, "
                                    "k=k, v=v) writes one");
  if (const auto layer = member(node, "layer"))
    source.layer = read_name(*layer, "name of a layer", problems);
  const auto hash = member(node, "sha256");
  const std::optional<std::string> wanted = hash ? read_hash(*hash, problems) : std::nullopt;
  const std::optional<std::filesystem::path> path =
      is_npz ? read_file_name(*file, folder, problems) : std::nullopt;
  if (!path) return nullptr;
  source.path = path->string();
  source.sha256 = registry::sha256_of_file(source.path);
  if (source.sha256.empty()) {
    problems.add(file->pointer, shown(file->value) + " cannot be read: " + std::strerror(errno));
    return nullptr;
  }
  if (wanted && source.sha256 != *wanted) {
    problems.add(hash->pointer, source.file + " has the sha256 " + source.sha256 + " now, not " +
                                    shown(hash->value) + "; these are other inputs");
    return nullptr;
  }
  try {
    const npz::QkvShape shape = npz::check_qkv(source.path, source.layer);
    source.batch = shape.batch;
    source.heads = shape.heads;
    source.kv_heads = shape.kv_heads;
    source.len = shape.len;
    source.head_dim = shape.head_dim;
  } catch (const npz::NpzError& e) {
    std::string what = e.what();
    if (what.starts_with(source.path)) what.replace(0, source.path.size(), source.file);
    problems.add(node.pointer, what);
    return nullptr;
  }
  return std::make_shared<const InputSource>(std::move(source));
}

/// One value of the axis.
void read_input(const Node& node, const std::filesystem::path& folder, Sweep& sweep,
                Problems& problems) {
  std::string text = kNormal;
  const bool is_model_like =
      node.value == record::kModelLikeName ||
      (node.value.is_object() && node.value.contains(record::kModelLikeName));
  if (node.value.is_object() || is_model_like) {
    std::shared_ptr<const InputSource> source =
        is_model_like ? read_model_like(node, problems) : read_source(node, folder, problems);
    if (!source) return;
    text = source->text();
    sweep.input_sources.push_back(std::move(source));
  } else if (node.value != kNormal) {
    return problems.add(node.pointer, "is " + shown(node.value) + "; " + kExpected);
  }
  AxisValues& values = sweep["inputs"];
  if (std::find(values.begin(), values.end(), record::AxisValue(text)) != values.end())
    problems.add(node.pointer, shown(Json(text)) + " is twice in this list");
  values.emplace_back(text);
}

}  // namespace

void read_inputs(const Node& node, const std::filesystem::path& folder, Sweep& sweep,
                 Problems& problems) {
  sweep["inputs"].clear();
  if (!node.value.is_array()) return read_input(node, folder, sweep, problems);
  if (node.value.empty()) problems.add(node.pointer, "is an empty list; give at least one value");
  for (size_t i = 0; i < node.value.size(); ++i)
    read_input(element(node, i), folder, sweep, problems);
}

void match_files(const Node& node, Sweep& sweep, Problems& problems) {
  std::vector<std::shared_ptr<const InputSource>> files = sweep.input_sources;
  std::erase_if(files, [](const auto& source) { return !source->is_file(); });
  if (files.empty()) return;
  const InputSource& first = *files.front();
  for (const FixedAxis& fixed : kFixedAxes) {
    const std::optional<Node> given = member(node, fixed.axis);
    const auto has = [&](const InputSource& source) {
      return source.text() + " has " + fixed.axis + " = " + std::to_string(source.*fixed.value);
    };
    for (const auto& source : files)
      if (!given && (*source).*fixed.value != first.*fixed.value)
        problems.add(join_pointer(node.pointer, "inputs"),
                     has(first) + ", " + has(*source) + "; the files of a sweep have one shape");
    if (!given) {
      const Json value = first.*fixed.value;
      int64_t budget = 1;
      sweep[fixed.axis] = read_axis({value, join_pointer(node.pointer, "inputs")},
                                    record::axis_named(fixed.axis), budget, problems);
      continue;
    }
    for (const record::AxisValue& value : sweep[fixed.axis])
      for (const auto& source : files)
        if (std::get<int64_t>(value) != (*source).*fixed.value)
          problems.add(given->pointer, std::to_string(std::get<int64_t>(value)) +
                                           " does not fit /sweep/inputs: " + has(*source) +
                                           "; give that value, or leave " + fixed.axis +
                                           " out to take the file's");
  }
}

OrderedJson input_json(const InputSource* source) {
  if (source == nullptr) return kNormal;
  if (!source->is_file()) return model_like_json(*source);
  OrderedJson json{{"file", source->file}};
  if (!source->layer.empty()) json["layer"] = source->layer;
  json["sha256"] = source->sha256;
  return json;
}

OrderedJson input_schema() {
  const OrderedJson file{
      {"description",
       "An npz file in the config's folder or below that holds the arrays q [batch, heads, tokens, "
       "head_dim], k and v [batch, kv_heads, tokens, head_dim], float32 or float16."},
      {"type", "string"},
      {"pattern", "\\.npz$"}};
  const OrderedJson layer{{"description", "L takes the arrays L/q, L/k and L/v."},
                          {"type", "string"},
                          {"minLength", 1}};
  const OrderedJson hash{{"description", "The file's SHA-256: a file with another is refused."},
                         {"type", "string"},
                         {"pattern", "^[0-9a-f]{64}$"}};
  const OrderedJson object{{"type", "object"},
                           {"additionalProperties", false},
                           {"properties", {{"file", file}, {"layer", layer}, {"sha256", hash}}},
                           {"required", OrderedJson::array({"file"})}};
  return {{"anyOf", OrderedJson::array({OrderedJson{{"const", kNormal}},
                                        OrderedJson{{"const", record::kModelLikeName}}, object,
                                        model_like_schema()})}};
}

}  // namespace attnbench::config
