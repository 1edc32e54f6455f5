// Tests of the worker: which facts it writes, in which order, for variants right and wrong.
#include "measure/worker.h"

#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <sstream>
#include <string>
#include <vector>

#include "catch.h"
#include "defined_variants.h"
#include "fake_variants.h"
#include "machine/ceilings_kernel.h"
#include "machine/machine_files.h"
#include "registry/list_digest.h"
#include "worker_end.h"

namespace attnbench::measure {
namespace {

using record::Json;
using test::Behaviour;
using test::End;
using test::Fake;

constexpr Param kParams[] = {{"block", 4, 1, 8, "what it says"}};
constexpr Param kListParams[] = {{"lengths", 0, 1, 8, "what it says", true}};

registry::Entry entry(const Info& info, const Fake& fake) {
  return {&info, &fake};
}

const registry::Catalogue& catalogue() {
  static const Info right{"right", "s", Kind::kExact, "p"};
  static const Info with_param{"with_param", "s", Kind::kExact, "p", kParams, 1};
  static const Info with_list{"with_list", "s", Kind::kExact, "p", kListParams, 1};
  static const Info wrong{"wrong", "s", Kind::kExact, "p"};
  static const Info nan{"nan", "s", Kind::kExact, "p"};
  static const Info past_workspace{"past_workspace", "s", Kind::kExact, "p"};
  static const Info before_output{"before_output", "s", Kind::kExact, "p"};
  static const Info allocates{"allocates", "s", Kind::kExact, "p"};
  static const Info scratch{"scratch", "s", Kind::kExact, "p"};
  static const Info sixteen{"sixteen", "s", Kind::kExact, "p"};
  static const Fake sixteen_wrong(Behaviour::kSixteenQueriesWrong);
  static const Fake fine(Behaviour::kTwoPasses), unscaled(Behaviour::kNoScale),
      not_a_number(Behaviour::kNaN), past(Behaviour::kWritesPastWorkspace),
      before(Behaviour::kWritesBeforeOutput), allocating(Behaviour::kAllocates),
      touching(Behaviour::kUsesWorkspace), choosy(Behaviour::kWrongUnlessParamIsFive),
      listed(Behaviour::kWrongUnlessListIsSixSeven);
  static const registry::Catalogue all({entry(right, fine), entry(with_param, choosy),
                                        entry(with_list, listed), entry(wrong, unscaled),
                                        entry(nan, not_a_number), entry(past_workspace, past),
                                        entry(before_output, before), entry(allocates, allocating),
                                        entry(scratch, touching), entry(sixteen, sixteen_wrong)});
  return all;
}

Task task_for(const std::string& variant, Task::Mode mode) {
  Task task;
  task.mode = mode;
  task.plan.variant = variant;
  task.plan.problem = {1, 2, 1, 24, 24, 16, true};
  task.plan.pairs = 600;
  task.plan.threads = 2;
  task.seed = 11;
  task.round = 3;
  task.iterations = 5;
  task.min_time_s = 0.002;
  return task;
}

void do_task(const Json& task, Facts& facts) {
  run_task(task, catalogue(), facts);
}

End run(const std::string& line, const DoTask& work = do_task) {
  return test::end_of_worker(line, work);
}

End run(const Task& task) {
  return run(to_json(task).dump());
}

TEST_CASE("A case's first worker writes memory, check, quality and calibration, in this order") {
  const End end = run(task_for("right", Task::Mode::kProbe));
  CHECK(end.code == 0);
  REQUIRE(end.names() == "memory check quality check calibration done ");
  CHECK(end["check"].at("rows_checked") == 48);
  CHECK(end["quality"].at("relative_error") == 0);
  CHECK(end["quality"].at("rows") == 48);
  CHECK(end["check"].at("worst_error_over_bound") <= 1);
  CHECK(end["calibration"].at("iterations") >= 1);
}

TEST_CASE("A probe that is asked what the inputs are like says so once the output is judged") {
  Task task = task_for("right", Task::Mode::kProbe);
  task.describe_inputs = true;
  const End end = run(task);
  REQUIRE(end.names() == "memory check input_statistics quality check calibration done ");
  // Of the inputs that are timed, not of those with equal weights.
  CHECK(end["input_statistics"].at("rows") == 24);
  CHECK(end["input_statistics"].at("effective_share") < 0.9);
  task.mode = Task::Mode::kRound;
  CHECK(run(task).names() == "check sample done ");
}

TEST_CASE("A task of an older program, which knows no inputs but normal ones, can be done") {
  Json old = to_json(task_for("right", Task::Mode::kProbe));
  for (const char* newer : {"describe_inputs", "input_source", "behaviour"})
    REQUIRE(old.erase(newer) == 1);
  CHECK_FALSE(task_from_json(old).describe_inputs);
  CHECK(run(old.dump()).names() == "memory check quality check calibration done ");
}

TEST_CASE("A probe of behaviour is made of a case with normal inputs only") {
  Task task = task_for("right", Task::Mode::kBehaviour);
  task.behaviour = {"influence", 2, 3};
  const End end = run(task);
  REQUIRE(end.names() == "probe done ");
  CHECK(end["probe"].at("reason") == "");
  CHECK(end["probe"].at("points").size() == 3);
  task.plan.inputs = "qkv.npz:layer14";
  CHECK(run(task)["probe"].at("reason") ==
        "probes draw normal inputs of their own; its inputs are qkv.npz:layer14");
}

/// The quality that a probe of this variant alone reports.
record::Quality probed_quality(const Info& info, const Variant& variant) {
  const registry::Catalogue only({{&info, &variant}});
  const End end = run(to_json(task_for(info.name, Task::Mode::kProbe)).dump(),
                      [&](const Json& j, Facts& facts) { run_task(j, only, facts); });
  return record::quality_from_json(end["quality"]);
}

TEST_CASE("A variant with a task of its own has no distance, and says which task") {
  const Info info{"own", "s", Kind::kExact, "p", nullptr, 0, "keeps documents apart"};
  const record::Quality quality = probed_quality(info, Fake(Behaviour::kTwoPasses));
  CHECK(quality.reason == "it keeps documents apart");
  CHECK_FALSE(quality.relative_error.has_value());
}

TEST_CASE("A distance says if the variant has inputs that training would set") {
  const Info leaky{"leaky", "s", Kind::kBaseline, "p"};
  CHECK(probed_quality(leaky, test::LeakySum()).untrained);
  CHECK(*probed_quality(leaky, test::LeakySum()).relative_error > 0);
  const Info right{"right", "s", Kind::kExact, "p"};
  CHECK_FALSE(probed_quality(right, Fake(Behaviour::kTwoPasses)).untrained);
}

/// The facts of a probe of attention with this variant's products around it.
End probe_with_projections(const Variant& attention, const Variant& projections) {
  const Info info{"attention", "s", Kind::kExact, "p"};
  const Info around{registry::kProjections, "s", Kind::kBaseline, "p"};
  const registry::Catalogue both({{&info, &attention}, {&around, &projections}});
  Task task = task_for("attention", Task::Mode::kProbe);
  task.plan.projections = true;
  return run(to_json(task).dump(), [&](const Json& j, Facts& facts) { run_task(j, both, facts); });
}

TEST_CASE("The projections around attention are judged by their own definition") {
  const Fake right(Behaviour::kTwoPasses), wrong(Behaviour::kNoScale);
  test::LeakySum projections;
  const End end = probe_with_projections(right, projections);
  REQUIRE(end.names() == "memory check quality check calibration done ");
  CHECK(end["quality"].at("relative_error") == 0);
  CHECK_FALSE(end["quality"].at("untrained"));  // The weights of the layer are not the variant's.
  const End bad_attention = probe_with_projections(wrong, projections);
  CHECK_FALSE(
      bad_attention["invalid"].at("reason").get<std::string>().starts_with("its projections"));
  projections.stray = 1e-3;
  const End strayed = probe_with_projections(right, projections);
  CHECK(strayed["invalid"].at("reason").get<std::string>().starts_with("its projections: "));
}

TEST_CASE("The time in which the data's decisions are made is told of variants that have some") {
  const Info info{"top_two", "s", Kind::kApproximate, "p"};
  const test::TopTwo selective;
  const registry::Catalogue only({{&info, &selective}});
  Task task = task_for("top_two", Task::Mode::kProbe);
  task.plan.problem.causal = false;
  const End end =
      run(to_json(task).dump(), [&](const Json& j, Facts& facts) { run_task(j, only, facts); });
  CHECK(end["calibration"].at("selection_s") > 0);
  CHECK_FALSE(run(task_for("right", Task::Mode::kProbe))["calibration"].contains("selection_s"));
}

TEST_CASE("A baseline is a whole layer, and has no projections around it") {
  const Info leaky{"leaky", "s", Kind::kBaseline, "p"};
  const test::LeakySum layer;
  const registry::Catalogue only({{&leaky, &layer}});
  Task task = task_for("leaky", Task::Mode::kProbe);
  task.plan.projections = true;
  const End end =
      run(to_json(task).dump(), [&](const Json& j, Facts& facts) { run_task(j, only, facts); });
  CHECK(end.names() == "memory check quality check calibration done ");
}

TEST_CASE("Projections that no variant does are an error") {
  Task task = task_for("right", Task::Mode::kProbe);
  task.plan.projections = true;
  CHECK(run(task)["failed"].at("reason") == "unknown variant 'projections'");
}

TEST_CASE("A round writes check and sample, with the fixed number of iterations") {
  const End end = run(task_for("right", Task::Mode::kRound));
  REQUIRE(end.names() == "check sample done ");
  CHECK(end["check"].at("rows_checked") == 48);
  const record::Sample sample = record::sample_from_json(end["sample"]);
  CHECK(sample.round == 3);
  CHECK(sample.iterations == 5);
  CHECK(sample.time_s > 0);
  CHECK(sample.cpu_s >= 0);
  CHECK(sample.first_call_s > 0);
  CHECK(sample.noise.fma_gflops.value_or(0) > 0);
  CHECK(sample.noise.issue_share.value_or(0) > 0);
  CHECK_FALSE(sample.noise.stream_gbs.has_value());
}

TEST_CASE("A round whose outputs have the bits that the probe judged does not judge again") {
  Task task = task_for("right", Task::Mode::kRound);
  task.judged_digest = run(task_for("right", Task::Mode::kProbe))["check"].at("output_digest");
  CHECK(task.judged_digest.size() == 16);
  CHECK(run(task).names() == "sample done ");
  task.judged_digest.back() ^= 1;
  const End end = run(task);
  REQUIRE(end.names() == "check sample done ");
  CHECK(end["check"].at("rows_checked") == 48);
  CHECK(end["check"].at("differing_outputs") == 1);
}

/// The facts of a worker whose variant changes from its third call on.
End run_changing(Behaviour behaviour, Task::Mode mode) {
  const Info info{"changing", "s", Kind::kExact, "p"};
  const Fake fake(behaviour);
  const registry::Catalogue only({entry(info, fake)});
  Task task = task_for("changing", mode);
  task.min_time_s = 0.02;  // Time for more than two calls.
  return run(to_json(task).dump(), [&](const Json& j, Facts& facts) { run_task(j, only, facts); });
}

TEST_CASE("A variant that is right at first and wrong from its third call on carries no time") {
  for (const auto& [behaviour, what] :
       {std::pair(Behaviour::kWrongFromThirdCall, "times its bound"),
        std::pair(Behaviour::kWritesNothingFromSecondCall, "query 0 dim 0 was never written")})
    for (const auto mode : {Task::Mode::kProbe, Task::Mode::kRound}) {
      const End end = run_changing(behaviour, mode);
      CHECK(end.names() == (mode == Task::Mode::kProbe ? "memory check check invalid done "
                                                       : "check check invalid done "));
      const std::string reason = end["invalid"].at("reason");
      INFO(reason);
      CHECK(reason.find("a call with the same inputs was right before, this one is not: batch 0") ==
            0);
      CHECK(reason.find(what) != std::string::npos);
    }
}

TEST_CASE("A variant that keeps its first answers for later calls is wrong on other inputs") {
  const End end = run_changing(Behaviour::kWritesNothingFromThirdCall, Task::Mode::kProbe);
  REQUIRE(end.names() == "memory check quality check invalid done ");
  CHECK(end["invalid"].at("reason") ==
        "with equal weights and values of +-1, batch 0 head 0 query 0 dim 0 was never written");
}

TEST_CASE("A variant with a definition of its own is judged on other inputs, too") {
  const Info info{"leaky", "s", Kind::kBaseline, "p"};
  for (const bool keeps : {false, true}) {
    test::LeakySum leaky;
    leaky.keeps_first_answer = keeps;
    const registry::Catalogue only({{&info, &leaky}});
    const End end = run(to_json(task_for("leaky", Task::Mode::kProbe)).dump(),
                        [&](const Json& j, Facts& facts) { run_task(j, only, facts); });
    REQUIRE(end.names() == (keeps ? "memory check quality check invalid done "
                                  : "memory check quality check calibration done "));
    CHECK(end.facts[3].at("rows_checked") == 48);
    if (!keeps) continue;
    const std::string reason = end["invalid"].at("reason");
    CHECK(reason.find("with other inputs than before, batch 0 head ") == 0);
  }
}

TEST_CASE("A probe finds a key that is left out of 16,384, and says that it would") {
  const Fake right(Behaviour::kTwoPasses), wrong(Behaviour::kDropsLastKey);
  const Info info{"probed", "s", Kind::kExact, "p"};
  for (const Fake* fake : {&right, &wrong}) {
    const registry::Catalogue only({entry(info, *fake)});
    Task task = task_for("probed", Task::Mode::kProbe);
    task.plan.problem = {1, 2, 1, 2, 16384, 16, false};
    const End end =
        run(to_json(task).dump(), [&](const Json& j, Facts& facts) { run_task(j, only, facts); });
    if (fake == &wrong) {
      CHECK(end["invalid"].at("reason") != "");
      continue;
    }
    REQUIRE(end.names() == "memory check quality check calibration done ");
    CHECK(end.facts[1].at("visible_error") < 1e-4);
    CHECK(end.facts[3].at("rows_counted") == 4);
  }
}

TEST_CASE("Other bits in a later call are judged and counted, and are no failure if right") {
  const End end = run_changing(Behaviour::kOtherBitsFromThirdCall, Task::Mode::kRound);
  REQUIRE(end.names() == "check check sample done ");
  CHECK(end.facts[0].at("differing_outputs") == 0);
  CHECK(end.facts[1].at("differing_outputs") == 1);
}

TEST_CASE("Sixteen wrong queries of 1,024 in one head are found with every seed") {
  Task task = task_for("sixteen", Task::Mode::kProbe);
  task.plan.problem = {1, 2, 2, 1024, 1024, 16, true};
  task.plan.pairs = 2 * 1024 * 1025 / 2;
  for (task.seed = 0; task.seed < 5; ++task.seed)
    CHECK(run(task).names() == "memory check invalid done ");
}

TEST_CASE("A task for all rows judges every row") {
  Task task = task_for("right", Task::Mode::kProbe);
  task.plan.problem = {1, 2, 1, 3000, 300, 1, true};
  task.plan.pairs = int64_t{1} << 50;  // So much work that only the fewest rows are judged.
  CHECK(run(task)["check"].at("rows_checked") == 2);
  task.all_rows = true;
  CHECK(run(task)["check"].at("rows_checked") == 6000);
}

TEST_CASE("A sample with more traffic than the caches hold has the bandwidth measured after it") {
  Task task = task_for("right", Task::Mode::kRound);
  task.plan.traffic_bytes = int64_t{1} << 40;
  const End end = run(task);
  REQUIRE(end.names() == "check sample done ");
  const record::Noise noise = record::sample_from_json(end["sample"]).noise;
  CHECK(noise.stream_gbs.value_or(0) > 0);
  CHECK(noise.read_gbs.value_or(0) > 0);
}

TEST_CASE("A probe says how much of inputs, output and scratch is on huge pages") {
  if (!machine::process_huge_page_bytes()) {
    WARN("this kernel does not tell");
    return;
  }
  const std::string setting = machine::read_text("/sys/kernel/mm/transparent_hugepage/enabled");
  const bool granted = !setting.empty() && setting.find("[never]") == std::string::npos;
  Task task = task_for("right", Task::Mode::kProbe);
  task.plan.problem = {1, 1, 1, 1, 1 << 16, 16, false};  // 4 MiB of keys, and of values.
  task.plan.pairs = 1 << 16;
  for (const auto pages : {record::Pages::kHuge, record::Pages::kSmall}) {
    task.plan.pages = pages;
    const int64_t wanted = granted && pages == record::Pages::kHuge ? 8 << 20 : 0;
    CHECK(record::memory_from_json(run(task)["memory"]).huge_page_bytes == wanted);
  }
}

TEST_CASE("Calls with cold caches are right and timed, and no counter counts the evicting") {
  Task task = task_for("right", Task::Mode::kProbe);
  task.plan.cache = record::CacheState::kCold;
  CHECK(run(task).names() == "memory check quality check calibration done ");
  task.mode = Task::Mode::kRound;
  const End end = run(task);
  REQUIRE(end.names() == "check sample done ");
  const record::Sample sample = record::sample_from_json(end["sample"]);
  CHECK(sample.iterations == 5);
  CHECK(sample.time_s > 0);
  CHECK_FALSE(sample.counters.instructions.has_value());
}

TEST_CASE("A wrong answer is invalid and carries no time") {
  for (const auto mode : {Task::Mode::kProbe, Task::Mode::kRound}) {
    const End end = run(task_for("wrong", mode));
    CHECK(end.code == 0);
    CHECK(end.names() ==
          (mode == Task::Mode::kProbe ? "memory check invalid done " : "check invalid done "));
    CHECK(end["check"].at("worst_error_over_bound") > 1);
    CHECK(end["invalid"].at("reason").get<std::string>().find("times its bound") !=
          std::string::npos);
  }
}

TEST_CASE("NaN is invalid, with its place") {
  CHECK(run(task_for("nan", Task::Mode::kRound))["invalid"].at("reason") ==
        "batch 0 head 1 query 23 dim 15 is NaN");
}

TEST_CASE("A write outside workspace or output is invalid, though the answer is right") {
  CHECK(run(task_for("past_workspace", Task::Mode::kRound))["invalid"].at("reason") ==
        "touched the workspace 0 bytes past its end");
  CHECK(run(task_for("before_output", Task::Mode::kRound))["invalid"].at("reason") ==
        "touched the output 4 bytes before its beginning");
}

#ifndef ATTNBENCH_SANITIZED
TEST_CASE("Heap and resident peak are those of the first call alone") {
  const auto memory = [](const char* variant) {
    return record::memory_from_json(run(task_for(variant, Task::Mode::kProbe))["memory"]);
  };
  const record::Memory quiet = memory("right");
  CHECK(quiet.heap_peak_bytes.value() < 10'000);
  const record::Memory taking = memory("allocates");
  CHECK(taking.heap_peak_bytes.value() >= 1'000'000);
  CHECK(taking.heap_peak_bytes.value() < 1'100'000);
  const record::Memory touching = memory("scratch");
  CHECK(touching.heap_peak_bytes.value() < 10'000);
  CHECK(touching.resident_peak_bytes.value() > 7 << 20);
  CHECK(touching.resident_peak_bytes.value() < 12 << 20);
}

TEST_CASE("Inputs beyond the address-space limit are out of memory, and the worker goes on") {
  rlimit before{};
  getrlimit(RLIMIT_AS, &before);
  Task task = task_for("right", Task::Mode::kRound);
  task.plan.problem.kv_len = 1 << 24;  // 1 GiB of keys.
  task.address_space_bytes = 64 << 20;
  const End end = run(task);
  setrlimit(RLIMIT_AS, &before);
  CHECK(end.code == 0);
  REQUIRE(end.names() == "failed done ");
  CHECK(end["failed"].at("reason") == "out of memory");
}

TEST_CASE("Without memory for the triads, a sample lacks only its bandwidth") {
  rlimit before{};
  getrlimit(RLIMIT_AS, &before);
  Task task = task_for("right", Task::Mode::kRound);
  task.plan.traffic_bytes = int64_t{1} << 40;
  task.address_space_bytes = 32 << 20;
  const End end = run(task);
  setrlimit(RLIMIT_AS, &before);
  REQUIRE(end.names() == "check sample done ");
  CHECK_FALSE(record::sample_from_json(end["sample"]).noise.stream_gbs.has_value());
}
#endif

TEST_CASE("A task that cannot be done fails with the reason") {
  const auto reason = [](const End& end) {
    CHECK(end.code == 0);
    CHECK(end.names() == "failed done ");
    return end["failed"].at("reason").get<std::string>();
  };
  CHECK(reason(run(task_for("nobody", Task::Mode::kRound))) == "unknown variant 'nobody'");
  CHECK(reason(run(task_for("with_param", Task::Mode::kRound))) ==
        "there is no value for param 'block'");
  CHECK(reason(run("{]")).find("parse error") != std::string::npos);
  CHECK(reason(run("{}")).find("not a task") == 0);
  CHECK(reason(run("[1]")).find("not a task") == 0);
}

TEST_CASE("Params reach the variant by name") {
  Task task = task_for("with_param", Task::Mode::kRound);
  task.plan.params = {{"other", 1}, {"block", 5}};
  CHECK(run(task).names() == "check sample done ");
}

TEST_CASE("A list reaches the variant, and a list that is not the planned one is not measured") {
  using Values = std::vector<int64_t>;
  Task task = task_for("with_list", Task::Mode::kRound);
  task.plan.params = {{"lengths", registry::list_digest({6, 7})}};
  const auto names = [&](std::shared_ptr<const Values> list) {
    task.plan.list = std::move(list);
    return run(task).names();
  };
  CHECK(names(std::make_shared<Values>(Values{6, 7})) == "check sample done ");
  CHECK(names(std::make_shared<Values>(Values{7, 6})) == "failed done ");
  CHECK(names(nullptr) == "failed done ");
  task.plan.params.clear();
  CHECK(names(std::make_shared<Values>(Values{6, 7})) == "failed done ");
}

TEST_CASE("A ceiling task writes the ceiling of its number of threads") {
  Task task;
  task.mode = Task::Mode::kCeiling;
  task.plan.threads = 1;
  const End end = run(task);
  REQUIRE(end.names() == "ceiling done ");
  const record::Ceiling ceiling = record::ceiling_from_json(end["ceiling"]);
  CHECK(ceiling.threads == 1);
  CHECK(ceiling.fma_gflops > 0);
  CHECK(ceiling.bf16_gflops.has_value() == (machine::kBf16.run != nullptr));
  CHECK(ceiling.bf16_gflops.value_or(1) > 0);
  CHECK(ceiling.int8_gops.has_value() == (machine::kInt8.run != nullptr));
  CHECK(ceiling.int8_gops.value_or(1) > 0);
  CHECK(ceiling.stream_gbs > 0);
  CHECK(ceiling.parallel_region_s > 0);
}

TEST_CASE("A worker whose facts nobody reads says so by its exit code") {
  CHECK(run_worker(to_json(task_for("right", Task::Mode::kRound)).dump(), -1, do_task) == 1);
}

TEST_CASE("A task is the same after JSON, including a seed of 64 bits") {
  Task task = task_for("with_param", Task::Mode::kProbe);
  task.seed = 0xFFFFFFFFFFFFFFFEu;
  task.plan.params = {{"block", 2}};
  task.address_space_bytes = int64_t{1} << 40;
  task.all_rows = true;
  task.judged_digest = "0123456789abcdef";
  const Task back = task_from_json(Json::parse(to_json(task).dump()));
  CHECK(back.mode == task.mode);
  CHECK(back.seed == task.seed);
  CHECK(back.round == task.round);
  CHECK(back.iterations == task.iterations);
  CHECK(back.min_time_s == task.min_time_s);
  CHECK(back.address_space_bytes == task.address_space_bytes);
  CHECK(back.all_rows);
  CHECK(back.judged_digest == task.judged_digest);
  CHECK(back.plan.params == task.plan.params);
  CHECK(back.plan.problem.kv_len == task.plan.problem.kv_len);
  Json unknown = to_json(task);
  unknown["mode"] = "sleep";
  REQUIRE_THROWS_AS(task_from_json(unknown), record::RecordError);
}

}  // namespace
}  // namespace attnbench::measure
