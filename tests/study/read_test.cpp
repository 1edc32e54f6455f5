// A study is read whole: study.json, its tables, and its configs in the size that is asked for.
#include "study/read.h"

#include <cmath>

#include "catch.h"
#include "study_folder.h"

using namespace attnbench;
using namespace attnbench::study;
using attnbench::study::testing::StudyFolder;

namespace {

const Claim& claim_of(const Ready& ready, size_t section, size_t claim) {
  return ready.study.sections[section].claims[claim];
}

}  // namespace

TEST_CASE("A study holds what study.json says") {
  const Ready ready = StudyFolder().read();
  const Study& study = ready.study;
  CHECK(study.name == "mini");
  CHECK(study.title == "A small study");
  CHECK(study.introduction == "It begins.");
  CHECK(study.limits == std::vector<std::string>{"It ends."});
  REQUIRE(study.configs.size() == 2);
  CHECK(study.configs[0].file == "time.json");
  CHECK(study.configs[0].quick == std::vector<std::string>{"sweep.seq_len=[8,16]"});
  REQUIRE(ready.configs.size() == 2);
  CHECK(ready.configs[1].name == "probe");
  REQUIRE(study.sections.size() == 3);
  const Section& time = study.sections[0];
  CHECK(time.id == "time");
  CHECK(time.title == "Time");
  CHECK(time.question == "How long?");
  CHECK(time.text == std::vector<std::string>{"One.", "Two."});
  CHECK(time.config == "time.json");
  CHECK(study.sections[2].config.empty());
}

TEST_CASE("A study holds what each section shows") {
  const Ready ready = StudyFolder().read();
  const std::vector<Exhibit>& shows = ready.study.sections[0].shows;
  REQUIRE(shows.size() == 3);
  const auto& chart = std::get<ChartOf>(shows[0]);
  CHECK(chart.quantity == "time");
  CHECK(chart.x == "seq_len");
  CHECK(chart.pointer == "/sections/0/shows/0");
  REQUIRE(chart.only.size() == 2);
  CHECK(chart.only[0].variant == "full");
  CHECK(chart.only[1].params == std::vector<std::pair<std::string, int64_t>>{{"left", 4}});
  const auto& sentence = std::get<SentenceOf>(shows[1]);
  CHECK(sentence.text == "我正在");
  CHECK(sentence.readings.size() == 3);
  CHECK(sentence.only.size() == 1);
  CHECK(std::get<TableOf>(shows[2]).table == "table.json");
  const std::vector<Exhibit>& reach = ready.study.sections[1].shows;
  CHECK(std::get<ChartOf>(reach[0]).x == "distance");
  CHECK(std::get<ChartOf>(reach[1]).x == "threads");
}

TEST_CASE("A study holds each claim with its rule") {
  const Ready ready = StudyFolder().read();
  const Claim& growth = claim_of(ready, 0, 0);
  CHECK(growth.says == "Quadratic.");
  CHECK(growth.measure == Measure::kGrowth);
  CHECK(growth.quantity == "time");
  CHECK(growth.of.variant == "full");
  CHECK(!growth.over);
  CHECK(std::holds_alternative<AsDeclared>(growth.rule));
  CHECK(growth.because == "It is.");
  CHECK(growth.pointer == "/sections/0/claims/0");

  const Claim& ratio = claim_of(ready, 0, 1);
  CHECK(ratio.measure == Measure::kRatio);
  REQUIRE(ratio.over);
  CHECK(ratio.over->seq_len == 128);
  REQUIRE(ratio.over->axes.size() == 1);
  CHECK(ratio.over->axes[0].first == &record::axis_named("causal"));
  CHECK(ratio.over->axes[0].second == record::AxisValue(int64_t{1}));
  CHECK(std::get<Bounds>(ratio.rule).allowed.low == 2);
  CHECK(std::isinf(std::get<Bounds>(ratio.rule).allowed.high));

  const auto& within = std::get<Bounds>(claim_of(ready, 0, 2).rule).allowed;
  CHECK(claim_of(ready, 0, 2).measure == Measure::kCrossover);
  CHECK(within.low == 16);
  CHECK(within.high == 64);

  const auto& published = std::get<AsPublished>(claim_of(ready, 0, 3).rule);
  CHECK(published.table == "table.json");
  CHECK(published.of == "Standard");
  CHECK(published.over == "Local");
  CHECK(published.seq_len == 256);
  CHECK(published.factor == 3);
  const auto& exponent = std::get<AsPublished>(claim_of(ready, 0, 4).rule);
  CHECK(exponent.from == 128);
  CHECK(exponent.within == 0.25);

  const Claim& far = claim_of(ready, 1, 0);
  CHECK(far.of.distance == -1);
  CHECK(std::get<Bounds>(far.rule).allowed.high == 0);
  CHECK(std::isinf(std::get<Bounds>(far.rule).allowed.low));
  CHECK(claim_of(ready, 1, 1).of.distance == 4);
  CHECK(claim_of(ready, 1, 1).of.pairs == 8);
  CHECK(!std::get<Trend>(claim_of(ready, 1, 2).rule).rises);
  CHECK(std::get<Trend>(claim_of(ready, 1, 3).rule).along == "threads");
}

