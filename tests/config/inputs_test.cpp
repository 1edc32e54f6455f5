// The axis `inputs` of a config: what it may be, the files that it names, and the errors.
#include "config/inputs.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "catch.h"
#include "config/config.h"
#include "config/fields.h"
#include "fakes.h"
#include "npz_file.h"
#include "record/axes.h"
#include "record/model_like.h"
#include "registry/sha256.h"
#include "temporary_folder.h"

using namespace attnbench;
using namespace attnbench::config;
using attnbench::config::testing::catalogue;
using Json = nlohmann::json;
using test::Npz;

namespace {

/// A folder with npz files and the config c.json, whose sweep is that of `read`.
class Folder : public test::TemporaryFolder {
 public:
  Folder() : TemporaryFolder("inputs_test") {
    write("qkv.npz", test::small_qkv(8).text());
    write("below/layers.npz", Npz(test::small_qkv(8, "layer9/")).text());
    write("one.npz", Npz()
                         .add("q", test::counting_npy({1, 1, 2, 4}, 0))
                         .add("k", test::counting_npy({1, 1, 2, 4}, 0))
                         .add("v", test::counting_npy({1, 1, 2, 4}, 0))
                         .text());
  }

  Config read(const std::string& sweep, const std::vector<std::string>& overrides = {}) const {
    write("c.json",
          R"({"name": "t", "variants": ["full"], "sweep": {"seq_len": 4, )" + sweep + "}}");
    return read_config(path("c.json"), overrides, catalogue(), 1);
  }
  Config inputs(const std::string& inputs) const { return read("\"inputs\": " + inputs); }

  /// What is wrong, one problem a line, without the path of the config that each begins with.
  std::string problems(const std::string& sweep) const {
    std::string text;
    try {
      read(sweep);
    } catch (const ConfigError& e) {
      for (const std::string& problem : e.problems()) {
        if (!text.empty()) text += '\n';
        text += problem.substr(path("c.json: ").size());
      }
    }
    return text;
  }
  std::string problem(const std::string& inputs) const { return problems("\"inputs\": " + inputs); }
};

AxisValues texts(const Config& config) {
  return config.sweep["inputs"];
}

const std::string kExpected = R"(inputs are "normal", "model_like" or {"file": "NAME.npz"})";

}  // namespace

TEST_CASE("Inputs are normal, a file, a layer of a file, or a list of these") {
  const Folder folder;
  CHECK(texts(folder.read("\"batch\": 1")) == AxisValues{"normal"});
  CHECK(texts(folder.inputs(R"("normal")")) == AxisValues{"normal"});
  CHECK(texts(folder.inputs(R"({"file": "qkv.npz"})")) == AxisValues{"qkv.npz"});
  const Config config = folder.inputs(
      R"(["normal", {"file": "qkv.npz"}, {"file": "below/layers.npz", "layer": "layer9"}])");
  CHECK(texts(config) == AxisValues{"normal", "qkv.npz", "below/layers.npz:layer9"});
  CHECK(config.sweep.input_source("normal") == nullptr);
  const auto source = config.sweep.input_source("below/layers.npz:layer9");
  REQUIRE(source);
  CHECK(source->path == folder.path("below/layers.npz"));
  CHECK(source->sha256 == registry::sha256_of_file(source->path));
  CHECK(source->len == 8);
}

TEST_CASE("Heads, kv_heads, batch and head_dim that a sweep leaves out are the file's") {
  const Folder folder;
  const Config config = folder.inputs(R"(["normal", {"file": "qkv.npz"}])");
  CHECK(config.sweep["batch"] == AxisValues{2});
  CHECK(config.sweep["heads"] == AxisValues{4});
  CHECK(config.sweep["kv_heads"] == AxisValues{2});
  CHECK(config.sweep["head_dim"] == AxisValues{3});
  CHECK(folder.read(R"("heads": 4, "inputs": {"file": "qkv.npz"})").sweep["kv_heads"] ==
        AxisValues{2});
  CHECK(folder.inputs(R"("normal")").sweep["heads"] == AxisValues{8});
}

