// The measures of published tables.
#include <catch2/catch.hpp>
#include <cmath>

#include "made_up_run.h"
#include "study/evidence.h"

namespace attnbench::study {
namespace {

PublishedTable sample_table() {
  PublishedTable table;
  table.file = "table.json";
  table.unit = "ms";
  table.quantity = "time";
  table.rows = {{"full", {}, {{128, 1}, {256, 1.1}, {512, 4.4}, {1024, 17.6}, {2048, {}}}, {2048}},
                {"linear", {}, {{256, 4}, {512, 8}, {1024, 16}, {2048, 32}}},
                {"fast", {}, {{256, 1}, {512, 2}, {1024, 4}}}};
  return table;
}

Evidence found(Measure measure, const AsPublished& rule, const PublishedTable& table,
               const std::string& quantity = "time") {
  Claim c;
  c.measure = measure;
  c.quantity = quantity;
  c.of = pick("full");
  c.rule = rule;
  return published_evidence(c, rule, table);
}

AsPublished rule(const std::string& of, const std::string& over = "") {
  return {"table.json", of, over};
}

TEST_CASE("A published growth is the slope by least squares, from a length on") {
  AsPublished from = rule("full");
  from.from = 256;
  const Evidence e = found(Measure::kGrowth, from, sample_table());
  CHECK(*e.value == Approx(2));
  CHECK(e.words == "n^2.00");
  CHECK(e.where == "over n = 256 to 1024");
  CHECK(*found(Measure::kGrowth, rule("full"), sample_table()).value < 1.6);
  from.from = 512;
  CHECK(found(Measure::kGrowth, from, sample_table()).reason ==
        "the table has 2 values from n = 512 on, and 3 are needed");
}

TEST_CASE("A published ratio is that at the largest common length, or at the one named") {
  const Evidence e = found(Measure::kRatio, rule("full", "linear"), sample_table());
  CHECK(*e.value == Approx(1.1));
  CHECK(e.where == "at n = 1024");
  AsPublished at = rule("full", "linear");
  at.seq_len = 256;
  CHECK(*found(Measure::kRatio, at, sample_table()).value == Approx(0.275));
  at.seq_len = 2048;
  CHECK(found(Measure::kRatio, at, sample_table()).reason ==
        "the table has no value of full there");
}

TEST_CASE("If more is better, a value's inverse stands for a time") {
  PublishedTable speeds = sample_table();
  speeds.more_is_better = true;
  CHECK(*found(Measure::kRatio, rule("full", "linear"), speeds).value == Approx(16 / 17.6));
  CHECK(*found(Measure::kGrowth, rule("linear"), speeds).value == Approx(-1));
}

TEST_CASE("A published crossover lies between its lengths, or beyond them") {
  const Evidence within = found(Measure::kCrossover, rule("linear", "full"), sample_table());
  CHECK(*within.value > 512);
  CHECK(*within.value < 1024);
  CHECK_FALSE(within.interval);
  CHECK(within.reason.empty());
  const Evidence before = found(Measure::kCrossover, rule("fast", "full"), sample_table());
  CHECK(*before.value == 0);
  CHECK(before.interval->high == 256);
  const Evidence never = found(Measure::kCrossover, rule("linear", "fast"), sample_table());
  CHECK(std::isinf(*never.value));
  CHECK(never.interval->low == 1024);
}

TEST_CASE("The largest published length is a limit if the series never ran out of memory") {
  const Evidence full = found(Measure::kValue, rule("full"), sample_table(), "largest_n");
  CHECK(*full.value == 1024);
  CHECK_FALSE(full.interval);
  const Evidence linear = found(Measure::kValue, rule("linear"), sample_table(), "largest_n");
  CHECK(*linear.value == 2048);
  CHECK(std::isinf(linear.interval->high));
  const Evidence ratio =
      found(Measure::kRatio, rule("linear", "full"), sample_table(), "largest_n");
  CHECK(*ratio.value == 2);
  CHECK(ratio.interval->low == 2);
  CHECK(std::isinf(ratio.interval->high));
}

TEST_CASE("Times of another machine are not compared, memory is in its unit") {
  CHECK(found(Measure::kValue, rule("full"), sample_table()).reason ==
        "times of another machine are not compared; a growth or a ratio is");
  PublishedTable memory = sample_table();
  memory.unit = "MB";
  const Evidence e = found(Measure::kValue, rule("full"), memory, "workspace_bytes");
  CHECK(*e.value == Approx(17.6e6));
  memory.unit = "pages";
  CHECK(found(Measure::kValue, rule("full"), memory, "workspace_bytes").reason ==
        "the table's unit, pages, is none of memory");
}

TEST_CASE("A series that a table lacks is the reason") {
  CHECK(found(Measure::kRatio, rule("full", "Reformer"), sample_table()).reason ==
        "table.json has no series called Reformer");
  CHECK(found(Measure::kValue, rule("Reformer"), sample_table(), "largest_n").reason ==
        "table.json has no series called Reformer");
  PublishedTable table = sample_table();
  table.rows.push_back({"blank", {}, {}});
  CHECK(found(Measure::kGrowth, rule("blank"), table).reason ==
        "table.json has no values of blank");
}

}  // namespace
}  // namespace attnbench::study
