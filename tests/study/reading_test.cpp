// Single numbers of a case: which samples they are of, and why one is missing.
#include <catch2/catch.hpp>
#include <limits>

#include "claims_on_runs.h"

namespace attnbench::study {
namespace {

using record::CaseRecord;

Evidence value_of(const std::string& quantity, const MadeUp& run) {
  return found(claim(Measure::kValue, quantity, pick("full")), run);
}

MadeUp full(const std::function<void(CaseRecord&)>& change, int rounds = 9) {
  return MadeUp().add("full", kLengths, squared, change, rounds);
}

TEST_CASE("CPU time and the first call are medians of their own samples, with an interval") {
  const MadeUp run = full([](CaseRecord& c) {
    for (record::Sample& s : c.samples) {
      s.cpu_s = 2 * s.time_s;
      s.first_call_s = 3 * s.time_s;
    }
  });
  const double time = *value_of("time", run).value;
  const Evidence cpu = value_of("cpu_median_s", run);
  CHECK(*cpu.value == Approx(2 * time));
  REQUIRE(cpu.interval);
  CHECK(cpu.interval->low > 1.9 * time);
  const Evidence first = value_of("first_call_median_s", run);
  CHECK(*first.value == Approx(3 * time));
  CHECK(first.interval);
}

TEST_CASE("A sample without a usable time counts for no other time, either") {
  const MadeUp run = full([](CaseRecord& c) { c.samples[0].time_s = 0; }, 6);
  CHECK(value_of("cpu_median_s", run).reason == "too few rounds for an interval (6 are needed)");
}

TEST_CASE("The resident peak was observed once: a value has no interval, and a growth has one") {
  const MadeUp run = full([](CaseRecord& c) {
    c.memory.resident_peak_bytes = 64 * c.plan.seq_len() * c.plan.seq_len();
  });
  const Evidence value = value_of("resident_peak_bytes", run);
  CHECK(*value.value == 64.0 * 4096 * 4096);
  CHECK(value.reason == "it was observed once, which does not tell how far chance moves it");
  const Evidence growth = found(claim(Measure::kGrowth, "resident_peak_bytes", pick("full")), run);
  CHECK(*growth.value == Approx(2));
  CHECK(growth.reason.empty());
}

TEST_CASE("Work that a variant does not count is no 0") {
  const Evidence e = value_of("flops", full([](CaseRecord& c) { c.plan.flops = 0; }));
  CHECK_FALSE(e.value);
  CHECK(e.reason == "they are not counted for this variant");
}

TEST_CASE("Bytes beyond what can be counted are known to be at least so many") {
  const Evidence e = value_of("workspace_bytes", full([](CaseRecord& c) {
                                c.plan.workspace_bytes = std::numeric_limits<int64_t>::max();
                              }));
  REQUIRE(e.interval);
  CHECK(e.interval->low == 0x1p63);
  CHECK(std::isinf(e.interval->high));
}

}  // namespace
}  // namespace attnbench::study
