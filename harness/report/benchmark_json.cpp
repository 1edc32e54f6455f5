// Writes Google Benchmark's JSON entry by entry, so that no JSON tree of a large run is ever in
// memory.
#include "report/benchmark_json.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "analyze/case_stats.h"
#include "record/axes.h"
#include "record/json.h"

namespace attnbench::report {
namespace {

using record::Json;

std::string text_of(const Json& j) {
  return j.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// "full/batch:1/heads:8/.../threads:2": the name by which Google Benchmark's tools know it.
std::string name_of(const record::Case& c) {
  std::string name = c.label;
  for (const record::Axis& axis : record::axes()) {
    if (!axis.recorded || (!axis.since_first && axis.is_standard(c))) continue;
    const record::AxisValue value = axis.get(c);
    const bool flag = axis.type() == record::AxisType::kFlag;
    name += std::string("/") + axis.name + ":" +
            (flag ? std::to_string(std::get<int64_t>(value)) : value_text(axis, value));
  }
  return name;
}

Json cache(const char* type, int level, int64_t bytes) {
  return {{"type", type}, {"level", level}, {"size", bytes}, {"num_sharing", 0}};
}

Json context(const record::Run& run) {
  double mhz = 0;
  for (const record::CaseRecord& c : run.cases)
    for (const record::Sample& s : c.samples) mhz = std::max(mhz, s.noise.cpu_mhz.value_or(0));
  const record::Machine& m = run.machine;
  Json j = Json::object();
  j["date"] = run.started_utc;
  j["host_name"] = m.hostname;
  j["executable"] = "attnbench";
  j["num_cpus"] = m.cores;
  j["mhz_per_cpu"] = std::lround(mhz);
  j["cpu_scaling_enabled"] =
      run.conditions.governor != "unknown" && run.conditions.governor != "performance";
  j["caches"] = {cache("Data", 1, m.l1d_bytes), cache("Unified", 2, m.l2_bytes),
                 cache("Unified", 3, m.l3_bytes)};
  j["load_avg"] = Json::array();
  j["library_build_type"] = run.build.build_type == "Debug" ? "debug" : "release";
  return j;
}

/// The members that every entry of a case begins with.
Json entry(const std::string& name, const std::string& run_name, size_t family, const char* type,
           const record::CaseRecord& c) {
  Json j = Json::object();
  j["name"] = name;
  j["family_index"] = family;
  j["per_family_instance_index"] = 0;
  j["run_name"] = run_name;
  j["run_type"] = type;
  j["repetitions"] = c.samples.size();
  return j;
}

double nanoseconds(double seconds) {
  return std::isfinite(seconds) ? seconds * 1e9 : 0;
}

struct Aggregate {
  const char* name;
  const char* unit;
  double (*of)(const std::vector<double>& values);
};

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double v : values) sum += v;
  return sum / static_cast<double>(values.size());
}

double median(const std::vector<double>& values) {
  return analyze::quantile(analyze::sorted_copy(values), 0.5);
}

/// The sample standard deviation (divisor n - 1); 0 for a single value, as in Google Benchmark.
double stddev(const std::vector<double>& values) {
  if (values.size() < 2) return 0;
  double squares = 0;
  for (const double v : values) squares += (v - mean(values)) * (v - mean(values));
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

double cv(const std::vector<double>& values) {
  return mean(values) > 0 ? stddev(values) / mean(values) : 0;
}

constexpr Aggregate kAggregates[] = {{"mean", "time", mean},
                                     {"median", "time", median},
                                     {"stddev", "time", stddev},
                                     {"cv", "percentage", cv}};

void add_case(std::vector<std::string>& entries, const record::CaseRecord& c, size_t family) {
  const std::string name = name_of(c.plan);
  std::vector<double> real, cpu;
  for (const record::Sample& s : c.samples) {
    real.push_back(nanoseconds(s.time_s));
    cpu.push_back(nanoseconds(s.cpu_s));
    Json j = entry(name, name, family, "iteration", c);
    j["repetition_index"] = s.round;
    j["threads"] = 1;  // Google Benchmark's own threads; the case's are in its name.
    j["iterations"] = s.iterations;
    j["real_time"] = real.back();
    j["cpu_time"] = cpu.back();
    j["time_unit"] = "ns";
    entries.push_back(text_of(j));
  }
  for (const Aggregate& a : kAggregates) {
    Json j = entry(name + "_" + a.name, name, family, "aggregate", c);
    j["threads"] = 1;
    j["aggregate_name"] = a.name;
    j["aggregate_unit"] = a.unit;
    j["iterations"] = c.samples.size();
    j["real_time"] = a.of(real);
    j["cpu_time"] = a.of(cpu);
    j["time_unit"] = "ns";
    entries.push_back(text_of(j));
  }
}

}  // namespace

std::string benchmark_json(const record::Run& run) {
  std::string text = "{\"context\": " + text_of(context(run)) + ",\n\"benchmarks\": [";
  bool first = true;
  for (size_t i = 0; i < run.cases.size(); ++i) {
    if (analyze::usable_times(run.cases[i]).empty()) continue;
    std::vector<std::string> entries;
    add_case(entries, run.cases[i], i);
    for (const std::string& e : entries) {
      text += (first ? "\n" : ",\n") + e;
      first = false;
    }
  }
  return text + "\n]}\n";
}

}  // namespace attnbench::report
