// Reads a worker's facts and its end.
#include "run/worker_result.h"

#include <utility>

namespace attnbench::run {
namespace {

using record::Json;
using record::Outcome;

constexpr size_t kLongestFact = size_t{64} << 10;  ///< A variant can write to the pipe, too.

std::string text_of(const Json& object, const char* key) {
  const auto it = object.is_object() ? object.find(key) : object.end();
  return it != object.end() && it->is_string() ? it->get<std::string>() : "";
}

/// Takes one line of a worker into `result`: verdicts set its outcome, measurements are kept. False
/// if the line is no fact.
bool take_line(WorkerResult& result, const std::string& line, int case_id) {
  if (line.size() > kLongestFact) return false;
  Json fact = Json::parse(line, nullptr, false);
  const std::string kind = fact_kind(fact);
  if (kind == "done") {
    result.done = true;
  } else if (kind == "invalid" || kind == "failed") {
    result.outcome = kind == "invalid" ? Outcome::kInvalid : Outcome::kFailed;
    result.reason = text_of(fact, "reason");
    if (result.reason.empty()) result.reason = "no reason given";
    result.details = text_of(fact, "details");
    result.retry = fact.value("outside", Json()) == true;
  } else if (kind == "memory" || kind == "setup_memory" || kind == "check" ||
             kind == "input_statistics" || kind == "quality" || kind == "calibration" ||
             kind == "sample" || kind == "ceiling" || kind == "probe") {
    if (kind != "ceiling") fact["case"] = case_id;
    result.facts.push_back(std::move(fact));
  } else {
    return false;
  }
  return true;
}

}  // namespace

std::string fact_kind(const Json& fact) {
  return text_of(fact, "fact");
}

WorkerResult interpret(const WorkerEnd& end, int case_id, double timeout_s) {
  WorkerResult result;
  result.interrupted = end.how == WorkerEnd::How::kInterrupted;
  result.wall_s = end.wall_s;
  for (const std::string& line : end.facts) {
    if (!take_line(result, line, case_id)) {
      result.done = false;
      result.outcome = Outcome::kFailed;
      result.reason = "sent a line that is no fact: " + line.substr(0, 80);
      return result;
    }
  }
  const bool clean_exit = end.how == WorkerEnd::How::kExited && end.code == 0;
  result.done = result.done && clean_exit && result.reason.empty();
  if (result.done && is_disturbed(end)) {
    result.done = false;
    result.retry = true;
    result.reason = kStopped;
    result.facts.clear();  // A calibration among them would count as one.
  }
  if (result.done || !result.reason.empty()) return result;
  result.outcome = end.how == WorkerEnd::How::kTimeout ? Outcome::kTimeout : Outcome::kFailed;
  result.reason = describe_end(end, timeout_s);
  result.details = end.output_tail;
  result.retry = is_outside_variant(end);
  if (is_out_of_memory(end)) result.reason = std::string(kOutOfMemory) + ": " + result.reason;
  return result;
}

}  // namespace attnbench::run
