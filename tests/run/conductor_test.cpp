// The conductor with fake workers: real processes that crash, hang, lie and flood.
#include "run/conductor.h"

#include <sys/prctl.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <sstream>

#include "axis_values.h"
#include "catch.h"
#include "measure/gradient_truth.h"
#include "run/facts.h"

using namespace attnbench;
using record::Outcome;

namespace {

record::Run run_of(const std::vector<std::string>& variants,
                   const std::vector<int64_t>& lengths = {100}) {
  record::Run run;
  run.name = "test";
  run.config_json = "{}";
  run.rounds = 3;
  run.seed = 7;
  for (const std::string& variant : variants) {
    for (const int64_t n : lengths) {
      record::CaseRecord c;
      c.plan.id = static_cast<int>(run.cases.size());
      c.plan.variant = c.plan.label = variant;
      c.plan.kind = "exact";
      c.plan.problem.q_len = c.plan.problem.kv_len = n;
      run.cases.push_back(c);
    }
  }
  return run;
}

struct Conducted {
  record::Run run;
  std::vector<record::Json> facts;
  std::string progress;
};

int64_t no_oom_kills() {
  return 0;
}

Conducted conduct(record::Run run, double timeout_s = 20, size_t interrupt_after_facts = SIZE_MAX,
                  const std::function<int64_t()>& oom_kills = no_oom_kills, bool check_only = false,
                  const std::vector<record::ProbeSetting>& behaviour = {},
                  bool ceilings_once = false) {
  Conducted result;
  result.run = std::move(run);
  run::ConductOptions options;
  options.worker_argv = {ATTNBENCH_SOURCE_DIR "/tests/run/fake_worker.sh"};
  options.timeout_s = timeout_s;
  options.oom_kills = oom_kills;
  options.check_only = check_only;
  options.behaviour = behaviour;
  options.ceilings_once = ceilings_once;
  sigemptyset(&options.wake_mask);
  options.fact = [&](const record::Json& fact) {
    run::apply_fact(result.run, fact);
    result.facts.push_back(fact);
  };
  options.interrupted = [&] {
    return std::string(result.facts.size() >= interrupt_after_facts ? "SIGINT" : "");
  };
  std::ostringstream out;
  {
    run::Progress progress(out, {});
    run::conduct(result.run, options, progress);
  }
  result.progress = out.str();
  return result;
}

/// The outcome of one case of `variant`. It checks that a good case beside it is not affected.
record::CaseRecord outcome_of(const std::string& variant, double timeout_s = 20) {
  const Conducted result = conduct(run_of({variant, "good"}), timeout_s);
  CHECK(result.run.cases[1].plan.outcome == Outcome::kOk);
  CHECK(result.run.cases[1].samples.size() == 3);
  return result.run.cases[0];
}

}  // namespace

TEST_CASE("Every case gets one sample a round, in shuffled order, and ends ok") {
  const Conducted result = conduct(run_of({"good"}, {1, 2, 3, 4}));
  REQUIRE(result.run.ceilings.size() == 1);
  CHECK(result.run.ceilings[0].fma_gflops == 100);
  CHECK(result.run.ceilings[0].stream_gbs == 20);
  CHECK(result.run.ceilings[0].parallel_region_s == 1e-6);
  for (const record::CaseRecord& c : result.run.cases) {
    CHECK(c.plan.outcome == Outcome::kOk);
    CHECK(c.iterations == 3);
    REQUIRE(c.samples.size() == 3);
    for (int round = 0; round < 3; ++round)
      CHECK(c.samples[static_cast<size_t>(round)].round == round);
    CHECK(c.memory.resident_peak_bytes == 4096);
    CHECK(c.check->rows_checked == 16);
  }
  CHECK(result.progress.find("round 3 of 3: 4 cases") != std::string::npos);
}

