// What a good config means.
#include "config/config.h"

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "catch.h"
#include "config/variations.h"
#include "fakes.h"

using namespace attnbench::config;
using attnbench::config::testing::catalogue;

namespace {

Config parse(const std::string& text, const std::vector<std::string>& overrides = {}) {
  return parse_config(text, "test.json", overrides, catalogue(), 2);
}

/// A config whose sweep has these axes.
Config with_sweep(const std::string& axes) {
  return parse(R"({"name": "t", "variants": ["full"], "sweep": {)" + axes + "}}");
}

std::vector<std::string> labels(const std::string& variants) {
  const Config config =
      parse(R"({"name": "t", "sweep": {"seq_len": 8}, "variants": )" + variants + "}");
  std::vector<std::string> result;
  for (const Variation& variation : expand_variants(config, catalogue()))
    result.push_back(variation.label);
  return result;
}

using Values = std::vector<int64_t>;
using Strings = std::vector<std::string>;

}  // namespace

TEST_CASE("The smallest config gets the documented defaults") {
  const Config config = with_sweep(R"("seq_len": 8)");
  CHECK(config.name == "t");
  CHECK(config.variants.size() == 1);
  CHECK(config.variants[0].variant == "full");
  CHECK(config.variants[0].label.empty());
  CHECK(config.sweep["seq_len"] == AxisValues{8});
  CHECK(config.sweep["q_len"].empty());
  CHECK(config.sweep["heads"] == AxisValues{8});
  CHECK(config.sweep["kv_heads"].empty());
  CHECK(config.sweep["head_dim"] == AxisValues{64});
  CHECK(config.sweep["batch"] == AxisValues{1});
  CHECK(config.sweep["causal"] == AxisValues{0});
  CHECK(config.sweep["threads"] == AxisValues{2});
  CHECK(config.measure.rounds == 9);
  CHECK_FALSE(config.measure.memory_limit_bytes.has_value());
  CHECK(config.report.baseline.empty());
}

TEST_CASE("Every field is read") {
  const Config config = parse(R"({"$schema": "./s.json", "name": "a.b-C_1", "description": "d",
    "variants": [{"variant": "window", "label": "w", "params": {"right": [-1, 3]}}, "full"],
    "sweep": {"seq_len": [4, 2], "q_len": 1, "heads": 6, "kv_heads": [1, 2], "head_dim": 40,
              "batch": 3, "causal": [true, false], "threads": [1, 2],
              "scale": 0.25, "softcap": [0, 30.5], "alibi": [false, true]},
    "measure": {"rounds": 3, "min_time_s": 1, "timeout_s": 2.5, "memory_limit": "1.5 GiB",
                "seed": 9223372036854775807},
    "report": {"baseline": "full"}})");
  CHECK(config.name == "a.b-C_1");
  CHECK(config.description == "d");
  CHECK(config.variants[0].label == "w");
  REQUIRE(config.variants[0].params.size() == 1);
  CHECK(config.variants[0].params[0].first == "right");
  CHECK(config.variants[0].params[0].second == Values{-1, 3});
  CHECK(config.sweep["seq_len"] == AxisValues{4, 2});
  CHECK(config.sweep["q_len"] == AxisValues{1});
  CHECK(config.sweep["heads"] == AxisValues{6});
  CHECK(config.sweep["kv_heads"] == AxisValues{1, 2});
  CHECK(config.sweep["head_dim"] == AxisValues{40});
  CHECK(config.sweep["batch"] == AxisValues{3});
  CHECK(config.sweep["causal"] == AxisValues{1, 0});
  CHECK(config.sweep["scale"] == AxisValues{0.25});
  CHECK(config.sweep["softcap"] == AxisValues{0.0, 30.5});
  CHECK(config.sweep["alibi"] == AxisValues{0, 1});
  CHECK(config.sweep["threads"] == AxisValues{1, 2});
  CHECK(config.measure.rounds == 3);
  CHECK(config.measure.min_time_s == 1);
  CHECK(config.measure.timeout_s == 2.5);
  CHECK(config.measure.memory_limit_bytes == 1610612736);
  CHECK(config.measure.seed == 9223372036854775807u);
  CHECK(config.report.baseline == "full");
}

TEST_CASE("A range with a factor multiplies and rounds, and includes its end if it hits it") {
  const auto range = [](const std::string& text) { return with_sweep("\"seq_len\": " + text); };
  CHECK(range(R"({"from": 256, "to": 4096, "factor": 2})").sweep["seq_len"] ==
        AxisValues{256, 512, 1024, 2048, 4096});
  CHECK(range(R"({"from": 3, "to": 40, "factor": 3})").sweep["seq_len"] == AxisValues{3, 9, 27});
  CHECK(range(R"({"from": 256, "to": 512, "factor": 1.4142})").sweep["seq_len"] ==
        AxisValues{256, 362, 512});
  CHECK(range(R"({"from": 1, "to": 5, "factor": 1.25})").sweep["seq_len"] ==
        AxisValues{1, 2, 3, 4, 5});
  CHECK(range(R"({"from": 7, "to": 7, "factor": 1e300})").sweep["seq_len"] == AxisValues{7});
  CHECK(range(R"({"from": 1, "to": 1000, "factor": 10})").sweep["seq_len"] ==
        AxisValues{1, 10, 100, 1000});
}

