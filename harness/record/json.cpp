// Records to JSON and back. Each struct's fields are named once, for both directions.
#include "record/json.h"

#include <cmath>
#include <limits>
#include <utility>

namespace attnbench::record {
namespace {

constexpr int kMaxDepth = 64;

class Writer;
class Reader;
template <class Visitor>
void fields(Visitor& v, Growth& g);
template <class Visitor>
void fields(Visitor& v, Theory& t);

/// A struct that has a `fields` overload of its own.
template <class T>
concept Nested = std::is_same_v<T, Growth> || std::is_same_v<T, Theory>;

/// Writes each field that it visits into a JSON object.
class Writer {
 public:
  template <class T>
  void operator()(const char* name, T& value) {
    if constexpr (Nested<T>) {
      Writer inner;
      fields(inner, value);
      object_[name] = std::move(inner.object_);
    } else {
      object_[name] = value;
    }
  }
  void operator()(const char* name, double& value) {
    object_[name] = std::isfinite(value) ? Json(value) : Json(nullptr);
  }
  void operator()(const char* name, Outcome& value) { object_[name] = outcome_name(value); }
  void operator()(const char* name, std::optional<int64_t>& value) {
    object_[name] = value ? Json(*value) : Json(nullptr);
  }
  void operator()(const char* name, std::vector<std::pair<std::string, int64_t>>& pairs) {
    Json inner = Json::object();
    for (const auto& [key, value] : pairs) inner[key] = value;
    object_[name] = std::move(inner);
  }

  Json object_ = Json::object();
};

/// Fills each field that it visits from a JSON object; a wrong type is a RecordError with its
/// place.
class Reader {
 public:
  Reader(const Json& object, std::string where) : object_(object), where_(std::move(where)) {
    if (!object.is_object()) throw RecordError(where_ + ": expected an object");
  }

  template <class T>
  void operator()(const char* name, T& value) {
    const Json& j = at(name);
    if constexpr (Nested<T>) {
      Reader inner(j, where_ + "/" + name);
      fields(inner, value);
    } else if constexpr (std::is_same_v<T, bool>) {
      expect(j.is_boolean(), name, "true or false");
      value = j.get<bool>();
    } else if constexpr (std::is_integral_v<T>) {
      value = integer<T>(j, name);
    } else {
      expect(j.is_string(), name, "a string");
      value = j.template get<std::string>();
    }
  }
  void operator()(const char* name, double& value) {
    const Json& j = at(name);
    expect(j.is_number() || j.is_null(), name, "a number or null");
    value = j.is_null() ? std::numeric_limits<double>::quiet_NaN() : j.get<double>();
  }
  void operator()(const char* name, Outcome& value) {
    const Json& j = at(name);
    for (const Outcome o : {Outcome::kPending, Outcome::kOk, Outcome::kSkipped, Outcome::kInvalid,
                            Outcome::kFailed, Outcome::kTimeout}) {
      if (j == outcome_name(o)) {
        value = o;
        return;
      }
    }
    expect(false, name, "one of pending, ok, skipped, invalid, failed, timeout");
  }
  void operator()(const char* name, std::optional<int64_t>& value) {
    const Json& j = at(name);
    value.reset();
    if (!j.is_null()) value = integer<int64_t>(j, name);
  }
  void operator()(const char* name, std::vector<std::pair<std::string, int64_t>>& pairs) {
    const Json& j = at(name);
    expect(j.is_object(), name, "an object of integers");
    pairs.clear();
    for (const auto& [key, value] : j.items())
      pairs.emplace_back(key, integer<int64_t>(value, name));
  }

  const Json& array(const char* name) {
    const Json& j = at(name);
    expect(j.is_array(), name, "a list");
    return j;
  }
  void expect(bool holds, const char* name, const std::string& wanted) const {
    if (!holds) throw RecordError(where_ + "/" + name + ": expected " + wanted);
  }
  const Json& at(const char* name) const {
    const auto it = object_.find(name);
    if (it == object_.end()) throw RecordError(where_ + "/" + name + ": missing");
    return *it;
  }

