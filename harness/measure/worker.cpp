// One worker process: does its task and reports facts.
#include "measure/worker.h"

#include <omp.h>
#include <poll.h>
#include <sys/prctl.h>

#include <algorithm>
#include <csignal>
#include <functional>
#include <new>
#include <stdexcept>
#include <vector>

#include "machine/ceilings.h"
#include "machine/counters.h"
#include "machine/machine_files.h"
#include "machine/noise.h"
#include "machine/streaming.h"
#include "machine/team.h"
#include "machine/timer.h"
#include "measure/case_inputs.h"
#include "measure/input_statistics.h"
#include "measure/judge_case.h"
#include "measure/memory.h"
#include "measure/narrow.h"
#include "measure/prepared.h"
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

/// The time of the first call: of a backward pass, without the forward pass that it needs.
double first_call(const Prepared& prepared) {
  prepared.keep();
  return machine::time_once([&] { prepared.run(); });
}

/// Does it once and watches the process's memory from outside.
record::Memory memory_of(const std::function<void()>& once) {
  record::Memory memory;
  reset_resident_peak();
  const auto before = machine::process_memory_bytes("VmRSS");
  const HeapPeak heap = heap_peak_of(once);
  const auto peak = machine::process_memory_bytes("VmHWM");
  memory.heap_peak_bytes = heap.bytes;
  memory.heap_peak_reason = heap.reason;
  if (kSanitized)
    memory.resident_peak_reason = "not measured in a build with sanitizers";
  else if (before && peak)
    memory.resident_peak_bytes = std::max<int64_t>(*peak - *before, 0);
  else
    memory.resident_peak_reason = "/proc/self/status does not say VmRSS and VmHWM";
  return memory;
}

/// Makes the first call, and the forward pass that a backward pass needs. `huge_before` is the
/// process's memory on huge pages before it had inputs.
record::Memory first_call_memory(const Prepared& prepared, std::optional<int64_t> huge_before) {
  record::Memory memory = memory_of([&] {
    prepared.keep();
    prepared.run();
  });
  if (const auto huge = machine::process_huge_page_bytes(); huge && huge_before)
    memory.huge_page_bytes = std::max<int64_t>(*huge - *huge_before, 0);
  return memory;
}

/// How far the case's definition is from full attention. Starts as many threads as the case has.
record::Quality quality_of(const Prepared& prepared, const registry::Entry& entry,
                           const Task& task) {
  if (prepared.training() != nullptr)
    return {.reason = "a distance is that of the forward pass alone"};
  if (const char* own_task = entry.info->own_task; own_task != nullptr)
    return {.reason = std::string("it ") + own_task};
  const Inputs inputs = prepared.view();
  const Problem& problem = prepared.call().problem;
  const auto distance_from_full = [&](const Inputs& unrounded) {
    return measure_quality(problem, unrounded,
                           definition_of(prepared.variant(), prepared.call(), inputs),
                           quality_rows(problem, task.seed));
  };
  record::Quality quality;
  if (has_narrow_types(problem)) {
    // The inputs as they were before they were rounded to the problem's types.
    InputSet unrounded(problem, task.seed);
    fill_inputs(task.plan, task.seed, unrounded);
    quality = distance_from_full(unrounded.view());
  } else {
    quality = distance_from_full(inputs);
  }
  quality.untrained = std::ranges::any_of(
      registry::extra_inputs(prepared.variant(), prepared.call()), &ExtraInput::learned);
  return quality;
}

/// The time in which one thread makes the decisions of all heads of a call: the least of three, or
/// the first one if it is long.
double selection_time(const Deciding& variant, const Prepared& prepared) {
  const Problem& p = prepared.call().problem;
  std::vector<int32_t> decisions(
      static_cast<size_t>(variant.decision_count(prepared.call()).value()));
  const auto decide_all = [&] {
    for (int64_t b = 0; b < p.batch; ++b)
      for (int64_t h = 0; h < p.heads; ++h)
        variant.decide(prepared.call(), prepared.given(), b, h, decisions.data(),
                       prepared.scratch());
  };
  constexpr double kLong_s = 0.1;
  double least = machine::time_once(decide_all);
  for (int run = 1; run < 3 && least < kLong_s; ++run)
    least = std::min(least, machine::time_once(decide_all));
  return least;
}

