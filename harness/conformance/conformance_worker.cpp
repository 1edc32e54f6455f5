// Tries promises in this process and reports each problem first, as it may be fatal.
#include "conformance/conformance_worker.h"

#include <sys/time.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "conformance/promises.h"
#include "machine/team.h"
#include "measure/memory.h"
#include "record/record.h"

namespace attnbench::conformance {
namespace {

using record::Json;

constexpr const char* kMode = "conformance";

ConformanceTask task_from_json(const Json& j) {
  ConformanceTask task;
  j.at("variant").get_to(task.variant);
  j.at("promise").get_to(task.promise);
  j.at("problems").get_to(task.problems);
  j.at("seed").get_to(task.seed);
  if (!j.at("only").is_null()) task.only = trial_from_json(j.at("only"));
  j.at("attempt_timeout_s").get_to(task.attempt_timeout_s);
  j.at("address_space_bytes").get_to(task.address_space_bytes);
  return task;
}

const Promise& promise_named(const std::string& name) {
  const auto all = promises();
  const auto it =
      std::find_if(all.begin(), all.end(), [&](const auto& p) { return p.name == name; });
  if (it == all.end()) throw std::runtime_error("no promise is called '" + name + "'");
  return *it;
}

/// SIGALRM ends this process unless the alarm is set again in time; 0 switches the alarm off.
void set_alarm(double seconds) {
  itimerval timer{};
  timer.it_value.tv_sec = static_cast<time_t>(seconds);
  timer.it_value.tv_usec = static_cast<suseconds_t>((seconds - std::floor(seconds)) * 1'000'000);
  setitimer(ITIMER_REAL, &timer, nullptr);
}

/// Throws record::RecordError.
Status status_named(const std::string& name) {
  for (const Status status :
       {Status::kOk, Status::kFailed, Status::kDoesNotApply, Status::kNotTried})
    if (name == status_name(status)) return status;
  throw record::RecordError("not the status of a finding: " + name);
}

Json finding_to_json(const Finding& f) {
  return {{"promise", f.promise},
          {"problems_tried", f.problems_tried},
          {"status", status_name(f.status)},
          {"failure", f.failure},
          {"note", f.note}};
}

}  // namespace

Json to_json(const Trial& trial) {
  record::Case c;
  c.problem = trial.problem;
  c.threads = trial.threads;
  return {{"case", record::to_json(c)},
          {"params", trial.params},
          {"list", trial.list},
          {"seed", trial.seed},
          {"style", static_cast<int>(trial.style)}};
}

Trial trial_from_json(const Json& j) {
  try {
    const record::Case c = record::case_from_json(j.at("case"));
    Trial trial;
    trial.problem = c.problem;
    trial.threads = c.threads;
    j.at("params").get_to(trial.params);
    j.at("list").get_to(trial.list);
    j.at("seed").get_to(trial.seed);
    trial.style = static_cast<measure::InputStyle>(j.at("style").get<int>());
    return trial;
  } catch (const Json::exception& e) {
    throw record::RecordError(std::string("not a trial: ") + e.what());
  }
}

Json to_json(const ConformanceTask& task) {
  return {{"mode", kMode},
          {"variant", task.variant},
          {"promise", task.promise},
          {"problems", task.problems},
          {"seed", task.seed},
          {"only", task.only ? to_json(*task.only) : Json(nullptr)},
          {"attempt_timeout_s", task.attempt_timeout_s},
          {"address_space_bytes", task.address_space_bytes}};
}

Finding finding_from_json(const Json& j) {
  try {
    return {j.at("promise").get<std::string>(), status_named(j.at("status").get<std::string>()),
            j.at("problems_tried").get<int>(), j.at("failure").get<std::string>(),
            j.at("note").get<std::string>()};
  } catch (const Json::exception& e) {
    throw record::RecordError(std::string("not a finding: ") + e.what());
  }
}

bool is_conformance_task(const Json& j) {
  return j.is_object() && j.value("mode", Json()) == kMode;
}

void run_conformance_task(const Json& j, const registry::Catalogue& catalogue,
                          measure::Facts& facts) {
  const ConformanceTask task = task_from_json(j);
  const registry::Entry* entry = catalogue.find(task.variant);
  if (entry == nullptr) throw std::runtime_error("unknown variant '" + task.variant + "'");
  const Promise& promise = promise_named(task.promise);
  machine::start_team(kMostThreads);
  measure::limit_address_space(task.address_space_bytes);
  const auto announce = [&](const Trial& trial, int problems_tried) {
    Json fields = to_json(trial);
    fields["problems_tried"] = problems_tried;
    facts.write("trial", fields);
    set_alarm(task.attempt_timeout_s);
  };
  if (task.only) {
    announce(*task.only, 0);
    const Attempt attempt = attempt_once(*entry, promise, *task.only);
    set_alarm(0);
    return facts.write("attempt", Json{{"failure", attempt.failure}});
  }
  const Finding finding = check_promise(*entry, promise, task.problems, task.seed, announce);
  set_alarm(0);
  facts.write("finding", finding_to_json(finding));
}

}  // namespace attnbench::conformance
