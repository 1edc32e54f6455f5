// The axis `inputs` of a sweep: normal numbers, model-like ones, or the arrays of npz files.
#pragma once

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "config/config.h"
#include "config/problems.h"

namespace attnbench::config {

/// Reads one value of `inputs` or a list of them into `sweep`. A file lies in `folder` or below.
/// All of it is read, for its hash and then for its values: these must be finite, and the hash is
/// what the config gives, if the config gives one.
void read_inputs(const Node& node, const std::filesystem::path& folder, Sweep& sweep,
                 Problems& problems);

/// Gives the axes batch, heads, kv_heads and head_dim that the sweep does not name the values of
/// the sweep's files. Those that it names, and other files, must have the same values. `node` is
/// the section sweep.
void match_files(const Node& node, Sweep& sweep, Problems& problems);

/// What a config says for a value of `inputs`. `source` is null for the normal numbers.
nlohmann::ordered_json input_json(const record::InputSource* source);

/// The schema of one value of `inputs`.
nlohmann::ordered_json input_schema();

}  // namespace attnbench::config
