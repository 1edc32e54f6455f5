// Names inputs, and finds files of inputs in the config of a record.
#include "record/inputs.h"

#include <nlohmann/json.hpp>

#include "record/format.h"
#include "record/model_like.h"

namespace attnbench::record {

std::string InputSource::text() const {
  if (is_file()) return layer.empty() ? file : file + ":" + layer;
  std::string set;
  for (size_t i = 0; i < model_like.size(); ++i) {
    const InputParam& param = kModelLikeParams[i];
    if (model_like[i] != param.value)
      set.append(set.empty() ? "" : " ").append(param.name) += "=" + shortest(model_like[i]);
  }
  std::string text = kModelLikeName;
  if (!set.empty()) text.append("(").append(set).append(")");
  return text;
}

std::vector<InputSource> recorded_sources(const std::string& config_json) {
  using Json = nlohmann::json;
  constexpr bool kThrow = false;
  const Json config = Json::parse(config_json, nullptr, kThrow);
  const Json::json_pointer place("/sweep/inputs");
  std::vector<InputSource> sources;
  // Anyone may have written the record: what is no source is left out.
  if (!config.is_object() || !config.contains("sweep") || !config["sweep"].is_object() ||
      !config.contains(place) || !config[place].is_array())
    return sources;
  const auto text = [](const Json& object, const char* name) {
    const auto it = object.find(name);
    return it != object.end() && it->is_string() ? it->get<std::string>() : std::string();
  };
  for (const Json& value : config[place])
    if (value.is_object() && !text(value, "file").empty())
      sources.push_back({text(value, "file"), text(value, "layer"), text(value, "sha256")});
  return sources;
}

}  // namespace attnbench::record
