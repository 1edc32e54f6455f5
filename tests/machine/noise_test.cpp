// What the kernel tells about noise, and what a NoiseWatch makes of it.
#include "machine/noise.h"

#include <chrono>
#include <thread>

#include "catch.h"
#include "machine/counters.h"
#include "machine/machine.h"

namespace attnbench::machine {
namespace {

TEST_CASE("Steal is the eighth number in the line of all CPUs, in ticks") {
  const char* stat =
      "cpu  578644 40073 66182 330638 939 0 164 7715 0 0\ncpu0 1 2 3 4 5 6 7 8 9 10\n";
  CHECK(steal_seconds(stat, 100) == 77.15);
  CHECK_FALSE(steal_seconds("cpu  1 2 3 4 5 6 7\ncpu0 1 2 3 4 5 6 7 8\n", 100).has_value());
  CHECK_FALSE(steal_seconds("", 100).has_value());
  CHECK_FALSE(steal_seconds("intr 1 2 3 4 5 6 7 8 9", 100).has_value());
}

TEST_CASE("Pressure is the total of the line called some") {
  CHECK(pressure_seconds("some avg10=55.98 avg60=21.60 avg300=47.57 total=2976241953\n"
                         "full avg10=0.00 avg60=0.00 avg300=0.00 total=7\n") == 2976.241953);
  CHECK_FALSE(pressure_seconds("full avg10=0 avg60=0 avg300=0 total=7\n").has_value());
  CHECK_FALSE(pressure_seconds("").has_value());
}

TEST_CASE("The clock is the highest of all CPUs") {
  CHECK(highest_mhz("cpu MHz\t\t: 2445.430\nbogomips : 9\ncpu MHz\t\t: 3100.5\n") == 3100.5);
  CHECK_FALSE(highest_mhz("processor : 0\n").has_value());
}

TEST_CASE("A watch counts from its construction on") {
  const NoiseWatch watch;
  std::this_thread::sleep_for(std::chrono::milliseconds(1));
  const record::Noise noise = watch.so_far();
  REQUIRE(noise.involuntary_switches.has_value());
  CHECK(*noise.involuntary_switches >= 0);
  CHECK(*noise.involuntary_switches < 1000);
  CHECK(noise.steal_s.value_or(0) >= 0);
  CHECK(noise.steal_s.value_or(0) < 60);
  CHECK(noise.cpu_pressure_s.value_or(0) < 60);
  CHECK(noise.cpu_mhz.value_or(1) > 0);
}

TEST_CASE("Hardware counters count instructions, or say why they cannot") {
  HardwareCounters counters;
  counters.start();
  volatile int64_t sum = 0;
  for (int i = 0; i < 100'000; ++i) sum = sum + i;
  const record::Counters counted = counters.since_start();
  if (counted.instructions) CHECK(*counted.instructions > 100'000);
  const bool all = counted.cycles && counted.instructions && counted.llc_misses;
  CHECK((counters.status() == "available") == all);
  CHECK_FALSE(counters.status().empty());
}

TEST_CASE("Each condition of this machine has a value, even if it is unknown") {
  const record::Conditions c = read_conditions();
  for (const std::string& word :
       {c.governor, c.turbo, c.affinity, c.transparent_huge_pages, c.counters})
    CHECK_FALSE(word.empty());
  CHECK(c.affinity != "unknown");
}

}  // namespace
}  // namespace attnbench::machine
