// What is lost beside what is won, in sentences, tables and columns.
#include "catch.h"
#include "report/answer.h"
#include "report/csv.h"
#include "report/glance_rows.h"
#include "report/glance_words.h"
#include "report/html_data.h"
#include "report/loss_table.h"
#include "report/loss_words.h"
#include "report/markdown.h"
#include "sample_run.h"

namespace attnbench::report {
namespace {

/// A failure shows the text.
void check_start(const std::string& text, const std::string& start) {
  INFO(text);
  CHECK(text.starts_with(start));
}

/// What the end of a run says of losses; empty if nothing.
std::string told(const record::Run& run) {
  const analyze::Analysis analysis = analyze::analyze(run);
  return loss_sentence(run, analysis, name_series(run, analysis));
}

std::string table(const record::Run& run) {
  return loss_tables_md(run, analyze::analyze(run));
}

record::CaseRecord& largest_window(record::Run& run) {
  return run.cases[10];
}

TEST_CASE("What the faster one keeps and how fast it is stand in one sentence") {
  record::Run run = sample_run();
  const std::string text = told(run);
  check_start(text,
              "At n = 4096 window 64 keeps 3.1 % of the attention mass (relative "
              "error 0.97) and is 4.00x [3.88, 4.13] as fast as full. ");
  CHECK(text.ends_with(
      "On these inputs attention is nearly uniform, as in no trained model (it spreads as over "
      "61 % of the keys seen): these losses mislead."));
  largest_window(run).quality->mass_recall.reset();
  largest_window(run).quality->untrained = true;
  check_start(told(run),
              "At n = 4096 window 64 has a relative error of 0.97 with "
              "untrained projections and is 4.00x");
}

TEST_CASE(
    "How far attention spreads decides whether losses mislead, not what the inputs are called") {
  record::Run run = sample_run();
  const auto warning = [&] { return misleading_words(run, lossy_cases(run)); };
  const auto spread = [&](double share) {
    for (record::InputStatistics& s : run.input_statistics) s.effective_share = share;
  };
  CHECK(warning() ==
        "On these inputs attention is nearly uniform, as in no trained model (it spreads as over "
        "61 % of the keys seen): these losses mislead.");
  run.input_statistics[0].effective_share = 0.1;  // Of the same inputs at a larger n.
  CHECK(warning() ==
        "In some of the settings attention is nearly uniform, as in no trained model (it spreads "
        "as over 61 % of the keys seen): the losses there mislead.");
  spread(0.3);  // Normal numbers with a larger scale, softcap or ALiBi.
  CHECK(warning().empty());
  CHECK(told(run).ends_with("as fast as full."));
  spread(0.7);
  for (record::CaseRecord& c : run.cases) c.plan.inputs = "flat.npz";
  CHECK_THAT(told(run), ContainsSubstring("(it spreads as over 70 % of the keys seen)"));
  // The cases of n = 256 have inputs of their own, and theirs alone are flat.
  for (record::CaseRecord& c : run.cases)
    if (c.plan.seq_len() == 256) c.plan.inputs = "normal";
  run.input_statistics[0].effective_share = 0.1;
  CHECK(warning() ==
        "On the normal inputs attention is nearly uniform, as in no trained model (it spreads as "
        "over 70 % of the keys seen): the losses there mislead.");
  run.input_statistics.clear();
  CHECK(warning().empty());
}

TEST_CASE("Without an interval a sentence tells what is lost and nothing of speed") {
  record::Run run = sample_run();
  for (record::CaseRecord& c : run.cases)
    if (c.samples.size() > 5) c.samples.resize(5);
  check_start(told(run),
              "At n = 4096 window 64 keeps 3.1 % of the attention mass "
              "(relative error 0.97). ");
  CHECK_THAT(told(run), !ContainsSubstring("as fast as"));
  CHECK_THAT(told(run), !ContainsSubstring("takes as long"));
}

TEST_CASE("Times that cannot be told apart are not called faster") {
  record::Run run = sample_run();
  for (record::Sample& s : largest_window(run).samples) s.time_s *= 4;
  CHECK_THAT(told(run),
             ContainsSubstring("and takes as long as full, as far as can be told (1.00x [0.9"));
}

TEST_CASE("Of many that lose something, the fastest, the nearest and one between are told") {
  record::Run run = sample_run();
  for (int i = 1; i <= 6; ++i) {
    record::CaseRecord c = largest_window(run);
    c.plan.label = "window " + std::to_string(i);
    for (record::Sample& s : c.samples) s.time_s *= 1 + 0.25 * i;
    c.quality->relative_error = 0.9 - 0.1 * i;
    run.cases.push_back(c);
  }
  // Slower and farther than others: not on the front.
  run.cases.back().quality->relative_error = 0.95;
  const std::string text = told(run);
  CHECK_THAT(text, ContainsSubstring("window 64 keeps"));
  CHECK_THAT(text, ContainsSubstring("; window 3 keeps"));
  CHECK_THAT(text, ContainsSubstring("; window 5 keeps"));
  CHECK_THAT(text, !ContainsSubstring("window 6 keeps"));
  CHECK_THAT(text, !ContainsSubstring("window 1 keeps"));
}

TEST_CASE("Of several settings the one with the truest inputs is told") {
  record::Run run = sample_run();
  const auto add = [&](const char* inputs, double error) {
    for (size_t i = 0; i < 11; ++i) {
      run.cases.push_back(run.cases[i]);
      record::CaseRecord& c = run.cases.back();
      c.plan.id = static_cast<int>(run.cases.size()) - 1;
      c.plan.inputs = inputs;
      if (c.quality && i > 5) c.quality->relative_error = error;
    }
  };
  add("model_like(rank=4)", 0.5);
  check_start(told(run),
              "At n = 4096 (model_like(rank=4) inputs) window 64 keeps 3.1 % of the attention mass "
              "(relative error 0.50) and is 4.00x [3.88, 4.13] as fast as full.");
  add("qkv.npz", 0.75);
  check_start(told(run), "At n = 4096 (qkv.npz inputs) window 64 keeps");
  CHECK_THAT(told(run), ContainsSubstring("(relative error 0.75)"));
  CHECK_THAT(told(run), !ContainsSubstring("nearly uniform"));
  // The answer tells it, too, and what the inputs change of times in one sentence.
  std::string lines;
  for (const std::string& line : answer_lines(run, analyze::analyze(run))) lines += line + "\n";
  CHECK_THAT(lines, ContainsSubstring("At n = 4096 (qkv.npz inputs) window 64 keeps"));
  CHECK_THAT(lines, ContainsSubstring("\nWith model_like(rank=4) inputs 1.00x (full) to 1.00x "
                                      "(window 64)"));
  CHECK_THAT(lines, !ContainsSubstring("as fast as with normal inputs at n ="));
}

TEST_CASE("The nearest part of all mass is never called all of it") {
  CHECK(mass_words(1) == "100 %");
  CHECK(mass_words(0.71) == "71 %");
  CHECK(mass_words(0.99996) == "99.996 %");
  CHECK(mass_words(0.9999999) == "99.999 %");
  CHECK(mass_words(0) == "0.0 %");
}

TEST_CASE("Where nothing is lost there is no sentence, no table and no chart") {
  record::Run run = sample_run();
  for (record::CaseRecord& c : run.cases)
    if (c.quality && c.quality->relative_error) c.quality = record::Quality{64, 0, 0, 0, 1, 1};
  CHECK(told(run).empty());
  CHECK(table(run).empty());
  CHECK_THAT(html_data(run, analyze::analyze(run)), !ContainsSubstring("\"on_front\":[true"));
  for (record::CaseRecord& c : run.cases) c.quality.reset();
  CHECK(told(run).empty());
  CHECK_THAT(report_md(run, analyze::analyze(run)), !ContainsSubstring("What is lost"));
}

TEST_CASE("A table puts the fastest first, marks the front, and says who has no distance") {
  record::Run run = sample_run();
  const std::string text = table(run);
  CHECK_THAT(text, ContainsSubstring(
                       "| 4096 | window 64 | 31.2 ms [30.5 ms, 32.2 ms] | 4.00x [3.88, 4.13] "
                       "| 0.97 | 1.1 (head 3) | 0.0308 | 3.1 % | yes |\n| 4096 | full |"));
  CHECK_THAT(text, ContainsSubstring("| 256 | full | 488 µs [477 µs, 500 µs] | reference | 0 | – | "
                                     "1.00 | 100 % | yes |\n| 256 | window 64 | 1.95 ms"));
  CHECK_THAT(text, ContainsSubstring("| as fast as full |"));
  CHECK_THAT(text, ContainsSubstring(
                       ": no distance from full attention: it sees one document only, as its "
                       "task asks."));
  largest_window(run).quality->untrained = true;
  CHECK_THAT(table(run), ContainsSubstring("| 4096 | window 64 (untrained) |"));
}

TEST_CASE("Series that differ in their seed alone have a row with the median over their seeds") {
  record::Run run = sample_run();
  CHECK_THAT(table(run), !ContainsSubstring("seeds"));
  const record::CaseRecord like = largest_window(run);
  const auto add = [&](const std::string& label, int64_t size, int64_t seed, double error,
                       double slower) {
    record::CaseRecord& c = run.cases.emplace_back(like);
    c.plan.label = label;
    c.plan.params = {{"size", size}, {"seed", seed}};
    for (record::Sample& s : c.samples) s.time_s *= slower;
    c.quality->relative_error = error;
  };
  add("draws size=4 seed=1", 4, 1, 0.5, 1);
  add("draws size=4 seed=12", 4, 12, 0.25, 8);
  add("draws size=4 seed=3", 4, 3, 0.875, 2);
  add("draws size=8 seed=1", 8, 1, 0.125, 16);
  const std::string text = table(run);
  INFO(text);
  CHECK_THAT(text, ContainsSubstring("| 4096 | draws size=4 | 3 | 0.50 (0.25 to 0.88) | 62.5 ms "
                                     "(31.2 ms to 250 ms) |\n"));
  CHECK_THAT(text, !ContainsSubstring("| draws size=8 |"));  // One seed has no median.
  // Of an even number of seeds the median lies between two.
  add("draws size=8 seed=2", 8, 2, 0.375, 16);
  CHECK_THAT(table(run), ContainsSubstring("| 4096 | draws size=8 | 2 | 0.25 (0.12 to 0.38) |"));
  run.cases.back().samples.clear();
  CHECK_THAT(table(run), !ContainsSubstring("| draws size=8 |"));
}

/// Adds three cases like `like`, each with a seed, and with what change(case, seed) sets besides.
template <class Change>
void add_seeds(record::Run& run, record::CaseRecord like, const Change& change) {
  for (const int64_t seed : {1, 2, 3}) {
    record::CaseRecord& c = run.cases.emplace_back(like);
    c.plan.id = static_cast<int>(run.cases.size()) - 1;
    c.plan.label = "draws seed=" + std::to_string(seed);
    c.plan.params = {{"seed", seed}};
    change(c, static_cast<double>(seed));
  }
}

TEST_CASE("The front has no lucky seed: medians over seeds stand for their variant") {
  record::Run run = sample_run();
  add_seeds(run, largest_window(run), [](record::CaseRecord& c, double seed) {
    c.quality->relative_error = 0.25 * seed;
    for (record::Sample& s : c.samples) s.time_s *= 0.5 * seed;
  });
  const std::string text = table(run);
  INFO(text);
  // Seed 1 is the fastest and the nearest; seed 2 stands for all, and is as fast as window.
  CHECK_THAT(text, ContainsSubstring("| 4096 | draws seed=1 | 15.6 ms"));
  CHECK_THAT(text, Catch::Matchers::Matches("[^]*\\| draws seed=1 \\|[^\n]*\\|  \\|\n[^]*"));
  CHECK_THAT(text, Catch::Matchers::Matches("[^]*\\| draws seed=2 \\|[^\n]*\\| yes \\|\n[^]*"));
  CHECK_THAT(told(run), ContainsSubstring("draws (the seed of 3 nearest to their median) keeps"));
}

TEST_CASE("Off the front, too, a sentence tells only the seed that stands for all") {
  record::Run run = sample_run();
  add_seeds(run, largest_window(run), [](record::CaseRecord& c, double seed) {
    c.quality->relative_error = 0.25 * seed;
    for (record::Sample& s : c.samples) s.time_s *= 16;  // Slower than full, so not on the front.
  });
  largest_window(run).quality->relative_error = 0;
  const std::string text = told(run);
  INFO(text);
  CHECK(text.find("draws (") != std::string::npos);
  CHECK(text.find("draws (") == text.rfind("draws ("));
  CHECK_THAT(text, ContainsSubstring("(relative error 0.50)"));
  const analyze::Analysis analysis = analyze::analyze(run);
  const record::Json stands = record::Json::parse(html_data(run, analysis))["cases"]["stands"];
  const size_t first = run.cases.size() - 3;
  CHECK(stands[first] == false);
  CHECK(stands[first + 1] == true);
  CHECK(stands[first + 2] == false);
  CHECK(stands[4] == true);    // Full, which has no seed.
  CHECK(stands[5].is_null());  // Skipped.
}

TEST_CASE("The winner is compared with another variant, and the first rows show no seed twice") {
  record::Run run = sample_run();
  add_seeds(run, largest_window(run), [](record::CaseRecord& c, double seed) {
    for (record::Sample& s : c.samples) s.time_s /= 4 + seed;
  });
  const analyze::Analysis analysis = analyze::analyze(run);
  REQUIRE(analysis.groups.size() == 1);
  const analyze::Lead& lead = *analysis.groups[0].lead;
  const auto label = [&](int series) {
    return run.cases[analysis.series[series].cases.front()].plan.label;
  };
  CHECK(label(lead.fastest) == "draws seed=3");
  CHECK(label(lead.next) == "window 64");
  std::string shown;
  for (const int series : telling_series(run, analysis, 10)) shown += label(series) + "; ";
  CHECK_THAT(shown, ContainsSubstring("draws seed=3; "));
  CHECK_THAT(shown, !ContainsSubstring("draws seed=1; ") && !ContainsSubstring("draws seed=2; "));
}

TEST_CASE("Each series says its distance, or why it has none, if anything of the run is lost") {
  record::Run run = sample_run();
  const auto lines = [&] {
    std::string text;
    for (const std::string& line : answer_lines(run, analyze::analyze(run))) text += line + "\n";
    return text;
  };
  CHECK_THAT(lines(),
             ContainsSubstring("window 64: keeps 3.1 % of the attention mass (relative error 0.97) "
                               "at n = 4096, relative error 1.1 in head 3, the worst, counted from "
                               "0; cosine with full attention 0.0308, over 64 rows.\n"));
  CHECK_THAT(lines(),
             ContainsSubstring("full: its distance from full attention is 0 at n = 4096.\n"));
  for (size_t i = 6; i <= 10; ++i)
    run.cases[i].quality = record::Quality{.reason = "it is another task"};
  CHECK_THAT(lines(), !ContainsSubstring("distance"));
  run.cases[0].quality->relative_error = 0.25;
  CHECK_THAT(lines(),
             ContainsSubstring("window 64: no distance from full attention: it is another task."));
}

TEST_CASE("cases.csv holds the distance, and why there is none") {
  record::Run run = sample_run();
  largest_window(run).quality->untrained = true;
  const std::string csv = cases_csv(run, analyze::analyze(run));
  CHECK_THAT(csv,
             ContainsSubstring(",distance_rows,distance_relative_error,distance_worst_head_error,"
                               "distance_worst_head,distance_cosine,percent_of_attention_mass,"
                               "distance_untrained,distance_reason,saturated,"));
  CHECK_THAT(csv, ContainsSubstring(",64,0.6,0.725,3,0.4,40,false,,"));
  CHECK_THAT(csv, ContainsSubstring(",true,,,,FMA,sample,"));
  CHECK_THAT(csv, ContainsSubstring("\"it sees one document only, as its task asks\""));
}

}  // namespace
}  // namespace attnbench::report
