// Writes cases.csv and samples.csv.
#include "report/csv.h"

#include "report/csv_row.h"

namespace attnbench::report {
namespace {

constexpr char kCaseColumns[] =
    "outcome,reason,time_median_s,time_ci_low_s,time_ci_high_s,time_min_s,time_max_s,cpu_median_s,"
    "first_call_median_s,samples,iterations,gflops,percent_of_fma_peak,percent_of_adjacent_peak,"
    "flop_per_byte,percent_of_roofline,percent_of_adjacent_roofline,speedup,speedup_ci_low,"
    "speedup_ci_high,flops,pairs,traffic_bytes,input_bytes,output_bytes,workspace_bytes,"
    "saturated,heap_peak_bytes,resident_peak_bytes,check_rows,"
    "check_worst_error,check_worst_error_over_bound,run_name,started_utc,machine_cpu,git_commit\n";
constexpr char kSampleColumns[] =
    "round,time_s,cpu_s,iterations,first_call_s,outlier,worker_s,load_1min,involuntary_switches,"
    "steal_s,cpu_pressure_s,cpu_mhz,fma_gflops,issue_share,stream_gbs,cycles,instructions,"
    "llc_misses\n";

void add_times(CsvRow& row, const record::CaseRecord& c, const analyze::CaseStats& stats) {
  const auto time = [&](double analyze::Summary::*field) {
    return stats.time_s ? std::optional((*stats.time_s).*field) : std::nullopt;
  };
  row.number(time(&analyze::Summary::median));
  row.interval(stats.time_s ? stats.time_s->interval : std::nullopt);
  row.number(time(&analyze::Summary::min));
  row.number(time(&analyze::Summary::max));
  row.number(stats.cpu_median_s);
  row.number(stats.first_call_median_s);
  row.integer(static_cast<int64_t>(c.samples.size()));
  c.samples.empty() ? row.missing() : row.integer(c.samples.front().iterations);
  row.number(stats.gflops);
  row.number(stats.percent_of_fma_peak);
  row.number(stats.percent_of_adjacent_peak);
  row.number(stats.flop_per_byte);
  row.number(stats.percent_of_roofline);
  row.number(stats.percent_of_adjacent_roofline);
  row.number(stats.speedup ? std::optional(stats.speedup->value) : std::nullopt);
  row.interval(stats.speedup ? stats.speedup->interval : std::nullopt);
}

void add_counts(CsvRow& row, const record::CaseRecord& c) {
  for (const record::CaseCount& count : record::kCaseCounts) row.integer(c.plan.*count.value);
  std::string saturated;
  for (const std::string& name : record::saturated_counts(c.plan))
    saturated += (saturated.empty() ? "" : " ") + name;
  row.text(saturated);
  row.integer(c.memory.heap_peak_bytes);
  row.integer(c.memory.resident_peak_bytes);
  if (c.check) {
    row.integer(c.check->rows_checked);
    row.number(c.check->worst_error);
    row.number(c.check->worst_error_over_bound);
  } else {
    for (int i = 0; i < 3; ++i) row.missing();
  }
}

}  // namespace

std::string cases_csv(const record::Run& run, const analyze::Analysis& analysis) {
  std::string out = identity_columns() + kCaseColumns;
  CsvRow row(out);
  for (size_t i = 0; i < run.cases.size(); ++i) {
    const record::CaseRecord& c = run.cases[i];
    add_identity(row, c.plan);
    row.text(record::outcome_name(c.plan.outcome));
    row.text(c.plan.reason);
    add_times(row, c, analysis.cases[i]);
    add_counts(row, c);
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
      row.number(sample.noise.issue_share);
      row.number(sample.noise.stream_gbs);
      row.integer(sample.counters.cycles);
      row.integer(sample.counters.instructions);
      row.integer(sample.counters.llc_misses);
      row.end();
    }
  }
  return out;
}

}  // namespace attnbench::report
