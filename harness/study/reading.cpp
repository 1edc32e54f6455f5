// Reads quantities of cases: times, rates, counts, inputs and walls. Probes are in read_probe.cpp.
#include "study/reading.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "analyze/case_stats.h"
#include "analyze/resample.h"
#include "analyze/time_draws.h"
#include "record/axes.h"
#include "record/format.h"
#include "report/chart.h"
#include "report/words.h"
#include "study/read_probe.h"

namespace attnbench::study {
namespace {

using analyze::Interval;
using record::CaseRecord;
using record::Outcome;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Why a case that should have a time has none.
std::string missing_time(const CaseRecord& c) {
  if (c.plan.outcome == Outcome::kPending) return "not measured: the run ended before";
  if (c.plan.outcome == Outcome::kOk) return "no sample has a time";
  return std::string(record::outcome_name(c.plan.outcome)) + ": " + c.plan.reason;
}

void set_samples(Reading& reading, const std::vector<double>& ascending,
                 const std::vector<double>& draws) {
  const analyze::Summary summary = analyze::summarize(ascending);
  reading.value = summary.median;
  reading.interval = summary.interval;
  if (summary.interval)
    reading.draws = draws;
  else
    reading.reason = report::no_interval_words();
}

/// A field of all samples that count as times.
std::vector<double> field_of(const CaseRecord& c, double record::Sample::*field) {
  std::vector<double> values;
  if (analyze::usable_times(c).empty()) return values;
  for (const record::Sample& s : c.samples)
    if (analyze::is_usable(s) && std::isfinite(s.*field) && s.*field > 0)
      values.push_back(s.*field);
  std::ranges::sort(values);
  return values;
}

void read_samples(Reading& reading, const QuantityRow& row, const Measurements& from, int index) {
  const CaseRecord& c = from.run.cases[index];
  const bool cpu = row.name == "cpu_median_s", first = row.name == "first_call_median_s";
  const std::vector<double> values = cpu     ? field_of(c, &record::Sample::cpu_s)
                                     : first ? field_of(c, &record::Sample::first_call_s)
                                             : analyze::usable_times(c);
  if (values.empty()) {
    reading.reason = missing_time(c);
  } else if (cpu || first) {
    const auto purpose = cpu ? analyze::DrawnFor::kCpuSamples : analyze::DrawnFor::kFirstCalls;
    set_samples(reading, values,
                analyze::resampled_medians(values, analyze::draws_seed(from.run, purpose, index)));
  } else {
    set_samples(reading, values, analyze::resampled_times(from.run, index));
  }
}

/// The quantity in the report, and its interval if it has one.
report::ChartPoint point_of(const report::Quantity& quantity, const Measurements& from, int index) {
  const report::ChartX x{"seq_len", &record::axis_named("seq_len")};
  const CaseRecord& c = from.run.cases[index];
  const analyze::CaseStats& stats = from.analysis.cases[index];
  report::ChartPoint point = report::chart_point(quantity, x, c, stats);
  if (!report::has_interval(quantity, c, stats)) point.low = point.high = std::nullopt;
  return point;
}

void read_rate(Reading& reading, const QuantityRow& row, const Measurements& from, int index) {
  const CaseRecord& c = from.run.cases[index];
  const std::optional<double> rate = point_of(*report::find_quantity(row.name), from, index).y;
  if (!rate) {
    reading.reason =
        from.analysis.cases[index].time_s ? "the work is not counted" : missing_time(c);
    return;
  }
  Reading time = reading;
  set_samples(time, analyze::usable_times(c), analyze::resampled_times(from.run, index));
  reading.value = rate;
  reading.reason = time.reason;
  const double work = *rate * *time.value;
  if (time.interval)
    reading.interval = Interval{work / time.interval->high, work / time.interval->low};
  for (const double draw : time.draws) reading.draws.push_back(work / draw);
}

/// Why a case that ran lacks a number that is no time.
std::string missing_number(const QuantityRow& row, const CaseRecord& c) {
  const std::string& name = row.name;
  const auto given = [](const std::string& reason, const char* otherwise) {
    return reason.empty() ? otherwise : reason;
  };
  if (name == "path" && c.plan.path_reason == record::kNever)
    return "never: information from some position does not arrive, however many layers there are";
  if (name == "path") return given(c.plan.path_reason, "the path was not counted");
  if (name == "steps") return "the steps were not counted";
  if (name == "flops" || name == "pairs") return "they are not counted for this variant";
  if (name == "heap_peak_bytes") return given(c.memory.heap_peak_reason, "it was not measured");
  if (name == "resident_peak_bytes")
    return given(c.memory.resident_peak_reason, "it was not measured");
  if (name.starts_with("check_")) return "no output was checked";
  if (name == "percent_of_attention_mass" && c.quality && c.quality->relative_error)
    return "the variant does not weigh keys";
  if (name.starts_with("distance_") || name == "percent_of_attention_mass")
    return given(c.quality ? c.quality->reason : "", "the distance was not computed");
  if (name == "thread_speedup") return "the run has one number of threads";
  if (name == "speedup") return "there is no baseline's time to compare with";
  return "the run does not say";
}

void read_case(Reading& reading, const QuantityRow& row, const Measurements& from, int index) {
  const CaseRecord& c = from.run.cases[index];
  const report::ChartPoint point = point_of(*report::find_quantity(row.name), from, index);
  // What ran wrong has shown nothing; what was planned, such as its workspace, is known all the
  // same.
  const bool observed = row.name == "heap_peak_bytes" || row.certainty != Certainty::kExact;
  if (observed && c.plan.outcome != Outcome::kOk) {
    reading.reason = missing_time(c);
    return;
  }
  const bool counted_to_zero = point.y == 0 && (row.name == "flops" || row.name == "pairs");
  if (!point.y || counted_to_zero || !analyze::is_supported(c.plan)) {
    const bool ran =
        c.plan.outcome == Outcome::kOk || (counted_to_zero && analyze::is_supported(c.plan));
    reading.reason = ran ? missing_number(row, c) : missing_time(c);
    return;
  }
  reading.value = point.y;
  if (point.low && point.high) reading.interval = Interval{*point.low, *point.high};
  if (row.certainty == Certainty::kExact && *point.y >= 0x1p63)
    reading.interval = Interval{*point.y, kInfinity};
  if (row.certainty == Certainty::kMeasured && !reading.interval)
    reading.reason = row.name == "resident_peak_bytes"
                         ? "it was observed once, which does not tell how far chance moves it"
                         : report::no_interval_words();
}

std::optional<double> top_mass(const record::InputStatistics& s, double share) {
  for (const record::TopMass& top : s.top)
    if (top.share == share) return top.mass;
  return std::nullopt;
}

std::optional<double> near_mass(const record::InputStatistics& s, int64_t keys) {
  for (const record::NearMass& near : s.near)
    if (near.keys == keys) return near.mass;
  return std::nullopt;
}

std::optional<double> input_number(const std::string& name, const record::InputStatistics& s) {
  if (name == "keys_seen") return s.keys;
  if (name == "effective_keys") return s.effective_keys;
  if (name == "effective_keys_low") return s.effective_keys_low;
  if (name == "effective_keys_high") return s.effective_keys_high;
  if (name == "effective_share") return s.effective_share;
  if (name == "entropy") return s.entropy;
  if (name == "first_key_mass") return s.first_key_mass;
  if (name == "top_1_percent_mass") return top_mass(s, record::kTopShares[0]);
  if (name == "top_5_percent_mass") return top_mass(s, record::kTopShares[1]);
  if (name == "top_20_percent_mass") return top_mass(s, record::kTopShares[2]);
  if (name == "nearest_key_mass") return near_mass(s, 1);
  if (name == "nearest_16_keys_mass") return near_mass(s, 16);
  if (name == "nearest_64_keys_mass") return near_mass(s, 64);
  if (name == "key_mean") return s.key_mean;
  if (name == "first_key_norm") return s.first_key_norm;
  return std::nullopt;
}

void read_inputs(Reading& reading, const QuantityRow& row, const Measurements& from, int index) {
  const record::Case& plan = from.run.cases[index].plan;
  const record::InputStatistics* const s = record::input_statistics_of(from.run, plan);
  if (s != nullptr) reading.value = input_number(row.name, *s);
  if (reading.value) return;
  reading.reason = s != nullptr ? "the sequence is too short for it, or the keys are all zero"
                                : "the run does not say what these inputs are like";
}

Reading read_wall(const QuantityRow& row, int series, const Measurements& from) {
  const analyze::Series& s = from.series(series);
  Reading reading{{s.cases.front()}};
  reading.certainty = row.certainty;
  const bool batch = row.name == "largest_batch";
  reading.where =
      "within " + record::format_bytes(static_cast<double>(from.run.memory_limit_bytes));
  const std::optional<int64_t>& fits = batch ? s.largest_batch : s.largest_fit;
  if (!fits) {
    reading.reason = batch ? "the run knows the largest batch of training passes only"
                           : "the run does not say which length fits";
    return reading;
  }
  reading.value = static_cast<double>(*fits);
  const std::string words =
      batch ? report::batch_limit_words(*fits) : report::seq_len_limit_words(*fits);
  if (words.ends_with("or more")) reading.interval = Interval{*reading.value, kInfinity};
  return reading;
}

}  // namespace

std::vector<const record::Case*> Measurements::firsts() const {
  std::vector<const record::Case*> all;
  for (const analyze::Series& s : analysis.series) all.push_back(&run.cases[s.cases.front()].plan);
  return all;
}

Place place_of_length(int64_t seq_len) {
  const std::string value = std::to_string(seq_len);
  return {"n = " + value, value, static_cast<double>(seq_len)};
}

std::optional<Interval> Reading::ends() const {
  if (!value || interval || certainty == Certainty::kMeasured) return interval;
  return Interval{*value, *value};
}

std::vector<Reading> read_lengths(const QuantityRow& row, const Pick& pick, int series,
                                  const Measurements& from) {
  if (!row.has_lengths()) return {read_wall(row, series, from)};
  std::vector<Reading> readings;
  for (const int index : from.series(series).cases) {
    const int64_t seq_len = from.run.cases[index].plan.seq_len();
    if (!readings.empty() && readings.back().seq_len == seq_len) continue;
    Reading& reading = readings.emplace_back(Reading{{index}, seq_len});
    reading.x = place_of_length(seq_len);
    reading.where = "at " + reading.x.words;
    reading.certainty = row.certainty;
    if (row.source == Source::kSamples) read_samples(reading, row, from, index);
    if (row.source == Source::kRate) read_rate(reading, row, from, index);
    if (row.source == Source::kCase) read_case(reading, row, from, index);
    if (row.source == Source::kInputs) read_inputs(reading, row, from, index);
    if (row.source == Source::kProbe) read_probe(reading, row, pick, from.run.cases[index]);
  }
  return readings;
}

std::vector<Reading> read_distances(const QuantityRow& row, const Pick& pick, int series,
                                    const Measurements& from) {
  const Reading at = at_length(read_lengths(row, pick, series, from), pick.seq_len);
  if (!at.value) return {at};
  return read_points(at, row, pick, from.run.cases[at.cases.front()]);
}

Reading at_length(const std::vector<Reading>& lengths, std::optional<int64_t> seq_len) {
  const auto has_value = [](const Reading& r) { return r.value.has_value(); };
  if (!seq_len || lengths.front().seq_len == 0) {
    const auto largest = std::find_if(lengths.rbegin(), lengths.rend(), has_value);
    return largest == lengths.rend() ? lengths.back() : *largest;
  }
  const auto found = std::ranges::find(lengths, *seq_len, &Reading::seq_len);
  if (found != lengths.end()) return *found;
  Reading missing = lengths.front();
  std::vector<int64_t> there_are;
  for (const Reading& r : lengths) there_are.push_back(r.seq_len);
  missing.where = "at n = " + std::to_string(*seq_len);
  missing.value.reset();
  missing.interval.reset();
  missing.draws.clear();
  missing.reason = "this run does not have that length; it has " + report::sizes_words(there_are);
  return missing;
}

}  // namespace attnbench::study
