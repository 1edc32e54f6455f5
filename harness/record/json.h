// The JSON form of records: run.json and the pieces that the journal writes line by line.
#pragma once

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "record/axes.h"
#include "record/record.h"

namespace attnbench::record {

using Json = nlohmann::ordered_json;

/// One of our files cannot be read back. The message says where, what is wrong and what would be
/// right.
class RecordError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A record of another schema version.
class SchemaError : public RecordError {
 public:
  using RecordError::RecordError;
};

/// An integer, true or false, a name, or a number; null if there is no value.
Json value_json(const Axis& axis, const AxisValue& value);

Json to_json(const Case& c);
Json to_json(const Sample& s);
Json to_json(const Check& c);
Json to_json(const Probe& p);
Json to_json(const Quality& q);
Json to_json(const Memory& m);
Json to_json(const InputStatistics& s);
Json to_json(const Machine& m);
Json to_json(const Build& b);
Json to_json(const Ceiling& c);
Json to_json(const Conditions& c);

Case case_from_json(const Json& j);
Sample sample_from_json(const Json& j);
Check check_from_json(const Json& j);
Probe probe_from_json(const Json& j);
Quality quality_from_json(const Json& j);
Memory memory_from_json(const Json& j);
InputStatistics input_statistics_from_json(const Json& j);
Machine machine_from_json(const Json& j);
Build build_from_json(const Json& j);
Ceiling ceiling_from_json(const Json& j);

/// Parses JSON nested no deeper than 64 levels. Throws RecordError.
Json parse_bounded(const std::string& text);

/// One line of JSON with its newline. Bytes that are not UTF-8 are replaced.
std::string to_line(const Json& j);

/// The text of run.json, ending in a newline. null stands for NaN and Infinity.
std::string run_to_text(const Run& run);

/// Throws RecordError, or SchemaError if the file has another schema version.
Run run_from_text(const std::string& text, const std::string& file);

std::string noise_floor_to_text(const NoiseFloor& floor);

/// Throws RecordError.
NoiseFloor noise_floor_from_text(const std::string& text, const std::string& file);

}  // namespace attnbench::record
