// A config narrowed to two variants and one axis.
#include "plan/pair_axis.h"

#include "catch.h"
#include "fakes.h"

namespace attnbench::plan {
namespace {

constexpr int64_t kMemory = int64_t{1} << 30;

constexpr char kConfig[] = R"({
  "name": "two", "variants": ["full", {"variant": "window", "params": {"left": [4, 64], "right": 1}},
    {"variant": "window", "label": "causal", "params": {"left": 8, "right": 0}}, "scattered"],
  "sweep": {"seq_len": [16, 1024], "heads": 2, "threads": 1, "causal": true},
  "report": {"baseline": "full"}})";

config::Config read(const std::vector<std::string>& overrides = {}) {
  return config::parse_config(kConfig, "config.json", overrides, testing::catalogue(), 1);
}

PairAxis pair(const std::string& a, const std::string& b, const std::string& axis = "seq_len",
              const std::vector<std::string>& overrides = {}, int64_t memory = kMemory) {
  return {read(overrides), testing::catalogue(), a, b, axis, memory};
}

std::string error_of(const std::string& a, const std::string& b, const std::string& axis,
                     const std::vector<std::string>& overrides = {}) {
  try {
    pair(a, b, axis, overrides);
  } catch (const config::ConfigError& e) {
    return e.what();
  }
  return "none";
}

TEST_CASE("A pair is two labels of the config, whose other params are fixed") {
  const PairAxis p = pair("window left=64", "full");
  CHECK(p.low() == 16);
  CHECK(p.high() == 1024);
  const config::Config c = p.at({100, 200});
  CHECK(c.name == "two-crossover");
  CHECK(c.report.baseline == "window left=64");
  REQUIRE(c.variants.size() == 2);
  CHECK(c.variants[0].label == "window left=64");
  CHECK(c.variants[0].params[0].second == std::vector<int64_t>{64});
  CHECK(c.sweep["seq_len"] == config::AxisValues{int64_t{100}, int64_t{200}});
  CHECK(p.point(100).a.label == "window left=64");
  CHECK(p.point(100).b.variant == "full");
  CHECK(p.point(100).b.problem.kv_len == 100);
  // The record's config reads back.
  CHECK_NOTHROW(
      config::parse_config(config::config_to_text(c), "again.json", {}, testing::catalogue(), 1));
}

TEST_CASE("Equal work ends where the counts say so") {
  CHECK(pair("causal", "full").equal_work_up_to() == std::nullopt);
  CHECK(pair("causal", "full", "seq_len", {"sweep.seq_len=[4,1024]"}).equal_work_up_to() == 9);
  CHECK(pair("window left=64", "full").equal_work_up_to() == 65);
  CHECK(pair("window left=64", "full", "heads", {"sweep.seq_len=64", "sweep.heads=[2,16]"})
            .equal_work_up_to() == 16);
}

TEST_CASE("A param is an axis, and its labels tell the values apart") {
  const PairAxis p = pair("full", "window", "window.left", {"sweep.seq_len=256"});
  CHECK(p.low() == 4);
  CHECK(p.high() == 64);
  CHECK(p.point(32).b.label == "window left=32");
  CHECK(p.point(32).b.params[0].second == 32);
  CHECK(p.point(32).a.label == "full");
  CHECK(p.at({8, 16}).variants[1].params[0].second == std::vector<int64_t>{8, 16});
  CHECK(p.at({8, 16}).report.baseline.empty());
}

TEST_CASE("Values that cannot be measured are passed over, with the reason") {
  const PairAxis steps = pair("full", "causal", "heads",
                              {"sweep.seq_len=64", "sweep.heads=[8,64]", "sweep.kv_heads=8"});
  CHECK(steps.nearest(21, 8, 64) == 24);
  CHECK(steps.nearest(63, 8, 63) == 56);
  CHECK(steps.nearest(12, 9, 15) == std::nullopt);
  CHECK_THAT(steps.obstacle(21),
             ContainsSubstring("full: heads (21) is not a multiple of kv_heads (8)"));
  const PairAxis memory = pair("full", "causal", "seq_len", {"sweep.seq_len=[16,8192]"}, 1 << 24);
  CHECK_THAT(memory.obstacle(8192), ContainsSubstring("full: needs "));
  const double most = memory.nearest(8192, 16, 8192).value();
  CHECK(most < 1500);
  CHECK(most > 900);  // 2 heads of most^2 scores fill 16 MiB.
}

TEST_CASE("A number is an axis that takes any value") {
  const PairAxis p =
      pair("full", "causal", "softcap", {"sweep.seq_len=64", "sweep.softcap=[0.5,30]"});
  CHECK(p.low() == 0.5);
  CHECK(p.nearest(3.14159, 0.5, 30) == 3.142);
  CHECK(p.text(3.142) == "3.142");
  CHECK(p.point(3.142).a.problem.softcap == 3.142);
}

TEST_CASE("What is no pair or no axis is refused, and the message says what would be") {
  CHECK_THAT(error_of("full", "full", "seq_len"), ContainsSubstring("'full' is named twice"));
  CHECK_THAT(
      error_of("full", "windw", "seq_len"),
      ContainsSubstring("no variant of this config is called 'windw'; it has: full, window left=4, "
                        "window left=64, causal, scattered"));
  CHECK_THAT(error_of("full", "causal", "causal"),
             ContainsSubstring("no numeric axis; there are: seq_len, "));
  CHECK_THAT(error_of("full", "causal", "nothing"), ContainsSubstring("window.left, window.right"));
  CHECK_THAT(
      error_of("full", "causal", "threads"),
      ContainsSubstring("/sweep/threads: ") && ContainsSubstring("--set sweep.threads=[1,64]"));
  CHECK_THAT(
      error_of("full", "causal", "seq_len", {"sweep.heads=[1,2]"}),
      ContainsSubstring("/sweep/heads: has 2 values") && ContainsSubstring("--set sweep.heads=1"));
  CHECK_THAT(error_of("full", "causal", "window.left", {"sweep.seq_len=64"}),
             ContainsSubstring("--x window.left: ") && ContainsSubstring("fewer than two"));
  CHECK_THAT(error_of("full", "scattered", "window.left"),
             ContainsSubstring("neither full nor scattered is of the variant 'window'"));
  CHECK_THAT(error_of("full", "causal", "window.width"),
             ContainsSubstring("window has no number 'width'"));
  CHECK_THAT(error_of("full", "causal", "softcap", {"sweep.seq_len=64", "sweep.softcap=[0,3]"}),
             ContainsSubstring("/sweep/softcap: ") && ContainsSubstring("above 0"));
}

}  // namespace
}  // namespace attnbench::plan
