// The files of inputs that a record names.
#include "record/inputs.h"

#include "catch.h"

using namespace attnbench::record;

TEST_CASE("A record's config names its files of inputs, with layer and hash") {
  const std::vector<InputSource> sources = recorded_sources(
      R"({"sweep": {"inputs": ["normal", {"file": "a.npz", "sha256": "11"},
                               {"file": "b.npz", "layer": "layer9", "sha256": "22"}]}})");
  REQUIRE(sources.size() == 2);
  CHECK(sources[0].text() == "a.npz");
  CHECK(sources[0].sha256 == "11");
  CHECK(sources[1].text() == "b.npz:layer9");
  CHECK(sources[1].sha256 == "22");
}

TEST_CASE("A config that names no file of inputs, or is none at all, has no sources") {
  for (const char* config :
       {"", "{", "[]", "3", "{}", R"({"sweep": 1})", R"({"sweep": {"seq_len": [8]}})",
        R"({"sweep": {"inputs": "normal"}})", R"({"sweep": {"inputs": ["normal", 1, [], {}]}})",
        R"({"sweep": {"inputs": [{"file": 1}, {"layer": "a"}]}})"}) {
    INFO(config);
    CHECK(recorded_sources(config).empty());
  }
}
