// Which points the lines of a study's charts have.
#include "study/figure.h"

#include <catch2/catch.hpp>

#include "made_up_run.h"

namespace attnbench::study {
namespace {

std::vector<double> xs(const Figure& figure) {
  REQUIRE(figure.lines.size() == 1);
  std::vector<double> all;
  for (const FigurePoint& point : figure.lines[0].points) all.push_back(point.x);
  return all;
}

TEST_CASE("A line of a probe stands over the distances that were tried") {
  const MadeUp run = MadeUp().add("rnn", {64, 128}, linear, [](record::CaseRecord& c) {
    c.probes = {{"influence", 8, "", {{1, 0, 0.5, 0.4, 0.6}, {16, 0, 0.1, 0.05, 0.2}}}};
  });
  const StudyRun of{"probe.json", "probe", run.run, run.analysis()};
  CHECK(xs(make_figure(ChartOf{"influence", "distance"}, of)) == std::vector<double>{1, 16});
}

TEST_CASE("A line leaves out a length without a value") {
  MadeUp run = MadeUp().add("rnn", {256, 512, 1024}, linear);
  run.run.cases[1].plan.outcome = record::Outcome::kSkipped;
  run.run.cases[1].samples.clear();
  const StudyRun of{"time.json", "time", run.run, run.analysis()};
  CHECK(xs(make_figure(ChartOf{"time"}, of)) == std::vector<double>{256, 1024});
}

}  // namespace
}  // namespace attnbench::study
