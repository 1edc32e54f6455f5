// Verdicts of claims that compare with a published table.
#include <catch2/catch.hpp>
#include <cmath>

#include "judged_claims.h"

namespace attnbench::study {
namespace {

/// A table in which full takes four times as long at twice the length, and window twice.
Study with_table() {
  Study study;
  PublishedTable& table = study.tables.emplace_back();
  table.file = "table.json";
  table.unit = "ms";
  table.quantity = "time";
  table.rows = {{"PyTorch", {}, {{512, 0.26}, {1024, 1.04}, {2048, 4.16}, {4096, 16.64}}, {8192}},
                {"Longformer", {}, {{512, 0.5}, {1024, 1}, {2048, 2}, {4096, 4}, {8192, 8}}}};
  return study;
}

TEST_CASE("A ratio is judged by the published one, up to a factor") {
  const Study study = with_table();
  Claim c = claim(Measure::kRatio, "time", AsPublished{"table.json", "PyTorch", "Longformer"});
  const Judged j = judged(c, two_series(), study);
  CHECK(j.verdict == Verdict::kHolds);
  REQUIRE(j.published);
  CHECK(j.published->words == "4.16x");
  CHECK(j.asked == "2.08x to 8.32x, within a factor of 2 of the published 4.16x at n = 4096");
  std::get<AsPublished>(c.rule).seq_len = 512;
  CHECK(judged(c, two_series(), study).verdict == Verdict::kDoesNotHold);
}

TEST_CASE("A growth is judged by the published exponent, give or take") {
  const Study study = with_table();
  Claim c = claim(Measure::kGrowth, "time", AsPublished{"table.json", "PyTorch"});
  const Judged j = judged(c, two_series(), study);
  CHECK(j.verdict == Verdict::kHolds);
  CHECK(j.asked == "n^1.70 to n^2.30, within 0.3 of the published n^2.00 over n = 512 to 4096");
  c.of = pick("window");
  CHECK(judged(c, two_series(), study).verdict == Verdict::kDoesNotHold);
}

TEST_CASE("A claim without its published number cannot be told") {
  const Study study = with_table();
  const auto reason = [&](const AsPublished& rule) {
    const Judged j = judged(claim(Measure::kRatio, "time", rule), two_series(), study);
    CHECK(j.verdict == Verdict::kCannotTell);
    return j.reason;
  };
  CHECK(reason({"other.json", "PyTorch", "Longformer"}) == "The study has no table other.json.");
  CHECK(reason({"table.json", "PyTorch", "Reformer"}) ==
        "No published number: table.json has no series called Reformer.");
}

}  // namespace
}  // namespace attnbench::study