TEST_CASE("In training, a worker has address space for what the check of gradients holds") {
  record::Run run = run_of({"tells_memory"}, {1000, 1000, 1000, 1000});
  for (const size_t trained : {1, 3}) run.cases[trained].plan.pass = record::Pass::kBackward;
  for (const size_t defined : {2, 3}) {
    run.cases[defined].plan.kind = "linear";
    run.cases[defined].plan.input_bytes = 5000;
  }
  const Conducted result = conduct(run);
  const auto bytes = [&](size_t id) { return std::stoll(result.run.cases[id].plan.reason); };
  CHECK(bytes(1) - bytes(0) == measure::kGradientBytesAKey * 1000);
  CHECK(bytes(3) - bytes(2) == 16 * 5000);
}

TEST_CASE("Ceilings are measured before each round, or once if that is enough") {
  for (const bool once : {false, true}) {
    record::Run run = run_of({"good"}, {1, 2});
    run.cases[1].plan.threads = 2;
    const Conducted result = conduct(run, 20, SIZE_MAX, no_oom_kills, false, {}, once);
    CHECK(std::ranges::count(result.facts, "ceiling", [](const record::Json& fact) {
            return fact.at("fact").get<std::string>();
          }) == (once ? 2 : 2 * run.rounds));
  }
}

TEST_CASE("What inputs are like is asked once for all cases that have the same") {
  record::Run run = run_of({"knows_inputs"}, {1, 2});
  run.cases.push_back(run.cases[0]);
  run.cases.back().plan.id = 2;
  run.cases.back().plan.label = "the same with other params";
  const Conducted result = conduct(run);
  CHECK(std::ranges::count_if(result.facts, [](const record::Json& fact) {
          return fact.at("fact") == "input_statistics";
        }) == 2);
  REQUIRE(result.run.input_statistics.size() == 2);
  CHECK(result.run.input_statistics[0].rows == 64);
  CHECK(record::input_statistics_of(result.run, run.cases[2].plan)->case_id != 1);
}

TEST_CASE("The order of a round depends on seed and round only, and differs between rounds") {
  CHECK(run::shuffled(20, 7, 0) == run::shuffled(20, 7, 0));
  CHECK(run::shuffled(20, 7, 0) != run::shuffled(20, 7, 1));
  CHECK(run::shuffled(20, 7, 0) != run::shuffled(20, 8, 0));
  const std::vector<size_t> order = run::shuffled(20, 7, 0);
  CHECK(std::set<size_t>(order.begin(), order.end()).size() == 20);
  CHECK(run::shuffled(5, 1, 0) == std::vector<size_t>{2, 1, 3, 4, 0});
}

TEST_CASE("A worker that dies costs only its own case, and the reason names the signal") {
  const record::CaseRecord crashed = outcome_of("segfaults");
  CHECK(crashed.plan.outcome == Outcome::kFailed);
  CHECK(crashed.plan.reason == "killed by SIGSEGV (Segmentation fault)");
  const record::CaseRecord aborted = outcome_of("aborts");
  CHECK(aborted.plan.outcome == Outcome::kFailed);
  CHECK(aborted.plan.reason ==
        "killed by SIGABRT (Aborted); its last words: free(): invalid pointer");
}

TEST_CASE("A worker that exits 0 silently has failed") {
  const record::CaseRecord c = outcome_of("exits_silently");
  CHECK(c.plan.outcome == Outcome::kFailed);
  CHECK(c.plan.reason == "exited with code 0 before it was done");
}

TEST_CASE("A worker that says done and exits with another code than 0 has failed") {
  const record::CaseRecord c = outcome_of("exits_with_7");
  CHECK(c.plan.outcome == Outcome::kFailed);
  CHECK(c.plan.reason == "exited with code 7 before it was done");
}

TEST_CASE("A worker that says done without its facts has failed") {
  const record::CaseRecord c = outcome_of("done_without_facts");
  CHECK(c.plan.outcome == Outcome::kFailed);
  CHECK(c.plan.reason == "said it was done, but did not send what was asked for");
}

TEST_CASE("Garbage, unknown facts and malformed samples are failures, not crashes") {
  CHECK(outcome_of("prints_garbage").plan.reason == "sent a line that is no fact: not json");
  CHECK(outcome_of("sends_unknown_fact").plan.reason ==
        "sent a line that is no fact: {\"fact\":\"weather\"}");
  const record::CaseRecord c = outcome_of("sends_malformed_sample");
  CHECK(c.plan.outcome == Outcome::kFailed);
  CHECK(c.plan.reason.find("sent a fact that cannot be read: /round: expected an integer") == 0);
  CHECK(c.samples.empty());
}

