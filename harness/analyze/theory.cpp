// Which sizes a theory can be judged on, and the judgement.
#include "analyze/theory.h"

#include <algorithm>
#include <cmath>

#include "record/format.h"

namespace attnbench::analyze {
namespace {

constexpr char kNeedsLogarithm[] = "a fit in log(n) starts at n = 2";
constexpr char kNotDeclared[] = "it is declared for q_len = seq_len, and q_len is fixed here";

void leave_out(std::vector<LeftOut>& left_out, int64_t seq_len, const std::string& reason) {
  for (LeftOut& l : left_out)
    if (l.reason == reason) return l.seq_lens.push_back(seq_len);
  left_out.push_back({{seq_len}, reason});
}

void fit(Measured& measured, std::span<const SizeValue> sizes, uint64_t seed) {
  measured.seq_lens.clear();
  for (const SizeValue& s : sizes) measured.seq_lens.push_back(s.seq_len);
  measured.fit = fit_growth(sizes, seed);
}

Judgement judge(const Measured& measured, const record::Growth& declared, bool q_len_follows) {
  Judgement j;
  j.declared = declared;
  j.expected_slope = expected_slope(declared, measured.seq_lens);
  const size_t count = measured.seq_lens.size();
  if (!q_len_follows) {
    j.reason = kNotDeclared;
  } else if (count < kVerdictSizes) {
    j.reason = "only " + record::plural(count, "usable size") + ", " +
               std::to_string(kVerdictSizes) + " are needed";
  } else {
    const Interval& slope = measured.fit->interval;
    if (slope.high - slope.low > 2 * kWidestInterval) {
      j.reason = "the interval is too wide to tell powers of n apart";
    } else {
      const double distance =
          std::max({0.0, slope.low - j.expected_slope, j.expected_slope - slope.high});
      j.verdict = distance <= kTheoryTolerance ? Verdict::kHolds : Verdict::kDoesNotHold;
    }
  }
  return j;
}

/// The first index from which on each local slope of `work` is close to the law's; the last index
/// if there is none.
size_t regime_start(std::span<const SizeValue> work, const record::Growth& law) {
  size_t start = work.empty() ? 0 : work.size() - 1;
  while (start > 0) {
    const auto n0 = static_cast<double>(work[start - 1].seq_len);
    const auto n1 = static_cast<double>(work[start].seq_len);
    const double step = std::log(n1 / n0);
    const double slope = std::log(work[start].value / work[start - 1].value) / step;
    const double declared = (record::log_value(law, n1) - record::log_value(law, n0)) / step;
    if (!(std::abs(slope - declared) <= kRegimeTolerance)) break;
    --start;
  }
  return start;
}

/// The reason why a time says nothing about attention; empty if the time can be used.
std::string noise_reason(const TimePoint& p, const TimeTheory& theory) {
  if (p.seq_len < 2) return kNeedsLogarithm;
  if (theory.parallel_region_s && p.time_s.median < kParallelRegions * *theory.parallel_region_s)
    return "under " + record::format_number(kParallelRegions, 2) + " times the " +
           record::format_time(*theory.parallel_region_s) + " that it costs to start " +
           std::to_string(theory.threads) + (theory.threads == 1 ? " thread" : " threads");
  const Interval range = p.time_s.interval.value_or(Interval{p.time_s.min, p.time_s.max});
  if (range.high - range.low > 2 * kNoisyHalfWidth * p.time_s.median)
    return "noise: the median is known to no better than " +
           record::format_number(100 * kNoisyHalfWidth, 2) + " %";
  return {};
}

/// If the counted work grows faster than declared at the largest sizes, these are too small for the
/// theory. Slower growth proves nothing: a variant may compute more than is counted.
bool work_outgrows(std::span<const SizeValue> work, const record::Growth& law) {
  if (work.size() < 2) return false;
  const SizeValue& a = work[work.size() - 2];
  const SizeValue& b = work.back();
  const std::vector<int64_t> last{a.seq_len, b.seq_len};
  const double slope = std::log(b.value / a.value) /
                       std::log(static_cast<double>(b.seq_len) / static_cast<double>(a.seq_len));
  return slope > expected_slope(law, last) + kRegimeTolerance;
}

/// The number of leading sizes that are too small for the theory.
size_t sizes_before_regime(std::span<const SizeValue> work, const record::Growth& law) {
  const bool counted =
      std::all_of(work.begin(), work.end(), [](const SizeValue& w) { return w.value > 0; });
  if (!counted || work.size() < 2) return 0;
  const size_t start = regime_start(work, law);
  if (start + 1 < work.size()) return start;
  return work_outgrows(work, law) ? work.size() : 0;
}

Measured fit_peak(std::span<const SizeValue> peaks, uint64_t seed) {
  Measured measured;
  std::vector<SizeValue> sizes;
  for (const SizeValue& s : peaks) {
    if (s.seq_len < 2)
      leave_out(measured.left_out, s.seq_len, kNeedsLogarithm);
    else if (s.value < static_cast<double>(kMemoryNoiseBytes))
      leave_out(measured.left_out, s.seq_len,
                "below " + record::format_bytes(static_cast<double>(kMemoryNoiseBytes)));
    else
      sizes.push_back(s);
  }
  fit(measured, sizes, seed);
  return measured;
}

/// The exact bytes of one size; none if the number has no meaning there.
using BytesOf = std::optional<int64_t> (*)(const MemoryPoint&);

/// `law` is what is declared of these bytes, of which the sizes before its regime are left out;
/// null if nothing is declared of them.
Measured fit_exact(std::span<const MemoryPoint> points, BytesOf bytes_of, const std::string& name,
                   const record::Growth* law, uint64_t seed) {
  Measured measured;
  std::vector<SizeValue> sizes;
  const bool none = std::all_of(points.begin(), points.end(),
                                [&](const MemoryPoint& p) { return bytes_of(p).value_or(0) <= 0; });
  for (const MemoryPoint& p : points) {
    const std::optional<int64_t> bytes = bytes_of(p);
    if (!bytes) continue;
    if (p.seq_len < 2)
      leave_out(measured.left_out, p.seq_len, kNeedsLogarithm);
    else if (*bytes <= 0 && !none)
      leave_out(measured.left_out, p.seq_len, "no " + name);
    else if (Count(*bytes).saturated())
      leave_out(measured.left_out, p.seq_len, "larger than can be counted");
    else  // 0 bytes at every size are constant.
      sizes.push_back({p.seq_len, none ? 1.0 : static_cast<double>(*bytes), {}});
  }
  const size_t start = law == nullptr ? 0 : regime_start(sizes, *law);
  if (start > 0 && sizes.size() - start >= kVerdictSizes) {
    for (size_t i = 0; i < start; ++i)
      leave_out(measured.left_out, sizes[i].seq_len, "before the growth settles");
    sizes.erase(sizes.begin(), sizes.begin() + static_cast<ptrdiff_t>(start));
  }
  fit(measured, sizes, seed);
  return measured;
}

/// Says so if a measured peak grows faster than the theory allows.
void contradict(MemoryGrowth& growth, const Measured& peak, const std::string& name, bool trains) {
  Judgement& j = growth.judgement;
  if (j.verdict != Verdict::kHolds || !peak.fit || peak.seq_lens.size() < kVerdictSizes) return;
  double allowed = expected_slope(j.declared, peak.seq_lens);
  if (trains && growth.workspace.fit)
    allowed = std::max(allowed, growth.workspace.fit->interval.high);
  if (peak.fit->interval.low <= allowed + kTheoryTolerance) return;
  j.verdict = Verdict::kDoesNotHold;
  j.reason = trains ? "what is saved for backward grows as declared, but the " + name +
                          " grows faster than that and than the workspace"
                    : "the workspace grows as declared, but the " + name + " grows faster";
}

}  // namespace

TimeGrowth judge_time(std::span<const TimePoint> points, const TimeTheory& theory, uint64_t seed) {
  TimeGrowth growth;
  std::vector<SizeValue> times, work;
  for (const TimePoint& p : points) {
    const std::string reason = noise_reason(p, theory);
    if (!reason.empty()) {
      leave_out(growth.time.left_out, p.seq_len, reason);
      continue;
    }
    times.push_back({p.seq_len, p.time_s.median, p.draws});
    work.push_back({p.seq_len, static_cast<double>(p.flops), {}});
  }
  const size_t before = theory.q_len_follows ? sizes_before_regime(work, theory.declared) : 0;
  const size_t regime_sizes = times.size() - before;
  if (regime_sizes < kVerdictSizes && times.size() >= kVerdictSizes) {
    // The growth over all sizes is worth showing, but the theory is about large sizes only.
    fit(growth.time, times, seed);
    growth.judgement = judge(growth.time, theory.declared, theory.q_len_follows);
    growth.judgement.verdict = Verdict::kNone;
    growth.judgement.reason = "the counted work itself grows as declared at only " +
                              std::to_string(regime_sizes) + " of these sizes, " +
                              std::to_string(kVerdictSizes) + " are needed";
    return growth;
  }
  for (size_t i = 0; i < before; ++i)
    leave_out(growth.time.left_out, times[i].seq_len,
              "the counted work does not grow as declared yet");
  fit(growth.time, std::span(times).subspan(before), seed);
  growth.judgement = judge(growth.time, theory.declared, theory.q_len_follows);
  return growth;
}

MemoryGrowth judge_memory(std::span<const MemoryPoint> points, const record::Growth& declared,
                          bool q_len_follows, uint64_t seed) {
  MemoryGrowth growth;
  const bool trains =
      std::ranges::any_of(points, [](const MemoryPoint& p) { return p.saved_bytes.has_value(); });
  const auto workspace = [](const MemoryPoint& p) { return std::optional(p.workspace_bytes); };
  const auto saved = [](const MemoryPoint& p) { return p.saved_bytes; };
  growth.workspace = fit_exact(points, workspace, "workspace", trains ? nullptr : &declared, seed);
  if (trains) growth.saved = fit_exact(points, saved, "saved bytes", &declared, seed);
  std::vector<SizeValue> heap, resident;
  for (const MemoryPoint& p : points) {
    if (p.heap_peak_bytes) heap.push_back({p.seq_len, static_cast<double>(*p.heap_peak_bytes), {}});
    if (p.resident_peak_bytes)
      resident.push_back({p.seq_len, static_cast<double>(*p.resident_peak_bytes), {}});
  }
  growth.heap_peak = fit_peak(heap, seed);
  growth.resident_peak = fit_peak(resident, seed);
  growth.judgement = judge(trains ? growth.saved : growth.workspace, declared, q_len_follows);
  contradict(growth, growth.heap_peak, "heap peak", trains);
  contradict(growth, growth.resident_peak, "resident peak", trains);
  return growth;
}

}  // namespace attnbench::analyze
