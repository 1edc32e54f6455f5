// What the reports say of machine, build, settings and rules.
#include "report/method.h"

#include <algorithm>

#include "record/format.h"
#include "report/words.h"

namespace attnbench::report {
namespace {

std::string ceiling_words(const record::Ceiling& c) {
  return record::format_number(c.fma_gflops, 3) + " GFLOP/s of FMA, " +
         record::format_number(c.stream_gbs, 3) + " GB/s of streaming, " +
         record::format_time(c.parallel_region_s) + " to start " + std::to_string(c.threads) +
         (c.threads == 1 ? " thread" : " threads");
}

std::string machine_words(const record::Machine& m) {
  const auto bytes = [](int64_t b) { return record::format_bytes(static_cast<double>(b)); };
  return m.cpu + ", " + std::to_string(m.cores) + " cores, " + bytes(m.memory_bytes) +
         " of memory, L1d " + bytes(m.l1d_bytes) + ", L2 " + bytes(m.l2_bytes) + ", L3 " +
         bytes(m.l3_bytes);
}

std::string conditions_words(const record::Conditions& c) {
  return "Conditions: frequency governor " + c.governor + ", turbo " + c.turbo + ", CPUs " +
         c.affinity + ", transparent huge pages " + c.transparent_huge_pages +
         ", cgroup limits: CPUs " +
         (c.cgroup_cpus ? record::format_number(*c.cgroup_cpus, 3) : "none") + ", memory " +
         (c.cgroup_memory_bytes ? record::format_bytes(static_cast<double>(*c.cgroup_memory_bytes))
                                : "none");
}

/// What the samples met; empty where nothing is known.
std::vector<std::string> noise_lines(const record::Run& run, const analyze::Analysis& analysis) {
  std::vector<double> loads, clocks;
  for (const record::CaseRecord& c : run.cases)
    for (const record::Sample& s : c.samples) {
      if (s.noise.load_1min) loads.push_back(*s.noise.load_1min);
      if (s.noise.cpu_mhz) clocks.push_back(*s.noise.cpu_mhz);
    }
  std::vector<std::string> lines;
  const auto range = [](const std::vector<double>& values) {
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    return record::format_number(*low, 3) + " to " + record::format_number(*high, 3);
  };
  if (!loads.empty()) lines.push_back("Load average during the samples: " + range(loads));
  if (!clocks.empty()) lines.push_back("CPU clock during the samples: " + range(clocks) + " MHz");
  if (analysis.overhead_median_s)
    lines.push_back("Overhead of a worker process beyond its calls, in the median: " +
                    record::format_time(*analysis.overhead_median_s));
  return lines;
}

}  // namespace

std::vector<std::string> method_lines(const record::Run& run, const analyze::Analysis& analysis) {
  const record::Build& b = run.build;
  std::vector<std::string> lines{"Machine: " + machine_words(run.machine),
                                 "System: " + run.machine.os + ", kernel " + run.machine.kernel +
                                     ", host " + run.machine.hostname,
                                 "Build: " + b.compiler + ", " + b.build_type + ", variants with " +
                                     b.flags + " (march " + b.march + ": " + b.isa + "), commit " +
                                     b.git_commit,
                                 "OpenMP: " + b.openmp};
  for (const record::Plugin& plugin : run.plugins) lines.push_back(plugin_words(plugin));
  for (const auto& [name, value] : run.openmp_settings) lines.push_back(name + "=" + value);
  lines.push_back(conditions_words(run.conditions));
  lines.push_back("Hardware counters: " + run.conditions.counters);
  for (const std::string& line : noise_lines(run, analysis)) lines.push_back(line);
  for (const record::Ceiling& c : run.ceilings)
    lines.push_back("Measured ceiling: " + ceiling_words(c));
  lines.push_back("Seed " + std::to_string(run.seed) + ", " + std::to_string(run.rounds) +
                  " rounds, memory limit " +
                  record::format_bytes(static_cast<double>(run.memory_limit_bytes)));
  lines.push_back("Started " + run.started_utc + ", finished " +
                  (run.finished_utc.empty() ? "never" : run.finished_utc) + ", record schema " +
                  std::to_string(run.schema_version));
  return lines;
}

std::vector<std::string> reading_lines() {
  const auto percent = [](double part) { return percent_words(100 * part); };
  return {
      "Intervals are at " + percent(analyze::kConfidence) +
          ". A median's is distribution-free, by ranks; below 6 samples its range is shown in "
          "parentheses.",
      "Growth is the slope of log(median) on log(n), its interval bootstrapped over the samples "
      "and over the fit's own residuals. A declared theory holds where the interval comes "
      "within " +
          record::format_number(analyze::kTheoryTolerance, 2) +
          " of the slope that it expects at the sizes fitted; a verdict needs " +
          std::to_string(analyze::kVerdictSizes) + " sizes.",
      "Workspace is declared and exact, heap peak is what was allocated inside a call, resident "
      "peak is what the process grew by. Peaks below " +
          record::format_bytes(static_cast<double>(analyze::kMemoryNoiseBytes)) +
          " are not fitted.",
      "FLOPs count the two products of the pairs attended, no more. The roofline is the lesser of "
      "the FMA peak and the streaming bandwidth times FLOPs a byte of least traffic; both are the "
      "best that the run saw.",
      "The adjacent peak is what as many threads reached on pure FMA in bursts just before and "
      "after each sample. The issue share of a sample is what was left of that with two other "
      "instructions beside every three FMAs: below 1, other hardware threads share the cores.",
      "The adjacent roofline is that of the samples' own moments, by triads just after each. It is "
      "known where a call's least traffic is at least twice the last-level cache. Triads also read "
      "the lines that they write to, which the bandwidth does not count: work that only reads can "
      "stand a little above it."};
}

}  // namespace attnbench::report
