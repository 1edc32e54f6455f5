// Records to JSON and back, and damaged files.
#include "record/json.h"

#include <cmath>
#include <limits>

#include "catch.h"
#include "record/sanity.h"
#include "sample_run.h"

using namespace attnbench;
using namespace attnbench::record;

namespace {

/// The error with which the reader refuses the text; fails if it accepts it.
std::string refusal(const std::string& text) {
  try {
    run_from_text(text, "run.json");
  } catch (const RecordError& e) {
    return e.what();
  }
  FAIL("read without complaint: " << text.substr(0, 200));
  return {};
}

/// The error for the sample run with another value at one place, a JSON pointer.
std::string refusal_of(const std::string& place, const Json& value) {
  Json j = Json::parse(run_to_text(test::sample_run()));
  j[Json::json_pointer(place)] = value;
  return refusal(j.dump());
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("A run is the same after writing, reading and writing again") {
  const std::string text = run_to_text(test::sample_run());
  CHECK(text.back() == '\n');
  CHECK(run_to_text(run_from_text(text, "run.json")) == text);
}

TEST_CASE(
    "What inputs are like is read back, and a record that does not say it has no such member") {
  Run run = test::sample_run();
  const Run back = run_from_text(run_to_text(run), "run.json");
  REQUIRE(back.input_statistics.size() == 1);
  const InputStatistics& s = back.input_statistics[0];
  CHECK(s.case_id == 1);
  CHECK(s.rows == 64);
  CHECK(s.first_query == 512);
  CHECK(s.keys == 768.5);
  CHECK(s.entropy == 4.5);
  CHECK(s.effective_keys == 90);
  CHECK(s.effective_share == 0.12);
  CHECK(s.first_key_mass == 0.4);
  CHECK(s.first_key_mass_least == 0.1);
  CHECK(s.first_key_mass_most == 0.7);
  REQUIRE(s.top.size() == 2);
  CHECK(s.top[1].share == 0.2);
  CHECK(s.top[1].mass == 0.9);
  REQUIRE(s.near.size() == 2);
  CHECK(s.near[1].keys == 4);
  CHECK(s.near[1].mass == 0.03);
  CHECK(s.key_mean == 0.75);
  CHECK_FALSE(s.first_key_norm.has_value());
  CHECK(to_json(input_statistics_from_json(to_json(s))) == to_json(s));
  run.input_statistics.clear();
  CHECK_FALSE(Json::parse(run_to_text(run)).contains("input_statistics"));
}

TEST_CASE("A record whose statistics of inputs are of no case, or no parts of 1, is refused") {
  CHECK(has(refusal_of("/input_statistics/0/case", 2), "/input_statistics/0/case"));
  CHECK(has(refusal_of("/input_statistics/0/rows", 0), "/input_statistics/0/rows"));
  CHECK(has(refusal_of("/input_statistics/0/top/0/mass", 1.5), "/input_statistics/0/top"));
  CHECK(has(refusal_of("/input_statistics/0/near", 7), "/input_statistics/0/near"));
  CHECK(has(refusal_of("/input_statistics/0/first_key_mass", nullptr), "/first_key_mass"));
}

TEST_CASE("Statistics of inputs hold for each case with the same problem and inputs") {
  Run run = test::sample_run();
  run.cases[0].plan.problem.kv_len += 1;
  CHECK(input_statistics_of(run, run.cases[0].plan) == nullptr);
  Case other = run.cases[1].plan;
  other.variant = "another";
  other.threads += 1;
  CHECK(input_statistics_of(run, other) == &run.input_statistics[0]);
  other.inputs = "model_like";
  CHECK(input_statistics_of(run, other) == nullptr);
}

TEST_CASE("A record from before plugins is read and has none") {
  Json old = Json::parse(run_to_text(test::sample_run()));
  REQUIRE(old.erase("plugins") == 1);
  CHECK(run_from_text(old.dump(), "run.json").plugins.empty());
}

TEST_CASE("A record names the sweep that measured another run in the same rounds, if one did") {
  Run run = test::sample_run();
  CHECK_FALSE(Json::parse(run_to_text(run)).contains("interleaved"));
  CHECK(run_from_text(run_to_text(run), "run.json").interleaved.empty());
  run.interleaved = "2026-01-31T09:30:00Z on host, process 7";
  CHECK(run_from_text(run_to_text(run), "run.json").interleaved == run.interleaved);
  CHECK(has(refusal_of("/interleaved", 7), "/interleaved: expected a string"));
}

TEST_CASE("Every fact of a run is read back as it was written") {
  const Run run = run_from_text(run_to_text(test::sample_run()), "run.json");
  CHECK(run.seed == UINT64_MAX);
  CHECK(run.description == "a\tb");
  CHECK(run.interrupted == "SIGINT");
  CHECK(run.memory_limit_bytes == int64_t{1} << 40);
  CHECK(Json::parse(run.config_json) == Json::parse(test::sample_run().config_json));
  CHECK(run.machine.l3_bytes == 1 << 25);
  CHECK(run.build.git_commit == "abc+dirty");
  CHECK(run.build.build_id == "b1d");
  REQUIRE(run.plugins.size() == 1);
  CHECK(run.plugins[0].path == "/home/me/libmine.so");
  CHECK(run.plugins[0].sha256 == "abc123");
  CHECK(run.plugins[0].compiler == "Clang 14");
  CHECK(run.plugins[0].flags == "-O2");
  CHECK(run.plugins[0].build_type == "Release");
  CHECK(run.shard == 2);
  CHECK(run.shards == 3);
  CHECK(run.conditions.affinity == "0-1");
  CHECK(run.conditions.cgroup_cpus == 1.5);
  CHECK(run.conditions.counters == "not permitted");
  CHECK(run.environment.at("OMP_PROC_BIND") == "true");
  REQUIRE(run.ceilings.size() == 2);
  CHECK(run.ceilings[1].parallel_region_s == 2e-6);
  REQUIRE(run.largest_fits.size() == 2);
  CHECK(run.largest_fits[0].seq_len == 4096);
  REQUIRE(run.patterns.size() == 1);
  CHECK(run.patterns[0].case_id == 1);
  CHECK(run.patterns[0].cells == test::sample_run().patterns[0].cells);
  CHECK(run.sentence.tokens == test::sample_run().sentence.tokens);
  REQUIRE(run.sentence.views.size() == 1);
  CHECK(run.sentence.views[0].case_id == 1);
  CHECK(run.sentence.views[0].visible == "1011");
  REQUIRE(run.cases.size() == 2);

  const CaseRecord& full = run.cases[0];
  REQUIRE(full.check.has_value());
  CHECK(full.check->worst_error == 1.5e-7);
  REQUIRE(full.quality.has_value());
  CHECK(full.quality->rows == 64);
  CHECK(full.quality->relative_error == 0.5);
  CHECK(full.quality->worst_head_error == 0.75);
  CHECK(full.quality->worst_head == 2);
  CHECK(full.quality->cosine == 0.875);
  CHECK(full.quality->mass_recall == 0.25);
  CHECK(full.quality->untrained);
  CHECK(full.quality->reason.empty());
  CHECK(full.memory.heap_peak_bytes == 123);
  CHECK(full.memory.resident_peak_bytes == 456);
  REQUIRE(full.samples.size() == 2);
  CHECK(full.samples[1].time_s == 1.0 / 3);
  CHECK(full.samples[1].cpu_s == 5e-324);
  CHECK(full.samples[1].iterations == 7);
  CHECK(full.iterations == 10);
  CHECK(full.samples[0].worker_s == 1.25);
  CHECK(full.samples[0].noise.involuntary_switches == 17);
  CHECK(full.samples[0].noise.cpu_mhz == 2400.5);
  CHECK(full.samples[0].counters.cycles == 1'000'000'000'000);
  CHECK_FALSE(full.samples[1].worker_s.has_value());
  CHECK_FALSE(full.samples[1].counters.llc_misses.has_value());
  CHECK_FALSE(run.cases[1].check.has_value());
  REQUIRE(run.cases[1].quality.has_value());
  CHECK(run.cases[1].quality->reason == "it sees one document only");
  CHECK_FALSE(run.cases[1].quality->relative_error.has_value());
  CHECK_FALSE(run.cases[1].quality->mass_recall.has_value());
  CHECK_FALSE(run.cases[1].quality->untrained);
  CHECK_FALSE(run.cases[1].memory.heap_peak_bytes.has_value());
  CHECK(run.cases[1].memory.resident_peak_reason == "no /proc");
}

TEST_CASE("Every fact of a case is read back, and its params keep their order") {
  const Case c = case_from_json(to_json(test::sample_case(4)));
  CHECK(c.id == 4);
  CHECK(c.label == test::sample_case(4).label);
  CHECK(c.params == test::sample_case(4).params);
  CHECK(c.problem.batch == 2);
  CHECK(c.problem.heads == 8);
  CHECK(c.problem.kv_heads == 4);
  CHECK(c.problem.q_len == 100);
  CHECK(c.problem.kv_len == 300);
  CHECK(c.problem.head_dim == 80);
  CHECK(c.problem.causal);
  CHECK(c.problem.scale == 0.1);
  CHECK(c.problem.softcap == 50);
  CHECK(c.problem.alibi);
  CHECK_FALSE(c.q_len_follows);
  CHECK(c.threads == 3);
  CHECK(c.flops == INT64_MAX - 1);
  CHECK(c.memory_bytes() == Count(12 + 13 + 14));
  CHECK(c.theory.time.leading().log_power == 0.5);
  CHECK(c.theory.memory.leading().power == 2);
  CHECK(c.outcome == Outcome::kInvalid);
  CHECK(c.reason == "head 3 is wrong");
}

TEST_CASE("A case names its saturated counts, and only these") {
  Case c = test::sample_case(4);
  CHECK_FALSE(to_json(c).contains("saturated"));
  c.flops = c.workspace_bytes = INT64_MAX;
  CHECK(to_json(c)["saturated"] == Json{"flops", "workspace_bytes"});
  CHECK(c.memory_bytes().saturated());
  CHECK(case_from_json(to_json(c)).flops == INT64_MAX);
  Run run = test::sample_run();
  run.cases[0].plan = c;
  run.cases[0].plan.id = 0;
  CHECK(Json::parse(run_to_text(run))["cases"][0]["saturated"] == Json{"flops", "workspace_bytes"});
}

TEST_CASE("Each kind of fact that a journal holds is read back") {
  const Run run = test::sample_run();
  for (const Sample& sample : run.cases[0].samples)
    CHECK(to_json(sample_from_json(to_json(sample))) == to_json(sample));
  CHECK(to_json(check_from_json(to_json(*run.cases[0].check))) == to_json(*run.cases[0].check));
  for (const CaseRecord& c : run.cases)
    CHECK(to_json(quality_from_json(to_json(*c.quality))) == to_json(*c.quality));
  CHECK(to_json(memory_from_json(to_json(run.cases[1].memory))) == to_json(run.cases[1].memory));
  CHECK(to_json(machine_from_json(to_json(run.machine))) == to_json(run.machine));
  CHECK(to_json(build_from_json(to_json(run.build))) == to_json(run.build));
  CHECK(to_json(ceiling_from_json(to_json(run.ceilings[0]))) == to_json(run.ceilings[0]));
}

TEST_CASE("A noise floor is the same after writing, reading and writing again") {
  const NoiseFloor floor{"A CPU",
                         2,
                         "host",
                         "2024-05-06T07:08:09Z",
                         1.03,
                         0.02,
                         5,
                         60.0,
                         {{"full n=512", 0.5, 0.25, 9, 1.02}, {"window", 1, 2, 8, 1.03}}};
  const std::string text = noise_floor_to_text(floor);
  const NoiseFloor back = noise_floor_from_text(text, "noise.json");
  CHECK(noise_floor_to_text(back) == text);
  CHECK(back.hostname == "host");
  CHECK(back.floor == 1.03);
  REQUIRE(back.cases.size() == 2);
  CHECK(back.cases[0].median_b_s == 0.25);
  CHECK_THROWS_AS(noise_floor_from_text("{}", "noise.json"), RecordError);
}

TEST_CASE("NaN and infinity are written as null and come back as NaN") {
  Run run = test::sample_run();
  run.cases[0].samples[0].time_s = std::numeric_limits<double>::infinity();
  run.cases[0].samples[0].cpu_s = std::numeric_limits<double>::quiet_NaN();
  run.cases[0].check->worst_error = -std::numeric_limits<double>::infinity();
  run.ceilings[0].stream_gbs = std::numeric_limits<double>::quiet_NaN();
  CHECK(to_json(run.cases[0].samples[0])["time_s"].is_null());
  const std::string text = run_to_text(run);
  for (const char* word : {"nan", "NaN", "inf", "Inf"}) CHECK_FALSE(has(text, word));
  const Run back = run_from_text(text, "run.json");
  CHECK(std::isnan(back.cases[0].samples[0].time_s));
  CHECK(std::isnan(back.cases[0].samples[0].cpu_s));
  CHECK(std::isnan(back.cases[0].check->worst_error));
  CHECK(std::isnan(back.ceilings[0].stream_gbs));
  CHECK(back.cases[0].samples[0].first_call_s == 0.3);
}

TEST_CASE("A run with text that is not UTF-8 can be written") {
  Run run = test::sample_run();
  run.cases[0].plan.reason = "printed \xFF\xFE";
  CHECK(has(run_from_text(run_to_text(run), "run.json").cases[0].plan.reason, "printed "));
}

TEST_CASE("A record of another schema version is refused, and the error names both versions") {
  CHECK(refusal_of("/schema_version", 2) ==
        "run.json: /schema_version: this program reads version 1, the file is version 2");
  CHECK(has(refusal_of("/schema_version", "1"), "/schema_version: expected an integer"));
}

TEST_CASE("A truncated record is refused wherever it was cut") {
  const std::string text = run_to_text(test::sample_run());
  for (size_t size = 0; size + 2 < text.size(); size += 97)
    CHECK(has(refusal(text.substr(0, size)), "run.json: not JSON"));
}

TEST_CASE("Text that is not a record is refused") {
  for (const char* text : {"", "{", "nul", "{} {}", "\xFF", "{\"a\":1e400}"})
    CHECK(has(refusal(text), "run.json: not JSON"));
  for (const char* text : {"[]", "null", "3", "\"run\""})
    CHECK(has(refusal(text), "expected an object"));
  CHECK(refusal("{}") == "run.json: /schema_version: missing");
}

TEST_CASE("A missing field is refused with its place") {
  for (const char* place : {"/name", "/machine", "/machine/cpu", "/cases", "/cases/1/kv_len",
                            "/cases/0/theory/memory/log_power", "/ceilings/0/stream_gbs",
                            "/cases/0/memory/heap_peak_bytes", "/cases/1/memory"}) {
    Json j = Json::parse(run_to_text(test::sample_run()));
    const Json::json_pointer at(place);
    j[at.parent_pointer()].erase(at.back());
    CHECK(refusal(j.dump()) == std::string("run.json: ") + place + ": missing");
  }
}

TEST_CASE("The OpenMP variables of an older record are read as its environment") {
  Json j = Json::parse(run_to_text(test::sample_run()));
  j["openmp_settings"] = {{"OMP_PROC_BIND", "close"}};
  j.erase("environment");
  CHECK(run_from_text(j.dump(), "run.json").environment ==
        std::map<std::string, std::string>{{"OMP_PROC_BIND", "close"}});
}

TEST_CASE("A value of the wrong type or out of range is refused with its place") {
  const auto refused = [](const char* place, const Json& value) {
    const std::string text = refusal_of(place, value);
    INFO(text);
    CHECK(has(text, std::string("run.json: ") + place + ": expected "));
  };
  refused("/name", 3);
  refused("/seed", -1);
  refused("/seed", 1.5);
  refused("/rounds", int64_t{1} << 40);
  refused("/machine", Json::array());
  refused("/cases", Json::object());
  refused("/environment", Json{{"OMP_NUM_THREADS", 2}});
  refused("/ceilings/1/fma_gflops", "fast");
  refused("/cases/0/causal", 1);
  refused("/cases/0/alibi", 1);
  refused("/cases/0/scale", "1");
  refused("/cases/0/outcome", "fine");
  refused("/cases/0/kv_len", 512.5);
  refused("/cases/0/kv_len", UINT64_MAX);
  refused("/cases/0/params", Json{{"left", "64"}});
  refused("/cases/0/check", true);
  refused("/cases/0/samples", nullptr);
  CHECK(has(refusal_of("/cases/0/samples/0", 1), "/samples/0: expected an object"));
  CHECK(has(refusal_of("/cases/0/samples/1/round", nullptr),
            "/cases/0/samples/1/round: expected an int"));
}

TEST_CASE("A distance from full attention that cannot be is refused with its place") {
  const auto refused = [](const std::string& field, const Json& value) {
    const std::string text = refusal_of("/cases/0/quality/" + field, value);
    INFO(text);
    CHECK(has(text, "run.json: /cases/0/quality/" + field + ": "));
  };
  refused("rows", -1);
  for (const char* name : {"relative_error", "worst_head_error", "cosine", "mass_recall"}) {
    refused(name, "NaN");
    refused(name, -1.5);
  }
  refused("relative_error", nullptr);  // NaN is written as null.
  refused("cosine", 1.5);
  refused("mass_recall", 1.0000001);
  refused("worst_head", -1);
  refused("worst_head", 8);
  refused("untrained", 1);
  CHECK(
      has(refusal_of("/cases/1/quality/reason", ""), "/cases/1/quality/relative_error: expected"));
  CHECK(has(refusal_of("/cases/1/quality/relative_error", 0.5), "/cases/1/quality/relative_error"));

  Run run = test::sample_run();
  for (const double never : {std::numeric_limits<double>::quiet_NaN(), HUGE_VAL}) {
    run.cases[0].quality->mass_recall = never;
    CHECK_THROWS_AS(require_sane(run), RecordError);
  }
}

TEST_CASE("A record from before distances is read, and its cases have none") {
  Json j = Json::parse(run_to_text(test::sample_run()));
  REQUIRE(j["cases"][0].erase("quality") == 1);
  CHECK_FALSE(run_from_text(j.dump(), "run.json").cases[0].quality.has_value());
}

TEST_CASE("A record from before score modifiers is read, and its cases have none") {
  Json j = to_json(test::sample_case(4));
  for (const char* name : {"scale", "softcap", "alibi"}) REQUIRE(j.erase(name) == 1);
  const Problem p = case_from_json(j).problem;
  CHECK(p.scale == 0);
  CHECK(p.softcap == 0);
  CHECK_FALSE(p.alibi);
  CHECK(p.head_dim == 80);
}

TEST_CASE("Ids that are not positions, and largest fits of unknown cases, are refused") {
  CHECK(has(refusal_of("/cases/1/id", 0), "/cases: expected ids that are positions"));
  for (const int series : {-1, 2})
    CHECK(
        has(refusal_of("/largest_fits/0/series", series), "/largest_fits: expected ids of cases"));
}

TEST_CASE("Largest lengths and batches that no search finds are refused") {
  CHECK(has(refusal_of("/largest_fits/0/seq_len", -1), "/largest_fits/0/seq_len: -1"));
  CHECK(has(refusal_of("/largest_fits/0/seq_len", kMaxLength + 1), "/largest_fits/0/seq_len: "));
  CHECK(has(refusal_of("/largest_fits/1/batch", -1), "/largest_fits/1/batch: -1, expected 0 to"));
  CHECK(has(refusal_of("/largest_fits/1/batch", kMaxBatch + 1), "/largest_fits/1/batch: "));
}

TEST_CASE("A record from before patterns is read") {
  Json j = Json::parse(run_to_text(test::sample_run()));
  j.erase("patterns");
  j.erase("sentence");
  const Run run = run_from_text(j.dump(), "run.json");
  CHECK(run.patterns.empty());
  CHECK(run.sentence.tokens.empty());
}

TEST_CASE(
    "The params that were scaled down to the sentence are kept, and left out if there are none") {
  Run run = test::sample_run();
  CHECK_FALSE(Json::parse(run_to_text(run))["sentence"]["views"][0].contains("drawn_params"));
  run.cases[1].plan.params = {{"left", 256}};
  run.sentence.views[0].drawn_params = {{"left", 4}};
  const std::string text = run_to_text(run);
  CHECK(run_from_text(text, "run.json").sentence.views[0].drawn_params ==
        run.sentence.views[0].drawn_params);
  Json j = Json::parse(text);
  j["sentence"]["views"][0]["drawn_params"] = {{"right", 4}};
  CHECK(has(refusal(j.dump()), "/sentence/views/0/drawn_params/right: no param of the case"));
  j["sentence"]["views"][0]["drawn_params"] = {{"left", "4"}};
  CHECK(has(refusal(j.dump()), "/sentence/views/0/drawn_params: expected an integer"));
}

TEST_CASE("Impossible patterns and sentences are refused, with their place") {
  const auto refused = [](const char* place, const Json& value, const char* why) {
    const std::string text = refusal_of(place, value);
    INFO(text);
    CHECK(has(text, std::string("run.json: ") + why));
  };
  refused("/patterns/0/case", 2, "/patterns/0/case: 2, expected 0 to 1");
  refused("/patterns/0/case", -1, "/patterns/0/case: -1, expected 0 to 1");
  refused("/patterns/0/cells", "1x4095", "/patterns/0/cells: not as many");
  refused("/patterns/0/cells", "1x5000", "/patterns/0/cells: expected counts");
  refused("/patterns/0/cells", 7, "/patterns/0/cells: expected counts");
  // The first cell holds 1 x 4 pairs.
  refused("/patterns/0/cells", "5 1x4095", "/patterns/0/cells: more pairs");
  refused("/patterns", 3, "/patterns: expected a list");
  refused("/sentence/views/0/case", 5, "/sentence/views/0/case: 5, expected");
  refused("/sentence/views/0/visible", "101", "/sentence/views/0/visible: no 0 or 1");
  refused("/sentence/views/0/visible", "1012", "/sentence/views/0/visible: no 0 or 1");
  refused("/sentence/tokens/0", 3, "/sentence/tokens: expected a list of strings");
  refused("/sentence/tokens", Json(std::vector<std::string>(65, "a")), "/sentence/tokens: more");
}

TEST_CASE("The reader refuses lengths whose cells would overflow") {
  Json j = Json::parse(run_to_text(test::sample_run()));
  j["cases"][1]["q_len"] = j["cases"][1]["kv_len"] = int64_t{1} << 40;
  j["patterns"][0]["cells"] = "9223372036854775807x4096";
  CHECK(has(refusal(j.dump()), "/patterns/0/cells: more pairs"));
  j["cases"][1]["q_len"] = int64_t{1} << 20;
  j["patterns"][0]["cells"] = "281474976710656x4096";
  CHECK(has(run_to_text(run_from_text(j.dump(), "run.json")), "281474976710656x4096"));
}

TEST_CASE("A record that is nested too deep is refused") {
  for (const size_t depth : {size_t{65}, size_t{1'000'000}})
    CHECK(has(refusal(std::string(depth, '[')), "nested deeper than 64 levels"));
  CHECK_FALSE(has(refusal(std::string(64, '[')), "nested deeper"));
  CHECK(has(refusal(std::string(64, '[')), "not JSON"));
}
