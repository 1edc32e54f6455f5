// Params that are lists: where a config may put their integers, and the errors for wrong ones.
#include "config/lists.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "catch.h"
#include "config/config.h"
#include "config/variation_arguments.h"
#include "config/variations.h"
#include "fakes.h"
#include "registry/list_digest.h"

using namespace attnbench;
using namespace attnbench::config;
using attnbench::config::testing::catalogue_with_list;
using registry::list_digest;

namespace {

std::string config_with(const std::string& mask) {
  return R"({"name": "t", "sweep": {"seq_len": 8}, "variants": [{"variant": "masked", "params": {"mask": )" +
         mask + "}}]}";
}

std::string square_with(const std::string& mask) {
  return R"({"name": "t", "sweep": {"seq_len": 8}, "variants": [{"variant": "square", "params": {"mask": )" +
         mask + "}}]}";
}

/// A folder with a config that takes a list from the file `mask.txt` beside it.
class Folder {
 public:
  Folder()
      : path_(std::filesystem::temp_directory_path() /
              ("attnbench_lists_test." + std::to_string(getpid()))) {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_ / "below");
    write("c.json", config_with(R"({"file": "mask.txt"})"));
  }
  ~Folder() { std::filesystem::remove_all(path_); }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name) << text;
  }

  Config read() const {
    return read_config((path_ / "c.json").string(), {}, catalogue_with_list(), 1);
  }

  /// The first problem, without the path of the config that it begins with.
  std::string problem() const {
    try {
      read();
    } catch (const ConfigError& e) {
      return e.problems()[0].substr((path_ / "c.json: ").string().size());
    }
    return {};
  }

 private:
  std::filesystem::path path_;
};

std::vector<int64_t> list_of(const Config& config) {
  const Variation variation = expand_variants(config, catalogue_with_list()).at(0);
  REQUIRE(variation.list);
  CHECK(variation.params.back() == list_digest(*variation.list));
  return *variation.list;
}

std::vector<int64_t> list_in(const std::string& mask) {
  return list_of(parse_config(config_with(mask), "t.json", {}, catalogue_with_list(), 1));
}

std::vector<std::string> problems_in(const std::string& mask) {
  try {
    parse_config(config_with(mask), "t.json", {}, catalogue_with_list(), 1);
  } catch (const ConfigError& e) {
    return e.problems();
  }
  return {};
}

using Values = std::vector<int64_t>;

}  // namespace

TEST_CASE("A list is one integer, or a string of integers between spaces or commas") {
  CHECK(list_in(R"("1 0 9")") == Values{1, 0, 9});
  CHECK(list_in(R"(" 1,0,\n9\t1\r\n")") == Values{1, 0, 9, 1});
  CHECK(list_in("7") == Values{7});
  CHECK(*read_variation("masked", {"mask=0 3"}, catalogue_with_list()).list == Values{0, 3});
  CHECK(read_variation("masked", {}, catalogue_with_list()).list == nullptr);
  CHECK(read_variation("masked", {}, catalogue_with_list()).params == Values{64, 0});
}

TEST_CASE("A list comes from a file beside the config") {
  const Folder folder;
  folder.write("mask.txt", "1 0\n2 3\n");
  CHECK(list_of(folder.read()) == Values{1, 0, 2, 3});
  folder.write("below/mask.txt", "5");
  folder.write("c.json", config_with(R"({"file": "below/mask.txt"})"));
  CHECK(list_of(folder.read()) == Values{5});
}

TEST_CASE("A resolved config holds the list itself, and can be read again") {
  const Folder folder;
  folder.write("mask.txt", "1 0\n2 3\n");
  const std::string text = config_to_text(folder.read());
  const Config again = parse_config(text, "elsewhere/t.json", {}, catalogue_with_list(), 1);
  CHECK(list_of(again) == Values{1, 0, 2, 3});
  CHECK(config_to_text(again) == text);
}

TEST_CASE("The digest of a list depends on its values and their order") {
  CHECK(list_digest({1, 0}) != list_digest({0, 1}));
  CHECK(list_digest({0}) != list_digest({0, 0}));
  CHECK(list_digest({0}) > 0);
  CHECK(list_digest(Values(1000, 9)) < int64_t{1} << 48);
  const auto entry = [](const std::string& mask) {
    return R"({"variant": "masked", "params": {"mask": ")" + mask + R"("}})";
  };
  const auto two = [&](const std::string& a, const std::string& b) {
    return parse_config(R"({"name": "t", "sweep": {"seq_len": 8}, "variants": [)" + entry(a) + "," +
                            entry(b) + "]}",
                        "t.json", {}, catalogue_with_list(), 1);
  };
  const std::vector<Variation> both = expand_variants(two("1 0", "0 1"), catalogue_with_list());
  CHECK(both.at(0).label == "masked mask=" + std::to_string(list_digest({1, 0})));
  CHECK(both.at(1).label == "masked mask=" + std::to_string(list_digest({0, 1})));
  CHECK_THROWS_AS(two("1 0", "1,0"), ConfigError);
  const Config config = parse_config(
      R"({"name": "t", "sweep": {"seq_len": 8}, "variants": ["masked", )" + entry("1") + "]}",
      "t.json", {}, catalogue_with_list(), 1);
  CHECK(expand_variants(config, catalogue_with_list()).at(0).label == "masked mask=none");
}

