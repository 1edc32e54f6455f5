// The analysis of whole synthetic runs: grouping, rates, crossovers, setbacks, warnings.
#include "analyze/analysis.h"

#include <limits>

#include "analyze/synthetic.h"
#include "catch.h"

namespace attnbench::analyze {
namespace {

const std::vector<int64_t> kSizes{512, 1024, 2048, 4096, 8192};

record::CaseRecord make_case(const record::Run& run, const std::string& variant, int64_t n) {
  record::CaseRecord c;
  c.plan.id = static_cast<int>(run.cases.size());
  c.plan.variant = c.plan.label = variant;
  c.plan.kind = "exact";
  c.plan.problem = {1, 8, 8, n, n, 64, false};
  c.plan.threads = 2;
  c.plan.pairs = 8 * n * n;
  c.plan.flops = 256 * c.plan.pairs;
  c.plan.traffic_bytes = 4 * 8 * n * 64 * 4;
  c.plan.theory = {{2, 0}, {0, 0}};
  c.plan.outcome = record::Outcome::kOk;
  return c;
}

/// One series of `variant` with times law(n), each sample off by up to 2 %.
void add_series(record::Run& run, const std::string& variant,
                const std::function<double(double)>& law) {
  for (const int64_t n : kSizes) {
    record::CaseRecord c = make_case(run, variant, n);
    for (int round = 0; round < 9; ++round) {
      const double time_s = law(static_cast<double>(n)) * (0.98 + 0.005 * round);
      c.samples.push_back({round, time_s, 2 * time_s, 10, 3 * time_s});
    }
    run.cases.push_back(c);
  }
}

record::Run two_series() {
  record::Run run;
  run.baseline = "full";
  run.ceilings = {{2, 200, 30, 5e-6}};
  add_series(run, "full", [](double n) { return 4e-9 * n * n; });
  add_series(run, "window", [](double n) { return 8e-6 * n; });
  return run;
}

TEST_CASE("A run without cases has an empty analysis") {
  const Analysis analysis = analyze({});
  CHECK(analysis.cases.empty());
  CHECK(analysis.series.empty());
  CHECK(analysis.groups.empty());
}

TEST_CASE("Rates follow from the median, the exact work and the ceiling of the thread count") {
  const record::Run run = two_series();
  const CaseStats stats = analyze(run).cases[2];
  const double median = 4e-9 * 2048 * 2048;
  const double gflops = 256.0 * 8 * 2048 * 2048 / median / 1e9;
  REQUIRE(stats.time_s);
  CHECK(stats.time_s->median == Approx(median));
  CHECK(*stats.cpu_median_s == Approx(2 * median));
  CHECK(*stats.first_call_median_s == Approx(3 * median));
  CHECK(*stats.gflops == Approx(gflops));
  CHECK(*stats.percent_of_peak == Approx(gflops / 2));
  CHECK(*stats.flop_per_byte == Approx(256.0 * 2048 / (4 * 64 * 4)));
  CHECK(*stats.roofline_gflops == 200);
  CHECK(*stats.percent_of_roofline == Approx(gflops / 2));
}

TEST_CASE("Each sample is compared with the FMA rate that was measured around it") {
  record::Run run = two_series();
  record::CaseRecord& c = run.cases[2];
  CHECK_FALSE(analyze(run).cases[2].percent_of_adjacent_peak);
  const double gflops = 256.0 * 8 * 2048 * 2048 / (4e-9 * 2048 * 2048) / 1e9;
  // A lower clock slows the sample and the FMAs around it alike: the percentage stays the same.
  for (record::Sample& s : c.samples) {
    s.noise.fma_gflops = s.round < 4 ? 100 : 190;
    s.time_s = 4e-9 * 2048 * 2048 * 190 / *s.noise.fma_gflops;
  }
  const Analysis analysis = analyze(run);
  CHECK(*analysis.cases[2].percent_of_adjacent_peak == Approx(100 * gflops / 190));
  CHECK(analysis.slowed.samples == 4);
  CHECK(analysis.slowed.cases == std::vector<int>{2});
  c.samples[8].noise.fma_gflops.reset();
  CHECK_FALSE(analyze(run).cases[2].percent_of_adjacent_peak);
}

TEST_CASE("The streaming bandwidth sets the roofline of work with few FLOPs a byte") {
  record::Run run = two_series();
  run.cases[0].plan.traffic_bytes = run.cases[0].plan.flops / 2;
  const CaseStats stats = analyze(run).cases[0];
  CHECK(*stats.flop_per_byte == Approx(2));
  CHECK(*stats.roofline_gflops == Approx(60));
}

TEST_CASE("The bandwidth of reading sets the roofline of work that only reads") {
  record::Run run = two_series();
  run.ceilings.front().read_gbs = 60;
  run.cases[0].plan.flops = run.cases[0].plan.traffic_bytes;  // 1 FLOP a byte.
  run.cases[0].plan.output_bytes = 0;
  CHECK(analyze(run).cases[0].roofline_gflops == Approx(60));
  // Triads move 30 GB/s: 12 bytes in 0.4 ns, of which reading 8 takes 0.133; 4 written take 0.267.
  run.cases[0].plan.output_bytes = run.cases[0].plan.traffic_bytes;
  CHECK(analyze(run).cases[0].roofline_gflops == Approx(15));
  // No write is faster than a read, whatever the two measurements say.
  run.ceilings.front().stream_gbs = 100;
  CHECK(analyze(run).cases[0].roofline_gflops == Approx(60));
}

TEST_CASE("A case is compared with the ceiling of its own pages") {
  record::Run run = two_series();
  run.ceilings.push_back(run.ceilings.front());
  run.ceilings.back().pages = record::Pages::kSmall;
  run.ceilings.back().fma_gflops = 100;
  const CaseStats huge = analyze(run).cases[0];
  for (record::CaseRecord& c : run.cases) c.plan.pages = record::Pages::kSmall;
  CHECK(analyze(run).cases[0].percent_of_peak == Approx(2 * *huge.percent_of_peak));
}

/// Of two_series(), whose first case is then in bf16 on a machine that multiplies bf16 natively.
record::Run one_case_in_bf16() {
  record::Run run = two_series();
  run.ceilings.front().bf16_gflops = 800;
  run.ceilings.front().int8_gops = 1600;
  Problem& p = run.cases[0].plan.problem;
  p.dtype = p.kv_dtype = Type::kBf16;
  for (record::Sample& s : run.cases[0].samples) {
    s.noise.fma_gflops = 100;
    s.noise.bf16_gflops = 400;
    s.noise.stream_gbs = 30;
    s.time_s = static_cast<double>(run.cases[0].plan.flops) / 200e9;
  }
  return run;
}

TEST_CASE("A case in bf16 is compared with the peak of bf16, if the machine has one") {
  record::Run run = one_case_in_bf16();
  const CaseStats native = analyze(run).cases[0];
  CHECK(native.peak == Peak::kBf16);
  CHECK(native.percent_of_peak == Approx(25));
  CHECK(native.percent_of_adjacent_peak == Approx(50));
  CHECK(native.roofline_gflops == Approx(800));
  CHECK(native.percent_of_roofline == Approx(25));
  CHECK(native.percent_of_adjacent_roofline == Approx(50));
  CHECK(analyze(run).cases[1].peak == Peak::kFma);
  CHECK(analyze(run).cases[1].roofline_gflops == Approx(200));
  // A sample without the rate of bf16 is compared with no other.
  run.cases[0].samples[8].noise.bf16_gflops.reset();
  CHECK_FALSE(analyze(run).cases[0].percent_of_adjacent_peak);
  CHECK_FALSE(analyze(run).cases[0].percent_of_adjacent_roofline);
  run.ceilings.front().bf16_gflops.reset();
  const CaseStats widened = analyze(run).cases[0];
  CHECK(widened.peak == Peak::kFma);
  CHECK(widened.percent_of_peak == Approx(100));
  CHECK(widened.percent_of_adjacent_peak == Approx(200));
  CHECK(widened.roofline_gflops == Approx(200));
}

TEST_CASE("Types that are no bf16 on both sides are compared with the peak of FMA") {
  record::Run run = one_case_in_bf16();
  Problem& p = run.cases[0].plan.problem;
  for (const auto& [dtype, kv_dtype] :
       {std::pair(Type::kBf16, Type::kInt8), std::pair(Type::kF32, Type::kBf16),
        std::pair(Type::kF16, Type::kF16), std::pair(Type::kF32, Type::kF32)}) {
    p.dtype = dtype;
    p.kv_dtype = kv_dtype;
    CHECK(analyze(run).cases[0].peak == Peak::kFma);
    CHECK(analyze(run).cases[0].percent_of_peak == Approx(100));
  }
}

TEST_CASE("Whether a sample in bf16 was disturbed follows from FMA around it") {
  record::Run run = one_case_in_bf16();
  for (record::Sample& s : run.cases[0].samples) s.noise.fma_gflops = 199;
  CHECK(analyze(run).slowed.samples == 0);  // Although bf16 had half of its peak.
  run.cases[0].samples[3].noise.fma_gflops = 100;
  run.cases[0].samples[3].noise.bf16_gflops = 800;
  CHECK(analyze(run).slowed.samples == 1);
}

TEST_CASE("A backward pass writes the gradients, and reads what the forward pass wrote") {
  record::Run run = two_series();
  run.ceilings.front().read_gbs = 60;
  record::Case& plan = run.cases[0].plan;
  const int64_t array = 8 * 512 * 64 * 4;
  plan.pass = record::Pass::kBackward;
  plan.output_bytes = 4 * array;  // out, and the gradients of q, k and v.
  plan.traffic_bytes = 7 * array;
  plan.flops = plan.traffic_bytes / 2;
  // Four arrays are read; three are written, each of which takes 4 times as long.
  CHECK(analyze(run).cases[0].roofline_gflops == Approx(0.5 * 7 / (4.0 / 60 + 3 * 4.0 / 60)));
  plan.problem.dtype = Type::kBf16;  // Half of out's array: the rest is what is written.
  CHECK(analyze(run).cases[0].roofline_gflops == Approx(0.5 * 7 / (3.5 / 60 + 3.5 * 4.0 / 60)));
  plan.problem.dtype = Type::kF32;
  plan.pass = record::Pass::kBoth;  // Reads q, k and v once more, and writes out.
  plan.traffic_bytes = 11 * array;
  plan.flops = plan.traffic_bytes / 2;
  CHECK(analyze(run).cases[0].roofline_gflops == Approx(0.5 * 11 / (7.0 / 60 + 4 * 4.0 / 60)));
}

TEST_CASE("Each sample is compared with the roofline that was measured around it") {
  record::Run run = two_series();
  record::CaseRecord& c = run.cases[0];
  c.plan.traffic_bytes = c.plan.flops / 2;
  const auto percent = [&] { return analyze(run).cases[0].percent_of_adjacent_roofline; };
  const auto moment = [&](record::Sample& s, double stream_gbs, double gflops) {
    s.noise.fma_gflops = 100;
    s.noise.stream_gbs = stream_gbs;
    s.time_s = static_cast<double>(c.plan.flops) / (gflops * 1e9);
  };
  for (record::Sample& s : c.samples) s.round % 2 == 0 ? moment(s, 10, 16) : moment(s, 40, 64);
  CHECK(*percent() == Approx(80));
  for (record::Sample& s : c.samples) moment(s, 60, 70);
  CHECK(*percent() == Approx(70));
  c.samples[8].noise.stream_gbs.reset();
  CHECK_FALSE(percent());
}

TEST_CASE("A case whose thread count has no ceiling has a rate and no percentage") {
  record::Run run = two_series();
  run.ceilings[0].threads = 1;
  const CaseStats stats = analyze(run).cases[0];
  CHECK(stats.gflops);
  CHECK_FALSE(stats.percent_of_peak);
  CHECK_FALSE(stats.roofline_gflops);
  CHECK_FALSE(stats.percent_of_roofline);
}

TEST_CASE("Cases are sorted into series and comparable groups, in whatever order they come") {
  record::Run run = two_series();
  std::swap(run.cases[1], run.cases[7]);
  std::swap(run.cases[0], run.cases[4]);
  for (const int threads : {1, 2}) {
    record::CaseRecord c = make_case(run, "other", 1024);
    c.plan.threads = threads;
    run.cases.push_back(c);
  }
  const Analysis analysis = analyze(run);
  REQUIRE(analysis.series.size() == 4);
  REQUIRE(analysis.groups.size() == 2);
  for (const Series& series : {analysis.series[0], analysis.series[1]}) {
    std::vector<int64_t> sizes;
    for (const int i : series.cases)
      sizes.push_back(run.cases[static_cast<size_t>(i)].plan.seq_len());
    CHECK(sizes == kSizes);
  }
  CHECK(analysis.groups[0].series == std::vector<int>{0, 1, 3});
  CHECK(analysis.groups[1].series == std::vector<int>{2});
}

TEST_CASE("Speed-ups are over the baseline of the same problem, with an interval") {
  const Analysis analysis = analyze(two_series());
  CHECK(analysis.groups[0].baseline == 0);
  REQUIRE(analysis.cases[0].speedup);
  CHECK(analysis.cases[0].speedup->value == 1);
  const Ratio& ratio = *analysis.cases[7].speedup;
  CHECK(ratio.value == Approx(4e-9 * 2048 / 8e-6));
  REQUIRE(ratio.interval);
  CHECK(ratio.interval->low < ratio.value);
  CHECK(ratio.interval->high > ratio.value);
}

TEST_CASE("There is no speed-up if no series is the baseline") {
  record::Run run = two_series();
  run.baseline = "fulll";
  const Analysis analysis = analyze(run);
  CHECK_FALSE(analysis.groups[0].baseline);
  CHECK_FALSE(analysis.cases[0].speedup);
}

TEST_CASE("Each pair of series in a group has a ratio at each size that both have") {
  const Analysis analysis = analyze(two_series());
  const std::vector<CaseRatio>& ratios = analysis.groups[0].ratios;
  REQUIRE(ratios.size() == kSizes.size());
  CHECK(ratios[2].a == 2);
  CHECK(ratios[2].b == 7);
  CHECK(ratios[2].ratio.value == analysis.cases[7].speedup->value);
  CHECK(ratios[2].ratio.interval->low == analysis.cases[7].speedup->interval->low);
}

TEST_CASE("The lead names the fastest two series at the largest size that two have reached") {
  record::Run run = two_series();
  add_series(run, "between", [](double n) { return 16e-6 * n; });
  const std::optional<Lead> lead = analyze(run).groups[0].lead;
  REQUIRE(lead);
  CHECK(lead->seq_len == 8192);
  CHECK(lead->fastest == 1);
  CHECK(lead->next == 2);
  CHECK(lead->over_next.value == Approx(2));
  CHECK(lead->over_next.interval->low < 2);
  for (const size_t alone : {9u, 14u}) run.cases[alone].plan.outcome = record::Outcome::kSkipped;
  CHECK(analyze(run).groups[0].lead->seq_len == 4096);
  run.cases.resize(5);
  CHECK_FALSE(analyze(run).groups[0].lead);
}

TEST_CASE("Crossovers compare the series of a group") {
  const Analysis analysis = analyze(two_series());
  REQUIRE(analysis.groups[0].crossovers.size() == 1);
  const Crossover& c = analysis.groups[0].crossovers[0];
  CHECK(c.faster == 1);
  CHECK(c.slower == 0);
  CHECK(c.seq_len == Approx(2000));
}

TEST_CASE("A group of many series is compared with its baseline alone") {
  record::Run run = two_series();
  for (int i = 0; i < 12; ++i)
    add_series(run, std::to_string(i) + "th", [](double n) { return 1e-6 * n; });
  run.baseline = "3th";
  const Analysis analysis = analyze(run);
  CHECK(analysis.groups[0].crossovers.size() == 13);
}

TEST_CASE("The verdicts of a series come from its own times and memory") {
  const Analysis analysis = analyze(two_series());
  CHECK(analysis.series[0].time.judgement.verdict == Verdict::kHolds);
  CHECK(analysis.series[0].memory.judgement.verdict == Verdict::kHolds);
  // This window declares n^2, but its time grows as n.
  CHECK(analysis.series[1].time.judgement.verdict == Verdict::kDoesNotHold);
}

/// What the plan makes of a case that the variant does not support: it counts nothing.
void make_unsupported(record::Case& plan) {
  plan.outcome = record::Outcome::kSkipped;
  plan.reason = "heads (3) is not a multiple of kv_heads (2)";
  plan.theory = {};
  plan.flops = plan.pairs = plan.traffic_bytes = plan.input_bytes = 0;
}

TEST_CASE("A series takes its theory from its first case that the variant supports") {
  record::Run run = two_series();
  run.cases.push_back(make_case(run, "full", 256));
  make_unsupported(run.cases.back().plan);
  const Series full = analyze(run).series[0];
  REQUIRE(full.cases.front() == 10);
  CHECK(full.first_supported == 0);
  CHECK(full.time.judgement.declared.leading().power == 2);
  CHECK(full.time.judgement.verdict == Verdict::kHolds);
}

TEST_CASE("A series that its variant does not support has neither theory nor growth") {
  record::Run run = two_series();
  for (int i = 0; i < 5; ++i) make_unsupported(run.cases[i].plan);
  const Series full = analyze(run).series[0];
  CHECK(!full.first_supported);
  CHECK(full.memory.workspace.seq_lens.empty());
  CHECK(full.time.judgement.reason.empty());
}

TEST_CASE("Series that differ only in an axis with names are compared at the largest common size") {
  record::Run run = two_series();
  const int small = static_cast<int>(run.cases.size());
  add_series(run, "full", [](double n) { return 5e-9 * n * n; });
  for (size_t c = static_cast<size_t>(small); c < run.cases.size(); ++c)
    run.cases[c].plan.pages = record::Pages::kSmall;
  run.cases.back().samples.clear();  // The largest size of the other pages has no time.
  run.cases.back().plan.outcome = record::Outcome::kFailed;
  const std::vector<AxisEffect> effects = analyze(run).axis_effects;
  REQUIRE(effects.size() == 1);
  CHECK(effects[0].axis == "pages");
  CHECK(effects[0].standard == 3);
  CHECK(effects[0].other == small + 3);
  CHECK(effects[0].ratio.value == Approx(0.8));
  CHECK(effects[0].ratio.interval->high < 1);
  for (size_t c = 0; c < 5; ++c) run.cases[c].plan.threads = 1;
  CHECK(analyze(run).axis_effects.empty());
}

TEST_CASE("A type of elements is compared with float32, and a type of keys with that of queries") {
  record::Run run = two_series();  // "full" is the first.
  const auto add = [&](Type dtype, Type kv_dtype, double factor) {
    const size_t first = run.cases.size();
    add_series(run, "full", [&](double n) { return factor * 4e-9 * n * n; });
    for (size_t c = first; c < run.cases.size(); ++c) {
      run.cases[c].plan.problem.dtype = dtype;
      run.cases[c].plan.problem.kv_dtype = kv_dtype;
    }
  };
  add(Type::kBf16, Type::kBf16, 0.5);
  add(Type::kBf16, Type::kInt8, 0.25);
  const std::vector<AxisEffect> effects = analyze(run).axis_effects;
  REQUIRE(effects.size() == 2);
  CHECK(effects[0].axis == "dtype");
  CHECK(effects[0].ratio.value == Approx(2));
  CHECK(effects[1].axis == "kv_dtype");  // Beside bf16 queries with bf16 keys.
  CHECK(effects[1].ratio.value == Approx(2));
}

TEST_CASE("Only ok cases, and pending ones that have samples, carry times") {
  record::Run run = two_series();
  const record::Outcome outcomes[] = {record::Outcome::kPending, record::Outcome::kSkipped,
                                      record::Outcome::kInvalid, record::Outcome::kFailed,
                                      record::Outcome::kTimeout};
  for (size_t i = 0; i < 5; ++i) run.cases[i].plan.outcome = outcomes[i];
  const Analysis analysis = analyze(run);
  CHECK(analysis.cases[0].time_s);
  for (size_t i = 1; i < 5; ++i) CHECK_FALSE(analysis.cases[i].time_s);
  CHECK(analysis.finished_cases == 9);
  CHECK(analysis.setbacks.size() == 4);
  CHECK(analysis.series[0].time.judgement.verdict == Verdict::kNone);
}

TEST_CASE("Cases of one series that share an outcome are one setback") {
  record::Run run = two_series();
  for (const size_t i : {3u, 4u}) {
    run.cases[i].plan.outcome = record::Outcome::kSkipped;
    run.cases[i].plan.reason = std::to_string(i) + " GiB needed";
  }
  const Analysis analysis = analyze(run);
  REQUIRE(analysis.setbacks.size() == 1);
  CHECK(analysis.setbacks[0].series == 0);
  CHECK(analysis.setbacks[0].outcome == record::Outcome::kSkipped);
  CHECK(analysis.setbacks[0].reason == "3 GiB needed");
  CHECK(analysis.setbacks[0].cases == std::vector<int>{3, 4});
}

TEST_CASE("A sample that is not a positive number is left out of the statistics") {
  record::Run run = two_series();
  run.cases[0].samples[0].time_s = std::numeric_limits<double>::quiet_NaN();
  run.cases[0].samples[1].time_s = -1;
  run.cases[0].samples[2].cpu_s = std::numeric_limits<double>::infinity();
  const CaseStats stats = analyze(run).cases[0];
  REQUIRE(stats.time_s);
  CHECK(stats.time_s->min > 0);
  CHECK_FALSE(stats.cpu_median_s);
  CHECK(stats.outliers.size() == 9);
}

TEST_CASE("A case whose samples spread by more than a tenth is noisy") {
  record::Run run = two_series();
  for (size_t r = 0; r < 9; ++r)
    run.cases[6].samples[r].time_s *= 1 + 0.05 * static_cast<double>(r);
  CHECK(analyze(run).noisy_cases == std::vector<int>{6});
}

TEST_CASE("The largest fit belongs to the series of its first case") {
  record::Run run = two_series();
  run.largest_fits = {{0, 32768, 12}, {99, 1}};
  const Analysis analysis = analyze(run);
  CHECK(analysis.series[0].largest_fit == 32768);
  CHECK(analysis.series[0].largest_batch == 12);
  CHECK_FALSE(analysis.series[1].largest_fit);
}

TEST_CASE("The same run gives the same analysis") {
  const record::Run run = two_series();
  const Analysis a = analyze(run);
  const Analysis b = analyze(run);
  CHECK(a.series[0].time.time.fit->interval.low == b.series[0].time.time.fit->interval.low);
  CHECK(a.cases[7].speedup->interval->high == b.cases[7].speedup->interval->high);
}

}  // namespace
}  // namespace attnbench::analyze