TEST_CASE("A worker that floods the facts pipe is killed") {
  const record::CaseRecord c = outcome_of("floods_facts");
  CHECK(c.plan.outcome == Outcome::kFailed);
  CHECK(c.plan.reason == "sent more facts than the protocol allows");
}

TEST_CASE("A worker that prints a megabyte, or leaves a child holding its pipes, is still ok") {
  CHECK(outcome_of("prints_a_megabyte").plan.outcome == Outcome::kOk);
  CHECK(outcome_of("leaves_a_child").plan.outcome == Outcome::kOk);
}

TEST_CASE("Children that workers leave are waited for by a conductor that adopts them") {
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  CHECK(outcome_of("leaves_a_child").plan.outcome == Outcome::kOk);
  CHECK(waitpid(-1, nullptr, WNOHANG) == -1);  // There is no child.
  prctl(PR_SET_CHILD_SUBREAPER, 0);
}

TEST_CASE("A wrong answer is invalid and carries no time") {
  const record::CaseRecord c = outcome_of("is_wrong");
  CHECK(c.plan.outcome == Outcome::kInvalid);
  CHECK(c.plan.reason == "row 3 is wrong");
  CHECK(c.samples.empty());
}

TEST_CASE("Rounds are told which output was judged, and need not judge it again") {
  const record::CaseRecord c = outcome_of("is_judged_once");
  CHECK(c.plan.reason == "");
  CHECK(c.check->rows_checked == 4);
  CHECK(c.samples.size() == 3);
}

TEST_CASE("A case that dies in a later round keeps its earlier samples and its reason") {
  const record::CaseRecord c = outcome_of("dies_in_round_1");
  CHECK(c.plan.outcome == Outcome::kFailed);
  CHECK(c.plan.reason == "killed by SIGKILL (Killed)");
  CHECK(c.samples.size() == 1);
}

/// A folder in which fake workers remember what they did.
class Memory {
 public:
  Memory() { setenv("FAKE_WORKER_FOLDER", mkdtemp(folder_.data()), 1); }
  ~Memory() {
    unsetenv("FAKE_WORKER_FOLDER");
    std::filesystem::remove_all(folder_);
  }

 private:
  std::string folder_ = "/tmp/attnbench_conductor_XXXXXX";
};

TEST_CASE("Time in which a worker is stopped is no time-out, and its sample is measured anew") {
  const Memory memory;
  const Conducted result = conduct(run_of({"is_stopped_once"}), 2);
  CHECK(result.run.cases[0].plan.outcome == Outcome::kOk);
  CHECK(result.run.cases[0].samples.size() == 3);
  CHECK(result.progress.find("could not run for a while") != std::string::npos);
  CHECK(result.progress.find("is stopped; `kill -CONT ") != std::string::npos);
}

TEST_CASE("What a stopped worker measured is never kept, and a resumed run tries again") {
  const Conducted result = conduct(run_of({"is_stopped_always"}), 2);
  const record::CaseRecord& c = result.run.cases[0];
  CHECK(c.plan.outcome == Outcome::kFailed);
  CHECK(c.plan.reason.find("could not run for a while") == 0);
  CHECK(c.plan.retry);
  CHECK(c.iterations == 0);
}

TEST_CASE("A worker that others kill is run again, and nothing is lost") {
  const Memory memory;
  const Conducted result = conduct(run_of({"is_terminated_once"}));
  CHECK(result.run.cases[0].plan.outcome == Outcome::kOk);
  CHECK(result.run.cases[0].samples.size() == 3);
  CHECK(result.progress.find("killed by SIGTERM (Terminated): run again") != std::string::npos);
}

