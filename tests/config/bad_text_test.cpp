// Bad files and texts: too big, nested too deep, not JSON, or with many problems at once.
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "catch.h"
#include "config/config.h"
#include "fakes.h"

using namespace attnbench::config;
using attnbench::config::testing::all_problems_of;
using attnbench::config::testing::catalogue;
using attnbench::config::testing::problems_of;

namespace {

std::string with_sweep(const std::string& sweep) {
  return R"({"name": "t", "variants": ["full"], "sweep": )" + sweep + "}";
}

}  // namespace

TEST_CASE("Nesting of 64 levels is accepted, and deeper nesting is refused") {
  const auto nested = [](size_t depth) {
    return with_sweep("{\"seq_len\": " + std::string(depth - 2, '[') + std::string(depth - 2, ']') +
                      "}");
  };
  CHECK(all_problems_of(nested(65)) == "bad.json: is nested deeper than 64 levels\n");
  CHECK(all_problems_of(nested(64)).find("/sweep/seq_len/0: is a list") != std::string::npos);
  CHECK(all_problems_of(std::string(1 << 20, '[')) ==
        "bad.json: is nested deeper than 64 levels\n");
}

TEST_CASE("Text that is not JSON is refused with its line and column") {
  const std::string all = all_problems_of("{\"name\": \"t\",\n  oops}");
  CHECK(all.find("bad.json: parse error at line 2, column 3") == 0);
  CHECK(all_problems_of("").find("bad.json: parse error at line 1, column 1") == 0);
  CHECK(all_problems_of("{} {}").find("bad.json: parse error at line 1, column 4") == 0);
  CHECK(all_problems_of("{\"a\": NaN}").find("bad.json: parse error at line 1") == 0);
  CHECK(all_problems_of("{\"a\xff\": 1}").find("bad.json: parse error at line 1") == 0);
}

TEST_CASE("Comments are skipped, and an error after a comment names the right line and column") {
  const std::string commented = R"(// What this measures
{"name": "t", /* a comment
  of two lines */ "variants": ["full"], // "window" is slow here
 "sweep": {"seq_len": 8}} // done)";
  CHECK(parse_config(commented, "good.json", {}, catalogue(), 2).sweep["seq_len"] == AxisValues{8});
  CHECK(all_problems_of("// one\n{\"name\": /* two */ oops}")
            .find("bad.json: parse error at line 2, column 20") == 0);
  CHECK(all_problems_of("{} // one\n/* two\n */ {}")
            .find("bad.json: parse error at line 3, column 5") == 0);
  CHECK(all_problems_of("{\n /* never closed").find("bad.json: parse error at line 2") == 0);
}

TEST_CASE("No control character of a config reaches an error message") {
  const std::vector<std::string> problems =
      problems_of(with_sweep("{\"seq_len\": 8, \"\\u001b[31m\\u009b\": 1}"));
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].find("/sweep/?[31m?: unknown key") != std::string::npos);
}

TEST_CASE("All problems are reported at once") {
  const std::vector<std::string> problems = problems_of(R"({"name": "..", "name": "a/b",
    "variants": ["ful", {"variant": "window", "params": {"left": -2, "up": 1}}],
    "sweep": {"heads": 0, "causal": 1}, "measure": {"rounds": 1.5}, "report": {"base": 1}})");
  const std::vector<std::string> pointers = {"/name: dup",
                                             "/name: ",
                                             "/variants/0: ",
                                             "/variants/1/params/up: ",
                                             "/variants/1/params/left: ",
                                             "/sweep/heads: ",
                                             "/sweep/causal: ",
                                             "/sweep: needs seq_len",
                                             "/measure/rounds: ",
                                             "/report/base: "};
  REQUIRE(problems.size() == pointers.size());
  for (size_t i = 0; i < pointers.size(); ++i)
    CHECK(problems[i].find("bad.json: " + pointers[i]) == 0);
}

TEST_CASE("A file with thousands of problems is refused without listing them all") {
  std::string keys;
  for (int i = 0; i < 5000; ++i) keys += ",\"" + std::to_string(i) + "\":1";
  const std::vector<std::string> problems = problems_of(with_sweep("{\"seq_len\": 8" + keys + "}"));
  REQUIRE(problems.size() == 1001);
  CHECK(problems.back() == "bad.json: further problems are not listed");
}

TEST_CASE("A file that is too big, missing or a folder is refused") {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("attnbench_config_" + std::to_string(getpid()));
  std::filesystem::create_directory(folder);
  const auto error_of = [&](const std::string& name) -> std::string {
    try {
      read_config(folder / name, {}, catalogue(), 2);
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "";
  };
  const std::string at = folder.string() + "/";
  CHECK(error_of("missing") == at + "missing: there is no such file");
  CHECK(error_of("") == at + ": is a folder; expected the file of a config");
  std::ofstream(folder / "big") << std::string((1 << 20) + 1, ' ');
  CHECK(error_of("big") == at + "big: is larger than 1 MiB; expected a short file of JSON");
  std::ofstream(folder / "good")
      << R"({"name": "t", "variants": ["full"], "sweep": {"seq_len": 8}})";
  CHECK(error_of("good") == "");
  std::filesystem::remove_all(folder);
}
