// Writes cases.csv and samples.csv.
#include "report/csv.h"

#include "report/csv_row.h"
#include "report/quantities.h"
#include "report/words.h"

namespace attnbench::report {
namespace {

constexpr char kSampleColumns[] =
    "round,time_s,cpu_s,iterations,first_call_s,outlier,worker_s,load_1min,involuntary_switches,"
    "steal_s,cpu_pressure_s,cpu_mhz,fma_gflops,bf16_gflops,issue_share,stream_gbs,read_gbs,cycles,"
    "instructions,llc_misses\n";

std::string case_columns() {
  std::string columns = "outcome,reason,";
  for (const Quantity& quantity : quantities())
    if (quantity.in_csv) columns.append(quantity.name).append(",");
  return columns +
         "distance_untrained,distance_reason,saturated,path_reason,peak,run_name,started_utc,"
         "machine_cpu,git_commit\n";
}

void add_quantities(CsvRow& row, const record::CaseRecord& c, const analyze::CaseStats& stats) {
  for (const Quantity& quantity : quantities()) {
    if (!quantity.in_csv) continue;
    const Value value = quantity.of(c, stats);
    if (const auto* const whole = std::get_if<int64_t>(&value))
      row.integer(*whole);
    else if (const auto* const number = std::get_if<double>(&value))
      row.number(*number);
    else
      row.missing();
  }
}

/// The names of the saturated counts, whose true values are larger than what is recorded.
std::string saturated_text(const record::Case& plan) {
  std::string names;
  for (const std::string& name : record::saturated_counts(plan))
    names += (names.empty() ? "" : " ") + name;
  return names;
}

}  // namespace

std::string cases_csv(const record::Run& run, const analyze::Analysis& analysis) {
  std::string out = identity_columns() + case_columns();
  CsvRow row(out);
  for (size_t i = 0; i < run.cases.size(); ++i) {
    const record::CaseRecord& c = run.cases[i];
    const analyze::CaseStats& stats = analysis.cases[i];
    add_identity(row, c.plan);
    row.text(record::outcome_name(c.plan.outcome));
    row.text(c.plan.reason);
    add_quantities(row, c, stats);
    row.text(!c.quality || c.quality->rows == 0 ? "" : c.quality->untrained ? "true" : "false");
    row.text(c.quality ? c.quality->reason : "");
    row.text(saturated_text(c.plan));
    row.text(c.plan.path_reason);
    row.text(stats.percent_of_peak || stats.percent_of_adjacent_peak ? peak_name(stats.peak) : "");
    row.text(run.name);
    row.text(run.started_utc);
    row.text(run.machine.cpu);
    row.text(run.build.git_commit);
    row.end();
  }
  return out;
}

std::string samples_csv(const record::Run& run, const analyze::Analysis& analysis) {
  std::string out = identity_columns() + kSampleColumns;
  CsvRow row(out);
  for (size_t i = 0; i < run.cases.size(); ++i) {
    const record::CaseRecord& c = run.cases[i];
    for (size_t s = 0; s < c.samples.size(); ++s) {
      const record::Sample& sample = c.samples[s];
      add_identity(row, c.plan);
      row.integer(sample.round);
      row.number(sample.time_s);
      row.number(sample.cpu_s);
      row.integer(sample.iterations);
      row.number(sample.first_call_s);
      row.text(analyze::outlier_name(analysis.cases[i].outliers[s]));
      row.number(sample.worker_s);
      row.number(sample.noise.load_1min);
      row.integer(sample.noise.involuntary_switches);
      row.number(sample.noise.steal_s);
      row.number(sample.noise.cpu_pressure_s);
      row.number(sample.noise.cpu_mhz);
      row.number(sample.noise.fma_gflops);
      row.number(sample.noise.bf16_gflops);
      row.number(sample.noise.issue_share);
      row.number(sample.noise.stream_gbs);
      row.number(sample.noise.read_gbs);
      row.integer(sample.counters.cycles);
      row.integer(sample.counters.instructions);
      row.integer(sample.counters.llc_misses);
      row.end();
    }
  }
  return out;
}

}  // namespace attnbench::report
