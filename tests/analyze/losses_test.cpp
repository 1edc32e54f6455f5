// The Pareto front, and what is lost for the time of each case.
#include "analyze/losses.h"

#include <algorithm>

#include "analyze/pareto.h"
#include "catch.h"
#include "made_up_run.h"

namespace attnbench::analyze {
namespace {

TEST_CASE("On the Pareto front stands what nothing else beats in both numbers") {
  const std::vector<Choice> choices{{8, 0},   {1, 0.9}, {2, 0.5},  {4, 0.5},
                                    {3, 0.6}, {4, 0.2}, {16, 0.1}, {2, 0.5}};
  CHECK(pareto_front(choices) ==
        std::vector<bool>{true, true, true, false, false, true, false, true});
  CHECK(pareto_front({}).empty());
  CHECK(pareto_front(std::vector<Choice>{{5, 5}}) == std::vector<bool>{true});
}

/// Cases of one length: a name, a time and a distance each.
record::Run run_of(const std::vector<std::tuple<std::string, double, std::optional<double>>>& cases,
                   int rounds = 9) {
  record::Run run = make_run(static_cast<int>(cases.size()), 5, rounds);
  for (size_t i = 0; i < cases.size(); ++i) {
    const auto& [label, time_s, error] = cases[i];
    record::CaseRecord& c = run.cases[i];
    c.plan.variant = c.plan.label = label;
    c.plan.problem.kv_len = c.plan.problem.q_len = 256;
    for (record::Sample& s : c.samples) s.time_s = time_s * (1 + 0.001 * s.round);
    c.quality =
        error ? record::Quality{64, error} : record::Quality{.reason = "its task is another"};
  }
  return run;
}

TEST_CASE("Losses are told from the fastest on, against full attention's time") {
  const record::Run run = run_of({{"full", 8, 0.0},
                                  {"far", 1, 0.9},
                                  {"near", 4, 0.2},
                                  {"beaten", 5, 0.3},
                                  {"other task", 0.5, {}},
                                  {"faster full", 6, 0.0}});
  const Analysis analysis = analyze(run);
  REQUIRE(analysis.groups.size() == 1);
  const std::vector<LossesAtSize> all = find_losses(run, analysis, analysis.groups[0]);
  REQUIRE(all.size() == 1);
  CHECK(all[0].seq_len == 256);
  CHECK(all[0].reference == 5);
  std::vector<std::string> names;
  for (const Loss& loss : all[0].cases)
    names.push_back(run.cases[loss.index].plan.label + (loss.on_front ? " *" : ""));
  CHECK(names == std::vector<std::string>{"far *", "near *", "beaten", "faster full *", "full"});
  REQUIRE(all[0].cases[0].speedup);
  CHECK(all[0].cases[0].speedup->value == Approx(6));
  REQUIRE(all[0].cases[0].speedup->interval);
  CHECK(all[0].cases[0].speedup->interval->low < 6);
  CHECK(all[0].cases[0].speedup->interval->high > 6);
  CHECK(all[0].cases[4].speedup->value == Approx(0.75));
  CHECK(all[0].cases[4].speedup->interval->high < 1);
  CHECK_FALSE(all[0].cases[3].speedup->interval);  // The reference itself.
}

TEST_CASE("The baseline is the reference if it is full attention, and only then") {
  record::Run run = run_of({{"full", 8, 0.0}, {"far", 1, 0.9}, {"faster full", 6, 0.0}});
  run.baseline = "full";
  Analysis analysis = analyze(run);
  CHECK(find_losses(run, analysis, analysis.groups[0])[0].reference == 0);
  run.baseline = "far";
  analysis = analyze(run);
  CHECK(find_losses(run, analysis, analysis.groups[0])[0].reference == 2);
  run.cases[0].quality->relative_error = run.cases[2].quality->relative_error = 0.1;
  analysis = analyze(run);
  CHECK_FALSE(find_losses(run, analysis, analysis.groups[0])[0].reference);
  CHECK_FALSE(find_losses(run, analysis, analysis.groups[0])[0].cases[0].speedup);
}

TEST_CASE("In a large group the reference is the series with which the others were compared") {
  std::vector<std::tuple<std::string, double, std::optional<double>>> cases{
      {"full", 8, 0.0}, {"faster full", 6, 0.0}};
  for (int i = 0; i < 11; ++i) cases.emplace_back("far " + std::to_string(i), 1 + 0.1 * i, 0.5);
  REQUIRE(cases.size() == kPairwiseSeries + 1);
  record::Run run = run_of(cases);
  Analysis analysis = analyze(run);
  const LossesAtSize at = find_losses(run, analysis, analysis.groups[0])[0];
  CHECK(at.reference == 0);
  for (const Loss& loss : at.cases) CHECK(loss.speedup->interval.has_value() == (loss.index != 0));
  // If that one is at a distance, the fastest that is not takes its place.
  run.cases[0].quality->relative_error = 0.25;
  analysis = analyze(run);
  CHECK(find_losses(run, analysis, analysis.groups[0])[0].reference == 1);
}

TEST_CASE("Too few rounds give a ratio without an interval") {
  const record::Run run = run_of({{"full", 8, 0.0}, {"far", 1, 0.9}}, 5);
  const Analysis analysis = analyze(run);
  const Loss far = find_losses(run, analysis, analysis.groups[0])[0].cases[0];
  CHECK(far.speedup->value == Approx(8));
  CHECK_FALSE(far.speedup->interval);
}

TEST_CASE("Where nothing is lost, or the distance is not known, there is nothing to tell") {
  record::Run run = run_of({{"full", 8, 0.0}, {"another full", 1, 0.0}});
  const auto losses = [&] {
    const Analysis analysis = analyze(run);
    return find_losses(run, analysis, analysis.groups[0]);
  };
  CHECK(losses().empty());
  run.cases[1].quality->relative_error = 0.1;
  CHECK(losses().size() == 1);
  run.cases[1].quality.reset();
  CHECK(losses().empty());
  run.cases[1].quality = record::Quality{64, 0.1};
  run.cases[1].samples.clear();
  CHECK(losses().empty());
}

}  // namespace
}  // namespace attnbench::analyze
