// Converts a worker's task to JSON and back.
#include <string>

#include "measure/worker.h"
#include "record/inputs.h"

namespace attnbench::measure {
namespace {

constexpr const char* kModes[] = {"probe", "round", "ceiling", "behaviour"};

Task::Mode mode_from_name(const std::string& name) {
  for (const auto mode :
       {Task::Mode::kProbe, Task::Mode::kRound, Task::Mode::kCeiling, Task::Mode::kBehaviour})
    if (name == kModes[static_cast<size_t>(mode)]) return mode;
  throw record::RecordError("a task's mode is probe, round, ceiling or behaviour, not '" + name +
                            "'");
}

/// What a worker needs of it: its shape is that of the problem.
record::Json source_json(const record::InputSource* source) {
  if (source == nullptr) return nullptr;
  return {{"path", source->path},
          {"layer", source->layer},
          {"sha256", source->sha256},
          {"model_like", source->model_like}};
}

std::shared_ptr<const record::InputSource> source_from_json(const record::Json& j) {
  if (j.is_null()) return nullptr;
  record::InputSource source;
  j.at("path").get_to(source.path);
  j.at("layer").get_to(source.layer);
  j.at("sha256").get_to(source.sha256);
  source.model_like = j.value("model_like", source.model_like);
  return std::make_shared<const record::InputSource>(std::move(source));
}

record::ProbeSetting setting_from_json(const record::Json& j) {
  record::ProbeSetting setting;
  j.at("name").get_to(setting.name);
  j.at("seeds").get_to(setting.seeds);
  j.at("distances").get_to(setting.distances);
  j.at("pairs").get_to(setting.pairs);
  return setting;
}

}  // namespace

record::Json to_json(const Task& task) {
  return {{"mode", kModes[static_cast<size_t>(task.mode)]},
          {"case", record::to_json(task.plan)},
          {"list", task.plan.list ? record::Json(*task.plan.list) : record::Json(nullptr)},
          {"input_source", source_json(task.plan.input_source.get())},
          {"seed", task.seed},
          {"round", task.round},
          {"iterations", task.iterations},
          {"min_time_s", task.min_time_s},
          {"all_rows", task.all_rows},
          {"behaviour",
           {{"name", task.behaviour.name},
            {"seeds", task.behaviour.seeds},
            {"distances", task.behaviour.distances},
            {"pairs", task.behaviour.pairs}}},
          {"describe_inputs", task.describe_inputs},
          {"judged_digest", task.judged_digest},
          {"address_space_bytes", task.address_space_bytes}};
}

Task task_from_json(const record::Json& j) {
  try {
    Task task;
    task.mode = mode_from_name(j.at("mode").get<std::string>());
    task.plan = record::case_from_json(j.at("case"));
    if (const record::Json& list = j.at("list"); !list.is_null())
      task.plan.list =
          std::make_shared<const std::vector<int64_t>>(list.get<std::vector<int64_t>>());
    j.at("seed").get_to(task.seed);
    j.at("round").get_to(task.round);
    j.at("iterations").get_to(task.iterations);
    j.at("min_time_s").get_to(task.min_time_s);
    j.at("all_rows").get_to(task.all_rows);
    j.at("judged_digest").get_to(task.judged_digest);
    j.at("address_space_bytes").get_to(task.address_space_bytes);
    // Older programs send none of these.
    task.plan.input_source = source_from_json(j.value("input_source", record::Json()));
    task.describe_inputs = j.value("describe_inputs", false);
    if (j.contains("behaviour")) task.behaviour = setting_from_json(j.at("behaviour"));
    return task;
  } catch (const record::Json::exception& e) {
    throw record::RecordError(std::string("not a task: ") + e.what());
  }
}

}  // namespace attnbench::measure
