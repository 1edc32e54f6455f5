// The facts of a run, as plain structs: what was planned, what was measured, on which machine.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "attnbench/count.h"
#include "attnbench/problem.h"
#include "attnbench/variant.h"
#include "record/input_statistics.h"
#include "record/probe.h"
#include "record/theory.h"

namespace attnbench::record {

inline constexpr int kSchemaVersion = 1;

enum class Outcome {
  kPending,  ///< Planned and not finished: in partial runs only.
  kOk,
  kSkipped,  ///< Not run; `reason` says why.
  kInvalid,  ///< Ran, and its answer was wrong. Carries no time.
  kFailed,   ///< Crashed, exited, ran out of memory, or broke the protocol.
  kTimeout,
};

/// Which memory pages hold inputs, output, scratch and the arrays of the ceilings.
enum class Pages {
  kHuge,   ///< 2 MiB pages, as far as the kernel grants them when asked by madvise.
  kSmall,  ///< Pages of the machine's base size, mostly 4 KiB.
};

/// What the caches hold when a timed call begins.
enum class CacheState {
  kWarm,  ///< What the previous call left there.
  kCold,  ///< Nothing of the inputs, the output and the scratch.
};

/// Which passes a timed call makes.
enum class Pass {
  kForward,
  kBackward,  ///< Given what a forward pass before it kept; that pass is not timed.
  kBoth,  ///< A training step: a forward pass that keeps what the backward pass needs, and that.
};
constexpr bool trains(Pass pass) {
  return pass != Pass::kForward;
}

struct InputSource;  // See inputs.h.

/// A reason for a path without a number: information from some position never arrives, however
/// many layers there are.
inline constexpr char kNever[] = "never";

/// One case, with what is known of it before it runs.
struct Case {
  int id = 0;           ///< Position in the plan, from 0.
  std::string variant;  ///< Registered name.
  std::string label;    ///< Its name in reports; unique per variant and params of a run.
  std::string kind;     ///< "exact", "approximate" or "baseline".
  /// All parameters, in declared order. A list that is given is represented by a digest.
  std::vector<std::pair<std::string, int64_t>> params;
  /// The values of that list; null if there is none. A record holds them in its config only.
  std::shared_ptr<const std::vector<int64_t>> list = {};
  Problem problem;
  bool q_len_follows = true;  ///< Whether q_len is seq_len (self-attention), not fixed.
  int threads = 1;
  Pages pages = Pages::kHuge;
  CacheState cache = CacheState::kWarm;
  /// Whether a call includes the products of the layer around attention: tokens to q, k and v, and
  /// the output. A baseline is a whole layer anyhow: it has none.
  bool projections = false;
  Pass pass = Pass::kForward;
  /// Whether k's mean over its tokens is taken from k before it is rounded to kv_dtype. Scores of
  /// one query then all change by the same number, and attention stays what it was.
  bool smooth_k = false;
  std::string inputs = "normal";  ///< What q, k and v hold, as InputSource::text says.
  /// Where these numbers come from; null if they are normal. A record holds it in its config only.
  std::shared_ptr<const InputSource> input_source = {};

  /// Counts over all batches and query heads: of an exact variant exact ones, from visible_keys,
  /// else what the variant states as its Cost. Counts and bytes saturate: 2^63 - 1 stands for that
  /// many or more.
  int64_t pairs = 0;  ///< (query, key) pairs attended; 0 if the variant is not exact.
  /// Exact: for each pair 4 * head_dim for the two products of forward, without the softmax, and 10
  /// * head_dim for the five of backward, one of which computes the scores again: the convention of
  /// Dao 2022, also for a variant that keeps its weights. With those of the projections, if the
  /// case has them.
  int64_t flops = 0;
  /// Least possible memory traffic: inputs needed read once, out written once; of a backward pass,
  /// these inputs and d_out read once, and the gradients written once.
  int64_t traffic_bytes = 0;

  /// The other two columns of table 1 of Vaswani et al. 2017: operations that must follow one
  /// another, and the layers (of a recurrence: its steps) that carry information between the two
  /// positions that are farthest apart. Empty in older records, and if they were not counted.
  /// Both of the variant alone, without projections.
  std::optional<int64_t> steps;
  std::optional<int64_t> path;
  std::string path_reason = {};  ///< Why `path` is empty: kNever, or why it was not counted.

