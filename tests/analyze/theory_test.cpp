// Which sizes a theory is judged on, and the verdicts.
#include "analyze/theory.h"

#include <cmath>

#include "analyze/synthetic.h"
#include "catch.h"

namespace attnbench::analyze {
namespace {

const std::vector<int64_t> kSizes{128, 256, 512, 1024, 2048, 4096, 8192};

double linear(double n) {
  return 1e-6 * n;
}
double square(double n) {
  return 3e-9 * n * n;
}

std::vector<TimePoint> times_of(const Synthetic& data, const std::function<double(double)>& flops) {
  std::vector<TimePoint> points;
  for (size_t i = 0; i < data.seq_lens.size(); ++i)
    points.push_back({data.seq_lens[i], summarize(data.samples[i]), data.draws[i],
                      static_cast<int64_t>(flops(static_cast<double>(data.seq_lens[i])))});
  return points;
}

std::vector<MemoryPoint> memory_of(const std::function<double(double)>& workspace,
                                   const std::function<double(double)>& resident) {
  std::vector<MemoryPoint> points;
  for (const int64_t n : kSizes)
    points.push_back({n, static_cast<int64_t>(workspace(static_cast<double>(n))), 0,
                      static_cast<int64_t>(resident(static_cast<double>(n)))});
  return points;
}

TEST_CASE("Quadratic times bear out n^2 and refute n") {
  const Synthetic data(kSizes, square, 0.02);
  const auto flops = [](double n) { return 256 * n * n; };
  const TimeGrowth holds = judge_time(times_of(data, flops), {{2, 0}}, 1);
  CHECK(holds.judgement.verdict == Verdict::kHolds);
  CHECK(holds.judgement.expected_slope == Approx(2));
  CHECK(holds.time.seq_lens == kSizes);
  CHECK(holds.time.left_out.empty());
  const auto less = [](double n) { return 256 * n; };
  CHECK(judge_time(times_of(data, less), {{1, 0}}, 1).judgement.verdict == Verdict::kDoesNotHold);
}

TEST_CASE("Times that grow like their work but not as declared refute the theory") {
  // The declared theory and the counted work are both n^2, but the times grow faster.
  const Synthetic data(kSizes, [](double n) { return 1e-12 * n * n * n; });
  const auto flops = [](double n) { return 256 * n * n; };
  CHECK(judge_time(times_of(data, flops), {{2, 0}}, 1).judgement.verdict == Verdict::kDoesNotHold);
}

TEST_CASE("A window is judged from the size at which its counted work begins to grow as declared") {
  const auto pairs = [](double n) { return n <= 256 ? n * n : 256 * n - 128 * 256; };
  std::vector<int64_t> wide = kSizes;
  wide.push_back(16384);
  const Synthetic data(wide, [&](double n) { return 1e-9 * pairs(n); });
  const TimeGrowth growth = judge_time(times_of(data, pairs), {{1, 0}}, 1);
  CHECK(growth.judgement.verdict == Verdict::kHolds);
  CHECK(growth.time.seq_lens == std::vector<int64_t>{1024, 2048, 4096, 8192, 16384});
  REQUIRE(growth.time.left_out.size() == 1);
  CHECK(growth.time.left_out[0].seq_lens == std::vector<int64_t>{128, 256, 512});
  CHECK(growth.time.left_out[0].reason == "the counted work does not grow as declared yet");
}

TEST_CASE("A window wider than every length gets a slope and no verdict") {
  const Synthetic data(kSizes, square);
  const auto flops = [](double n) { return 256 * n * n; };
  const TimeGrowth growth = judge_time(times_of(data, flops), {{1, 0}}, 1);
  CHECK(growth.judgement.verdict == Verdict::kNone);
  CHECK(growth.judgement.reason ==
        "the counted work itself grows as declared at only 0 of these sizes, 5 are needed");
  REQUIRE(growth.time.fit);
  CHECK(growth.time.fit->slope == Approx(2));
}

TEST_CASE("A variant that does more work than is counted is judged at every size") {
  const Synthetic data(kSizes, square);
  const auto flops = [](double n) { return 256 * n; };
  const TimeGrowth growth = judge_time(times_of(data, flops), {{2, 0}}, 1);
  CHECK(growth.judgement.verdict == Verdict::kHolds);
  CHECK(growth.time.seq_lens == kSizes);
}

/// Below n = 12,288 the second term is the larger one.
const record::Growth kSum{{2, 0, 1.0 / 64, "far keys"}, {1, 0, 192, "near keys"}};

double sum(double n) {
  return n * n / 64 + 192 * n;
}

TEST_CASE("A sum of terms holds at sizes at which its leading power would be refuted") {
  const Synthetic data(
      kSizes, [](double n) { return 1e-9 * sum(n); }, 0.02);
  const auto uncounted = times_of(data, [](double) { return 0; });
  const TimeGrowth holds = judge_time(uncounted, {kSum}, 1);
  CHECK(holds.judgement.verdict == Verdict::kHolds);
  CHECK(holds.judgement.expected_slope == Approx(1.11).margin(0.02));
  CHECK(holds.time.seq_lens == kSizes);
  CHECK(judge_time(uncounted, {{2}}, 1).judgement.verdict == Verdict::kDoesNotHold);
}

TEST_CASE("Work that grows as the declared sum is in its regime at every size") {
  const Synthetic data(kSizes, [](double n) { return 1e-9 * sum(n); });
  const TimeGrowth growth = judge_time(times_of(data, sum), {kSum}, 1);
  CHECK(growth.judgement.verdict == Verdict::kHolds);
  CHECK(growth.time.left_out.empty());
  CHECK(judge_time(times_of(data, sum), {{2}}, 1).judgement.verdict == Verdict::kDoesNotHold);
}

TEST_CASE("Times that grow as the smaller term alone refute a sum beyond its crossing") {
  const Synthetic data({16384, 32768, 65536, 131072, 262144}, linear);
  const auto points = times_of(data, [](double) { return 0; });
  CHECK(judge_time(points, {kSum}, 1).judgement.verdict == Verdict::kDoesNotHold);
}

TEST_CASE("A workspace that is a sum of terms is judged by the sum") {
  const auto bytes = [](double n) { return 4 * n * std::log(n) + 65536; };
  const record::Growth declared{{1, 1, 4, "hashes"}, {0, 0, 65536, "buckets"}};
  CHECK(judge_memory(memory_of(bytes, bytes), declared, true, 1).judgement.verdict ==
        Verdict::kHolds);
  CHECK(judge_memory(memory_of(bytes, bytes), {1, 1}, true, 1).judgement.verdict ==
        Verdict::kDoesNotHold);
}

TEST_CASE("Four sizes give no verdict") {
  const Synthetic data({512, 1024, 2048, 4096}, square);
  const TimeGrowth growth = judge_time(times_of(data, [](double n) { return n * n; }), {{2, 0}}, 1);
  CHECK(growth.judgement.verdict == Verdict::kNone);
  CHECK(growth.judgement.reason == "only 4 usable sizes, 5 are needed");
  CHECK(growth.time.fit);
}

TEST_CASE("Zero and one size give no fit and no verdict") {
  const TimeGrowth none = judge_time({}, {{2, 0}}, 1);
  CHECK(none.judgement.reason == "only 0 usable sizes, 5 are needed");
  CHECK_FALSE(none.time.fit);
  const Synthetic data({512}, square);
  const TimeGrowth one = judge_time(times_of(data, [](double n) { return n * n; }), {{2, 0}}, 1);
  CHECK(one.judgement.reason == "only 1 usable size, 5 are needed");
  CHECK_FALSE(one.time.fit);
}

TEST_CASE("Times that starting the threads could explain are left out") {
  const Synthetic data(kSizes, linear);
  TimeTheory theory{{1, 0}};
  theory.threads = 2;
  theory.parallel_region_s = 10e-6;  // 20 of these regions take as long as n = 200 does.
  const TimeGrowth growth = judge_time(times_of(data, [](double n) { return n; }), theory, 1);
  REQUIRE(growth.time.left_out.size() == 1);
  CHECK(growth.time.left_out[0].seq_lens == std::vector<int64_t>{128});
  CHECK(growth.time.left_out[0].reason ==
        "under 20 times the 10.0 µs that it costs to start 2 threads");
  CHECK(growth.judgement.verdict == Verdict::kHolds);
}

TEST_CASE("A size whose median has a very wide interval is left out") {
  const Synthetic data(kSizes, linear);
  auto points = times_of(data, [](double n) { return n; });
  points[3].time_s.interval =
      Interval{0.7 * points[3].time_s.median, 1.3 * points[3].time_s.median};
  const TimeGrowth growth = judge_time(points, {{1, 0}}, 1);
  REQUIRE(growth.time.left_out.size() == 1);
  CHECK(growth.time.left_out[0].seq_lens == std::vector<int64_t>{1024});
  CHECK(growth.time.left_out[0].reason == "noise: the median is known to no better than 25 %");
}

TEST_CASE("A fixed q_len gets a slope and no verdict") {
  const Synthetic data(kSizes, linear);
  TimeTheory theory{{2, 0}};
  theory.q_len_follows = false;
  const TimeGrowth growth = judge_time(times_of(data, [](double n) { return n; }), theory, 1);
  CHECK(growth.judgement.verdict == Verdict::kNone);
  CHECK(growth.judgement.reason == "it is declared for q_len = seq_len, and q_len is fixed here");
  REQUIRE(growth.time.fit);
  CHECK(growth.time.fit->slope == Approx(1));
}

TEST_CASE("Quadratic workspace bears out n^2, and peaks below the noise are not fitted") {
  const auto bytes = [](double n) { return 32 * n * n; };
  const MemoryGrowth growth = judge_memory(memory_of(bytes, bytes), {2, 0}, true, 1);
  CHECK(growth.judgement.verdict == Verdict::kHolds);
  CHECK(growth.workspace.fit->slope == Approx(2));
  CHECK(growth.resident_peak.fit->slope == Approx(2));
  REQUIRE(growth.resident_peak.left_out.size() == 1);
  CHECK(growth.resident_peak.left_out[0].seq_lens == std::vector<int64_t>{128});
  CHECK(growth.resident_peak.left_out[0].reason == "below 1 MiB");
  CHECK_FALSE(growth.heap_peak.fit);
}

TEST_CASE("A workspace that is too large to count is not used to judge growth") {
  const auto bytes = [](double n) { return 32 * n * n; };
  auto points = memory_of(bytes, bytes);
  points.back().workspace_bytes = std::numeric_limits<int64_t>::max();
  const MemoryGrowth growth = judge_memory(points, {2, 0}, true, 1);
  CHECK(growth.workspace.fit->slope == Approx(2));
  REQUIRE(growth.workspace.left_out.size() == 1);
  CHECK(growth.workspace.left_out[0].seq_lens == std::vector<int64_t>{kSizes[kSizes.size() - 1]});
  CHECK(growth.workspace.left_out[0].reason == "larger than can be counted");
}

TEST_CASE("No workspace and constant workspace bear out n^0") {
  for (const double constant : {0.0, 65536.0}) {
    const auto bytes = [&](double) { return constant; };
    const MemoryGrowth growth = judge_memory(memory_of(bytes, bytes), {0, 0}, true, 1);
    CHECK(growth.judgement.verdict == Verdict::kHolds);
    CHECK(growth.judgement.reason.empty());
    CHECK(growth.workspace.fit->slope == 0);
  }
}

TEST_CASE("Workspace that becomes constant is judged from the size at which it does") {
  const auto bytes = [](double n) { return std::min(n, 512.0) * 4096; };
  const MemoryGrowth growth = judge_memory(memory_of(bytes, bytes), {0, 0}, true, 1);
  CHECK(growth.judgement.verdict == Verdict::kHolds);
  CHECK(growth.workspace.seq_lens == std::vector<int64_t>{512, 1024, 2048, 4096, 8192});
  REQUIRE(growth.workspace.left_out.size() == 1);
  CHECK(growth.workspace.left_out[0].reason == "before the growth settles");
}

TEST_CASE("Workspace that grows refutes n^0") {
  const auto bytes = [](double n) { return 4096 * n; };
  const MemoryGrowth growth = judge_memory(memory_of(bytes, bytes), {0, 0}, true, 1);
  CHECK(growth.judgement.verdict == Verdict::kDoesNotHold);
}

TEST_CASE("A resident peak that grows faster than declared contradicts the workspace") {
  const auto hidden = [](double n) { return 64 * n * n; };
  const MemoryGrowth growth =
      judge_memory(memory_of([](double) { return 4096.0; }, hidden), {0, 0}, true, 1);
  CHECK(growth.judgement.verdict == Verdict::kDoesNotHold);
  CHECK(growth.judgement.reason ==
        "the workspace grows as declared, but the resident peak grows faster");
}

/// A training series with such numbers at each size.
std::vector<MemoryPoint> trained(const std::function<double(double)>& workspace,
                                 const std::function<double(double)>& saved,
                                 const std::function<double(double)>& resident) {
  std::vector<MemoryPoint> points = memory_of(workspace, resident);
  for (MemoryPoint& p : points)
    p.saved_bytes = static_cast<int64_t>(saved(static_cast<double>(p.seq_len)));
  return points;
}

TEST_CASE("In training the theory is about what is saved, and the workspace is fitted beside it") {
  const auto constant = [](double) { return 4096.0; };
  const auto line = [](double n) { return 65536 * n; };
  const auto squares = [](double n) { return 32 * n * n; };
  const MemoryGrowth full = judge_memory(trained(line, squares, squares), {2, 0}, true, 1);
  CHECK(full.judgement.verdict == Verdict::kHolds);
  CHECK(full.saved.fit->slope == Approx(2));
  CHECK(full.workspace.fit->slope == Approx(1));
  const MemoryGrowth blocked = judge_memory(trained(squares, line, line), {1, 0}, true, 1);
  CHECK(blocked.judgement.verdict == Verdict::kHolds);
  CHECK(blocked.saved.fit->slope == Approx(1));
  CHECK(judge_memory(trained(constant, squares, line), {1, 0}, true, 1).judgement.verdict ==
        Verdict::kDoesNotHold);
  CHECK(judge_memory(memory_of(squares, squares), {2, 0}, true, 1).saved.seq_lens.empty());
}

TEST_CASE("What settles in saved bytes leaves out no size of the workspace") {
  const auto settles = [](double n) { return std::min(n, 512.0) * 4096; };
  const auto line = [](double n) { return 4096 * n; };
  const MemoryGrowth growth = judge_memory(trained(settles, settles, line), {0, 0}, true, 1);
  CHECK(growth.saved.seq_lens == std::vector<int64_t>{512, 1024, 2048, 4096, 8192});
  CHECK(growth.workspace.seq_lens == kSizes);
}

TEST_CASE("In training a peak may grow as the workspace does, but no faster") {
  const auto line = [](double n) { return 4096 * n; };
  const auto squares = [](double n) { return 64 * n * n; };
  CHECK(judge_memory(trained(squares, line, squares), {1, 0}, true, 1).judgement.verdict ==
        Verdict::kHolds);
  const MemoryGrowth hidden = judge_memory(trained(line, line, squares), {1, 0}, true, 1);
  CHECK(hidden.judgement.verdict == Verdict::kDoesNotHold);
  CHECK(hidden.judgement.reason ==
        "what is saved for backward grows as declared, but the resident peak grows faster than "
        "that and than the workspace");
}

TEST_CASE("A resident peak that grows slower than declared contradicts nothing") {
  const MemoryGrowth growth = judge_memory(
      memory_of([](double n) { return 64 * n * n; }, [](double n) { return 65536 * n; }), {2, 0},
      true, 1);
  CHECK(growth.judgement.verdict == Verdict::kHolds);
}

}  // namespace
}  // namespace attnbench::analyze