TEST_CASE("A case whose workers are all killed fails alone, and a resumed run takes it up again") {
  for (const char* variant : {"is_killed", "prints_bad_alloc_and_is_killed"}) {
    Conducted result = conduct(run_of({variant, "good"}, {100, 200}));
    for (const size_t killed : {0, 1}) {
      const record::Case& c = result.run.cases[killed].plan;
      CHECK(c.outcome == Outcome::kFailed);
      CHECK(c.reason.find("killed by SIGKILL (Killed)") == 0);
      CHECK(c.retry);
    }
    for (const size_t good : {2, 3}) CHECK(result.run.cases[good].plan.outcome == Outcome::kOk);
    const std::vector<record::Json> retries = run::retries(result.run);
    REQUIRE(retries.size() == 2);
    for (const record::Json& fact : retries) run::apply_fact(result.run, fact);
    for (const size_t killed : {0, 1}) {
      CHECK(result.run.cases[killed].plan.outcome == Outcome::kPending);
      CHECK(result.run.cases[killed].plan.reason.empty());
    }
    CHECK_THROWS_AS(run::apply_fact(result.run, retries[0]), record::RecordError);
  }
}

TEST_CASE("A worker killed while the kernel's count of such kills rose was out of memory") {
  const auto rising = [count = int64_t{0}]() mutable { return ++count; };
  const Conducted result = conduct(run_of({"is_killed", "good"}, {100, 200}), 20, SIZE_MAX, rising);
  CHECK(result.run.cases[0].plan.outcome == Outcome::kFailed);
  CHECK(result.run.cases[0].plan.reason ==
        "out of memory: killed by the kernel for want of memory (SIGKILL)");
  CHECK(result.run.cases[1].plan.outcome == Outcome::kSkipped);
  CHECK(result.run.cases[2].plan.outcome == Outcome::kOk);
  CHECK(run::retries(result.run).empty());
}

TEST_CASE("A worker that cannot be started is no fault of its variant") {
  record::Run run = run_of({"good"});
  run::ConductOptions options;
  options.worker_argv = {"/nonexistent/worker"};
  sigemptyset(&options.wake_mask);
  options.fact = [&](const record::Json& fact) { run::apply_fact(run, fact); };
  options.interrupted = [] { return std::string(); };
  std::ostringstream out;
  run::Progress progress(out, {});
  run::conduct(run, options, progress);
  CHECK(run.cases[0].plan.reason == "worker did not start: No such file or directory");
  CHECK(run.cases[0].plan.retry);
}

TEST_CASE("After a timeout, larger sizes of the same variant are skipped with that reason") {
  const Conducted result = conduct(run_of({"hangs_from_200", "good"}, {100, 200, 300, 400}), 3);
  const auto& cases = result.run.cases;
  CHECK(cases[0].plan.outcome == Outcome::kOk);
  CHECK(cases[1].plan.outcome == Outcome::kTimeout);
  CHECK(cases[1].plan.reason == "no answer within timeout_s = 3 s");
  for (const size_t larger : {2, 3}) {
    CHECK(cases[larger].plan.outcome == Outcome::kSkipped);
    CHECK(cases[larger].plan.reason.find("a smaller case timed out: hangs_from_200") == 0);
  }
  for (const size_t good : {4, 5, 6, 7}) CHECK(cases[good].plan.outcome == Outcome::kOk);
}

TEST_CASE("A case is larger if an axis that asks for more has more and all others are alike") {
  record::Run run = run_of({"good"});
  run.cases[0].plan.outcome = Outcome::kFailed;
  run.cases[0].plan.reason = "out of memory: workspace";
  for (const record::Axis& axis : record::axes()) {
    record::CaseRecord c;
    c.plan = test::with_other_value(axis, run_of({"good"}).cases[0].plan);
    c.plan.id = static_cast<int>(run.cases.size());
    run.cases.push_back(c);
  }
  const Conducted result = conduct(run);
  size_t id = 0;
  for (const record::Axis& axis : record::axes()) {
    INFO(axis.name);
    const Outcome expected = axis.more_is_larger ? Outcome::kSkipped : Outcome::kOk;
    CHECK(result.run.cases[++id].plan.outcome == expected);
  }
}

TEST_CASE("After out of memory, larger sizes are skipped and smaller ones are not") {
  const Conducted result = conduct(run_of({"out_of_memory_from_200"}, {100, 200, 300}));
  CHECK(result.run.cases[0].plan.outcome == Outcome::kOk);
  CHECK(result.run.cases[1].plan.outcome == Outcome::kFailed);
  CHECK(result.run.cases[2].plan.outcome == Outcome::kSkipped);
  CHECK(result.run.cases[2].plan.reason.find("a smaller case ran out of memory") == 0);
}

