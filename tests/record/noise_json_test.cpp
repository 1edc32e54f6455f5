// Noise, counters, conditions and noise floors, to JSON and back.
#include "catch.h"
#include "record/json.h"
#include "sample_run.h"

using namespace attnbench;
using namespace attnbench::record;

TEST_CASE("Noise and counters of a sample are read back, and null means unknown") {
  Sample s{3, 0.5, 0.25, 7, 0.125};
  s.worker_s = 4.5;
  s.noise = {1.5, 12, 0.01, 0.02, 2445.5, 98.5, 0.875, 23.5};
  s.counters = {1000, 2000, {}};
  const Json j = to_json(s);
  CHECK(j["counters"]["llc_misses"].is_null());
  const Sample back = sample_from_json(j);
  CHECK(to_json(back) == j);
  CHECK(back.worker_s == 4.5);
  CHECK(back.noise.load_1min == 1.5);
  CHECK(back.noise.involuntary_switches == 12);
  CHECK(back.noise.steal_s == 0.01);
  CHECK(back.noise.cpu_pressure_s == 0.02);
  CHECK(back.noise.cpu_mhz == 2445.5);
  CHECK(back.noise.fma_gflops == 98.5);
  CHECK(back.noise.issue_share == 0.875);
  CHECK(back.noise.stream_gbs == 23.5);
  CHECK(back.counters.instructions == 2000);
  CHECK_FALSE(back.counters.llc_misses.has_value());
}

TEST_CASE("A sample without noise is accepted, and one with malformed noise is refused") {
  Json j = to_json(Sample{});
  for (const char* key : {"worker_s", "noise", "counters"}) j.erase(key);
  CHECK_FALSE(sample_from_json(j).noise.load_1min.has_value());
  j["noise"] = 3;
  CHECK_THROWS_AS(sample_from_json(j), RecordError);
}

TEST_CASE("The conditions of a run are read back") {
  Run run = test::sample_run();
  run.conditions = {"powersave", "off", "0-3", "never", 1.5, 1 << 30, "not permitted"};
  const Run back = run_from_text(run_to_text(run), "run.json");
  CHECK(back.conditions.governor == "powersave");
  CHECK(back.conditions.turbo == "off");
  CHECK(back.conditions.affinity == "0-3");
  CHECK(back.conditions.transparent_huge_pages == "never");
  CHECK(back.conditions.cgroup_cpus == 1.5);
  CHECK(back.conditions.cgroup_memory_bytes == 1 << 30);
  CHECK(back.conditions.counters == "not permitted");
}

TEST_CASE("A noise floor is read back, and one below 1 or of another schema is refused") {
  NoiseFloor floor{"a CPU", 2,  "host", "2024-01-01T00:00:00Z",        1.03,
                   {},      {}, {},     {{"full, n=1", 1, 2, 9, 1.03}}};
  const std::string text = noise_floor_to_text(floor);
  const NoiseFloor back = noise_floor_from_text(text, "noise.json");
  CHECK(noise_floor_to_text(back) == text);
  CHECK(back.floor == 1.03);
  REQUIRE(back.cases.size() == 1);
  CHECK(back.cases[0].samples == 9);
  for (const auto& [key, value] : {std::pair<const char*, Json>{"floor", 0.9},
                                   {"floor", nullptr},
                                   {"schema_version", 999},
                                   {"cases", 3}}) {
    Json j = Json::parse(text);
    j[key] = value;
    CHECK_THROWS_AS(noise_floor_from_text(j.dump(), "noise.json"), RecordError);
  }
}

TEST_CASE("Another schema version and a broken record are different errors") {
  Json j = Json::parse(run_to_text(test::sample_run()));
  j["schema_version"] = kSchemaVersion + 1;
  CHECK_THROWS_AS(run_from_text(j.dump(), "run.json"), SchemaError);
}
