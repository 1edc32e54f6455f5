// Makes a document of the arguments, which the config reader then reads.
#include "config/variation_arguments.h"

#include "config/parse.h"
#include "config/sections.h"

namespace attnbench::config {
namespace {

Json params_object(const std::vector<std::string>& params) {
  Json object = Json::object();
  for (const std::string& param : params) {
    Problems problems("--param " + param);
    const size_t equals = param.find('=');
    const std::string name = param.substr(0, equals);
    if (equals == std::string::npos || name.empty())
      problems.add("", "expected NAME=VALUE, such as left=2");
    else if (object.contains(name))
      problems.add("", "'" + name + "' is given twice");
    problems.throw_if_any();
    const std::string text = param.substr(equals + 1);
    const Parsed parsed = parse_json(text, Comments::kRefused);
    const bool is_number = parsed.syntax_error.empty() && parsed.value.is_number();
    object[name] = is_number ? parsed.value : Json(text);
  }
  return object;
}

}  // namespace

Variation read_variation(const std::string& name, const std::vector<std::string>& params,
                         const registry::Catalogue& catalogue) {
  Json document = {{"variant", name}};
  if (!params.empty()) document["params"] = params_object(params);
  Problems problems("--variant " + name);
  int64_t budget = 0;  // Only ranges need one.
  Config config;
  config.variants = {read_variant({document, ""}, catalogue, "", budget, problems)};
  problems.throw_if_any();
  return expand_variants(config, catalogue).front();
}

}  // namespace attnbench::config