  /// q, k, v, what the variant declares beside them, and weights; in training also d_out.
  int64_t input_bytes = 0;
  int64_t output_bytes = 0;     ///< In training also the gradients.
  int64_t workspace_bytes = 0;  ///< In training the larger need of the two passes.
  int64_t saved_bytes = 0;      ///< What forward keeps for backward, beside the inputs and out.
  Theory theory;                ///< In training, memory is that of saved_bytes.

  Outcome outcome = Outcome::kPending;
  std::string reason;  ///< Empty if the outcome is ok.
  /// Lines beside the reason, such as the traceback of an exception; usually empty.
  std::string details = {};
  bool retry = false;  ///< Failed for a reason outside the variant; `--resume` retries it.

  /// The x of every plot and fit: kv_len, which the config sweeps as seq_len.
  int64_t seq_len() const { return problem.kv_len; }
  Count memory_bytes() const {
    return Count(input_bytes) + Count(output_bytes) + Count(workspace_bytes) + Count(saved_bytes);
  }
};

/// A count of a case, with its name in records and tables.
struct CaseCount {
  const char* name;
  int64_t Case::*value;
};
inline constexpr CaseCount kCaseCounts[] = {{"flops", &Case::flops},
                                            {"pairs", &Case::pairs},
                                            {"traffic_bytes", &Case::traffic_bytes},
                                            {"input_bytes", &Case::input_bytes},
                                            {"output_bytes", &Case::output_bytes},
                                            {"workspace_bytes", &Case::workspace_bytes},
                                            {"saved_bytes", &Case::saved_bytes}};

/// The names of the saturated counts; usually none.
std::vector<std::string> saturated_counts(const Case& c);

/// What else happened while a sample was timed. A value is empty if the kernel does not tell it.
struct Noise {
  std::optional<double> load_1min = {};  ///< Load average when the timing began.
  std::optional<int64_t> involuntary_switches =
      {};                              ///< How often a thread of the worker was preempted.
  std::optional<double> steal_s = {};  ///< CPU time that the hypervisor gave to others, all CPUs.
  std::optional<double> cpu_pressure_s =
      {};                              ///< Time that some task waited for a CPU (PSI "some").
  std::optional<double> cpu_mhz = {};  ///< Clock at the end, of the CPU in use or else the highest.
  std::optional<double> fma_gflops =
      {};  ///< The rate of pure FMA on as many threads, the better of just before and just after.
  /// The part of that rate that remains with two other instructions per three FMAs, as in a
  /// kernel, before and after together. Below 1 if another hardware thread of the core takes
  /// issue slots, which slows kernels but not pure FMA.
  std::optional<double> issue_share = {};
  /// The bandwidths of triads and of reading on as many threads just after, on the case's pages,
  /// measured if its least traffic is at least twice the last-level cache.
  std::optional<double> stream_gbs = {};
  std::optional<double> read_gbs = {};
  /// The rate of native multiply-adds of bf16, as fma_gflops; of cases that have such arithmetic.
  std::optional<double> bf16_gflops = {};
};

/// Hardware events over all timed calls of one sample, all threads, user mode. Empty if they
/// cannot be counted; Conditions::counters says why.
struct Counters {
  std::optional<int64_t> cycles = {};
  std::optional<int64_t> instructions = {};
  std::optional<int64_t> llc_misses = {};
};

/// One worker's timing: `iterations` calls after the first, by Google Benchmark.
struct Sample {
  int round = 0;      ///< From 0.
  double time_s = 0;  ///< Wall time per call.
  double cpu_s = 0;   ///< CPU time of the process per call, all threads.
  int64_t iterations = 0;
  double first_call_s =
      0;  ///< The first call, without backward's forward pass: page faults, cold. Not in time_s.
  std::optional<double> worker_s = {};  ///< Wall time of the whole worker, as its parent saw it.
  /// Time in which the variant set something up before its first call (NeedsSetup). In no other
  /// time. Empty if it sets nothing up.
  std::optional<double> setup_s = {};
  /// Time of a call of an empty function, by the way on which this variant's are called. It is in
  /// time_s. Empty unless the variant is a function in another language.
  std::optional<double> empty_call_s = {};
  Noise noise = {};
  Counters counters = {};
};

/// A relative error of a whole row that a check should see.
inline constexpr double kSharpError = 1e-4;

/// The result of comparing sampled query rows with the variant's definition in double precision.
struct Check {
  int64_t rows_checked = 0;
  double worst_error = 0;             ///< Largest |out - oracle|.
  double worst_error_over_bound = 0;  ///< Largest |out - oracle| / bound; above 1 is INVALID.
  /// The relative error of a whole row that would have been seen in every row checked. Empty in
  /// older records.
  std::optional<double> visible_error = {};
  /// Rows in which a key that is left out, counted twice or taken for another would have been seen,
  /// however many keys there are: by a call with equal weights.
  int64_t rows_counted = 0;
  /// The number of outputs whose bits differed from the one judged before them, although inputs and
  /// call were the same. They were judged as well.
  int64_t differing_outputs = 0;
  std::string output_digest = {};  ///< Digest of the first output judged; empty in older records.
  /// Rows checked in which a relative error of kSharpError would have been seen. Empty in older
  /// records.
  std::optional<int64_t> rows_sharp = {};
};

/// How far what a variant computes is from full attention, on a case's own inputs: what is lost,
/// not what rounding does (see Check). Both sides are in double, on sampled rows of every head.
/// Full attention has the problem's causal, scale, softcap and alibi, and all keys that causal
/// allows.
struct Quality {
  int64_t rows = 0;  ///< Rows compared; 0 if the distance does not apply.
  /// sqrt(sum |y - full|^2) / sqrt(sum |full|^2) over all elements of these rows.
  std::optional<double> relative_error = {};
  std::optional<double> worst_head_error = {};  ///< The same of the head that has the largest.
  std::optional<int64_t> worst_head = {};       ///< That query head, from 0; over all batches.
  std::optional<double> cosine = {};            ///< Of all these rows as one vector.
  /// Mean over the rows of the sum of full attention's weights of the keys that the variant sees or
  /// selects: 1 if no weight is lost. Empty if it does not weigh keys.
  std::optional<double> mass_recall = {};
  /// Projections that training would set are random here: training may bring the distance down.
  bool untrained = false;
  std::string reason = {};  ///< Why the distance does not apply or is not known; else empty.
};

/// The three memory numbers, which are never added or mixed.
struct Memory {
  std::optional<int64_t> heap_peak_bytes;  ///< Most allocated at once in forward, or training.
  std::string heap_peak_reason;            ///< Why it is null.
  std::optional<int64_t>
      resident_peak_bytes;  ///< VmHWM after the first call minus VmRSS after inputs.
  std::string resident_peak_reason;
  /// Bytes on huge pages after the first call, of inputs, output and scratch. Empty in older
  /// records and if the kernel does not tell.
  std::optional<int64_t> huge_page_bytes = {};
};

struct CaseRecord {
  Case plan;
  std::optional<Check> check;           ///< Worst over all workers of this case.
  std::optional<Quality> quality = {};  ///< Empty before the probe, and in older records.
  Memory memory;
  /// What setting up took before the first call (see Sample::setup_s); not in `memory`.
  std::optional<Memory> setup_memory = {};
  int64_t iterations = 0;  ///< Timed calls per sample: calibrated once, then fixed. 0: not yet.
  /// Time in which one thread decides what the data decide, such as which keys a query attends: for
  /// all heads of one call, each on its own. Empty if the data decide nothing.
  std::optional<double> selection_s = {};
  std::vector<Sample> samples;     ///< In the order measured.
  std::vector<Probe> probes = {};  ///< In the order of the config; empty if it asks for none.
};

/// The most that this machine can do with a number of threads on one kind of pages: the best of one
/// measurement per round.
struct Ceiling {
  int threads = 1;
  double fma_gflops = 0;  ///< float32 fused multiply-adds, two FLOPs each.
  double stream_gbs =
      0;  ///< 1e9 bytes a second read and written by a triad over buffers beyond the caches.
  double parallel_region_s =
      0;  ///< Time of an empty OpenMP parallel region: the least a threaded call costs.
  Pages pages = Pages::kHuge;
  /// 1e9 bytes a second read from an array beyond the caches; 0 in older records.
  double read_gbs = 0;
  /// Native multiply-adds of bf16 pairs into float32, and of int8 into int32, two operations each.
  /// Empty in older records, and if the build or the machine has none.
  std::optional<double> bf16_gflops = {};
  std::optional<double> int8_gops = {};
};

struct Machine {
  std::string cpu;
  int cores = 0;  ///< Cores that this process may use.
  int64_t memory_bytes = 0;
  int64_t l1d_bytes = 0, l2_bytes = 0, l3_bytes = 0;  ///< Size of one cache; 0 if unknown.
  std::string os;
  std::string kernel;
  std::string hostname;
};

struct Build {
  std::string compiler;
  std::string flags;  ///< Compiler flags of the variants.
  std::string march;  ///< ATTNBENCH_MARCH as configured.
  std::string isa;    ///< SIMD features the variants were compiled for.
  std::string build_type;
  std::string git_commit;  ///< "unknown" outside a git checkout; "+dirty" appended if the tree
                           ///< had changes.
  std::string openmp;      ///< Runtime and version.
  std::string build_id;    ///< The linker's hash of the program file; empty if unknown.
};

/// A plugin that the run's variants came from, or that was loaded beside them.
struct Plugin {
  std::string path;    ///< Canonical, on the machine of the run.
  std::string sha256;  ///< Of the file, in hexadecimal.
  std::string compiler;
  std::string flags;
  std::string build_type;
};

/// A file that variants were loaded from, in another language, by a plugin of this program.
struct VariantFile {
  std::string path;    ///< Canonical, on the machine of the run.
  std::string sha256;  ///< Of the bytes that were loaded, in hexadecimal.
  std::string plugin_sha256;
  /// What its variants run on: {"python", "3.11.2"}, {"numpy", "1.24.2"}.
  std::map<std::string, std::string> versions;
};

/// How the machine was set up for this run; "unknown" if the kernel does not tell.
struct Conditions {
  std::string governor = "unknown";                 ///< Frequency governors of the usable CPUs.
  std::string turbo = "unknown";                    ///< "on" or "off".
  std::string affinity = "unknown";                 ///< CPUs that this process may use: "0-3,8".
  std::string transparent_huge_pages = "unknown";   ///< "always", "madvise" or "never".
  std::optional<double> cgroup_cpus = {};           ///< CPU quota, in CPUs; empty for none.
  std::optional<int64_t> cgroup_memory_bytes = {};  ///< Tightest limit; empty for none.
  std::string counters = "unknown";                 ///< Hardware counters: "available", or why not.
};

/// One case of an A/A run: the same work under two labels.
struct NoiseFloorCase {
  std::string name;
  double median_a_s = 0;
  double median_b_s = 0;
  int samples = 0;   ///< Samples per label.
  double floor = 1;  ///< Smallest ratio of medians that exceeds this case's noise.
};

/// The resolution of a machine: two medians closer than `floor` may be the same.
struct NoiseFloor {
  std::string cpu;
  int cores = 0;
  std::string hostname;
  std::string measured_utc;
  double floor = 1;  ///< The largest of the cases'; a ratio of at least 1.
  /// How far runs of one program drift apart: the standard deviation of log(median) over runs, the
  /// largest of the cases'. Empty, as are the two below, if one run was measured.
  std::optional<double> drift_sd = {};
  std::optional<int64_t> runs = {};    ///< At least 2.
  std::optional<double> pause_s = {};  ///< Between two of the runs.
  std::vector<NoiseFloorCase> cases;
};

/// The largest seq_len of one series that fits the memory limit, by the exact sum of Case's bytes
/// (found beyond the sweep too; capped at 2^32).
struct LargestFit {
  int series = 0;       ///< Index of the first case of the series.
  int64_t seq_len = 0;  ///< 0 if not even 1 fits.
  /// The largest batch that fits at the largest seq_len swept: kMaxBatch at most, 0 if not even 1
  /// fits. Empty if the variant refuses that length, and in older records.
  std::optional<int64_t> batch = {};
};

/// Most rows and columns that the picture of a pattern has.
inline constexpr int64_t kPatternSize = 64;

/// The (query, key) pairs of one head that full attention sees, with causal if the problem has it.
/// A double, because a record may hold lengths whose product overflows int64.
double allowed_pairs(const Problem& problem);

/// Queries or keys cut into neighbouring cells that differ by one in size at most.
struct CellAxis {
  int64_t length = 0;  ///< Queries or keys.
  int64_t cells = 0;   ///< At most as many.

