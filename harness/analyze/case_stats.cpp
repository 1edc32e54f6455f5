// Rates, percent of peak and the roofline of one case.
#include "analyze/case_stats.h"

#include <algorithm>
#include <cmath>

namespace attnbench::analyze {
namespace {

bool is_positive(double v) {
  return std::isfinite(v) && v > 0;
}

std::optional<double> positive_ratio(double numerator, double denominator) {
  if (!is_positive(numerator) || !is_positive(denominator)) return std::nullopt;
  return numerator / denominator;
}

/// Median of one field over the samples; empty if a value is not a number.
std::optional<double> median_of(const std::vector<record::Sample>& samples,
                                double record::Sample::*field) {
  std::vector<double> values;
  for (const record::Sample& s : samples) {
    if (!std::isfinite(s.*field)) return std::nullopt;
    values.push_back(s.*field);
  }
  return quantile(sorted_copy(values), 0.5);
}

/// Median of one field over the samples that have it; empty if none has.
std::optional<double> median_of(const std::vector<record::Sample>& samples,
                                std::optional<double> record::Sample::*field) {
  std::vector<double> values;
  for (const record::Sample& s : samples)
    if (s.*field) values.push_back(*(s.*field));
  if (values.empty()) return std::nullopt;
  return quantile(sorted_copy(values), 0.5);
}

/// Median over the samples of each one's GFLOP/s in percent of its own limit, which `limit`
/// returns; empty if the limit of a sample is unknown.
template <class Limit>
std::optional<double> percent_of_adjacent(const record::CaseRecord& c, const Limit& limit) {
  std::vector<double> percents;
  for (const record::Sample& s : c.samples) {
    const auto part =
        positive_ratio(static_cast<double>(c.plan.flops), s.time_s * 1e9 * limit(s.noise));
    if (!part) return std::nullopt;
    percents.push_back(100 * *part);
  }
  return quantile(sorted_copy(percents), 0.5);
}

/// What of the case's least traffic is written. A backward pass writes the gradients; out, which
/// output_bytes holds as well, was written by the forward pass before it.
double written_bytes(const record::Case& plan) {
  const Problem& p = plan.problem;
  const Count out = count(record::output_rows(p), row_bytes(p.dtype, p.head_dim));
  const int64_t others = plan.pass == record::Pass::kBackward ? out.value() : 0;
  return static_cast<double>(std::max<int64_t>(plan.output_bytes - others, 0));
}

/// The bandwidth for the case's least traffic: its reads take as long as reading does, its writes
/// as long as those of a triad, which reads two bytes for each that it writes. If reading was not
/// measured, the triads' bandwidth.
double bandwidth_gbs(const record::Case& plan, double stream_gbs, double read_gbs) {
  if (!is_positive(read_gbs) || !is_positive(stream_gbs)) return stream_gbs;
  const double read_s = 1 / read_gbs;
  const double write_s = std::max(3 / stream_gbs - 2 * read_s, read_s);
  const auto bytes = static_cast<double>(plan.traffic_bytes);
  const double written = std::min(written_bytes(plan), bytes);
  return bytes > 0 ? bytes / ((bytes - written) * read_s + written * write_s) : stream_gbs;
}

void add_rates(CaseStats& stats, const record::Case& plan, const record::Ceiling* ceiling) {
  const auto flops = static_cast<double>(plan.flops);
  stats.flop_per_byte = positive_ratio(flops, static_cast<double>(plan.traffic_bytes));
  if (const auto rate = positive_ratio(flops, stats.time_s->median)) stats.gflops = *rate / 1e9;
  if (ceiling == nullptr || !stats.gflops) return;
  const double peak = peak_gflops(*ceiling, stats.peak);
  if (const auto part = positive_ratio(*stats.gflops, peak)) stats.percent_of_peak = 100 * *part;
  const double memory_gbs = bandwidth_gbs(plan, ceiling->stream_gbs, ceiling->read_gbs);
  if (!stats.flop_per_byte || !is_positive(peak) || !is_positive(memory_gbs)) return;
  stats.roofline_gflops = std::min(peak, *stats.flop_per_byte * memory_gbs);
  if (const auto part = positive_ratio(*stats.gflops, *stats.roofline_gflops))
    stats.percent_of_roofline = 100 * *part;
}

}  // namespace

bool memory_sets_the_roof(const CaseStats& stats) {
  return stats.percent_of_adjacent_roofline && stats.percent_of_roofline > stats.percent_of_peak;
}

bool is_supported(const record::Case& plan) {
  return plan.outcome != record::Outcome::kSkipped || plan.input_bytes > 0;
}

bool is_usable(const record::Sample& sample) {
  return is_positive(sample.time_s);
}

std::vector<double> usable_times(const record::CaseRecord& c) {
  // A pending case of an interrupted run has proven itself before its first sample.
  const bool timed =
      c.plan.outcome == record::Outcome::kOk || c.plan.outcome == record::Outcome::kPending;
  if (!timed) return {};
  std::vector<double> times;
  for (const record::Sample& s : c.samples)
    if (is_usable(s)) times.push_back(s.time_s);
  std::sort(times.begin(), times.end());
  return times;
}

const record::Ceiling* find_ceiling(const record::Run& run, int threads, record::Pages pages) {
  const auto it = std::find_if(
      run.ceilings.begin(), run.ceilings.end(),
      [&](const record::Ceiling& c) { return c.threads == threads && c.pages == pages; });
  return it == run.ceilings.end() ? nullptr : &*it;
}

Peak peak_of(const Problem& problem, const record::Ceiling* ceiling) {
  const bool native = ceiling != nullptr && is_positive(ceiling->bf16_gflops.value_or(0));
  return native && record::multiplies_bf16(problem) ? Peak::kBf16 : Peak::kFma;
}

double peak_gflops(const record::Ceiling& ceiling, Peak peak) {
  return peak == Peak::kBf16 ? ceiling.bf16_gflops.value_or(0) : ceiling.fma_gflops;
}

CaseStats case_stats(const record::Run& run, const record::CaseRecord& c) {
  CaseStats stats;
  const record::Ceiling* ceiling = find_ceiling(run, c.plan.threads, c.plan.pages);
  stats.peak = peak_of(c.plan.problem, ceiling);
  std::vector<double> in_order;
  for (const record::Sample& s : c.samples) in_order.push_back(s.time_s);
  const bool numbers = std::all_of(in_order.begin(), in_order.end(), is_positive);
  stats.outliers =
      numbers ? label_outliers(in_order) : std::vector<Outlier>(in_order.size(), Outlier::kNo);
  const std::vector<double> times = usable_times(c);
  if (times.empty()) return stats;
  stats.time_s = summarize(times);
  stats.cpu_median_s = median_of(c.samples, &record::Sample::cpu_s);
  stats.first_call_median_s = median_of(c.samples, &record::Sample::first_call_s);
  stats.setup_median_s = median_of(c.samples, &record::Sample::setup_s);
  stats.empty_call_median_s = median_of(c.samples, &record::Sample::empty_call_s);
  add_rates(stats, c.plan, ceiling);
  const auto adjacent_peak = [&](const record::Noise& n) {
    return (stats.peak == Peak::kBf16 ? n.bf16_gflops : n.fma_gflops).value_or(0);
  };
  stats.percent_of_adjacent_peak = percent_of_adjacent(c, adjacent_peak);
  stats.percent_of_adjacent_roofline = percent_of_adjacent(c, [&](const record::Noise& n) {
    const double memory_gbs =
        bandwidth_gbs(c.plan, n.stream_gbs.value_or(0), n.read_gbs.value_or(0));
    return std::min(adjacent_peak(n), stats.flop_per_byte.value_or(0) * memory_gbs);
  });
  return stats;
}

}  // namespace attnbench::analyze
