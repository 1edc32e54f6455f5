// What JSON Schemas of attnbench's files are made of.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>

#include "record/axes.h"

namespace attnbench::config {

/// An object with these properties and no others.
nlohmann::ordered_json object_schema(nlohmann::ordered_json properties,
                                     nlohmann::ordered_json required);

/// A list without repeats that has at least one item.
nlohmann::ordered_json list_schema(const nlohmann::ordered_json& item);

nlohmann::ordered_json integer_schema(int64_t min, int64_t max);

/// One value of an axis, as a config would give it; of a text, the text itself.
nlohmann::ordered_json value_schema(const record::Axis& axis);

}  // namespace attnbench::config