TEST_CASE("A published table is read with its values in ascending order") {
  const Ready ready = StudyFolder().read();
  REQUIRE(ready.study.tables.size() == 1);
  const PublishedTable& table = ready.study.tables[0];
  CHECK(table.file == "table.json");
  CHECK(table.paper == "Attention, fast");
  CHECK(table.authors_year == "Doe 2022");
  CHECK(table.source == "arXiv 2200.00001, table 1");
  CHECK(table.what == "forward");
  CHECK(table.machine == "a GPU");
  CHECK(table.setup == "16 x 8 x 64");
  CHECK(table.unit == "ms");
  CHECK(!table.more_is_better);
  CHECK(table.quantity == "time");
  CHECK(table.reference == "Standard");
  REQUIRE(table.rows.size() == 3);
  using Values = std::vector<std::pair<int64_t, std::optional<double>>>;
  CHECK(table.rows[0].values == Values{{128, 0.5}, {256, 1}, {1024, std::nullopt}});
  CHECK(table.rows[0].out_of_memory == std::vector<int64_t>{1024});
  CHECK(table.rows[0].note == "stores all scores");
  CHECK(table.rows[1].values == Values{{128, 0.4}, {256, 0.5}, {1024, 2}});
  CHECK(table.rows[1].of->variant == "window");
  CHECK(!table.rows[2].of);
}

TEST_CASE("A quick study has its overrides and the fewest rounds that give an interval") {
  const StudyFolder folder;
  CHECK(folder.read().configs[0].measure.rounds == 9);
  CHECK(folder.read().configs[0].sweep["seq_len"].size() == 5);
  const Ready quick = folder.read(Size::kQuick);
  CHECK(quick.configs[0].measure.rounds == 6);
  CHECK(quick.configs[0].sweep["seq_len"].size() == 2);
  CHECK(quick.configs[1].measure.rounds == 6);
}

TEST_CASE("A quick study does not raise the rounds of a config") {
  StudyFolder folder;
  folder.set("time.json", "/measure", R"({"rounds": 3})");
  CHECK(folder.read(Size::kQuick).configs[0].measure.rounds == 3);
}

TEST_CASE("Of a study with some sections, only the configs that these need are read") {
  const StudyFolder folder;
  folder.remove("time.json");
  const Ready ready = folder.read(Size::kFull, {"reach"});
  REQUIRE(ready.study.sections.size() == 1);
  CHECK(ready.study.sections[0].id == "reach");
  CHECK(ready.study.sections[0].claims[0].pointer == "/sections/1/claims/0");
  REQUIRE(ready.configs.size() == 1);
  CHECK(ready.configs[0].name == "probe");
  CHECK(ready.study.configs[0].file == "probe.json");
}

TEST_CASE("A section that a study lacks is refused with the name that may be meant") {
  CHECK(StudyFolder().problems(Size::kFull, {"tine"}) ==
        "--only tine: there is no such section; there are: time, reach, last-words; did you mean "
        "'time'?\n");
}

TEST_CASE("A study comes with the text of study.json and of each table") {
  const Ready ready = StudyFolder().read();
  REQUIRE(ready.files.size() == 2);
  CHECK(ready.files[0].first == "study.json");
  CHECK_THAT(ready.files[0].second, ContainsSubstring("\"name\": \"mini\""));
  CHECK(ready.files[1].first == "table.json");
  CHECK_THAT(ready.files[1].second, ContainsSubstring("Attention, fast"));
}

TEST_CASE("A folder of results is read without the configs") {
  const StudyFolder folder;
  folder.remove("time.json");
  folder.remove("probe.json");
  const Study study = read_results(folder.path());
  CHECK(study.sections.size() == 3);
  CHECK(study.sections[0].claims.size() == 5);
  CHECK(study.tables[0].rows.size() == 3);
}

TEST_CASE("study.json may hold comments") {
  StudyFolder folder;
  std::string text = folder.read().files[0].second;
  folder.write("study.json", "// A comment.\n" + text);
  CHECK(folder.problems().empty());
}