 private:
  template <class T>
  T integer(const Json& j, const char* name) const {
    const auto out_of_range = [&] {
      expect(false, name,
             "an integer from " + std::to_string(std::numeric_limits<T>::min()) + " to " +
                 std::to_string(std::numeric_limits<T>::max()));
    };
    if (j.is_number_unsigned()) {
      if (!std::in_range<T>(j.get<uint64_t>())) out_of_range();
      return static_cast<T>(j.get<uint64_t>());
    }
    if (!j.is_number_integer() || !std::in_range<T>(j.get<int64_t>())) out_of_range();
    return static_cast<T>(j.get<int64_t>());
  }

  const Json& object_;
  std::string where_;
};

template <class Visitor>
void fields(Visitor& v, Growth& g) {
  v("power", g.power);
  v("log_power", g.log_power);
}

template <class Visitor>
void fields(Visitor& v, Theory& t) {
  v("time", t.time);
  v("memory", t.memory);
}

template <class Visitor>
void fields(Visitor& v, Case& c) {
  v("id", c.id);
  v("variant", c.variant);
  v("label", c.label);
  v("kind", c.kind);
  v("params", c.params);
  v("batch", c.problem.batch);
  v("heads", c.problem.heads);
  v("kv_heads", c.problem.kv_heads);
  v("q_len", c.problem.q_len);
  v("kv_len", c.problem.kv_len);
  v("head_dim", c.problem.head_dim);
  v("causal", c.problem.causal);
  v("q_len_follows", c.q_len_follows);
  v("threads", c.threads);
  v("pairs", c.pairs);
  v("flops", c.flops);
  v("traffic_bytes", c.traffic_bytes);
  v("input_bytes", c.input_bytes);
  v("output_bytes", c.output_bytes);
  v("workspace_bytes", c.workspace_bytes);
  v("theory", c.theory);
  v("outcome", c.outcome);
  v("reason", c.reason);
}

template <class Visitor>
void fields(Visitor& v, Sample& s) {
  v("round", s.round);
  v("time_s", s.time_s);
  v("cpu_s", s.cpu_s);
  v("iterations", s.iterations);
  v("first_call_s", s.first_call_s);
}

template <class Visitor>
void fields(Visitor& v, Check& c) {
  v("rows_checked", c.rows_checked);
  v("worst_error", c.worst_error);
  v("worst_error_over_bound", c.worst_error_over_bound);
}

template <class Visitor>
void fields(Visitor& v, Memory& m) {
  v("heap_peak_bytes", m.heap_peak_bytes);
  v("heap_peak_reason", m.heap_peak_reason);
  v("resident_peak_bytes", m.resident_peak_bytes);
  v("resident_peak_reason", m.resident_peak_reason);
}

template <class Visitor>
void fields(Visitor& v, Ceiling& c) {
  v("threads", c.threads);
  v("fma_gflops", c.fma_gflops);
  v("stream_gbs", c.stream_gbs);
  v("parallel_region_s", c.parallel_region_s);
}

template <class Visitor>
void fields(Visitor& v, Machine& m) {
  v("cpu", m.cpu);
  v("cores", m.cores);
  v("memory_bytes", m.memory_bytes);
  v("l1d_bytes", m.l1d_bytes);
  v("l2_bytes", m.l2_bytes);
  v("l3_bytes", m.l3_bytes);
  v("os", m.os);
  v("kernel", m.kernel);
  v("hostname", m.hostname);
}

template <class Visitor>
void fields(Visitor& v, Build& b) {
  v("compiler", b.compiler);
  v("flags", b.flags);
  v("march", b.march);
  v("isa", b.isa);
  v("build_type", b.build_type);
  v("git_commit", b.git_commit);
  v("openmp", b.openmp);
}

template <class Visitor>
void fields(Visitor& v, LargestFit& f) {
  v("series", f.series);
  v("seq_len", f.seq_len);
}

template <class Visitor>
void fields(Visitor& v, Run& r) {
  v("name", r.name);
  v("description", r.description);
  v("baseline", r.baseline);
  v("seed", r.seed);
  v("rounds", r.rounds);
  v("memory_limit_bytes", r.memory_limit_bytes);
  v("started_utc", r.started_utc);
  v("finished_utc", r.finished_utc);
  v("interrupted", r.interrupted);
}

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
    values.push_back(read<T>(j, std::string("/") + name + "/" + std::to_string(values.size())));
  return values;
}

Json write_case_record(const CaseRecord& c) {
  Json j = write(c.plan);
  j["check"] = c.check ? write(*c.check) : Json(nullptr);
  j["memory"] = write(c.memory);
  j["iterations"] = c.iterations;
  j["samples"] = write_list(c.samples);
  return j;
}

CaseRecord read_case_record(const Json& j, const std::string& where) {
  CaseRecord c;
  c.plan = read<Case>(j, where);
  Reader reader(j, where);
  if (!reader.at("check").is_null()) c.check = read<Check>(reader.at("check"), where + "/check");
  c.memory = read<Memory>(reader.at("memory"), where + "/memory");
  reader("iterations", c.iterations);
  c.samples = read_list<Sample>(reader, "samples");
  return c;
}

Run read_run(const Json& j) {
  Reader reader(j, "");
  int version = 0;
  reader("schema_version", version);
  if (version != kSchemaVersion)
    throw RecordError("/schema_version: this program reads version " +
                      std::to_string(kSchemaVersion) + ", the file is version " +
                      std::to_string(version));
  Run run = read<Run>(j, "");
  run.config_json = reader.at("config").dump(2);
  run.machine = read<Machine>(reader.at("machine"), "/machine");
  run.build = read<Build>(reader.at("build"), "/build");
  const Json& settings = reader.at("openmp_settings");
  reader.expect(settings.is_object(), "openmp_settings", "an object of strings");
  for (const auto& [name, value] : settings.items()) {
    reader.expect(value.is_string(), "openmp_settings", "an object of strings");
    run.openmp_settings[name] = value.get<std::string>();
  }
  run.ceilings = read_list<Ceiling>(reader, "ceilings");
  run.largest_fits = read_list<LargestFit>(reader, "largest_fits");
  for (const Json& c : reader.array("cases")) {
    run.cases.push_back(read_case_record(c, "/cases/" + std::to_string(run.cases.size())));
    reader.expect(run.cases.back().plan.id == static_cast<int>(run.cases.size()) - 1, "cases",
                  "ids that are positions");
  }
  for (const LargestFit& fit : run.largest_fits)
    reader.expect(std::cmp_less(fit.series, run.cases.size()) && fit.series >= 0, "largest_fits",
                  "ids of cases");
  return run;
}

}  // namespace

