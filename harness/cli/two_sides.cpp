// Drives two runs by one conductor, with a journal each.
#include "cli/two_sides.h"

#include <unistd.h>

#include <iostream>

#include "analyze/compare.h"
#include "cli/sweep.h"
#include "cli/terminal.h"
#include "record/format.h"
#include "run/progress.h"
#include "run/run_dir.h"

namespace attnbench::cli {
namespace {

/// The journal of one side, from its first fact to its last.
class SideJournal {
 public:
  explicit SideJournal(TwoSidesRun& side) : side_(side), journal_(made(side.dir)) {
    side.options.fact = keeping(side.run, journal_);
    begin_journal(side.run, journal_);
  }

  void end(const Interrupt& interrupt) {
    end_journal(side_.run, journal_, interrupt);
    write_files(side_.run, side_.dir);
  }

 private:
  static std::string made(const std::string& dir) {
    run::make_folder(dir);
    return dir + "/journal.jsonl";
  }

  TwoSidesRun& side_;
  run::Journal journal_;
};

/// The pairs that a comparison makes of the cases.
std::vector<run::CasePair> pairs_of(const record::Run& old, const record::Run& fresh) {
  std::vector<run::CasePair> pairs;
  for (const analyze::CaseDifference& d : analyze::compare(old, fresh, {.interleaved = true}).cases)
    pairs.emplace_back(d.base, d.fresh);
  return pairs;
}

void announce(const TwoSidesRun& old, const TwoSidesRun& fresh) {
  std::cerr << fresh.run.name << ": " << record::plural(fresh.run.rounds, "round") << "\n";
  for (const TwoSidesRun* side : {&old, &fresh})
    std::cerr << "  " << side->name << "  "
              << record::plural(static_cast<int64_t>(count_pending(side->run)), "case") << ", to "
              << side->dir << ", by " << side->program << " (commit " << side->run.build.git_commit
              << ", build " << side->run.build.build_id.substr(0, 12) << ")\n";
}

}  // namespace

void measure_both(TwoSidesRun& old, TwoSidesRun& fresh, const Interrupt& interrupt) {
  old.run.started_utc = fresh.run.started_utc;
  old.run.interleaved = fresh.run.interleaved = fresh.run.started_utc + " on " +
                                                fresh.run.machine.hostname + ", process " +
                                                std::to_string(getpid());
  warn_of_crowding(fresh.run);
  const std::vector<run::CasePair> pairs = pairs_of(old.run, fresh.run);
  SideJournal old_journal(old), fresh_journal(fresh);
  announce(old, fresh);
  {
    run::Progress progress(std::cerr, terminal_columns(STDERR_FILENO));
    run::conduct_both({old.run, old.options, old.name}, {fresh.run, fresh.options, fresh.name},
                      pairs, progress);
  }
  old_journal.end(interrupt);
  fresh_journal.end(interrupt);
}

}  // namespace attnbench::cli
