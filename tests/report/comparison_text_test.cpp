// A comparison in the terminal: verdict first, worst first, no wider than the screen.
#include <sstream>

#include "catch.h"
#include "golden.h"
#include "record/utf8.h"
#include "report/comparison.h"
#include "report/comparison_words.h"
#include "report/words.h"
#include "sample_run.h"

namespace attnbench::report {
namespace {

/// A run beside a slower one that also takes more memory, has another default, and broke somewhere.
struct Sides {
  record::Run base = sample_run();
  record::Run fresh = sample_run();

  Sides() {
    for (record::Sample& s : fresh.cases[2].samples) s.time_s *= 2;
    for (record::Sample& s : fresh.cases[0].samples) s.time_s /= 2;
    *fresh.cases[1].memory.heap_peak_bytes += 1 << 20;
    fresh.cases[3].plan.outcome = record::Outcome::kFailed;
    fresh.cases[3].plan.reason = "killed by signal 11 (SIGSEGV)";
    fresh.cases[4].samples.resize(5);
    for (record::Run* run : {&base, &fresh})  // A word that no screen holds is of other tests.
      for (record::CaseRecord& c : run->cases)
        if (c.plan.label.find('<') != std::string::npos) c.plan.label = "strange, with a long name";
  }

  std::string text(const Screen& screen) const {
    const analyze::Comparison comparison = analyze::compare(base, fresh, {});
    return comparison_text({comparison, base, fresh, "of this test"}, screen);
  }
};

TEST_CASE("A comparison is as wide as its screen at most, and 80 columns in its table") {
  const Sides sides;
  for (const int columns : {40, 80, 120}) {
    CAPTURE(columns);
    const std::string text = sides.text({columns, false});
    compare_with_golden("comparison_" + std::to_string(columns) + ".txt", text);
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      CAPTURE(line);
      CHECK(record::display_width(line) <= static_cast<size_t>(columns));
    }
  }
}

TEST_CASE("The conclusion comes first, then what broke, what is slower, what takes more memory") {
  const std::string text = Sides().text({80, false});
  CHECK(text.find(
            " Regressed: 3 of 14 cases (1 slower, 1 broken, 1 by memory or rounding error).") == 0);
  const size_t broken = text.find("\n broken "), slower = text.find("\n slower ");
  const size_t memory = text.find("heap peak"), faster = text.find("\n faster ");
  CHECK(broken < slower);
  CHECK(slower < memory);
  CHECK(memory < faster);
  CHECK(faster != std::string::npos);
}

TEST_CASE("What regressed is red, if the screen shows colours") {
  CHECK(Sides().text({80, false}).find('\x1b') == std::string::npos);
  CHECK(Sides().text({80, true}).find("\x1b[31m slower ") != std::string::npos);
}

TEST_CASE("A ratio is always how many times as fast NEW is") {
  CHECK(as_fast_words({1.25, analyze::Interval{1, 2}}) == "0.800x [0.500, 1.00] as fast");
  CHECK(as_fast_words({0.5, {}}) == "2.00x as fast");
}

TEST_CASE("Of many cases in which nothing changed, the table counts those that it leaves out") {
  record::Run run = sample_run();
  const record::CaseRecord one = run.cases[0];
  run.cases.clear();
  for (int i = 0; i < 50; ++i) {
    run.cases.push_back(one);
    run.cases.back().plan.problem.kv_len = run.cases.back().plan.problem.q_len = 64 + i;
  }
  const analyze::Comparison comparison = analyze::compare(run, run, {1.2});
  const std::string text = comparison_text({comparison, run, run, ""}, {80, false});
  CHECK(text.find("… and 20 same (--format md lists all).") != std::string::npos);
  const std::string md = comparison_md({comparison, run, run, ""});
  CHECK(md.find("n = 113") != std::string::npos);
}

}  // namespace
}  // namespace attnbench::report