TEST_CASE("A range with a step adds, and includes its end if it hits it") {
  CHECK(with_sweep(R"("seq_len": {"from": 10, "to": 30, "step": 10})").sweep["seq_len"] ==
        AxisValues{10, 20, 30});
  CHECK(with_sweep(R"("seq_len": {"from": 10, "to": 29, "step": 10})").sweep["seq_len"] ==
        AxisValues{10, 20});
}

TEST_CASE("Params take ranges that begin below zero") {
  const Config config = parse(R"({"name": "t", "sweep": {"seq_len": 8}, "variants":
    [{"variant": "window", "params": {"left": {"from": -1, "to": 1, "step": 1}}}]})");
  CHECK(config.variants[0].params[0].second == Values{-1, 0, 1});
}

TEST_CASE("A memory limit is read with and without a unit") {
  const auto limit = [](const std::string& text) {
    return parse(R"({"name": "t", "variants": ["full"], "sweep": {"seq_len": 8}, "measure":
                    {"memory_limit": )" +
                 text + "}}")
        .measure.memory_limit_bytes;
  };
  CHECK(limit("4096") == 4096);
  CHECK(limit("\"512MiB\"") == int64_t{512} << 20);
  CHECK(limit("\"4 GiB\"") == int64_t{4} << 30);
  CHECK(limit("\"2 TiB\"") == int64_t{2} << 40);
  CHECK(limit("\"10 B\"") == 10);
  CHECK_FALSE(limit("null").has_value());
}

TEST_CASE("Labels name only the params in which variations differ") {
  CHECK(labels(R"(["full", "window"])") == Strings{"full", "window"});
  CHECK(labels(R"([{"variant": "window", "params": {"left": 64}}])") == Strings{"window"});
  CHECK(labels(R"([{"variant": "window", "params": {"left": [64, 128], "right": 3}}])") ==
        Strings{"window left=64", "window left=128"});
  CHECK(labels(R"(["window", {"variant": "window", "params": {"left": 64}}])") ==
        Strings{"window left=256", "window left=64"});
  CHECK(
      labels(
          R"([{"variant": "window", "label": "w", "params": {"left": [1, 2], "right": [3, 4]}}])") ==
      Strings{"w left=1 right=3", "w left=1 right=4", "w left=2 right=3", "w left=2 right=4"});
}

TEST_CASE("A config may list one variant twice under two labels") {
  CHECK(labels(R"([{"variant": "full", "label": "a"}, {"variant": "full", "label": "b"}])") ==
        Strings{"a", "b"});
}

TEST_CASE("A baseline named by its variant is resolved to the label") {
  const Config config = parse(R"({"name": "t", "sweep": {"seq_len": 8},
    "variants": [{"variant": "full", "label": "textbook"}], "report": {"baseline": "full"}})");
  CHECK(config.report.baseline == "textbook");
}

TEST_CASE("A resolved config reads back as itself") {
  const std::string text = config_to_text(parse(R"({"name": "t", "description": "ä \u0001",
    "variants": ["full", {"variant": "window", "label": "w", "params": {"left": [1, 2]}}],
    "sweep": {"seq_len": {"from": 8, "to": 32, "factor": 2}, "kv_heads": 2, "causal": [true, false],
              "scale": [0, 0.1], "softcap": 50, "alibi": true},
    "measure": {"min_time_s": 0.1, "memory_limit": "1 GiB", "seed": 7},
    "report": {"baseline": "full"}})"));
  CHECK(config_to_text(parse_config(text, "again.json", {}, catalogue(), 99)) == text);
  const Config again = parse(text);
  CHECK(again.description == "ä \u0001");
  CHECK(again.sweep["seq_len"] == AxisValues{8, 16, 32});
  CHECK(again.sweep["q_len"].empty());
  CHECK(again.sweep["kv_heads"] == AxisValues{2});
  CHECK(again.sweep["threads"] == AxisValues{2});
  CHECK(again.variants[1].params[0].second == Values{1, 2});
  CHECK(again.measure.min_time_s == 0.1);
  CHECK(again.measure.memory_limit_bytes == int64_t{1} << 30);
  CHECK(again.measure.seed == 7);
  CHECK(again.report.baseline == "full");
}

TEST_CASE("Each shipped config is JSON whose name is that of its file") {
  int configs = 0;
  for (const auto& file : std::filesystem::directory_iterator(ATTNBENCH_SOURCE_DIR "/configs")) {
    const std::string name = file.path().filename().string();
    if (name.ends_with(".schema.json") || !name.ends_with(".json")) continue;
    std::ifstream in(file.path());
    const auto json = nlohmann::json::parse(in);
    CHECK(json.at("name") == file.path().stem().string());
    // The schema does not know variants in Python, which the configs of peers name.
    const bool of_peers = name.starts_with("peers");
    CHECK(json.value("$schema", "") == (of_peers ? "" : "./config.schema.json"));
    ++configs;
  }
  CHECK(configs >= 3);
}
