// From which distances a token reaches the last output, by points whose values are known.
#include "analyze/probe_reach.h"

#include <utility>

#include "catch.h"

namespace attnbench::analyze {
namespace {

using record::Probe;
using record::ProbePoint;
using Points = std::vector<ProbePoint>;

/// Points that all seeds agree on.
Points points_of(const std::vector<std::pair<int64_t, double>>& values) {
  Points points;
  for (const auto& [distance, value] : values) points.push_back({distance, 0, value, value, value});
  return points;
}

std::vector<std::pair<int64_t, int64_t>> ends_of(const std::vector<Stretch>& stretches) {
  std::vector<std::pair<int64_t, int64_t>> ends;
  for (const Stretch& s : stretches) ends.emplace_back(s.from, s.to);
  return ends;
}

using Ends = std::vector<std::pair<int64_t, int64_t>>;

TEST_CASE("What is lost at the nearest distance may come back from a farther one") {
  const Reach reach = recall_reach(
      points_of({{1, 0.06}, {2, 0.2}, {4, 1}, {8, 1}, {16, 0.9}, {32, 0.899}, {64, 1}}));
  CHECK(reach.tried == 7);
  CHECK(reach.count() == 4);
  CHECK(ends_of(reach.holds) == Ends{{4, 16}, {64, 64}});
  CHECK(ends_of(reach.others) == Ends{{1, 2}, {32, 32}});
  CHECK(reach.holds.front().count == 3);
  CHECK_FALSE(reach.everywhere());
  CHECK_FALSE(reach.nowhere());
  CHECK_FALSE(reach.ends());
}

TEST_CASE("A reach may be everywhere, nowhere, or end") {
  CHECK(recall_reach(points_of({{1, 1}, {2, 0.95}})).everywhere());
  CHECK(recall_reach(points_of({{1, 0}, {2, 0.5}})).nowhere());
  CHECK(recall_reach(points_of({{1, 1}, {2, 1}, {4, 0}})).ends());
  CHECK_FALSE(recall_reach(points_of({{1, 0}, {2, 1}})).ends());
}

TEST_CASE("Rounding is no influence") {
  const Reach reach = moved_reach(points_of({{1, 0.7}, {8, 2e-6}, {64, 1.2e-7}, {512, 0}}));
  CHECK(ends_of(reach.holds) == Ends{{1, 8}});
  CHECK(ends_of(reach.others) == Ends{{64, 512}});
  // One seed in which the token counts is enough, whatever the mean.
  CHECK(moved_reach({{1, 0, 5e-7, 0, 4e-6}}).everywhere());
}

TEST_CASE("Of several numbers of pairs the most count, in whatever order they were tried") {
  const Probe probe{"recall", 4, {}, {{1, 64, 1, 1, 1}, {2, 64, 0, 0, 0}, {1, 4, 1, 1, 1}}};
  const Points points = points_of_most_pairs(probe);
  REQUIRE(points.size() == 2);
  CHECK(points[1].distance == 2);
  CHECK(points_of_most_pairs({"influence", 4, {}, points_of({{1, 1}, {2, 1}})}).size() == 2);
}

TEST_CASE("Points are alike if their seeds leave room for one value") {
  // Sixteen seeds: a mean is known to about a quarter of the range.
  const Points flat{
      {1, 0, 0.022, 0.009, 0.058}, {8, 0, 0.017, 0.009, 0.05}, {64, 0, 0.028, 0.01, 0.087}};
  CHECK(alike(flat, 16));
  CHECK_FALSE(alike(flat, 1'000'000));
  const Points falls{{1, 0, 0.055, 0.02, 0.1}, {64, 0, 0.028, 0.025, 0.031}};
  CHECK_FALSE(alike(falls, 16));
  // With one seed nothing is known but the means.
  CHECK(alike(points_of({{1, 0.03}, {8, 0.02}}), 1));
  CHECK_FALSE(alike(points_of({{1, 0.03}, {8, 0.01}}), 1));
}

}  // namespace
}  // namespace attnbench::analyze
