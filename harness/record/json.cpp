// Records to JSON and back.
#include "record/json.h"

#include <cmath>
#include <utility>

#include "record/json_fields.h"
#include "record/sanity.h"

namespace attnbench::record {
namespace {

using visit::Reader;
using visit::Writer;

constexpr int kMaxDepth = 64;

template <class T>
Json write(T value) {
  Writer writer;
  fields(writer, value);
  return std::move(writer.object_);
}

template <class T>
T read(const Json& j, const std::string& where) {
  T value;
  Reader reader(j, where);
  fields(reader, value);
  return value;
}

template <class T>
Json write_list(const std::vector<T>& values) {
  Json list = Json::array();
  for (const T& value : values) list.push_back(write(value));
  return list;
}

template <class T>
std::vector<T> read_list(Reader& parent, const char* name) {
  std::vector<T> values;
  for (const Json& j : parent.array(name))
    values.push_back(read<T>(j, parent.place(name) + "/" + std::to_string(values.size())));
  return values;
}

/// Saturated counts are named, so that a reader does not take 2^63 - 1 for exact.
Json write_case(const Case& c) {
  Json j = write(c);
  if (const auto names = saturated_counts(c); !names.empty()) j["saturated"] = names;
  return j;
}

Json write_probe(const Probe& probe) {
  Json j = write(probe);
  j["points"] = write_list(probe.points);
  return j;
}

Probe read_probe(const Json& j, const std::string& where) {
  Probe probe = read<Probe>(j, where);
  Reader reader(j, where);
  probe.points = read_list<ProbePoint>(reader, "points");
  return probe;
}

Json write_case_record(const CaseRecord& c) {
  Json j = write_case(c.plan);
  j["check"] = c.check ? write(*c.check) : Json(nullptr);
  if (c.quality) j["quality"] = write(*c.quality);
  j["memory"] = write(c.memory);
  if (c.setup_memory) j["setup_memory"] = write(*c.setup_memory);
  j["iterations"] = c.iterations;
  if (c.selection_s) j["selection_s"] = *c.selection_s;
  j["samples"] = write_list(c.samples);
  for (const Probe& probe : c.probes) j["probes"].push_back(write_probe(probe));
  return j;
}

CaseRecord read_case_record(const Json& j, const std::string& where) {
  CaseRecord c;
  c.plan = read<Case>(j, where);
  Reader reader(j, where);
  if (!reader.at("check").is_null()) c.check = read<Check>(reader.at("check"), where + "/check");
  if (j.contains("quality")) c.quality = read<Quality>(j["quality"], where + "/quality");
  c.memory = read<Memory>(reader.at("memory"), where + "/memory");
  if (j.contains("setup_memory"))
    c.setup_memory = read<Memory>(j["setup_memory"], where + "/setup_memory");
  reader("iterations", c.iterations);
  if (j.contains("selection_s")) reader("selection_s", c.selection_s);
  c.samples = read_list<Sample>(reader, "samples");
  if (j.contains("probes"))
    for (const Json& probe : reader.array("probes"))
      c.probes.push_back(read_probe(probe, where + "/probes/" + std::to_string(c.probes.size())));
  return c;
}

Json write_sentence(const Sentence& sentence) {
  return {{"tokens", sentence.tokens}, {"views", write_list(sentence.views)}};
}

Sentence read_sentence(const Json& j, const std::string& where) {
  Reader reader(j, where);
  Sentence sentence;
  for (const Json& token : reader.array("tokens")) {
    reader.expect(token.is_string(), "tokens", "a list of strings");
    sentence.tokens.push_back(token.get<std::string>());
  }
  sentence.views = read_list<SentenceView>(reader, "views");
  return sentence;
}

Json write_input_statistics(const InputStatistics& statistics) {
  Json j = write(statistics);
  j["top"] = write_list(statistics.top);
  j["near"] = write_list(statistics.near);
  return j;
}

InputStatistics read_input_statistics(const Json& j, const std::string& where) {
  auto statistics = read<InputStatistics>(j, where);
  Reader reader(j, where);
  statistics.top = read_list<TopMass>(reader, "top");
  statistics.near = read_list<NearMass>(reader, "near");
  return statistics;
}

/// Older records hold only OpenMP's variables, under another name.
std::map<std::string, std::string> read_environment(Reader& reader, const Json& run) {
  const char* const key = run.contains("openmp_settings") ? "openmp_settings" : "environment";
  std::map<std::string, std::string> environment;
  reader(key, environment);
  return environment;
}

void check_schema(Reader& reader) {
  int version = 0;
  reader("schema_version", version);
  if (version != kSchemaVersion)
    throw SchemaError("/schema_version: this program reads version " +
                      std::to_string(kSchemaVersion) + ", the file is version " +
                      std::to_string(version));
}

Run read_run(const Json& j) {
  Reader reader(j, "");
  check_schema(reader);
  Run run = read<Run>(j, "");
  reader.optional("interleaved", run.interleaved);
  run.config_json = reader.at("config").dump(2);
  run.machine = read<Machine>(reader.at("machine"), "/machine");
  run.build = read<Build>(reader.at("build"), "/build");
  if (j.contains("plugins")) run.plugins = read_list<Plugin>(reader, "plugins");
  if (j.contains("variant_files"))
    run.variant_files = read_list<VariantFile>(reader, "variant_files");
  if (j.contains("conditions")) run.conditions = read<Conditions>(j["conditions"], "/conditions");
  run.environment = read_environment(reader, j);
  run.ceilings = read_list<Ceiling>(reader, "ceilings");
  run.largest_fits = read_list<LargestFit>(reader, "largest_fits");
  if (j.contains("patterns")) run.patterns = read_list<Pattern>(reader, "patterns");
  if (j.contains("undrawn")) run.undrawn = read_list<Undrawn>(reader, "undrawn");
  if (j.contains("sentence")) run.sentence = read_sentence(j["sentence"], "/sentence");
  if (j.contains("input_statistics"))
    for (const Json& s : reader.array("input_statistics"))
      run.input_statistics.push_back(read_input_statistics(
          s, "/input_statistics/" + std::to_string(run.input_statistics.size())));
  for (const Json& c : reader.array("cases")) {
    run.cases.push_back(read_case_record(c, "/cases/" + std::to_string(run.cases.size())));
    reader.expect(run.cases.back().plan.id == static_cast<int>(run.cases.size()) - 1, "cases",
                  "ids that are positions");
  }
  for (const LargestFit& fit : run.largest_fits)
    reader.expect(std::cmp_less(fit.series, run.cases.size()) && fit.series >= 0, "largest_fits",
                  "ids of cases");
  require_sane(run);
  return run;
}

}  // namespace

Json value_json(const Axis& axis, const AxisValue& value) {
  if (axis.type() == AxisType::kFlag) return std::get<int64_t>(value) != 0;
  if (axis.has_words()) return value_text(axis, value);
  if (axis.type() == AxisType::kInteger) return std::get<int64_t>(value);
  const double number = std::get<double>(value);
  return std::isfinite(number) ? Json(number) : Json(nullptr);
}

Json to_json(const Case& c) {
  return write_case(c);
}
Json to_json(const Sample& s) {
  return write(s);
}
Json to_json(const Check& c) {
  return write(c);
}
Json to_json(const Probe& p) {
  return write_probe(p);
}
Json to_json(const Quality& q) {
  return write(q);
}
Json to_json(const Memory& m) {
  return write(m);
}
Json to_json(const InputStatistics& s) {
  return write_input_statistics(s);
}
Json to_json(const Machine& m) {
  return write(m);
}
Json to_json(const Build& b) {
  return write(b);
}
Json to_json(const Ceiling& c) {
  return write(c);
}
Json to_json(const Conditions& c) {
  return write(c);
}

Case case_from_json(const Json& j) {
  return read<Case>(j, "");
}
Sample sample_from_json(const Json& j) {
  return read<Sample>(j, "");
}
Check check_from_json(const Json& j) {
  return read<Check>(j, "");
}
Probe probe_from_json(const Json& j) {
  return read_probe(j, "");
}
Quality quality_from_json(const Json& j) {
  return read<Quality>(j, "");
}
Memory memory_from_json(const Json& j) {
  return read<Memory>(j, "");
}
InputStatistics input_statistics_from_json(const Json& j) {
  return read_input_statistics(j, "");
}
Machine machine_from_json(const Json& j) {
  return read<Machine>(j, "");
}
Build build_from_json(const Json& j) {
  return read<Build>(j, "");
}
Ceiling ceiling_from_json(const Json& j) {
  return read<Ceiling>(j, "");
}

Json parse_bounded(const std::string& text) {
  const auto guard = [](int depth, Json::parse_event_t event, Json&) {
    const bool opens =
        event == Json::parse_event_t::object_start || event == Json::parse_event_t::array_start;
    if (opens && depth >= kMaxDepth)
      throw RecordError("nested deeper than " + std::to_string(kMaxDepth) + " levels");
    return true;
  };
  try {
    return Json::parse(text, guard);
  } catch (const Json::parse_error& e) {
    throw RecordError("not JSON: byte " + std::to_string(e.byte));
  } catch (const Json::exception& e) {
    throw RecordError(std::string("not JSON: ") + e.what());
  }
}

std::string to_line(const Json& j) {
  return j.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string run_to_text(const Run& run) {
  Json j = Json::object();
  j["schema_version"] = run.schema_version;
  j.update(write(run));
  if (!run.interleaved.empty()) j["interleaved"] = run.interleaved;
  j["config"] = Json::parse(run.config_json);
  j["machine"] = write(run.machine);
  j["build"] = write(run.build);
  j["plugins"] = write_list(run.plugins);
  if (!run.variant_files.empty()) j["variant_files"] = write_list(run.variant_files);
  j["conditions"] = write(run.conditions);
  j["environment"] = run.environment;
  j["ceilings"] = write_list(run.ceilings);
  j["largest_fits"] = write_list(run.largest_fits);
  j["patterns"] = write_list(run.patterns);
  if (!run.undrawn.empty()) j["undrawn"] = write_list(run.undrawn);
  j["sentence"] = write_sentence(run.sentence);
  for (const InputStatistics& s : run.input_statistics)
    j["input_statistics"].push_back(write_input_statistics(s));
  Json cases = Json::array();
  for (const CaseRecord& c : run.cases) cases.push_back(write_case_record(c));
  j["cases"] = std::move(cases);
  return j.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Run run_from_text(const std::string& text, const std::string& file) {
  try {
    return read_run(parse_bounded(text));
  } catch (const SchemaError& e) {
    throw SchemaError(file + ": " + e.what());
  } catch (const RecordError& e) {
    throw RecordError(file + ": " + e.what());
  }
}

std::string noise_floor_to_text(const NoiseFloor& floor) {
  Json j = Json::object();
  j["schema_version"] = kSchemaVersion;
  j.update(write(floor));
  j["cases"] = write_list(floor.cases);
  return j.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

NoiseFloor noise_floor_from_text(const std::string& text, const std::string& file) {
  try {
    const Json j = parse_bounded(text);
    Reader reader(j, "");
    check_schema(reader);
    NoiseFloor floor = read<NoiseFloor>(j, "");
    floor.cases = read_list<NoiseFloorCase>(reader, "cases");
    reader.expect(floor.floor >= 1, "floor", "a ratio of at least 1");
    reader.expect(floor.drift_sd.value_or(0) >= 0, "drift_sd", "a number of at least 0");
    reader.expect(!floor.drift_sd || floor.runs.value_or(0) >= 2, "runs", "at least 2");
    return floor;
  } catch (const RecordError& e) {
    throw RecordError(file + ": " + e.what());
  }
}

}  // namespace attnbench::record
