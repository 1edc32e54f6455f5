// The run at a glance, on screens wide and narrow, with and without colour.
#include "report/glance.h"

#include <algorithm>

#include "catch.h"
#include "golden.h"
#include "record/utf8.h"
#include "sample_run.h"

namespace attnbench::report {
namespace {

std::string seen(const record::Run& run, const Screen& screen) {
  return glance(run, analyze::analyze(run), screen);
}

size_t widest_line(const std::string& text) {
  size_t widest = 0, at = 0;
  while (at < text.size()) {
    const size_t end = text.find('\n', at);
    widest = std::max(widest, record::display_width(text.substr(at, end - at)));
    at = end + 1;
  }
  return widest;
}

TEST_CASE("The run at a glance equals the golden file of each screen") {
  compare_with_golden("glance_80.txt", seen(sample_run(), {80, false}));
  compare_with_golden("glance_80_color.txt", seen(sample_run(), {80, true}));
  compare_with_golden("glance_120.txt", seen(sample_run(), {120, false}));
  compare_with_golden("glance_40.txt", seen(sample_run(), {40, false}));
}

TEST_CASE("No line is wider than the screen, however narrow") {
  record::Run run = sample_run();
  std::erase_if(run.cases,
                [](const record::CaseRecord& c) { return c.plan.label == kHostileLabel; });
  for (const int columns : {120, 80, 60, 50, 40})
    CHECK(widest_line(seen(run, {columns, false})) <= static_cast<size_t>(columns));
}

TEST_CASE("Faults come before the table, and skipped cases after it") {
  const std::string text = seen(sample_run(), {200, false});
  const size_t table = text.find("scratch  ");
  REQUIRE(table != std::string::npos);
  CHECK(text.find("invalid at n = 256: NaN at row 3") < table);
  CHECK(text.find("timeout at n = 1024: over 10 s") < table);
  CHECK(text.find("skipped at n = 65536: needs 128 GiB") > table);
}

TEST_CASE("A series is named by what differs, and what all series share is said once") {
  record::Run run = sample_run();
  std::erase_if(run.cases, [](const record::CaseRecord& c) { return c.plan.label != "full"; });
  for (size_t i = 0, count = run.cases.size(); i < count; ++i) {
    run.cases.push_back(run.cases[i]);
    run.cases.back().plan.threads = 1;
  }
  run.largest_fits.clear();
  run.patterns.clear();
  run.sentence = {};
  const std::string text = seen(run, {});
  CHECK(text.find("full, 2 threads ") != std::string::npos);
  CHECK(text.find("full, 1 thread ") != std::string::npos);
  CHECK(text.find("sample: 8 heads over 2 kv_heads, head_dim 64, causal;") != std::string::npos);
}

TEST_CASE("Below six rounds nothing is called faster") {
  record::Run run = sample_run();
  for (record::CaseRecord& c : run.cases)
    if (c.samples.size() > 5) c.samples.resize(5);
  const std::string text = seen(run, {200, false});
  CHECK(text.find("nothing is called faster") != std::string::npos);
  CHECK(text.find("as fast as") == std::string::npos);
  CHECK(text.find("ratio") == std::string::npos);
}

TEST_CASE("Series that cannot be compared tell how long they take") {
  record::Run run = sample_run();
  std::erase_if(run.cases, [](const record::CaseRecord& c) { return c.plan.label != "full"; });
  run.largest_fits.clear();
  run.patterns.clear();
  run.sentence = {};
  CHECK(seen(run, {200, false}).find("full takes 125 ms [122 ms, 128 ms] at n = 4096.") !=
        std::string::npos);
  run.cases[0].plan.threads = 1;
  CHECK_THAT(seen(run, {200, false}),
             ContainsSubstring("full, 1 thread takes 488 µs [477 µs, 500 µs] at n = 256, and "
                               "full, 2 threads takes 125 ms [122 ms, 128 ms] at n = 4096: "
                               "the extremes of 2 series"));
}

TEST_CASE("A crossover is not told if one size has too few samples for an interval") {
  record::Run run = sample_run();
  CHECK(seen(run, {200, false}).find(", and faster from n = ") != std::string::npos);
  run.cases[0].samples.resize(5);
  const std::string text = seen(run, {200, false});
  CHECK(text.find("as fast as full at n = 4096.") != std::string::npos);
  CHECK(text.find("faster from") == std::string::npos);
}

TEST_CASE("What other pages change is said, and only pages that are not standard are named") {
  record::Run run = sample_run();
  run.patterns.clear();
  run.sentence = {};
  run.largest_fits.clear();
  run.cases.resize(6);
  const size_t count = run.cases.size();
  for (size_t i = 0; i < count; ++i) {
    run.cases.push_back(run.cases[i]);
    run.cases.back().plan.pages = record::Pages::kSmall;
    for (record::Sample& s : run.cases.back().samples) s.time_s *= 2;
  }
  const std::string text = seen(run, {200, false});
  CHECK(text.find("With small pages 0.500x (full) as fast as with huge pages, at the largest n.") !=
        std::string::npos);
  CHECK(text.find("\n full, small pages ") != std::string::npos);
  CHECK(text.find("\n full  ") != std::string::npos);
}

TEST_CASE("A percentage above 100 is not shown") {
  record::Run run = sample_run();
  CHECK(seen(run, {}).find("72 %") != std::string::npos);
  run.ceilings.front().fma_gflops = 1;
  CHECK(seen(run, {}).find(" %\n") == std::string::npos);
}

TEST_CASE("A percentage of the bf16 peak is marked, and the mark is explained") {
  record::Run run = sample_run();
  CHECK(seen(run, {200, false}).find("bf16") == std::string::npos);
  make_bf16(run, 0, 6);
  const std::string text = seen(run, {200, false});
  CHECK(text.find("36 % bf16\n") != std::string::npos);
  CHECK(text.find("bf16: percent of the peak of native bf16 multiply-adds; others are of the FMA "
                  "peak.") != std::string::npos);
}

TEST_CASE("Of very many series ten are shown, including those that went wrong") {
  record::Run run = sample_run();
  const record::CaseRecord window = run.cases[6];
  for (int i = 0; i < 30; ++i) {
    run.cases.push_back(window);
    run.cases.back().plan.label = "other " + std::to_string(i);
  }
  const std::string text = seen(run, {});
  CHECK(text.find("… and 23 more series in the page.") != std::string::npos);
  CHECK(text.find("\n =cmd", text.find("scratch  ")) != std::string::npos);
}

TEST_CASE("A run without a valid time has no table but gives all reasons") {
  record::Run run = sample_run();
  for (record::CaseRecord& c : run.cases)
    if (c.plan.outcome == record::Outcome::kOk) {
      c.plan.outcome = record::Outcome::kFailed;
      c.plan.reason = "gone";
      c.samples.clear();
    }
  const std::string text = seen(run, {});
  CHECK(text.find("full: failed at n = 256, 512") != std::string::npos);
  CHECK(text.find("skipped at n = 65536") != std::string::npos);
  CHECK(text.find("as fast as") == std::string::npos);
  CHECK(text.find("ratio") == std::string::npos);
  CHECK(text.find("scratch") == std::string::npos);
  CHECK(text.find("samples") == std::string::npos);
}

}  // namespace
}  // namespace attnbench::report