TEST_CASE("Heads, kv_heads, batch or head_dim that are not the file's are told with both numbers") {
  const Folder folder;
  for (const auto& [axis, value] :
       {std::pair{"batch", 2}, {"heads", 4}, {"kv_heads", 2}, {"head_dim", 3}}) {
    std::string sweep = "\"";  // Appended to: GCC 12 warns of an overlap in "\"" + std::string().
    sweep.append(axis).append(R"(": [1, )").append(std::to_string(value));
    sweep.append(R"(], "inputs": ["normal", {"file": "qkv.npz"}])");
    CHECK(folder.problems(sweep) ==
          "/sweep/" + std::string(axis) + ": 1 does not fit /sweep/inputs: qkv.npz has " + axis +
              " = " + std::to_string(value) + "; give that value, or leave " + axis +
              " out to take the file's");
  }
  CHECK_THAT(folder.problem(R"([{"file": "qkv.npz"}, {"file": "one.npz"}])"),
             ContainsSubstring("/sweep/inputs: qkv.npz has batch = 2, one.npz has batch = 1; the "
                               "files of a sweep have one shape"));
  folder.write("wide.npz", Npz()
                               .add("q", test::counting_npy({1, 1, 1, 513}, 0))
                               .add("k", test::counting_npy({1, 1, 1, 513}, 0))
                               .add("v", test::counting_npy({1, 1, 1, 513}, 0))
                               .text());
  CHECK(
      folder.problem(R"({"file": "wide.npz"})") ==
      "/sweep/inputs: wide.npz: its array 'q' has the shape [1, 1, 1, 513]; head_dim, its last, is "
      "at most 512");
}

TEST_CASE("A resolved config holds the file's hash, and is read again only with the same file") {
  const Folder folder;
  const Config config = folder.inputs(R"(["normal", {"file": "qkv.npz"}])");
  const std::string text = config_to_text(config);
  const Json written = Json::parse(text)["sweep"]["inputs"];
  CHECK(written[0] == "normal");
  CHECK(written[1] ==
        Json{{"file", "qkv.npz"}, {"sha256", registry::sha256_of_file(folder.path("qkv.npz"))}});
  const auto again = [&] {
    return parse_config(text, folder.path("again.json"), {}, catalogue(), 1);
  };
  CHECK(config_to_text(again()) == text);
  folder.write("qkv.npz", test::small_qkv(9).text());
  CHECK_THROWS_WITH(again(), ContainsSubstring("/sweep/inputs/1/sha256: qkv.npz has the sha256 ") &&
                                 ContainsSubstring("; these are other inputs"));
  CHECK(config_to_text(folder.inputs(R"(["normal", {"file": "qkv.npz"}])")) != text);
}

TEST_CASE("A file that cannot be the inputs is refused with its name and what is wrong") {
  const Folder folder;
  CHECK(folder.problem(R"({"file": "none.npz"})") ==
        R"(/sweep/inputs/file: "none.npz": there is no such file in the config's folder)");
  CHECK(folder.problem(R"({"file": "../c.npz"})") ==
        R"(/sweep/inputs/file: "../c.npz" leaves the config's folder; name a file in it or below)");
  CHECK(
      folder.problem(R"([{"file": "q.npy"}])") ==
      R"(/sweep/inputs/0/file: "q.npy" is no npz file by its name; numpy.savez("NAME.npz", q=q, k=k, v=v) writes one)");
  folder.write("folder.npz/x", "");
  CHECK(folder.problem(R"({"file": "folder.npz"})") ==
        R"(/sweep/inputs/file: "folder.npz" is not a file)");
  folder.write("cut.npz", test::small_qkv(8).text().substr(0, 300));
  CHECK_THAT(folder.problem(R"({"file": "cut.npz"})"),
             ContainsSubstring("/sweep/inputs: cut.npz: is no npz file, or it is cut off"));
  CHECK_THAT(
      folder.problem(R"({"file": "below/layers.npz"})"),
      ContainsSubstring("/sweep/inputs: below/layers.npz: has no array 'q'; it holds layer9/q"));
}

/// Takes root's right to read any file, and gives it back.
class NotRoot {
 public:
  NotRoot() { become(geteuid() == 0 ? kNobody : geteuid()); }
  ~NotRoot() { become(getuid()); }
  NotRoot(const NotRoot&) = delete;
  NotRoot& operator=(const NotRoot&) = delete;

 private:
  static constexpr uid_t kNobody = 65534;
  static void become(uid_t user) {
    if (seteuid(user) != 0) std::abort();
  }
};

TEST_CASE("A file that cannot be read is refused for that, whatever hash the config gives") {
  const Folder folder;
  std::filesystem::permissions(folder.path(""), std::filesystem::perms::all);
  std::filesystem::permissions(folder.path("qkv.npz"), std::filesystem::perms::none);
  const NotRoot not_root;
  for (const char* hash : {"",
                           "\", \"sha256\": \""
                           "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}) {
    std::string text = R"({"name": "t", "variants": ["full"], "sweep": {"seq_len": 4, "inputs": )";
    text.append(R"({"file": "qkv.npz)").append(hash).append("\"}}}");
    CHECK_THROWS_WITH(
        parse_config(text, folder.path("c.json"), {}, catalogue(), 1),
        ContainsSubstring("/sweep/inputs/file: \"qkv.npz\" cannot be read: Permission denied"));
  }
}

TEST_CASE("Inputs of another form are refused, with what would be right") {
  const Folder folder;
  CHECK(folder.problem(R"("uniform")") == "/sweep/inputs: is \"uniform\"; " + kExpected);
  CHECK(folder.problem("3") == "/sweep/inputs: is 3; " + kExpected);
  CHECK(folder.problem("[]") == "/sweep/inputs: is an empty list; give at least one value");
  CHECK(folder.problem("[[]]") == "/sweep/inputs/0: is an empty list; " + kExpected);
  CHECK(folder.problem("{}") == "/sweep/inputs: needs 'file'; " + kExpected);
  CHECK(folder.problem(R"({"file": 3})") == "/sweep/inputs/file: is 3; expected a string");
  CHECK_THAT(folder.problem(R"({"file": "qkv.npz", "layers": "a"})"),
             ContainsSubstring("/sweep/inputs/layers: "));
  CHECK_THAT(folder.problem(R"({"file": "qkv.npz", "layer": ""})"),
             ContainsSubstring("/sweep/inputs/layer: \"\" is no name of a layer"));
  CHECK_THAT(folder.problem(R"({"file": "qkv.npz", "layer": "a\u0007"})"),
             ContainsSubstring("/sweep/inputs/layer: \"a\\u0007\" is no name of a layer"));
  CHECK(folder.problem(R"({"file": "qkv.npz", "sha256": "ABC"})") ==
        "/sweep/inputs/sha256: \"ABC\" is no sha256; `sha256sum FILE` prints it: 64 digits of 0-9 "
        "and a-f");
  CHECK(folder.problem(R"({"file": "qkv.npz", "sha256": 3})") ==
        "/sweep/inputs/sha256: is 3; expected a string");
  CHECK(folder.problem(R"(["normal", "normal"])") ==
        "/sweep/inputs/1: \"normal\" is twice in this list");
  CHECK(folder.problem(R"([{"file": "qkv.npz"}, {"file": "qkv.npz"}])") ==
        "/sweep/inputs/1: \"qkv.npz\" is twice in this list");
}

TEST_CASE("An override of the inputs names a file of the config's folder") {
  const Folder folder;
  const Config config = folder.read("\"causal\": true", {R"(sweep.inputs={"file": "qkv.npz"})"});
  CHECK(texts(config) == AxisValues{"qkv.npz"});
  CHECK(config.sweep["heads"] == AxisValues{4});
}

TEST_CASE("The schema describes inputs") {
  const Json schema = axis_schema(record::axis_named("inputs"));
  CHECK(schema["default"] == "normal");
  CHECK(schema["anyOf"][1]["items"] == schema["anyOf"][0]);
  CHECK(schema["anyOf"][0]["anyOf"][2]["required"] == Json{"file"});
}

TEST_CASE("Inputs are like a model's, with params of the config's or the defaults") {
  const Folder folder;
  const Config config = folder.inputs(
      R"(["normal", "model_like", {"model_like": {"sink_mass": 0.1, "rank": 4}}, {"file": "qkv.npz"}])");
  CHECK(texts(config) ==
        AxisValues{"normal", "model_like", "model_like(sink_mass=0.1 rank=4)", "qkv.npz"});
  CHECK(config.sweep["heads"] == AxisValues{4});  // The file's.
  const auto source = config.sweep.input_source("model_like(sink_mass=0.1 rank=4)");
  REQUIRE(source);
  CHECK(source->model_like[record::kSinkMass] == 0.1);
  CHECK(source->model_like[record::kRank] == 4);
  CHECK(source->model_like[record::kKeyMean] == record::kModelLikeParams[record::kKeyMean].value);
  const Json written = Json::parse(config_to_text(config));
  CHECK(written["sweep"]["inputs"][1] == "model_like");
  CHECK(written["sweep"]["inputs"][2] ==
        Json::parse(R"({"model_like": {"sink_mass": 0.1, "rank": 4}})"));
  CHECK(folder.inputs(R"("model_like")").sweep["heads"] == AxisValues{8});
}

TEST_CASE("Params of model_like inputs that are wrong are told with their place and limits") {
  const Folder folder;
  CHECK(folder.problem(R"({"model_like": {"sink_mass": 2}})") ==
        "/sweep/inputs/model_like/sink_mass: 2 is out of range; sink_mass is a number from 0 to "
        "0.98");
  CHECK_THAT(folder.problem(R"({"model_like": {"sink": 0.2}})"),
             ContainsSubstring("/sweep/inputs/model_like"));
  CHECK_THAT(folder.problem(R"({"model_like": 3})"), ContainsSubstring("/sweep/inputs/model_like"));
  CHECK_THAT(folder.problem(R"({"model_like": {}, "file": "qkv.npz"})"), ContainsSubstring("file"));
  CHECK_THAT(folder.problem(R"(["model_like", {"model_like": {}}])"),
             ContainsSubstring("is twice in this list"));
}
