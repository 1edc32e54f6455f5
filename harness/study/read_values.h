// Values that every part of study.json is made of.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/problems.h"

namespace attnbench::study {

// What all parts of the reader read with.
using config::join;
using config::Json;
using config::member;
using config::Node;
using config::Problems;
using config::shown;

/// Each of these functions reports what is wrong, and then returns nothing.

/// A string that says something.
std::optional<std::string> read_text(const Node& node, Problems& problems);

/// A list of such strings, of one or more.
std::vector<std::string> read_texts(const Node& node, Problems& problems);

/// The text of a key; empty if `object` has no such key.
std::string read_text_of(const Node& object, const char* key, Problems& problems);

/// One of `known`: `what` is what they are.
std::optional<std::string> read_choice(const Node& node, const std::string& what,
                                       const std::vector<std::string>& known, Problems& problems);

std::optional<double> read_number(const Node& node, const std::string& what, Problems& problems);

/// The plain name of a file in the study's folder that ends in ".json".
std::optional<std::string> read_json_name(const Node& node, Problems& problems);

/// Reports the keys of `needed` that the object lacks.
void need_keys(const Node& object, const std::vector<std::string>& needed, Problems& problems);

/// The name of a row of quantity_rows().
std::optional<std::string> read_quantity(const Node& node, Problems& problems);

}  // namespace attnbench::study