/// What a call through `empty`, which calls a function that does nothing, costs more than a call
/// that does nothing at all.
double empty_call_time(const Prepared& prepared, const Variant& empty) {
  constexpr int kCalls = 500, kBatches = 5;
  const auto time_of = [&](const Variant& variant) {
    return machine::best_time_s(
        [&] {
          for (int i = 0; i < kCalls; ++i)
            variant.forward(prepared.call(), prepared.given(), prepared.written(),
                            prepared.scratch());
        },
        kBatches);
  };
  class Nothing final : public Variant {
   public:
    ~Nothing() = default;
    uint32_t takes() const noexcept override { return 0; }
    Count workspace_bytes(const Call&) const noexcept override { return {}; }
    Theory theory(const Call&) const noexcept override { return {}; }
    void forward(const Call&, const Inputs&, const Tensor<float>&,
                 const Workspace&) const noexcept override {}
  };
  return std::max(0.0, (time_of(empty) - time_of(Nothing())) / kCalls);
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
  const auto run = [&] { prepared.run(); };
  const bool cold = task.plan.cache == record::CacheState::kCold;
  const machine::Preparation prepare =
      cold ? machine::Preparation([&] { prepared.evict(); }) : machine::Preparation();

  record::Sample sample;
  if (const NeedsSetup* const needs = prepared.variant().needs_setup()) {
    const auto set_up = [&] { needs->setup(prepared.call()); };
    if (task.mode == Task::Mode::kProbe)
      facts.write("setup_memory", to_json(memory_of(set_up)));
    else
      sample.setup_s = machine::time_once(set_up);
  }
  if (task.mode == Task::Mode::kProbe)
    facts.write("memory", to_json(first_call_memory(prepared, huge_before)));
  else
    sample.first_call_s = first_call(prepared);

  std::string judged = task.judged_digest;
  if (!stands(prepared, task, judged, facts)) return;
  if (task.mode == Task::Mode::kProbe && task.describe_inputs)
    describe_inputs(prepared, task, facts);

  prepared.touch_scratch();
  prepared.poison_results();  // A call that writes nothing would leave the right answer there.
  if (task.mode == Task::Mode::kProbe) {
    Json calibration{{"iterations", machine::calibrate(run, task.min_time_s, prepare)}};
    if (const Deciding* deciding = prepared.variant().deciding(); deciding && task.min_time_s > 0)
      calibration["selection_s"] = selection_time(*deciding, prepared);
    if (!stands(prepared, task, judged, facts)) return;
    facts.write("quality", to_json(quality_of(prepared, entry, task)));
    if (!stands_on_other_inputs(prepared, task, facts)) return;
    return facts.write("calibration", calibration);
  }
  const bool bf16 = record::multiplies_bf16(task.plan.problem);
  const machine::Moment before = machine::measure_moment(task.plan.threads, bf16);
  const machine::NoiseWatch noise;
  counters.start();
  const machine::CallTime time = machine::time_calls(run, task.iterations, prepare);
  if (!cold) sample.counters = counters.since_start();  // They would count the evicting, too.
  sample.noise = noise.so_far();
  const machine::Moment after = machine::measure_moment(task.plan.threads, bf16);
  sample.noise.fma_gflops = std::max(before.fma_gflops, after.fma_gflops);
  sample.noise.bf16_gflops = std::max(before.bf16_gflops, after.bf16_gflops);
  sample.noise.issue_share =
      (before.crowded_gflops + after.crowded_gflops) / (before.fma_gflops + after.fma_gflops);
  // Measured after the calls only: triads leave the caches full of lines that wait to be written.
  if (const auto rates = machine::stream_rates_after(task.plan.threads, task.plan.pages,
                                                     task.plan.traffic_bytes)) {
    sample.noise.stream_gbs = rates->stream_gbs;
    sample.noise.read_gbs = rates->read_gbs;
  }
  if (!stands(prepared, task, judged, facts)) return;
  if (entry.empty != nullptr) sample.empty_call_s = empty_call_time(prepared, *entry.empty);
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
  record::Probe probe{task.behaviour.name, task.behaviour.seeds, {}, {}};
  if (record::trains(task.plan.pass))
    probe.reason = "probes look at the forward pass alone";
  else if (!record::axis_named("inputs").is_standard(task.plan))
    probe.reason = "probes draw normal inputs of their own; its inputs are " + task.plan.inputs;
  else
    probe = make_probe(entry, call, task.behaviour, task.seed);
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
  const bool around = task.plan.projections && registry::has_projections(*entry);
  const registry::Entry* projections = around ? catalogue.find(registry::kProjections) : nullptr;
  if (around && projections == nullptr)
    throw std::runtime_error("unknown variant '" + std::string(registry::kProjections) + "'");
  run_case(task, *entry, projections == nullptr ? nullptr : projections->variant, facts);
}

void fail_worker(const char* reason, const char* details) {
  constexpr size_t kMost = 16 << 10, kHead = 2 << 10;  // The conductor takes no line without end.
  std::string lines = details == nullptr ? "" : details;
  if (lines.size() > kMost)
    lines.replace(kHead, lines.size() - kMost, "\n[lines are left out here]\n");
  try {
    Facts facts(kFactsFd);
    Json fields{{"reason", std::string(reason).substr(0, kHead)}};
    if (!lines.empty()) fields["details"] = lines;
    facts.write("failed", fields);
    facts.write("done");
  } catch (const std::exception&) {
    _exit(1);  // Nobody listens any more.
  }
  _exit(0);
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
