// The journal: append-only, one line per fact, each written when it is known. The facts define the
// run.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "record/json.h"
#include "record/record.h"

namespace attnbench::run {

/// An open journal file, locked while it is open: one process at a time measures into a folder. All
/// members throw EnvironmentError if the file system refuses or another process holds the lock.
class Journal {
 public:
  /// Creates the file; it must not exist.
  explicit Journal(const std::string& path);
  /// Opens the file to go on with it: `run` becomes what its facts say, and a torn last line is
  /// cut off. Throws record::RecordError if the journal cannot be read.
  Journal(const std::string& path, record::Run& run);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  /// If this fails, the file is as it was before.
  void append(const record::Json& fact);
  /// Flushes to the disk itself, so that a crash of the machine loses no more than one of the
  /// process.
  void sync();

 private:
  std::string path_;
  int fd_ = -1;
  size_t bytes_ = 0;
};

/// The run that a journal's text describes, and how much of the text is whole lines.
struct Replay {
  record::Run run;
  size_t whole_bytes = 0;
};

/// A torn last line is left out; `file` names the journal in errors. Throws record::RecordError.
Replay replay_text(std::string_view text, const std::string& file);

/// The run as recorded in its journal so far. Throws record::RecordError and EnvironmentError.
record::Run replay_journal(const std::string& path);

/// The record in a run's folder: its journal, else its run.json (a merged run has no journal).
/// Throws record::RecordError and EnvironmentError.
record::Run load_run(const std::string& run_dir);

}  // namespace attnbench::run
