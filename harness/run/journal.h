// The journal: append-only, a line a fact, each written when it is known. A run is what its facts
// say.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "record/json.h"
#include "record/record.h"

namespace attnbench::run {

/// An open journal file, locked for as long as it is: one process at a time measures into a folder.
/// All of it throws EnvironmentError where the file system refuses or another process holds the
/// lock.
class Journal {
 public:
  /// Creates the file; it must not exist.
  explicit Journal(const std::string& path);
  /// Opens the file to go on with it: `run` becomes what its facts say, and a torn last line is
  /// cut off. Throws record::RecordError where the journal cannot be read.
  Journal(const std::string& path, record::Run& run);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  /// Where this fails, the file is as it was before.
  void append(const record::Json& fact);
  /// To the disk itself, so that losing the machine loses no more than losing the process.
  void sync();

 private:
  std::string path_;
  int fd_ = -1;
  size_t bytes_ = 0;
};

/// What a journal's text says, and how much of it are whole lines.
struct Replay {
  record::Run run;
  size_t whole_bytes = 0;
};

/// A torn last line is left out; `file` names the journal in errors. Throws record::RecordError.
Replay replay_text(std::string_view text, const std::string& file);

/// The run as far as its journal goes. Throws record::RecordError and EnvironmentError.
record::Run replay_journal(const std::string& path);

/// The record in a run's folder: its journal, else its run.json (a merged run has no journal).
/// Throws record::RecordError and EnvironmentError.
record::Run load_run(const std::string& run_dir);

}  // namespace attnbench::run
