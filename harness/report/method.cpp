// Puts machine, build, settings and rules into sentences.
#include "report/method.h"

#include <algorithm>

#include "record/format.h"
#include "record/inputs.h"
#include "report/words.h"

namespace attnbench::report {
namespace {

std::string ceiling_words(const record::Ceiling& c) {
  const std::string reading =
      c.read_gbs > 0 ? record::format_number(c.read_gbs, 3) + " GB/s of reading, " : "";
  const auto native = [](const std::optional<double>& rate, const char* what) {
    return rate ? record::format_number(*rate, 3) + what : std::string();
  };
  return record::format_number(c.fma_gflops, 3) + " GFLOP/s of FMA, " +
         native(c.bf16_gflops, " GFLOP/s of native bf16, ") +
         native(c.int8_gops, " GOP/s of native int8, ") + reading +
         record::format_number(c.stream_gbs, 3) + " GB/s of streaming, " +
         record::format_time(c.parallel_region_s) + " to start " +
         record::plural(c.threads, "thread") +
         (c.pages == record::Pages::kSmall ? ", on small pages" : "");
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

/// The conditions during the samples; empty if none are known.
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
  if (analysis.empty_call_median_s)
    lines.push_back(
        "Calling a function that does nothing, in the language of the files above: " +
        record::format_time(*analysis.empty_call_median_s) +
        " a call in the median of all samples, beyond what such a call costs in C++; it is part of "
        "their variants' times");
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
  for (const record::VariantFile& file : run.variant_files)
    lines.push_back("Variants from " + file.path + ": " + file_words(file));
  for (const record::InputSource& source : record::recorded_sources(run.config_json))
    lines.push_back("Inputs " + source.text() + ": sha256 " + source.sha256);
  for (const auto& [name, value] : run.environment) lines.push_back(name + "=" + value);
  lines.push_back(conditions_words(run.conditions));
  lines.push_back("Huge pages hold " + huge_page_words(run));
  lines.push_back("Hardware counters: " + run.conditions.counters);
  for (const std::string& line : noise_lines(run, analysis)) lines.push_back(line);
  for (const record::Ceiling& c : run.ceilings)
    lines.push_back("Measured ceiling: " + ceiling_words(c));
  lines.push_back("Seed " + std::to_string(run.seed) + ", " + record::plural(run.rounds, "round") +
                  ", memory limit " +
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
      "Growth is the slope of log(median) on log(n). Its interval is bootstrapped over the samples "
      "and over the fit's own residuals, so that it covers noise and lack of fit. A declared "
      "theory holds if the interval comes within " +
          record::format_number(analyze::kTheoryTolerance, 2) +
          " of the slope that the theory expects at the sizes fitted; a verdict needs " +
          std::to_string(analyze::kVerdictSizes) + " sizes.",
      "Memory is several numbers, which are never added: the workspace is what a variant declares "
      "(exact), in training what is saved for backward is what its forward pass declares to keep "
      "(exact), the heap peak is what it allocated inside a call, the resident peak is what a "
      "fresh process grew by. Peaks below " +
          record::format_bytes(static_cast<double>(analyze::kMemoryNoiseBytes)) +
          " are not fitted.",
      "The check compares rows of the output with the definition in double precision. The bound of "
      "an element is what plain loops in float32 stray from it on the same inputs, times a margin, "
      "and never more than what rounding can do at most. One more call, with equal weights and "
      "values of +-1, whose sums are known exactly, shows a key that is left out, counted twice or "
      "taken for another; under ALiBi only where weights can be made equal.",
      "The longest path of an exact variant is the number of layers that carry information between "
      "the two positions that are farthest apart in its pattern: \"never\" if no number of layers "
      "does. That of any other variant is in steps, as it states them: those from the first "
      "position's input to the last one's output.",
      "FLOPs of an exact variant count the two products over the pairs of query and key that are "
      "attended, 4 head_dim a pair, and no more. A backward pass counts five products, 10 head_dim "
      "a pair, of which one computes the scores again, as Dao 2022 does: this is a convention, the "
      "same for all variants. One that kept its weights, as full can, does four of the five, 8 "
      "head_dim a pair: its GFLOP/s and percentages count 10 all the same. FLOPs of any other "
      "variant are what it states that its definition needs.",
      "The FMA peak is what this machine reached on pure float32 fused multiply-adds by the same "
      "number of threads, and the bf16 peak, if the CPU has such instructions, on native "
      "multiply-adds of bf16. A case whose q, k and v are bf16 is compared with the bf16 peak if "
      "there is one, and its percentage is marked bf16. Any other case is compared with the FMA "
      "peak. The roofline is the lesser of the case's peak and of the memory's bandwidth times the "
      "FLOPs that a case does for each byte of its least traffic. The bandwidth is that of reading "
      "for the bytes that the case must read, and what a triad (a = b + s c) takes to write for "
      "those that it must write. Peak and bandwidth are the best that the run saw.",
      "The adjacent peak is what as many threads reached on the same multiply-adds just before and "
      "after each sample: on a machine that others share it moves as the samples do, and percents "
      "of it are steadier.",
      "The issue share compares two loops that run beside each sample: FMAs alone, and the same "
      "FMAs "
      "with two other instructions for every three of them, which crowd a core as a kernel does. "
      "It "
      "is the rate of the second loop over that of the first. Below 1, another hardware thread of "
      "the core takes some of the instructions that the core can start in a cycle: that slows "
      "kernels, but not pure FMA.",
      "The adjacent roofline takes the bandwidths of the samples' own moments, measured just after "
      "each. It is known if a call's least traffic is at least twice the last-level cache.",
      "The worst error is a variant's largest rounding error against its own definition, computed "
      "in double precision, in the rows that were checked at the timed shape, beside the part of "
      "its bound that it uses up. A case beyond its bound is invalid and carries no time.",
      "The distance from full attention says what a definition gives up on this run's inputs, "
      "whatever rounding does: both are computed in double, on sampled rows of every head, full "
      "attention with the case's causal, scale, softcap and ALiBi. The relative error is "
      "|y - full| / |full| over all elements of these rows (root of the sum of squares), and that "
      "of the worst head the same of one head; the cosine takes the rows as one vector. The "
      "attention mass kept is the mean over rows of full attention's weight of the keys that the "
      "variant sees. A variant whose task is another one has no such distance.",
      "A case that was skipped, failed, timed out or was found wrong stays in every report, with "
      "its reason."};
}

}  // namespace attnbench::report
