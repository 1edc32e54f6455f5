// Finds files of inputs in the config of a record.
#include "record/inputs.h"

#include <nlohmann/json.hpp>

namespace attnbench::record {

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
