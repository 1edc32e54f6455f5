// A made-up run for the tests of the writers: every outcome, and hostile names.
#pragma once

#include <algorithm>

#include "record/record.h"

namespace attnbench::report {

inline record::CaseRecord sample_case(const record::Run& run, const std::string& label, int64_t n,
                                      double time_s) {
  record::CaseRecord c;
  c.plan.id = static_cast<int>(run.cases.size());
  c.plan.variant = c.plan.label = label;
  c.plan.kind = "exact";
  c.plan.problem = {1, 8, 2, n, n, 64, true};
  c.plan.threads = 2;
  c.plan.pairs = 8 * n * (n + 1) / 2;
  c.plan.flops = 256 * c.plan.pairs;
  c.plan.traffic_bytes = 2 * (8 + 2) * n * 64 * 4;
  c.plan.steps = 2;
  c.plan.path = 1;
  c.plan.input_bytes = (8 + 4) * n * 64 * 4;
  c.plan.output_bytes = 8 * n * 64 * 4;
  c.plan.workspace_bytes = 32 * n * n;
  c.plan.theory = {{2, 0}, {2, 0}};
  c.plan.outcome = record::Outcome::kOk;
  c.check = record::Check{64, 1.25e-7, 0.03125, 0x1p-15, 8 * n};
  c.quality = record::Quality{64, 0, 0, 0, 1, 1};
  c.memory = {0, "", c.plan.workspace_bytes + 4096, "", c.plan.input_bytes};
  for (int round = 0; round < 9; ++round) {
    const double noise = 1 + 0.0078125 * ((round * 4) % 9 - 4);
    c.samples.push_back({round, time_s * noise, 1.9375 * time_s * noise, 16, 1.5 * time_s});
    c.samples.back().worker_s = 16 * time_s * noise + 1.5 * time_s + 0.0078125;
    c.samples.back().noise = {1.25, 1, 0.0, 0x1p-20, 2500.0 + round, 128, {}, 16};
    c.samples.back().counters = {1'000'000, 2'000'000, round};
  }
  return c;
}

inline record::CaseRecord sample_setback(const record::Run& run, const std::string& label,
                                         int64_t n, record::Outcome outcome,
                                         const std::string& reason) {
  record::CaseRecord c = sample_case(run, label, n, 1);
  c.plan.outcome = outcome;
  c.plan.reason = reason;
  c.check.reset();
  c.quality.reset();
  c.memory = {{}, "not measured", {}, "not measured"};
  c.samples.clear();
  return c;
}

inline constexpr char kHostileLabel[] =
    "=cmd|' /C calc'!A0,\"<img src=x onerror=alert(1)>\"`[x](javascript:1)\x1b[31m\n|";

/// The picture of a causal window of `left` keys back, counted key by key.
inline record::Pattern sample_pattern(const record::Run& run, int id, int64_t left) {
  const Problem& p = run.cases[static_cast<size_t>(id)].plan.problem;
  const int64_t size = p.kv_len / record::kPatternSize;
  record::Pattern pattern{id, std::vector<int64_t>(record::kPatternSize * record::kPatternSize)};
  for (int64_t query = 0; query < p.q_len; ++query)
    for (int64_t key = std::max<int64_t>(0, query - left); key <= query; ++key)
      ++pattern.cells[static_cast<size_t>(query / size * record::kPatternSize + key / size)];
  return pattern;
}

/// Makes the series of these cases one in bf16, on a machine that multiplies bf16 twice as fast.
inline void make_bf16(record::Run& run, size_t begin, size_t end) {
  run.ceilings.front().bf16_gflops = 384;
  run.ceilings.front().int8_gops = 768;
  for (size_t i = begin; i < end; ++i) {
    Problem& p = run.cases[i].plan.problem;
    p.dtype = p.kv_dtype = Type::kBf16;
    for (record::Sample& s : run.cases[i].samples) s.noise.bf16_gflops = 256;
  }
}

/// Two series with times, and a hostile one that fails in every way.
inline record::Run sample_run() {
  record::Run run;
  run.name = "sample";
  run.description = "A run made up | for <tests>.";
  run.config_json = "{\n  \"name\": \"sample\",\n  \"description\": \"```\"\n}\n";
  run.baseline = "full";
  run.seed = 7;
  run.rounds = 9;
  run.memory_limit_bytes = int64_t{8} << 30;
  run.started_utc = "2024-05-01T12:00:00Z";
  run.finished_utc = "2024-05-01T12:10:00Z";
  run.machine = {"Imaginary CPU @ 3.00GHz", 2,       int64_t{16} << 30, 32768, 1 << 20, 32 << 20,
                 "Debian GNU/Linux 12",     "6.1.0", "nowhere"};
  run.build = {"GCC 12.2.0", "-O3 -march=native", "native",      "avx2 fma",
               "Release",    "0123abc",           "libgomp 4.5", ""};
  run.environment = {{"OMP_NUM_THREADS", "2"}};
  run.conditions = {"powersave", "on", "0-1", "madvise", 1.5, int64_t{4} << 30, "available"};
  run.ceilings = {{2, 192, 32, 4e-6}};
  for (const int64_t n : {256, 512, 1024, 2048, 4096}) {
    const auto x = static_cast<double>(n);
    run.cases.push_back(sample_case(run, "full", n, 0x1p-27 * x * x));
  }
  run.cases.push_back(sample_setback(
      run, "full", 65536, record::Outcome::kSkipped,
      "needs 128 GiB of workspace, 192 MiB of inputs and 128 MiB of output; the limit is 8 GiB"));
  for (const int64_t n : {256, 512, 1024, 2048, 4096}) {
    const auto x = static_cast<double>(n);
    record::CaseRecord c = sample_case(run, "window", n, 0x1p-17 * x);
    c.plan.label = "window 64";
    c.plan.params = {{"left", 64}, {"right", 0}};
    c.plan.pairs = 8 * (65 * n - 64 * 65 / 2);
    c.plan.flops = 256 * c.plan.pairs;
    c.plan.workspace_bytes = 65536;
    c.plan.theory = {{1, 0}, {0, 0}};
    const double mass = 128 / (x + 64);
    c.quality = record::Quality{64, 1 - mass, 1.125 - mass, 3, mass, mass};
    c.selection_s = 0x1p-19 * x;
    c.memory = {0, "", 69632, "", c.plan.input_bytes};
    run.cases.push_back(c);
  }
  run.cases.back().samples[4].time_s *= 2;
  run.cases.back().samples[4].noise = {};
  run.cases.back().samples[4].counters = {};
  using record::Outcome;
  const std::string name = kHostileLabel;
  run.cases.push_back(sample_setback(run, name, 256, Outcome::kInvalid, "NaN at row 3"));
  run.cases.push_back(sample_setback(run, name, 512, Outcome::kFailed, "SIGSEGV, |`<b>`|"));
  run.cases.back().quality =
      record::Quality{.reason = "it sees one document only, as its task asks"};
  run.cases.push_back(sample_setback(run, name, 1024, Outcome::kTimeout, "over 10 s"));
  run.largest_fits = {{0, 15892}, {6, int64_t{1} << 32}};
  run.patterns = {sample_pattern(run, 4, 4096), sample_pattern(run, 10, 64),
                  sample_pattern(run, 11, 0)};
  run.input_statistics = {{4,
                           64,
                           2048,
                           3072,
                           7.5,
                           1875,
                           0.61,
                           0.00033,
                           0.0002,
                           0.0005,
                           {{0.01, 0.072}, {0.05, 0.2}, {0.2, 0.5}},
                           {{1, 0.0003}, {16, 0.005}, {64, 0.02}, {256, 0.084}, {1024, 0.34}},
                           0.016,
                           1.01},
                          {0,
                           64,
                           128,
                           192,
                           4.7,
                           117,
                           0.61,
                           0.005,
                           0.003,
                           0.008,
                           {{0.01, 0.072}},
                           {{1, 0.005}, {16, 0.08}, {64, 0.33}},
                           std::nullopt,
                           std::nullopt}};
  run.sentence = {{"我", "<script>", "\x1b[2J"},
                  {{4, "100110111"}, {10, "100110011"}, {11, "100110111"}}};
  return run;
}

}  // namespace attnbench::report
