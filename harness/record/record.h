// The facts of a run, as plain structs: what was planned, what was measured, on which machine.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "attnbench/problem.h"
#include "attnbench/variant.h"

namespace attnbench::record {

inline constexpr int kSchemaVersion = 1;

enum class Outcome {
  kPending,  ///< Planned, not finished: appears in partial runs only.
  kOk,
  kSkipped,  ///< Not run; `reason` says why.
  kInvalid,  ///< Ran, and its answer was wrong. Carries no time.
  kFailed,   ///< Crashed, exited, ran out of memory, or broke the protocol.
  kTimeout,
};

/// What one case is and what is known of it before it runs.
struct Case {
  int id = 0;           ///< Position in the plan, from 0.
  std::string variant;  ///< Registered name.
  std::string label;    ///< What reports call it; unique per variant-and-params of a run.
  std::string kind;     ///< "exact", "approximate" or "baseline".
  std::vector<std::pair<std::string, int64_t>> params;  ///< All of them, in declared order.
  Problem problem;
  bool q_len_follows = true;  ///< q_len is seq_len (self-attention), not fixed by the config.
  int threads = 1;

  /// Exact counts over all batches and query heads, from visible_keys.
  int64_t pairs = 0;  ///< (query, key) pairs attended.
  int64_t flops = 0;  ///< 4 * head_dim a pair: the two products. The softmax is not counted.
  int64_t traffic_bytes =
      0;  ///< Least possible memory traffic: q, visible k and v read once, out written once.

  int64_t input_bytes = 0;  ///< q, k and v.
  int64_t output_bytes = 0;
  int64_t workspace_bytes = 0;
  Theory theory;

  Outcome outcome = Outcome::kPending;
  std::string reason;  ///< Empty where outcome is ok.

  /// The x of every plot and fit: kv_len, which the config sweeps as seq_len.
  int64_t seq_len() const { return problem.kv_len; }
  int64_t memory_bytes() const { return input_bytes + output_bytes + workspace_bytes; }
};

/// One worker's timing: `iterations` calls after the first, by Google Benchmark.
struct Sample {
  int round = 0;      ///< From 0.
  double time_s = 0;  ///< Wall time a call.
  double cpu_s = 0;   ///< CPU time of the process a call, all threads.
  int64_t iterations = 0;
  double first_call_s =
      0;  ///< The worker's first call: page faults and cold caches. Not in time_s.
};

/// What comparing sampled query rows with the double-precision oracle said.
struct Check {
  int64_t rows_checked = 0;
  double worst_error = 0;             ///< Largest |out - oracle|.
  double worst_error_over_bound = 0;  ///< Largest |out - oracle| / bound; above 1 is INVALID.
};

/// The three memory numbers. They are never added or mixed.
struct Memory {
  std::optional<int64_t> heap_peak_bytes;  ///< Most that was allocated at once inside forward.
  std::string heap_peak_reason;            ///< Why it is null.
  std::optional<int64_t>
      resident_peak_bytes;  ///< VmHWM after the first call minus VmRSS after inputs.
  std::string resident_peak_reason;
};

struct CaseRecord {
  Case plan;
  std::optional<Check> check;  ///< Worst over all workers of this case.
  Memory memory;
  int64_t iterations = 0;       ///< Timed calls a sample: calibrated once, then frozen. 0: not yet.
  std::vector<Sample> samples;  ///< In the order measured.
};

/// What this machine can do at most with a number of threads: the best seen, measured once a round.
struct Ceiling {
  int threads = 1;
  double fma_gflops = 0;  ///< float32 fused multiply-adds, two FLOPs each.
  double stream_gbs =
      0;  ///< 1e9 bytes a second read and written by a triad over buffers beyond the caches.
  double parallel_region_s =
      0;  ///< Time of an empty OpenMP parallel region: the least a threaded call costs.
};

struct Machine {
  std::string cpu;
  int cores = 0;  ///< That this process may use.
  int64_t memory_bytes = 0;
  int64_t l1d_bytes = 0, l2_bytes = 0, l3_bytes = 0;  ///< Of one instance; 0 where unknown.
  std::string os;
  std::string kernel;
  std::string hostname;
};

struct Build {
  std::string compiler;
  std::string flags;  ///< Of the variants.
  std::string march;  ///< ATTNBENCH_MARCH as configured.
  std::string isa;    ///< SIMD features the variants were compiled for.
  std::string build_type;
  std::string git_commit;  ///< "unknown" outside a git checkout; "+dirty" appended where the tree
                           ///< had changes.
  std::string openmp;      ///< Runtime and version.
};

/// The largest seq_len of one series that fits the memory limit, by the exact sum of inputs, output
/// and workspace (found beyond the sweep too; capped at 2^32).
struct LargestFit {
  int series = 0;       ///< Index of the first case of the series.
  int64_t seq_len = 0;  ///< 0 where not even 1 fits.
};

struct Run {
  int schema_version = kSchemaVersion;
  std::string name;
  std::string description;
  std::string config_json;  ///< The config as resolved, JSON text indented by 2.
  std::string baseline;     ///< Label that speed-ups refer to; empty where the config names none.
  uint64_t seed = 0;
  int rounds = 0;
  int64_t memory_limit_bytes = 0;
  std::string started_utc;   ///< ISO 8601.
  std::string finished_utc;  ///< Empty in a partial run.
  std::string interrupted;   ///< Why the run is partial ("SIGINT", ...); empty where it is whole.
  Machine machine;
  Build build;
  std::map<std::string, std::string>
      openmp_settings;            ///< OMP_* and GOMP_* variables that were set.
  std::vector<Ceiling> ceilings;  ///< One per thread count of the sweep.
  std::vector<LargestFit> largest_fits;
  std::vector<CaseRecord> cases;
};

/// "ok", "skipped", "invalid", "failed", "timeout", "pending".
const char* outcome_name(Outcome outcome);

/// Whether two cases belong to one series: equal in everything but the sequence length.
bool same_series(const Case& a, const Case& b);

/// The problem without variant and length, for people: "8 heads over 2 kv_heads, head_dim 64,
/// causal, 2 threads".
std::string describe_problem(const Case& c);

/// Label and problem without its length: what a series is called.
std::string describe_series(const Case& c);

/// One case, for people: describe_series plus its lengths.
std::string describe_case(const Case& c);

}  // namespace attnbench::record
