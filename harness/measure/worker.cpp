// One worker process: does its task and reports facts.
#include "measure/worker.h"

#include <omp.h>
#include <poll.h>
#include <sys/prctl.h>

#include <algorithm>
#include <csignal>
#include <new>
#include <stdexcept>
#include <vector>

#include "machine/ceilings.h"
#include "machine/counters.h"
#include "machine/evict.h"
#include "machine/machine_files.h"
#include "machine/noise.h"
#include "machine/streaming.h"
#include "machine/team.h"
#include "machine/timer.h"
#include "measure/case_inputs.h"
#include "measure/check_keys.h"
#include "measure/check_output.h"
#include "measure/fenced_block.h"
#include "measure/input_statistics.h"
#include "measure/inputs.h"
#include "measure/memory.h"
#include "measure/probes.h"
#include "measure/quality.h"
#include "record/axes.h"
#include "registry/list_digest.h"

namespace attnbench::measure {
namespace {

using record::Json;

#ifdef ATTNBENCH_SANITIZED
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

/// A variant with what a call of it writes.
struct Writes {
  const Variant& variant;
  Call call;
  FencedBlock output;
  FencedBlock workspace;

  Writes(const Variant& v, const Call& c, record::Pages pages)
      : variant(v),
        call(c),
        output(static_cast<size_t>(output_bytes(call.problem)), 64, FencedEnd::kFront, pages),
        workspace(static_cast<size_t>(variant.workspace_bytes(call).value()), 64, FencedEnd::kFront,
                  pages) {
    poison(out());
  }

  Tensor<float> out() const { return output_tensor(call.problem, output.data()); }

  void forward(const Inputs& inputs) const {
    variant.forward(call, inputs, out(), {workspace.data(), workspace.size()});
  }

  /// What was touched outside; empty if nothing was.
  std::string trespass() const {
    if (const std::string past = workspace.trespass(); !past.empty())
      return "touched the workspace " + past;
    if (const std::string past = output.trespass(); !past.empty())
      return "touched the output " + past;
    return {};
  }

