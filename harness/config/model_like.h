// Params of model_like inputs in a config.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>

#include "config/problems.h"
#include "record/inputs.h"

namespace attnbench::config {

/// Reads "model_like" or {"model_like": {"sink_mass": 0.2}}; params that are not named have their
/// defaults. Nothing if there is a problem.
std::shared_ptr<const record::InputSource> read_model_like(const Node& node, Problems& problems);

/// "model_like", or the object with those params that are not the default.
nlohmann::ordered_json model_like_json(const record::InputSource& source);

/// The schema of the object.
nlohmann::ordered_json model_like_schema();

}  // namespace attnbench::config