TEST_CASE("Skipped cases are never run, and without pending cases no worker starts") {
  record::Run run = run_of({"segfaults"});
  run.cases[0].plan.outcome = Outcome::kSkipped;
  run.cases[0].plan.reason = "too big";
  const Conducted result = conduct(run);
  CHECK(result.facts.empty());
  CHECK(result.run.cases[0].plan.reason == "too big");
}

TEST_CASE("An interrupted sweep leaves its cases pending, with the samples that they have") {
  const Conducted result = conduct(run_of({"good"}, {1, 2, 3}), 20, 12);
  size_t samples = 0;
  for (const record::CaseRecord& c : result.run.cases) {
    CHECK(c.plan.outcome == Outcome::kPending);
    samples += c.samples.size();
  }
  CHECK(samples == 1);
}

TEST_CASE("A check that is interrupted calls no case ok that it has not tried") {
  const Conducted result =
      conduct(run_of({"good"}, {1, 2, 3}), 20, 3, no_oom_kills, /*check_only=*/true);
  for (const record::CaseRecord& c : result.run.cases) CHECK(c.plan.outcome == Outcome::kPending);
  CHECK_FALSE(result.run.cases[2].check.has_value());
}

TEST_CASE("What a run already holds is not measured again") {
  const Conducted half = conduct(run_of({"good"}, {1, 2, 3}), 20, 12);
  const Conducted rest = conduct(half.run);
  size_t samples = 0;
  for (const record::Json& fact : rest.facts) samples += fact.at("fact") == "sample";
  CHECK(samples == 8);
  for (const record::CaseRecord& c : rest.run.cases) {
    CHECK(c.plan.outcome == Outcome::kOk);
    CHECK(c.samples.size() == 3);
  }
}

namespace {

/// Two runs with fake workers, measured in the same rounds.
struct Both {
  record::Run old, fresh;
  std::vector<std::string> samples;  ///< "OLD 2 in round 0", in the order measured.
  std::string progress;
};

Both conduct_both(record::Run old, record::Run fresh, const std::vector<run::CasePair>& pairs) {
  Both both{std::move(old), std::move(fresh), {}, {}};
  const auto options_of = [&](record::Run& run, const char* name) {
    run::ConductOptions options;
    options.worker_argv = {ATTNBENCH_SOURCE_DIR "/tests/run/fake_worker.sh"};
    options.timeout_s = 20;
    options.oom_kills = no_oom_kills;
    sigemptyset(&options.wake_mask);
    options.interrupted = [] { return std::string(); };
    options.fact = [&both, &run, name](const record::Json& fact) {
      run::apply_fact(run, fact);
      if (fact.at("fact") == "sample")
        both.samples.push_back(name + (" " + std::to_string(fact.at("case").get<int>())) +
                               " in round " + std::to_string(fact.at("round").get<int>()));
    };
    return options;
  };
  const run::ConductOptions old_options = options_of(both.old, "OLD");
  const run::ConductOptions fresh_options = options_of(both.fresh, "NEW");
  std::ostringstream out;
  {
    run::Progress progress(out, {});
    run::conduct_both({both.old, old_options, "OLD"}, {both.fresh, fresh_options, "NEW"}, pairs,
                      progress);
  }
  both.progress = out.str();
  return both;
}

const std::vector<int64_t> kLengths{1, 2, 3, 4, 5, 6};
const std::vector<run::CasePair> kPairs{{0, 0}, {1, 1}, {2, 2}, {3, 3}, {4, 4}, {5, 5}};

/// "OLD 2", of "OLD 2 in round 0".
std::string case_of(const std::string& sample) {
  return sample.substr(0, sample.find(" in "));
}

}  // namespace