TEST_CASE("An error in a list names the place in the list") {
  CHECK(
      problems_in(R"("1 x 10 0.5")") ==
      std::vector<std::string>{
          R"(t.json: /variants/0/params/mask: its value 2: is "x"; mask holds integers from 0 to 9)",
          R"(t.json: /variants/0/params/mask: its value 3: is "10"; mask holds integers from 0 to 9)",
          R"(t.json: /variants/0/params/mask: its value 4: is "0.5"; mask holds integers from 0 to 9)"});
  CHECK(problems_in(R"("x x x x x")").size() == 3);
  CHECK(problems_in("10").size() == 1);
  CHECK(problems_in(R"(" , ")") ==
        std::vector<std::string>{
            "t.json: /variants/0/params/mask: holds no integer; mask holds integers from 0 to 9"});
  for (const char* wrong : {"[1, 0]", "true", R"({"from": 1, "to": 2, "step": 1})", "{}"})
    CHECK_THAT(problems_in(wrong).at(0),
               ContainsSubstring(R"(a string of them such as "0 9", or {"file": NAME})"));
  const std::string many = '"' + std::string(2 * kMostListValues, '1') + '"';
  CHECK(problems_in(many).size() == 1);
  std::string too_many = "\"";
  for (size_t i = 0; i <= kMostListValues; ++i) too_many += "1 ";
  CHECK_THAT(problems_in(too_many + '"').at(0), ContainsSubstring("at most 262144"));
}

TEST_CASE("A square list has each row on a line, or all rows on one line") {
  const Folder folder;
  const auto in_file = [&](const std::string& text) {
    folder.write("mask.txt", text);
    return list_of(folder.read()).size();
  };
  folder.write("c.json", square_with(R"({"file": "mask.txt"})"));
  CHECK(in_file("1 0 1\n0 1 1\n0 0 1\n") == 9);
  CHECK(in_file("\n1,0\r\n\n  0,1") == 4);
  CHECK(in_file("1 0 0 1\n") == 4);
  CHECK(in_file("7") == 1);
  for (const char* mask : {"1", R"("1 0 0 1")", R"("1 0\n0 1")"})
    CHECK_NOTHROW(parse_config(square_with(mask), "t.json", {}, catalogue_with_list(), 1));
}

TEST_CASE("A square list of another shape is refused, with its file and line") {
  const Folder folder;
  folder.write("c.json", square_with(R"({"file": "mask.txt"})"));
  const auto in_file = [&](const std::string& text) {
    folder.write("mask.txt", text);
    return folder.problem();
  };
  const std::string at = "/variants/0/params/mask/file: mask.txt";
  const std::string wanted = "; mask is a square matrix: one row a line, or all rows in one line";
  std::string rows;
  for (int i = 0; i < 4; ++i) rows += "1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1\n";
  CHECK(in_file(rows) == at + ": has 4 lines of 16 values" + wanted);
  CHECK(in_file("1 0 1\n\n0\n") ==
        at + ":3: has 1 value, line 1 has 3; each line is a row of mask");
  CHECK(in_file("1\n0\n0\n1\n") == at + ": has 4 lines of 1 value" + wanted);
  CHECK(in_file("1 0 1\n") == at + ": has 1 line of 3 values" + wanted);
  const auto inline_problem = [](const std::string& mask) {
    try {
      parse_config(square_with(mask), "t.json", {}, catalogue_with_list(), 1);
    } catch (const ConfigError& e) {
      return e.problems().at(0);
    }
    return std::string();
  };
  CHECK(
      inline_problem(R"("1 0 1\n0")") ==
      "t.json: /variants/0/params/mask: its line 2: has 1 value, line 1 has 3; each line is a row "
      "of mask");
  CHECK(inline_problem(R"("1 0 1")") ==
        "t.json: /variants/0/params/mask: has 1 line of 3 values" + wanted);
}

TEST_CASE("An error in the file of a list names the file and the line") {
  const Folder folder;
  folder.write("mask.txt", "1 0\n2 12\n");
  CHECK(folder.problem() ==
        R"(/variants/0/params/mask/file: mask.txt:2: is "12"; mask holds integers from 0 to 9)");
  folder.write("mask.txt", "\n");
  CHECK(
      folder.problem() ==
      "/variants/0/params/mask/file: mask.txt: holds no integer; mask holds integers from 0 to 9");
  const auto named = [&](const std::string& name) {
    folder.write("c.json", config_with(R"({"file": ")" + name + R"("})"));
    return folder.problem();
  };
  CHECK(
      named("none.txt") ==
      R"(/variants/0/params/mask/file: "none.txt": there is no such file in the config's folder)");
  CHECK(named("below") == R"(/variants/0/params/mask/file: "below" is not a file)");
  for (const char* outside : {"../mask.txt", "/etc/passwd", "", "below/../../x", "a\\u0000b"})
    CHECK_THAT(named(outside), ContainsSubstring("leaves the config's folder"));
  folder.write("big.txt", std::string((4 << 20) + 1, ' '));
  CHECK(named("big.txt") == R"(/variants/0/params/mask/file: "big.txt" is larger than 4 MiB)");
}
