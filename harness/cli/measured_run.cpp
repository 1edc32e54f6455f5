// Begins the journal of a run, or opens it to go on.
#include "cli/measured_run.h"

#include <iostream>
#include <vector>

#include "cli/sweep.h"
#include "plan/plan.h"
#include "record/json.h"
#include "run/facts.h"
#include "run/journal.h"
#include "run/same_run.h"
#include "run/shard.h"

namespace attnbench::cli {
namespace {

using record::Json;

/// Throws if the run to resume was begun with another config, program or machine.
void require_same(const record::Run& recorded, const record::Run& now, const std::string& dir) {
  std::string text;
  for (const std::string& difference : run::differences(recorded, now)) text += "\n  " + difference;
  if (!text.empty())
    throw record::RecordError(dir + " cannot be gone on with; what differs from the record is" +
                              text);
}

void require_same_shard(const record::Run& run, const std::string& text, const std::string& dir) {
  if (text.empty()) return;
  const run::Shard shard = run::parse_shard(text);
  if (shard.index != run.shard || shard.count != run.shards)
    throw record::RecordError(dir + " holds shard " + std::to_string(run.shard) + "/" +
                              std::to_string(run.shards) + ", not " + text);
}

}  // namespace

void measure_new(record::Run& run, const config::Config& config, const std::string& dir,
                 const Interrupt& interrupt, const registry::Catalogue& catalogue, double later_s) {
  run::Journal journal(dir + "/journal.jsonl");
  begin_journal(run, journal);
  measure_pending(run, journal, config, interrupt, catalogue, dir, later_s);
}

void require_resumable(const config::Config& config, const std::string& dir,
                       const registry::Catalogue& catalogue) {
  require_same(run::load_run(dir), describe(config, catalogue), dir);
}

record::Run left_of(const std::string& dir) {
  record::Run run = run::load_run(dir);
  for (const Json& fact : run::retries(run)) run::apply_fact(run, fact);
  return run;
}

record::Run go_on(const config::Config& config, const std::string& dir, const std::string& shard,
                  const Interrupt& interrupt, const registry::Catalogue& catalogue,
                  double later_s) {
  record::Run run;
  run::Journal journal(dir + "/journal.jsonl", run);
  if (!run.interleaved.empty())
    throw record::RecordError(dir +
                              " is one side of `attnbench ab` and cannot be gone on with alone, "
                              "because both sides must meet the same rounds; run `ab` again");
  require_same(run, describe(config, catalogue), dir);
  plan::restore_from_config(config, run.cases);
  require_same_shard(run, shard, dir);
  const std::vector<Json> retries = run::retries(run);
  if (count_pending(run) == 0 && retries.empty() && !run.finished_utc.empty()) {
    std::cerr << run.name << ": nothing is left to measure in " << dir << "\n";
    return run;
  }
  const auto add = [&](const Json& fact) {
    run::apply_fact(run, fact);
    journal.append(fact);
  };
  add({{"fact", "resume"}});
  for (const Json& fact : retries) add(fact);
  measure_pending(run, journal, config, interrupt, catalogue, dir, later_s);
  return run;
}

}  // namespace attnbench::cli