TEST_CASE("Both sides meet each round, and the cases of a pair follow each other, either first") {
  const Both both = conduct_both(run_of({"good"}, kLengths), run_of({"good"}, kLengths), kPairs);
  REQUIRE(both.samples.size() == 3 * 12);
  std::set<std::string> first_sides;
  for (size_t i = 0; i < both.samples.size(); i += 2) {
    const std::string &one = both.samples[i], &other = both.samples[i + 1];
    CHECK(one.substr(3) == other.substr(3));
    CHECK(one.substr(0, 3) != other.substr(0, 3));
    CHECK(one.ends_with("in round " + std::to_string(i / 12)));
    first_sides.insert(one.substr(0, 3));
  }
  CHECK(first_sides.size() == 2);
  for (const record::Run* run : {&both.old, &both.fresh}) {
    CHECK(run->ceilings.size() == 1);
    for (const record::CaseRecord& c : run->cases) {
      CHECK(c.plan.outcome == Outcome::kOk);
      CHECK(c.check.has_value());
    }
  }
  CHECK(both.progress.find("round 3 of 3: 12 cases") != std::string::npos);
}

TEST_CASE("The order over both sides depends on the seed only, and differs between rounds") {
  const auto samples = [](uint64_t seed) {
    record::Run old = run_of({"good"}, kLengths), fresh = run_of({"good"}, kLengths);
    old.seed = fresh.seed = seed;
    return conduct_both(std::move(old), std::move(fresh), kPairs).samples;
  };
  const std::vector<std::string> order = samples(7);
  CHECK(order == samples(7));
  CHECK(order != samples(8));
  const auto round = [&](size_t r) {
    std::vector<std::string> cases;
    for (size_t i = 12 * r; i < 12 * (r + 1); ++i) cases.push_back(case_of(order[i]));
    return cases;
  };
  CHECK(round(0) != round(1));
}

TEST_CASE("A case without a partner is measured on its side, and a failure costs its side alone") {
  const Both both = conduct_both(run_of({"segfaults", "good"}, {1, 2}), run_of({"good"}, {1, 2, 3}),
                                 {{0, 0}, {1, 1}, {2, 2}});
  for (const size_t id : {0, 1}) {
    CHECK(both.old.cases[id].plan.outcome == Outcome::kFailed);
    CHECK(both.old.cases[id + 2].samples.size() == 3);
  }
  for (const record::CaseRecord& c : both.fresh.cases) {
    CHECK(c.plan.outcome == Outcome::kOk);
    CHECK(c.samples.size() == 3);
  }
  CHECK(both.progress.find(", OLD: killed by SIGSEGV") != std::string::npos);
  CHECK(both.progress.find(", NEW: ") == std::string::npos);
}

TEST_CASE("Partners are timed over as many calls, unless one of them is far faster") {
  const Both both = conduct_both(run_of({"calls"}, {100, 100, 100}),
                                 run_of({"calls"}, {150, 200, 300}), {{0, 0}, {1, 1}, {2, 2}});
  const auto calls = [](const record::Run& run) {
    std::vector<int64_t> iterations;
    for (const record::CaseRecord& c : run.cases) iterations.push_back(c.iterations);
    return iterations;
  };
  CHECK(calls(both.old) == std::vector<int64_t>{150, 200, 100});
  CHECK(calls(both.fresh) == std::vector<int64_t>{150, 200, 300});
}

namespace {

Conducted conduct_probes(record::Run run, double timeout_s = 20,
                         size_t interrupt_after_facts = SIZE_MAX) {
  run.rounds = 1;
  return conduct(std::move(run), timeout_s, interrupt_after_facts, no_oom_kills, false,
                 {{"influence", 2, 3}, {"recall", 2, 3}});
}

/// The reasons of influence and recall of one case. Whatever a probe does, its case goes on.
std::vector<std::string> probe_reasons(const record::CaseRecord& c) {
  CHECK(c.plan.outcome == Outcome::kOk);
  CHECK(c.samples.size() == 1);
  REQUIRE(c.probes.size() == 2);
  CHECK(c.probes[0].name == "influence");
  CHECK(c.probes[1].name == "recall");
  for (const record::Probe& probe : c.probes) CHECK(probe.points.empty() == !probe.reason.empty());
  return {c.probes[0].reason, c.probes[1].reason};
}

/// The same of a single case of `variant`.
std::vector<std::string> probe_reasons(const char* variant, double timeout_s = 20) {
  const Conducted result = conduct_probes(run_of({variant}), timeout_s);
  std::vector<std::string> reasons = probe_reasons(result.run.cases[0]);
  for (const std::string& reason : reasons)
    CHECK(result.progress.find(": " + reason) != std::string::npos);
  CHECK(run::retries(result.run).empty());
  return reasons;
}

using Reasons = std::vector<std::string>;

}  // namespace

