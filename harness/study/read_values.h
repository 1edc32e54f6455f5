// Values that every part of study.json is made of.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/problems.h"

namespace attnbench::study {

/// Each of these functions reports what is wrong, and then returns nothing.

/// A string that says something.
std::optional<std::string> read_text(const config::Node& node, config::Problems& problems);

/// A list of such strings, of one or more.
std::vector<std::string> read_texts(const config::Node& node, config::Problems& problems);

/// The text of a key; empty if `object` has no such key.
std::string read_text_of(const config::Node& object, const char* key, config::Problems& problems);

/// One of `known`: `what` is what they are.
std::optional<std::string> read_choice(const config::Node& node, const std::string& what,
                                       const std::vector<std::string>& known,
                                       config::Problems& problems);

std::optional<double> read_number(const config::Node& node, const std::string& what,
                                  config::Problems& problems);

/// The plain name of a file in the study's folder that ends in ".json".
std::optional<std::string> read_json_name(const config::Node& node, config::Problems& problems);

/// Reports the keys of `needed` that the object lacks.
void need_keys(const config::Node& object, const std::vector<std::string>& needed,
               config::Problems& problems);

/// The name of a row of quantity_rows().
std::optional<std::string> read_quantity(const config::Node& node, config::Problems& problems);

}  // namespace attnbench::study