Json to_json(const Case& c) {
  return write(c);
}
Json to_json(const Sample& s) {
  return write(s);
}
Json to_json(const Check& c) {
  return write(c);
}
Json to_json(const Memory& m) {
  return write(m);
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

Case case_from_json(const Json& j) {
  return read<Case>(j, "");
}
Sample sample_from_json(const Json& j) {
  return read<Sample>(j, "");
}
Check check_from_json(const Json& j) {
  return read<Check>(j, "");
}
Memory memory_from_json(const Json& j) {
  return read<Memory>(j, "");
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
  const auto guard = [](int depth, Json::parse_event_t, Json&) {
    if (depth > kMaxDepth)
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
  j["config"] = Json::parse(run.config_json);
  j["machine"] = write(run.machine);
  j["build"] = write(run.build);
  j["openmp_settings"] = run.openmp_settings;
  j["ceilings"] = write_list(run.ceilings);
  j["largest_fits"] = write_list(run.largest_fits);
  Json cases = Json::array();
  for (const CaseRecord& c : run.cases) cases.push_back(write_case_record(c));
  j["cases"] = std::move(cases);
  return j.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Run run_from_text(const std::string& text, const std::string& file) {
  try {
    return read_run(parse_bounded(text));
  } catch (const RecordError& e) {
    throw RecordError(file + ": " + e.what());
  }
}

}  // namespace attnbench::record
