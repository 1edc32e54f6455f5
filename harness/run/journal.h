// The journal: append-only, a line a fact, each written when it is known. A run is what its facts
// say.
#pragma once

#include <string>

#include "record/json.h"
#include "record/record.h"

namespace attnbench::run {

/// Changes `run` by one fact. Live runs and replayed journals go through here alike.
/// Throws record::RecordError on a fact that cannot be.
///   {"fact":"run", ...run_to_text}                              always the first
///   {"fact":"ceiling", ...Ceiling}                              the best of all stands
///   {"fact":"memory"|"check"|"sample", "case":id, ...}
///   {"fact":"calibration", "case":id, "iterations":N}
///   {"fact":"outcome", "case":id, "outcome":..., "reason":...}
///   {"fact":"end", "finished_utc":..., "interrupted":...}
void apply_fact(record::Run& run, const record::Json& fact);

/// An open journal file. Throws std::system_error where a line cannot be written.
class Journal {
 public:
  /// Creates the file; it must not exist.
  explicit Journal(const std::string& path);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  void append(const record::Json& fact);
  /// To the disk itself, so that losing the machine loses no more than losing the process.
  void sync();

 private:
  std::string path_;
  int fd_ = -1;
};

/// The run as far as its journal goes. A torn last line is left out. Throws record::RecordError.
record::Run replay_journal(const std::string& path);

}  // namespace attnbench::run
