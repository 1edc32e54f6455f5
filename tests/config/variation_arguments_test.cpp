// A variant and its params from the command line, and what is wrong with them.
#include "config/variation_arguments.h"

#include "catch.h"
#include "fakes.h"

using namespace attnbench;
using config::testing::catalogue;

namespace {

std::string refusal(const std::string& name, const std::vector<std::string>& params) {
  try {
    config::read_variation(name, params, catalogue());
  } catch (const config::ConfigError& e) {
    return e.what();
  }
  FAIL("taken: " << name);
  return {};
}

}  // namespace

TEST_CASE("Params that are given are used, and the others keep their defaults") {
  const config::Variation window = config::read_variation("window", {"left=2"}, catalogue());
  CHECK(window.entry->name() == "window");
  CHECK(window.params == std::vector<int64_t>{2, 0});
  CHECK(config::read_variation("window", {"right=-1", "left=7"}, catalogue()).params ==
        std::vector<int64_t>{7, -1});
  CHECK(config::read_variation("full", {}, catalogue()).params.empty());
}

TEST_CASE("A wrong variant or param is refused with the words of the config reader") {
  const std::string limits = "; left is an integer from -1 to 1048576";
  CHECK(refusal("windw", {}) ==
        "--variant windw: /variant: unknown variant \"windw\"; there are: full, window; did you "
        "mean 'window'?");
  CHECK(refusal("window", {"lft=2"}) ==
        "--variant window: /params/lft: unknown param; window has: left, right; did you mean "
        "'left'?");
  CHECK(refusal("full", {"left=2"}) ==
        "--variant full: /params/left: unknown param; full has no params");
  CHECK(refusal("window", {"left=-2"}) ==
        "--variant window: /params/left: -2 is out of range" + limits);
  CHECK(refusal("window", {"left=1.5"}) ==
        "--variant window: /params/left: 1.5 is not an integer" + limits);
  for (const char* text : {"left=", "left=two", "left=[1,2]", "left={\"from\":1}", "left=true"})
    CHECK(refusal("window", {text}).find("/params/left: is \"") != std::string::npos);
}

TEST_CASE("A param without a value, or given twice, is refused") {
  for (const char* text : {"left", "=2", ""})
    CHECK(refusal("window", {text}) ==
          std::string("--param ") + text + ": expected NAME=VALUE, such as left=2");
  CHECK(refusal("window", {"left=1", "left=2"}) == "--param left=2: 'left' is given twice");
}
