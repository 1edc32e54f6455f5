// A run in which every field holds a value of its own.
#pragma once

#include "record/record.h"

namespace attnbench::test {

inline record::Case sample_case(int id) {
  record::Case c;
  c.id = id;
  c.variant = "window";
  c.label = "near \"64\" \xE6\x88\x91\n";
  c.kind = "exact";
  c.params = {{"right", -1}, {"left", INT64_MAX}};
  c.problem = {2, 8, 4, 100, 300, 80, true, 0.1, 50, true};
  c.q_len_follows = false;
  c.threads = 3;
  c.pairs = 1'000'000'007;
  c.flops = INT64_MAX - 1;
  c.traffic_bytes = 11;
  c.input_bytes = 12;
  c.output_bytes = 13;
  c.workspace_bytes = 14;
  c.theory = {{1, 0.5}, {2, 3}};
  c.outcome = record::Outcome::kInvalid;
  c.reason = "head 3 is wrong";
  return c;
}

inline record::Run sample_run() {
  record::Run run;
  run.name = "quick";
  run.description = "a\tb";
  run.config_json = R"({"name":"quick","sweep":{"seq_len":[1,2]}})";
  run.baseline = "full";
  run.seed = UINT64_MAX;
  run.rounds = 9;
  run.memory_limit_bytes = int64_t{1} << 40;
  run.started_utc = "2024-05-06T07:08:09Z";
  run.finished_utc = "2024-05-06T07:09:09Z";
  run.interrupted = "SIGINT";
  run.machine = {"A CPU", 2, 8'000'000'000, 32768, 1 << 20, 1 << 25, "Debian", "6.1", "host"};
  run.build = {"g++ 12", "-O3", "native", "avx2 fma", "Release", "abc+dirty", "libgomp 4.5", "b1d"};
  run.plugins = {{"/home/me/libmine.so", "abc123", "Clang 14", "-O2", "Release"}};
  run.shard = 2;
  run.shards = 3;
  run.conditions = {"powersave", "on", "0-1", "madvise", 1.5, int64_t{1} << 30, "not permitted"};
  run.environment = {{"OMP_NUM_THREADS", "2"}, {"OMP_PROC_BIND", "true"}};
  run.ceilings = {{1, 98.5, 22.25, 1e-6}, {2, 190, 30, 2e-6}};
  run.largest_fits = {{0, 4096}, {1, 0}};

  record::CaseRecord full;
  full.plan = sample_case(0);
  full.check = record::Check{64, 1.5e-7, 0.1};
  full.quality = record::Quality{64, 0.5, 0.75, 2, 0.875, 0.25, true, ""};
  full.memory = {123, "", 456, ""};
  full.samples = {{0, 0.1, 0.2, 10, 0.3}, {1, 1.0 / 3, 5e-324, 7, 1e300}};
  full.iterations = 10;
  full.selection_s = 0.25;
  full.samples[0].worker_s = 1.25;
  full.samples[0].setup_s = 0.75;
  full.samples[0].empty_call_s = 0.000'001;
  full.setup_memory = record::Memory{4096, "", std::nullopt, "no /proc"};
  full.samples[0].noise = {0.5, 17, 0.25, 0.125, 2400.5};
  full.samples[0].counters = {1'000'000'000'000, 2'000'000'000'000, 3};
  record::CaseRecord bare;
  bare.plan = sample_case(1);
  bare.plan.params.clear();
  bare.quality = record::Quality{.reason = "it sees one document only"};
  bare.memory = {std::nullopt, "sanitizers", std::nullopt, "no /proc"};
  bare.plan.details = "Traceback\nValueError";
  run.cases = {full, bare};
  run.variant_files = {
      {"/home/me/mine.py", "ab12", "cd34", {{"numpy", "2.4.6"}, {"python", "3.11"}}}};
  run.patterns = {{1, std::vector<int64_t>(64 * 64, 2)}};
  run.patterns[0].cells[1] = 5;
  run.input_statistics = {{1,
                           64,
                           512,
                           768.5,
                           4.5,
                           90,
                           0.12,
                           0.4,
                           0.1,
                           0.7,
                           {{0.01, 0.7}, {0.2, 0.9}},
                           {{1, 0.02}, {4, 0.03}},
                           0.75,
                           std::nullopt}};
  run.sentence = {{"我", "eat\n"}, {{1, "1011"}}};
  return run;
}

}  // namespace attnbench::test
