// Overrides from the command line.
#include "catch.h"
#include "config/config.h"
#include "fakes.h"

using namespace attnbench::config;
using attnbench::config::testing::catalogue;

namespace {

const std::string kBase = R"({"name": "t", "sweep": {"seq_len": 8}, "variants":
    ["full", {"variant": "window", "params": {"left": 3}}]})";

Config with(const std::vector<std::string>& overrides) {
  return parse_config(kBase, "base.json", overrides, catalogue(), 2);
}

std::string error_with(const std::vector<std::string>& overrides) {
  try {
    with(overrides);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

using Values = std::vector<int64_t>;

}  // namespace

TEST_CASE("Overrides replace and create fields, in order") {
  const Config config =
      with({"sweep.seq_len=[512,1024]", "measure.rounds=3", "measure.rounds=4",
            "variants.1.params.left=64", "variants.1.params.right={\"from\":1,\"to\":2,\"step\":1}",
            "sweep.causal=true"});
  CHECK(config.sweep["seq_len"] == AxisValues{512, 1024});
  CHECK(config.sweep["causal"] == AxisValues{1});
  CHECK(config.measure.rounds == 4);
  CHECK(config.variants[1].params[0].second == Values{64});
  CHECK(config.variants[1].params[1].second == Values{1, 2});
}

TEST_CASE("An override whose value is not JSON is a string") {
  CHECK(with({"name=other"}).name == "other");
  CHECK(with({"description=a=b, c"}).description == "a=b, c");
  CHECK(with({"measure.memory_limit=4 GiB"}).measure.memory_limit_bytes == int64_t{4} << 30);
  CHECK(with({"description="}).description.empty());
}

TEST_CASE("A problem that an override made names the override") {
  CHECK(error_with({"sweep.seq_lenn=5"})
            .find("--set sweep.seq_lenn=5: /sweep/seq_lenn: unknown "
                  "key") == 0);
  CHECK(error_with({"swep.heads=5"}).find("--set swep.heads=5: /swep: unknown key") == 0);
  CHECK(error_with({"sweep.seq_len=[8,0]"})
            .find("--set sweep.seq_len=[8,0]: /sweep/seq_len/1: 0 "
                  "is out of range") == 0);
  CHECK(error_with({"sweep.heads=0", "measure.rounds=2"}).find("--set sweep.heads=0: ") == 0);
  CHECK(error_with({"sweep.seq_len=1e400"}).find("--set sweep.seq_len=1e400: ") == 0);
  CHECK(error_with({"measure={\"seed\":1,\"seed\":2}"}) ==
        "--set measure={\"seed\":1,\"seed\":2}: /seed: duplicate key; an object has each key once");
}

TEST_CASE("An override whose path cannot be followed is refused") {
  const std::string usage = ": expected path.to.field=value, such as sweep.seq_len=[512,1024]";
  for (const std::string text : {"sweep.seq_len", "=5", ".a=5", "a..b=5", "a.=5", ""})
    CHECK(error_with({text}) == "--set " + text + usage);
  CHECK(error_with({"variants.2=full"}) ==
        "--set variants.2=full: /variants is a list of 2 and has no element '2'");
  CHECK(error_with({"variants.x=1"}) ==
        "--set variants.x=1: /variants is a list of 2 and has no element 'x'");
  CHECK(error_with({"variants.0.params.left=1"}) ==
        "--set variants.0.params.left=1: /variants/0 is \"full\" and has no 'params'");
  CHECK(error_with({"name.a=1"}) == "--set name.a=1: /name is \"t\" and has no 'a'");
}

TEST_CASE("An override that is not UTF-8 is refused") {
  CHECK(error_with({"description=\xff"}) == "--set description: the value is not UTF-8");
  CHECK(error_with({"\xff=1"}).find("--set ") == 0);
}
