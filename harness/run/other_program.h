// Another build of attnbench: finds it, asks it what it plans for a config, and tries whether its
// workers understand this program's tasks.
#pragma once

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "record/record.h"
#include "run/conductor.h"

namespace attnbench::run {

/// A program that is not what it was given for. The message names it, and tells what it answered.
class ProgramError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The program file that `path` means: the file itself, or the one in the folder of an install tree
/// (bin/attnbench) or of a source tree (build/release/bin/attnbench). Throws ProgramError.
std::string program_file(const std::string& path);

struct PlanRequest {
  std::string program;                 ///< A program file.
  std::vector<std::string> arguments;  ///< CONFIG, --set and --plugin, as `run` takes them.
  sigset_t wake_mask{};                ///< Signal mask while the program is awaited.
  std::function<bool()> interrupted;
};

/// The record with which the program begins the run of a config: its plan, build, plugins and
/// machine, and nothing measured. Any build that keeps a journal can be asked, since it is its
/// `run` that is started, into a folder of its own, and ended as soon as its journal begins. Throws
/// ProgramError, or record::SchemaError if this program cannot read the record. If interrupted,
/// the record is empty.
record::Run plan_of(const PlanRequest& request);

/// Has one worker of options.worker_argv measure a ceiling, whatever the case. Throws ProgramError
/// if it does not answer as workers of this program do. `program` names it in the message.
void require_understanding(const ConductOptions& options, const record::Case& c,
                           const std::string& program);

}  // namespace attnbench::run
