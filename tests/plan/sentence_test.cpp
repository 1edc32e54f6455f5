// Views of a sentence: params are scaled down to it until the pattern shows.
#include "plan/sentence.h"

#include <algorithm>

#include "catch.h"
#include "fakes.h"
#include "plan/plan.h"

using namespace attnbench;
using plan::testing::catalogue;
using Named = std::vector<std::pair<std::string, int64_t>>;

namespace {

const std::vector<std::string> kTwelve(12, "token");

config::Config config_of(std::vector<config::VariantSpec> variants, config::AxisValues lengths) {
  config::Config config;
  config.variants = std::move(variants);
  config.sweep["seq_len"] = std::move(lengths);
  config.sweep["threads"] = {1};
  return config;
}

std::vector<record::CaseRecord> cases_of(const config::Config& config, int64_t memory_limit) {
  std::vector<record::CaseRecord> cases;
  for (const record::Case& c : plan::make_plan(config, catalogue(), memory_limit).cases)
    cases.emplace_back().plan = c;
  return cases;
}

constexpr int64_t kPlenty = int64_t{1} << 50;

int64_t seen(const record::SentenceView& view) {
  return std::count(view.visible.begin(), view.visible.end(), '1');
}

/// The views of one variant on twelve causal tokens.
std::vector<record::SentenceView> views_of(config::VariantSpec variant, int64_t seq_len) {
  config::Config config = config_of({std::move(variant)}, {seq_len});
  config.sweep["causal"] = {1};
  return plan::view_sentence(kTwelve, cases_of(config, kPlenty), catalogue()).views;
}

}  // namespace

TEST_CASE("Only exact variants view the sentence, and at the length of the sentence") {
  config::Config config = config_of(
      {{"leaky", "", {}}, {"window", "near", {{"left", {1}}}}, {"full", "", {}}}, {64, 128});
  config.sweep["q_len"] = {1};
  config.sweep["causal"] = {1};
  const auto cases = cases_of(config, kPlenty);
  const record::Sentence sentence = plan::view_sentence({"a", "b", "c"}, cases, catalogue());
  CHECK(sentence.tokens == std::vector<std::string>{"a", "b", "c"});
  REQUIRE(sentence.views.size() == 2);
  CHECK(cases[static_cast<size_t>(sentence.views[0].case_id)].plan.label == "near");
  CHECK(sentence.views[0].visible == "100110011");
  CHECK(sentence.views[1].visible == "100110111");
}

TEST_CASE(
    "A window wider than the sentence is drawn narrower, until a fifth of the pairs is hidden") {
  const auto views = views_of({"window", "", {{"left", {256}}}}, 4096);
  REQUIRE(views.size() == 1);
  CHECK(views[0].drawn_params == Named{{"left", 4}});
  CHECK(seen(views[0]) == 78 - 28);  // With 8 keys, only 6 of the 78 pairs would be hidden.
}

TEST_CASE("The views of a variant are scaled alike, so that the wider window stays the wider one") {
  const auto views = views_of({"window", "", {{"left", {3, 64, 256}}}}, 4096);
  REQUIRE(views.size() == 3);
  CHECK(views[0].drawn_params.empty());  // Up to a quarter of the sentence shows as it is.
  CHECK(views[1].drawn_params == Named{{"left", 1}});
  CHECK(views[2].drawn_params == Named{{"left", 4}});
}

TEST_CASE("What sees all keys of its own sequence is drawn full") {
  for (const auto& views :
       {views_of({"full", "", {}}, 4096), views_of({"window", "", {{"left", {256}}}}, 200)}) {
    REQUIRE(views.size() == 1);
    CHECK(views[0].drawn_params.empty());
    CHECK(seen(views[0]) == 78);
  }
}

TEST_CASE("A sweep views the sentence a limited number of times") {
  std::vector<int64_t> lefts;
  for (int64_t left = 0; left < 100; ++left) lefts.push_back(left);
  CHECK(views_of({"window", "", {{"left", lefts}}}, 8).size() == 64);
}

TEST_CASE("Only lengths are halved: no seed, percentage, list, small value, or one that is kept") {
  constexpr Param kParams[] = {{"left", 256, -1, 1 << 20, ""},    {"least", 256, 32, 1 << 20, ""},
                               {"density", 50, 1, 100, ""},       {"seed", 4711, 0, 1 << 20, ""},
                               {"mask", 0, 0, 1 << 20, "", true}, {"small", 3, 0, 1 << 20, ""},
                               {"given", 256, 0, 1 << 20, ""}};
  const Info info{"many", "Has many params.", Kind::kExact, "-", kParams, 7};
  const registry::Entry entry{&info, catalogue().find("full")->variant};
  const std::vector<int64_t> params{256, 256, 50, 4711, 987654, 3, 256};
  const Call call{{1, 1, 1, 12, 12, 8, true}, params.data(), 1};
  CHECK(plan::halved_params(entry, call, 4, {"given"}) ==
        std::vector<int64_t>{16, 32, 50, 4711, 987654, 3, 256});
  CHECK(plan::halved_params(entry, call, 63, {"given"})[0] == 1);
  CHECK(plan::halved_params(entry, call, 0) == params);
  CHECK(plan::halvings(entry, call) == 0);  // It sees all keys, however small its params are.
}