TEST_CASE("Each probe that is asked for is made once, and its result kept") {
  for (const char* variant : {"probe_answers", "probe_answers_twice"}) {
    const Conducted result = conduct_probes(run_of({variant}, {100, 200}));
    for (const record::CaseRecord& c : result.run.cases) {
      CHECK(probe_reasons(c) == Reasons{"", ""});
      CHECK(c.probes[0].points.at(0).value == 0.5);
    }
    CHECK(std::ranges::count_if(result.facts, [](const record::Json& fact) {
            return fact.at("fact") == "probe";
          }) == 4);
  }
}

TEST_CASE("Numbers of pairs that a probe has no point of are told") {
  record::Run run = run_of({"probe_answers"});
  const Conducted result =
      conduct(run, 20, SIZE_MAX, no_oom_kills, false, {{"recall", 2, 3, {0, 4}}});
  CHECK(result.run.cases[0].probes.at(0).reason.empty());
  CHECK(result.progress.find("there is no room for 4 pairs, which are left out") !=
        std::string::npos);
  CHECK(result.progress.find("there is no room for 0 pairs") == std::string::npos);
}

TEST_CASE("The reason of a probe that fails is recorded in place of its result") {
  const std::string died = "killed by SIGSEGV (Segmentation fault)",
                    lacking = "said it was done, but did not send what was asked for";
  CHECK(probe_reasons("probe_dies") == Reasons{died, died});
  CHECK(probe_reasons("probe_is_another") == Reasons{lacking, lacking});
}

TEST_CASE("A probe that cannot be read says what is wrong with it, and nothing of it is kept") {
  CHECK(probe_reasons("probe_is_malformed") ==
        Reasons{"sent a fact that cannot be read: probe/influence: a value that is not between low "
                "and high",
                ""});
}

TEST_CASE("A probe that failed for a reason outside its variant says so in the record") {
  for (const std::string& reason : probe_reasons("probe_is_killed"))
    CHECK(reason.find("killed by SIGKILL (Killed)") == 0);
  const Reasons stopped = probe_reasons("probe_is_stopped", 2);
  CHECK(stopped[0].find("could not run for a while") == 0);
  CHECK(stopped[1].empty());
}

TEST_CASE("A probe that timed out is not tried on larger cases, nor after a resume") {
  std::string folder = "/tmp/attnbench_probes_XXXXXX";
  setenv("FAKE_WORKER_FOLDER", mkdtemp(folder.data()), 1);
  // The interruption comes right after influence of 200 has timed out.
  record::Run run = run_of({"probe_hangs_from_200"}, {100, 200, 300, 400});
  size_t facts = 0;
  for (const record::Json& fact : conduct_probes(run, 3).facts) {
    ++facts;
    if (fact.at("fact") == "probe" && fact.at("case") == 1) break;
  }
  const Conducted cut = conduct_probes(run, 3, facts);
  REQUIRE(cut.run.cases[1].probes.size() == 1);
  std::filesystem::remove(folder + "/influence.200");
  const Conducted result = conduct_probes(cut.run, 3);
  CHECK(probe_reasons(result.run.cases[0]) == Reasons{"", ""});
  CHECK(probe_reasons(result.run.cases[1]) == Reasons{"no answer within timeout_s = 3 s", ""});
  for (const size_t larger : {2, 3}) {
    const Reasons reasons = probe_reasons(result.run.cases[larger]);
    CHECK(reasons[0].find("a smaller case timed out: probe_hangs_from_200") == 0);
    CHECK(reasons[0].find("200") != std::string::npos);
    CHECK(reasons[1].empty());
  }
  for (const char* untried : {"/influence.200", "/influence.300", "/influence.400"})
    CHECK_FALSE(std::filesystem::exists(folder + untried));
  unsetenv("FAKE_WORKER_FOLDER");
  std::filesystem::remove_all(folder);
}