  int64_t begin(int64_t cell) const { return cell * length / cells; }
  int64_t size(int64_t cell) const { return begin(cell + 1) - begin(cell); }
};

/// Which query sees which keys, for one case of each variant, params and causal of the sweep.
struct Pattern {
  int case_id = 0;  ///< The case that is drawn.
  /// Exact number of (query, key) pairs seen in each cell, row by row: rows are queries, columns
  /// keys, cut as pattern_axis says.
  std::vector<int64_t> cells;
};

/// A variant of the sweep without a pattern, because it is not the call alone that decides which
/// query sees which key.
struct Undrawn {
  int case_id = 0;  ///< One of its cases, which gives label and params.
  std::string reason;
};

/// How a pattern's picture cuts so many queries or keys.
CellAxis pattern_axis(int64_t length);

/// Most tokens of a sentence whose attention weights are shown.
inline constexpr size_t kMostTokens = 64;

/// Which token sees which in a sentence of kMostTokens at most, for one case of each exact variant,
/// params and causal of the sweep: what attention weights follow from.
struct SentenceView {
  int case_id = 0;      ///< This case gives variant, params and problem, except for the lengths.
  std::string visible;  ///< '1' where the query sees the key, else '0': tokens x tokens, by rows.
  /// Those of the case's params that were scaled down to the length of the sentence, with the
  /// values that were drawn. Empty if none was, as in older records.
  std::vector<std::pair<std::string, int64_t>> drawn_params = {};
};

struct Sentence {
  std::vector<std::string> tokens;
  std::vector<SentenceView> views;
};

struct Run {
  int schema_version = kSchemaVersion;
  std::string name;
  std::string description;
  std::string config_json;  ///< The config as resolved, JSON text indented by 2.
  std::string baseline;     ///< Label that speed-ups refer to; empty if the config names none.
  uint64_t seed = 0;
  int rounds = 0;
  int shard = 1;   ///< Which part of the sweep this run measures, from 1; see run/shard.h.
  int shards = 1;  ///< The number of parts.
  int64_t memory_limit_bytes = 0;
  std::string started_utc;   ///< ISO 8601.
  std::string finished_utc;  ///< Empty in a partial run.
  std::string interrupted;   ///< Why the run is partial ("SIGINT", ...); empty if it is complete.
  /// The sweep that measured this run and another one in the same rounds: both hold the same text.
  /// Empty if the run was measured alone.
  std::string interleaved;
  Machine machine;
  Build build;
  std::vector<Plugin> plugins;                  ///< In the order loaded; older records have none.
  std::vector<VariantFile> variant_files = {};  ///< In the order loaded.
  Conditions conditions;
  std::map<std::string, std::string>
      environment;                ///< Variables that were set and that measuring depends on.
  std::vector<Ceiling> ceilings;  ///< One per thread count and kind of pages of the sweep.
  std::vector<LargestFit> largest_fits;
  std::vector<Pattern> patterns;  ///< Empty in records that are older than them.
  std::vector<Undrawn> undrawn = {};
  Sentence sentence;  ///< Empty in records that are older than it.
  /// Of each distinct inputs of the cases that were probed; older records have none.
  std::vector<InputStatistics> input_statistics;
  std::vector<CaseRecord> cases;
};

/// Whether two cases have the same q, k and v, and full attention over them is the same.
bool same_inputs(const Case& a, const Case& b);

/// What the inputs of the case are like; null if the run does not say.
const InputStatistics* input_statistics_of(const Run& run, const Case& c);

/// Rows of a problem's output: one for each query of each head.
constexpr int64_t output_rows(const Problem& p) {
  return p.batch * p.heads * p.q_len;
}

/// The names of Pages, CacheState and Pass, in the order of their values.
inline constexpr const char* kPageNames[] = {"huge", "small"};
inline constexpr const char* kCacheNames[] = {"warm", "cold"};
inline constexpr const char* kPassNames[] = {"forward", "backward", "both"};
/// The names of Type, in the order of its values.
inline constexpr const char* kTypeNames[] = {"f32", "bf16", "f16", "int8", "q8_0"};

/// Whether q, k and v are all bf16, so that a kernel may multiply them natively.
constexpr bool multiplies_bf16(const Problem& p) {
  return p.dtype == Type::kBf16 && p.kv_dtype == Type::kBf16;
}

/// "ok", "skipped", "invalid", "failed", "timeout", "pending".
const char* outcome_name(Outcome outcome);

/// Whether a case ran and went wrong: invalid, failed or timed out.
bool went_wrong(Outcome outcome);

/// Whether two cases belong to one series: equal in everything but the sequence length.
bool same_series(const Case& a, const Case& b);

/// The problem without variant and length, for people: "8 heads over 2 kv_heads, head_dim 64,
/// causal, 2 threads".
std::string describe_problem(const Case& c);

/// The name of a series: label and problem, without the length.
std::string describe_series(const Case& c);

/// Label and lengths only, for use if the rest is known or has no room.
std::string describe_point(const Case& c);

/// One case, for people: describe_series plus its lengths.
std::string describe_case(const Case& c);

}  // namespace attnbench::record