  void evict() const {
    machine::evict({output.data(), output.size()});
    machine::evict({workspace.data(), workspace.size()});
  }
};

/// The inputs that attention declares, and those of the projections after them.
std::vector<ExtraInput> all_extra_inputs(const Variant& variant, const Variant* projections,
                                         const Call& call) {
  std::vector<ExtraInput> all = registry::extra_inputs(variant, call);
  if (projections != nullptr) {
    const std::vector<ExtraInput> more = registry::extra_inputs(*projections, call);
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

/// Everything that a call of one case needs.
struct Prepared {
  std::vector<int64_t> params;
  Writes attention;
  /// The products around attention, over the same tokens: empty if the case has none. They write to
  /// memory of their own, so that attention runs on the inputs that the case says.
  std::optional<Writes> projections;
  InputSet inputs;
  int64_t own_extra;  ///< So many declared inputs are attention's, the others the projections'.

  Prepared(const registry::Entry& entry, const Variant* around, std::vector<int64_t> values,
           const Task& task)
      : params(std::move(values)),
        attention(*entry.variant,
                  {task.plan.problem, params.data(), task.plan.threads,
                   registry::view(task.plan.list.get())},
                  task.plan.pages),
        inputs(call().problem, task.seed, InputStyle::kNormal, task.plan.pages,
               all_extra_inputs(variant(), around, call())),
        own_extra(std::ssize(registry::extra_inputs(variant(), call()))) {
    if (around != nullptr) projections.emplace(*around, call(), task.plan.pages);
    fill_inputs(task.plan, task.seed, inputs);
  }

  const Variant& variant() const { return attention.variant; }
  const Call& call() const { return attention.call; }
  Tensor<float> out() const { return attention.out(); }

  Inputs view() const {
    Inputs in = inputs.view();
    in.extra_count = own_extra;
    return in;
  }
  Inputs view_of_projections() const {
    Inputs in = inputs.view();
    in.extra += own_extra;
    in.extra_count -= own_extra;
    return in;
  }

  /// What was touched outside; empty if nothing was.
  std::string trespass() const {
    const std::string past = attention.trespass();
    if (!past.empty() || !projections) return past;
    const std::string around = projections->trespass();
    return around.empty() ? around : "its projections: " + around;
  }

  /// Takes all that a call reads or writes out of the caches.
  void evict() const {
    const auto evict = [](const Tensor<const float>& tensor) {
      machine::evict(std::as_bytes(std::span(tensor.data, static_cast<size_t>(tensor.size()))));
    };
    const Inputs in = inputs.view();
    for (const Tensor<const float>& tensor : {in.q, in.k, in.v}) evict(tensor);
    for (int64_t i = 0; i < in.extra_count; ++i) evict(in.extra[i]);
    attention.evict();
    if (projections) projections->evict();
  }

  void forward() const {
    if (projections) projections->forward(view_of_projections());
    attention.forward(view());
  }
};

/// Makes every page of the scratch resident, so that no timed call meets a page fault.
void touch(const FencedBlock& block) {
  for (size_t at = 0; at < block.size(); at += 4096) {
    volatile std::byte& page = block.data()[at];
    page = page;
  }
}

/// Starts `threads` threads, the default of a variant that asks for no number.
void start_threads(int threads) {
  omp_set_num_threads(threads);
  machine::start_team(threads);
}

/// The values of all params. Throws if a list is not the one that was planned.
std::vector<int64_t> checked_params(const registry::Entry& entry, const record::Case& plan) {
  std::vector<int64_t> values = registry::param_values(entry, plan.params);
  for (size_t i = 0; i < values.size(); ++i) {
    const int64_t digest = plan.list ? registry::list_digest(*plan.list) : 0;
    if (entry.params()[i].is_list && values[i] != digest)
      throw std::runtime_error("the task's list is not that of its param '" +
                               std::string(entry.params()[i].name) + "'");
  }
  return values;
}

/// All rows if the task says so, else as many as the oracle computes in about 0.2 s. A row of a
/// variant that is not exact takes as long as one that sees all keys, for all that is known.
int64_t rows_to_check(const Task& task, const Variant& variant) {
  constexpr int64_t kProducts = int64_t{1} << 26, kFewest = 2, kMost = 4096;
  const Problem& p = task.plan.problem;
  const int64_t rows = p.batch * p.heads * p.q_len;
  const int64_t keys_a_row =
      variant.exact() != nullptr ? std::max<int64_t>(task.plan.pairs / rows, 1) : p.kv_len;
  if (task.all_rows) return rows;
  return std::clamp<int64_t>(kProducts / (keys_a_row * p.head_dim), kFewest, kMost);
}

double first_call(const Prepared& prepared) {
  return machine::time_once([&] { prepared.forward(); });
}

/// Makes the first call and watches its memory from outside. `huge_before` is the process's memory
/// on huge pages before it had inputs.
record::Memory first_call_memory(const Prepared& prepared, std::optional<int64_t> huge_before) {
  record::Memory memory;
  reset_resident_peak();
  const auto before = machine::process_memory_bytes("VmRSS");
  const HeapPeak heap = heap_peak_of([&] { prepared.forward(); });
  const auto peak = machine::process_memory_bytes("VmHWM");
  memory.heap_peak_bytes = heap.bytes;
  memory.heap_peak_reason = heap.reason;
  if (kSanitized)
    memory.resident_peak_reason = "not measured in a build with sanitizers";
  else if (before && peak)
    memory.resident_peak_bytes = std::max<int64_t>(*peak - *before, 0);
  else
    memory.resident_peak_reason = "/proc/self/status does not say VmRSS and VmHWM";
  if (const auto huge = machine::process_huge_page_bytes(); huge && huge_before)
    memory.huge_page_bytes = std::max<int64_t>(*huge - *huge_before, 0);
  return memory;
}

/// What is wrong with what the last call's projections wrote; empty if nothing is.
std::string fault_of_projections(const Prepared& prepared, const Task& task, uint64_t seed) {
  constexpr int64_t kMostRows = 256;  // A row multiplies a whole token by four matrices.
  const Writes& projections = *prepared.projections;
  const std::string wrong =
      check_output(projections.variant, projections.call, prepared.view_of_projections(),
                   projections.out(), std::min(rows_to_check(task, projections.variant), kMostRows),
                   seed)
          .reason;
  return wrong.empty() ? wrong : "its projections: " + wrong;
}

/// Judges where the last call wrote and, unless its digest is `judged`, that of a right call, what
/// it wrote. Reports what was judged and what is wrong; returns whether the call is right, and its
/// digest in `judged`.
bool stands(const Prepared& prepared, const Task& task, std::string& judged, Facts& facts) {
  std::string bits = digest(prepared.out());
  if (prepared.projections) bits += digest(prepared.projections->out());
  std::string wrong;
  if (bits != judged) {
    const uint64_t seed = task.seed + 0x9E3779B97F4A7C15u * static_cast<uint64_t>(task.round + 1);
    Verdict verdict = check_output(prepared.variant(), prepared.call(), prepared.view(),
                                   prepared.out(), rows_to_check(task, prepared.variant()), seed);
    verdict.check.output_digest = bits;
    verdict.check.differing_outputs = judged.empty() ? 0 : 1;
    facts.write("check", to_json(verdict.check));
    wrong = verdict.reason;
    if (wrong.empty() && prepared.projections) wrong = fault_of_projections(prepared, task, seed);
    if (!wrong.empty() && !judged.empty())
      wrong = "a call with the same inputs was right before, this one is not: " + wrong;
  }
  if (const std::string past = prepared.trespass(); !past.empty()) wrong = past;
  if (!wrong.empty()) facts.write_reason("invalid", wrong);
  judged = std::move(bits);
  return wrong.empty();
}

/// How far the case's definition is from full attention. Starts as many threads as the case has.
record::Quality quality_of(const Prepared& prepared, const registry::Entry& entry,
                           const Task& task) {
  if (const char* own_task = entry.info->own_task; own_task != nullptr)
    return {.reason = std::string("it ") + own_task};
  const Inputs inputs = prepared.view();
  const Problem& problem = prepared.call().problem;
  record::Quality quality =
      measure_quality(problem, inputs, definition_of(prepared.variant(), prepared.call(), inputs),
                      quality_rows(problem, task.seed));
  quality.untrained = std::ranges::any_of(
      registry::extra_inputs(prepared.variant(), prepared.call()), &ExtraInput::learned);
  return quality;
}

/// Judges the output for other normal inputs than those of the case.
Verdict check_other_inputs(const Prepared& prepared, int64_t max_rows, uint64_t seed) {
  Verdict verdict = check_output(prepared.variant(), prepared.call(), prepared.view(),
                                 prepared.out(), max_rows, seed);
  if (!verdict.ok) verdict.reason = "with other inputs than before, " + verdict.reason;
  return verdict;
}

/// Makes one more call, on other inputs, so that no answer kept from an earlier call is right.
/// Those of a softmax over keys show whether each key is seen once. Reports what was judged and
/// what is wrong; returns whether the call is right. Overwrites the inputs.
bool stands_on_other_inputs(Prepared& prepared, const Task& task, Facts& facts) {
  const Variant& variant = prepared.variant();
  const bool weighs_keys = variant.exact() != nullptr || variant.selective() != nullptr;
  const int64_t rows = rows_to_check(task, variant);
  const uint64_t seed = weighs_keys ? task.seed : task.seed + 1;
  prepared.inputs.fill(seed, weighs_keys ? InputStyle::kEqualWeights : InputStyle::kNormal);
  poison(prepared.out());
  prepared.forward();
  Verdict verdict = weighs_keys ? check_keys(variant, prepared.call(), prepared.view(),
                                             prepared.out(), rows, seed)
                                : check_other_inputs(prepared, rows, seed);
  facts.write("check", to_json(verdict.check));
  if (verdict.ok && prepared.projections)
    verdict.reason = fault_of_projections(prepared, task, seed);
  if (const std::string past = prepared.trespass(); !past.empty()) verdict.reason = past;
  verdict.ok = verdict.reason.empty();
  if (!verdict.ok) facts.write_reason("invalid", verdict.reason);
  return verdict.ok;
}

/// The time in which one thread makes the decisions of all heads of a call: the least of three, or
/// the first one if it is long.
double selection_time(const Deciding& variant, const Prepared& prepared) {
  const Problem& p = prepared.call().problem;
  std::vector<int32_t> decisions(
      static_cast<size_t>(variant.decision_count(prepared.call()).value()));
  const Workspace scratch{prepared.attention.workspace.data(), prepared.attention.workspace.size()};
  const auto decide_all = [&] {
    for (int64_t b = 0; b < p.batch; ++b)
      for (int64_t h = 0; h < p.heads; ++h)
        variant.decide(prepared.call(), prepared.view(), b, h, decisions.data(), scratch);
  };
  constexpr double kLong_s = 0.1;
  double least = machine::time_once(decide_all);
  for (int run = 1; run < 3 && least < kLong_s; ++run)
    least = std::min(least, machine::time_once(decide_all));
  return least;
}

void describe_inputs(const Prepared& prepared, const Task& task, Facts& facts) {
  if (const auto statistics = input_statistics(prepared.call().problem, prepared.view(), task.seed))
    facts.write("input_statistics", to_json(*statistics));
}

/// `projections` does the products around attention; null if the case has none.
void run_case(const Task& task, const registry::Entry& entry, const Variant* projections,
              Facts& facts) {
  machine::HardwareCounters counters;  // Made before the threads, which inherit them.
  start_threads(task.plan.threads);
  limit_address_space(task.address_space_bytes);
  const FaultWatch watch;
  const auto huge_before = machine::process_huge_page_bytes();
  Prepared prepared(entry, projections, checked_params(entry, task.plan), task);
  const auto forward = [&] { prepared.forward(); };
  const bool cold = task.plan.cache == record::CacheState::kCold;
  const machine::Preparation prepare =
      cold ? machine::Preparation([&] { prepared.evict(); }) : machine::Preparation();

  record::Sample sample;
  if (task.mode == Task::Mode::kProbe)
    facts.write("memory", to_json(first_call_memory(prepared, huge_before)));
  else
    sample.first_call_s = first_call(prepared);

  std::string judged = task.judged_digest;
  if (!stands(prepared, task, judged, facts)) return;
  if (task.mode == Task::Mode::kProbe && task.describe_inputs)
    describe_inputs(prepared, task, facts);

  touch(prepared.attention.workspace);
  if (prepared.projections) touch(prepared.projections->workspace);
  if (prepared.projections) poison(prepared.projections->out());
  poison(prepared.out());  // A call that writes nothing would leave the right answer there.
  if (task.mode == Task::Mode::kProbe) {
    Json calibration{{"iterations", machine::calibrate(forward, task.min_time_s, prepare)}};
    if (const Deciding* deciding = prepared.variant().deciding(); deciding && task.min_time_s > 0)
      calibration["selection_s"] = selection_time(*deciding, prepared);
    if (!stands(prepared, task, judged, facts)) return;
    facts.write("quality", to_json(quality_of(prepared, entry, task)));
    if (!stands_on_other_inputs(prepared, task, facts)) return;
    return facts.write("calibration", calibration);
  }
  const machine::Moment before = machine::measure_moment(task.plan.threads);
  const machine::NoiseWatch noise;
  counters.start();
  const machine::CallTime time = machine::time_calls(forward, task.iterations, prepare);
  if (!cold) sample.counters = counters.since_start();  // They would count the evicting, too.
  sample.noise = noise.so_far();
  const machine::Moment after = machine::measure_moment(task.plan.threads);
  sample.noise.fma_gflops = std::max(before.fma_gflops, after.fma_gflops);
  sample.noise.issue_share =
      (before.crowded_gflops + after.crowded_gflops) / (before.fma_gflops + after.fma_gflops);
  // Measured after the calls only: triads leave the caches full of lines that wait to be written.
  const machine::Bandwidths bandwidths =
      machine::bandwidths_after(task.plan.threads, task.plan.pages, task.plan.traffic_bytes);
  sample.noise.stream_gbs = bandwidths.stream_gbs;
  sample.noise.read_gbs = bandwidths.read_gbs;
  if (!stands(prepared, task, judged, facts)) return;
  sample.round = task.round;
  sample.time_s = time.time_s;
  sample.cpu_s = time.cpu_s;
  sample.iterations = task.iterations;
  facts.write("sample", to_json(sample));
}

void probe_behaviour(const Task& task, const registry::Entry& entry, Facts& facts) {
  start_threads(task.plan.threads);
  limit_address_space(task.address_space_bytes);
  const std::vector<int64_t> params = checked_params(entry, task.plan);
  const Call call{task.plan.problem, params.data(), task.plan.threads,
                  registry::view(task.plan.list.get())};
  const record::Probe probe =
      record::axis_named("inputs").is_standard(task.plan)
          ? make_probe(entry, call, task.behaviour, task.seed)
          : record::Probe{
                task.behaviour.name,
                task.behaviour.seeds,
                "probes draw normal inputs of their own; its inputs are " + task.plan.inputs,
                {}};
  facts.write("probe", to_json(probe));
}

/// False if the conductor was gone before this process asked to die with it.
bool has_listener(int facts_fd) {
  pollfd facts{facts_fd, 0, 0};
  return poll(&facts, 1, 0) <= 0 || (facts.revents & POLLERR) == 0;
}

}  // namespace

void run_task(const Json& j, const registry::Catalogue& catalogue, Facts& facts) {
  const Task task = task_from_json(j);
  if (task.mode == Task::Mode::kCeiling) {
    start_threads(task.plan.threads);
    return facts.write("ceiling",
                       to_json(machine::measure_ceiling(task.plan.threads, task.plan.pages)));
  }
  const registry::Entry* entry = catalogue.find(task.plan.variant);
  if (entry == nullptr) throw std::runtime_error("unknown variant '" + task.plan.variant + "'");
  if (task.mode == Task::Mode::kBehaviour) return probe_behaviour(task, *entry, facts);
  if (record::trains(task.plan.pass)) throw std::runtime_error("training is not measured yet");
  const bool around = task.plan.projections && registry::has_projections(*entry);
  const registry::Entry* projections = around ? catalogue.find(registry::kProjections) : nullptr;
  if (around && projections == nullptr)
    throw std::runtime_error("unknown variant '" + std::string(registry::kProjections) + "'");
  run_case(task, *entry, projections == nullptr ? nullptr : projections->variant, facts);
}

int run_worker(const std::string& task_line, int facts_fd, const DoTask& do_task) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (!has_listener(facts_fd)) return 1;
  pin_malloc_thresholds();
  Facts facts(facts_fd);
  try {
    try {
      do_task(Json::parse(task_line), facts);
    } catch (const machine::TeamError& e) {
      facts.write("failed", Json{{"reason", e.what()}, {"outside", true}});
    } catch (const InputError& e) {
      facts.write("failed", Json{{"reason", e.what()}, {"outside", true}});
    } catch (const std::bad_alloc&) {
      facts.write_reason("failed", "out of memory");
    } catch (const std::exception& e) {
      facts.write_reason("failed", e.what());
    }
    facts.write("done");
    return 0;
  } catch (const std::exception&) {
    return 1;  // Nobody listens any more.
  }
}

}  // namespace attnbench::measure
