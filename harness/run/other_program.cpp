// Starts another build of attnbench, for its plan and for a first answer of its worker.
#include "run/other_program.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include "measure/worker.h"
#include "run/environment.h"
#include "run/journal.h"
#include "run/run_dir.h"
#include "run/worker_process.h"
#include "run/worker_result.h"

namespace attnbench::run {
namespace {

namespace fs = std::filesystem;

/// A plan of many cases takes a while: the pairs that each attends to are counted.
constexpr double kPlanTimeout_s = 600;
constexpr double kAnswerTimeout_s = 120;

/// A folder that is removed with all that is in it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (fs::temp_directory_path() / "attnbench-plan-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr)
      throw EnvironmentError(name + ": " + std::generic_category().message(errno));
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

/// The first line of the journal that lies in `out`/<name>/<time>/; empty if it is not whole yet.
std::string first_fact(const fs::path& out) {
  std::error_code error;
  for (fs::recursive_directory_iterator at(out, error), end; !error && at != end;
       at.increment(error)) {
    if (at->path().filename() != "journal.jsonl") continue;
    std::ifstream file(at->path(), std::ios::binary);
    std::string line;
    if (std::getline(file, line) && !file.eof()) return line + "\n";
  }
  return {};
}

Surroundings surroundings_of(const sigset_t& wake_mask, std::function<bool()> interrupted) {
  return {wake_mask, std::move(interrupted), [] { return int64_t{0}; }, [](const std::string&) {}};
}

bool is_program(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error) && access(path.c_str(), X_OK) == 0;
}

}  // namespace

std::string program_file(const std::string& path) {
  std::error_code error;
  if (!fs::exists(path, error)) throw ProgramError(path + ": there is no such program or folder");
  if (!fs::is_directory(path, error)) {
    if (!is_program(path)) throw ProgramError(path + ": is not a program that may be run");
    return fs::canonical(path).string();
  }
  for (const char* place : {"bin/attnbench", "build/release/bin/attnbench"})
    if (is_program(fs::path(path) / place)) return fs::canonical(fs::path(path) / place).string();
  throw ProgramError(path +
                     ": holds neither bin/attnbench nor build/release/bin/attnbench; a source tree "
                     "is built by its ./attnbench --version");
}

record::Run plan_of(const PlanRequest& request) {
  const TemporaryFolder out;
  WorkerCommand command;
  command.argv = {request.program, "run"};
  command.argv.insert(command.argv.end(), request.arguments.begin(), request.arguments.end());
  command.argv.insert(command.argv.end(), {"--out", out.path().string()});
  command.environment = given_environment();
  command.timeout_s = kPlanTimeout_s;
  const auto known = [&] { return !first_fact(out.path()).empty(); };
  const WorkerEnd end = run_worker(command, surroundings_of(request.wake_mask, [&] {
                                     return request.interrupted() || known();
                                   }));
  const std::string fact = first_fact(out.path());
  if (request.interrupted()) return {};
  const std::string asked = request.program + ": its `run` of this config ";
  if (fact.empty())
    throw ProgramError(asked + "began no journal, as attnbench does: it " +
                       describe_end(end, command.timeout_s));
  try {
    return replay_text(fact, "its journal").run;
  } catch (const record::SchemaError& e) {
    throw record::SchemaError(asked + "cannot be read: " + e.what());
  } catch (const record::RecordError& e) {
    throw ProgramError(asked + "cannot be read: " + e.what());
  }
}

void require_understanding(const ConductOptions& options, const record::Case& c,
                           const std::string& program) {
  measure::Task task;
  task.mode = measure::Task::Mode::kCeiling;
  task.plan = c;
  task.plan.threads = 1;
  WorkerCommand command;
  command.argv = options.worker_argv;
  command.environment = worker_environment(1);
  command.input = record::to_line(measure::to_json(task));
  command.timeout_s = kAnswerTimeout_s;
  const WorkerEnd end = run_worker(
      command, surroundings_of(options.wake_mask, [&] { return !options.interrupted().empty(); }));
  const WorkerResult result = interpret(end, c.id, command.timeout_s);
  if (result.interrupted) return;
  std::string wrong = result.reason;
  if (wrong.empty() && !(result.done && result.facts.size() == 1)) wrong = "sent no ceiling";
  if (!wrong.empty())
    throw ProgramError(program +
                       ": its worker does not understand this program's tasks, or this program not "
                       "its answer: " +
                       wrong);
}

}  // namespace attnbench::run
