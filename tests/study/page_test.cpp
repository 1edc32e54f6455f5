// What the writers make of a study's results.
#include <catch2/catch.hpp>

#include "made_up_run.h"
#include "record/json.h"
#include "study/figure.h"
#include "study/files.h"
#include "study/summary.h"

namespace attnbench::study {
namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

Claim ratio_claim(const std::string& says, double at_least) {
  Claim c;
  c.says = says;
  c.measure = Measure::kRatio;
  c.quantity = "time";
  c.of = pick("full");
  c.over = pick("window");
  c.rule = Bounds{{at_least, HUGE_VAL}};
  return c;
}

PublishedTable table() {
  PublishedTable t;
  t.file = "table.json";
  t.what = "time of a call";
  t.authors_year = "Somebody 2022";
  t.unit = "ms";
  t.quantity = "time";
  t.reference = "Standard";
  t.rows = {{"Standard", pick("full"), {{256, 1.0}, {512, 4.0}, {1024, {}}}, {1024}, ""},
            {"Local", pick("window"), {{256, 0.5}, {512, 1.0}, {1024, 2.0}}, {}, ""},
            {"Somebody else", {}, {{256, 9.0}}, {}, ""}};
  return t;
}

/// A section with a chart, a published table and two claims, one of which holds; and one whose
/// config was not run.
void fill(Results& results) {
  results.study.name = "made-up";
  results.study.title = "A <b>bold</b> study";
  results.study.limits = {"It shows nothing of meaning."};
  results.study.configs = {{"time.json", {}}, {"later.json", {}}};
  results.study.tables = {table()};
  Section time;
  time.id = "time";
  time.title = "Time";
  time.question = "How does time grow?";
  time.config = "time.json";
  time.shows = {ChartOf{"time"}, TableOf{"table.json"}};
  time.claims = {ratio_claim("A window is twice as fast.", 2),
                 ratio_claim("A window is nine times as fast.", 9)};
  Section later;
  later.id = "later";
  later.title = "Later";
  later.question = "And then?";
  later.config = "later.json";
  later.claims = {ratio_claim("Nobody has measured this.", 1)};
  results.study.sections = {time, later};
  const MadeUp run = MadeUp().add("full", kLengths, squared).add("window", kLengths, linear);
  results.runs.push_back({"time.json", "time", run.run, run.analysis()});
  results.runs.push_back({"later.json", "later", {}, {}});
  judge_all(results);
}

}  // namespace

TEST_CASE(
    "A study's page says each verdict in words, with its number, and escapes what authors write") {
  Results results;
  fill(results);
  const std::string page = study_html(results);
  CHECK(has(page, "A &lt;b&gt;bold&lt;/b&gt; study"));
  CHECK_FALSE(has(page, "<b>bold"));
  CHECK(has(page, "3 claims: 1 holds on this machine, 1 does not hold, 1 cannot be told here."));
  CHECK(has(page, "class=\"holds\""));
  CHECK(has(page, "class=\"does-not-hold\""));
  CHECK(has(page, "class=\"cannot-tell\""));
  CHECK(has(page, "A window is nine times as fast."));
  CHECK(has(page, "<p class=\"reason\">It lies below what is claimed.</p>"));
  CHECK(has(study_md(results), "at n = 4096. It lies below what is claimed. |"));
  CHECK(has(finding_words(results.sections[0].claims[1]),
            "asked: at least 9x. It lies below what is claimed."));
  CHECK(has(page, "Not measured: later.json has not been run."));
  CHECK(has(page, "href=\"time/report.html\""));
  CHECK(has(page, "It shows nothing of meaning."));
  CHECK_FALSE(has(page, "<script"));
}

TEST_CASE("A published table stands beside what was measured, with ratios to its reference") {
  Results results;
  fill(results);
  const std::string page = study_html(results);
  CHECK(has(page, "out of memory"));
  CHECK(has(page, "Somebody else"));
  CHECK(has(page, "times as fast as Standard, paper / here"));
  CHECK(has(page, "4.00x / 0.512x"));  // At n = 512; what was made up crosses over at n = 1000.
}

TEST_CASE("A length at which only memory ran out is in the published table, too") {
  Results results;
  fill(results);
  results.study.tables[0].rows[0].out_of_memory.push_back(8192);
  CHECK(has(study_html(results), ">8192<"));
}

TEST_CASE("A paper's rates stand beside times by how many times as fast a series is") {
  Results results;
  fill(results);
  PublishedTable& rates = results.study.tables[0];
  rates.more_is_better = true;
  for (PublishedRow& row : rates.rows)
    for (auto& [n, value] : row.values)
      if (value) value = 1 / *value;
  CHECK(has(study_html(results), "4.00x / 0.512x"));
}

TEST_CASE("A trend from nothing to nothing shows both, although they have no ratio") {
  Results results;
  fill(results);
  Claim c;
  c.quantity = "saved_bytes";
  c.of = pick("full");
  c.rule = Trend{true, "seq_len"};
  Judged judged = judge(c, results.study, results.runs[0]);
  CHECK(has(finding_words(judged), "0 B to 0 B from n = 256 to 4096 (exact)"));
  results.sections[0].claims.push_back(judged);
  CHECK(has(study_html(results), "0 B to 0 B"));
}

TEST_CASE("Where there is no number, the page names no place of it") {
  Results results;
  fill(results);
  record::Case& plan = results.runs[0].run->cases[0].plan;
  plan.outcome = record::Outcome::kSkipped;
  plan.reason = "too large";
  Claim c;
  c.quantity = "time";
  c.of = pick("full");
  c.of.seq_len = 256;
  c.rule = Bounds{{1, 2}};
  results.sections[0].claims.push_back(judge(c, results.study, results.runs[0]));
  const std::string page = study_html(results);
  CHECK(has(page, "<strong>no number</strong>. Asked: 1.00 s to 2.00 s."));
}

TEST_CASE("A section's id is no anchor of the page's own") {
  Results results;
  fill(results);
  for (const char* id : {"limits", "how", "content", "time-title", "time-chart-1"}) {
    results.study.sections[1].id = id;
    const std::string page = study_html(results), anchor = " id=\"" + std::string(id) + "\"";
    CHECK(page.find(anchor) != std::string::npos);
    CHECK(page.find(anchor) == page.rfind(anchor));
  }
}

TEST_CASE("Sections that were not asked for are neither judged nor shown, and the page says so") {
  Results results;
  fill(results);
  results.only = {"time"};
  judge_all(results);
  const std::string page = study_html(results), md = study_md(results);
  for (const std::string& text : {page, md}) {
    CHECK(has(text, "2 claims: 1 holds on this machine, 1 does not hold."));
    CHECK(
        has(text,
            "1 of 2 sections was asked for with --only; the claims of the others are not judged."));
    CHECK_FALSE(has(text, "Nobody has measured this."));
    CHECK_FALSE(has(text, "later.json"));
  }
  CHECK(record::Json::parse(verdicts_json(results))["only"] == record::Json{"time"});
}

TEST_CASE("The setting names the widest vectors that the variants were compiled for") {
  Results results;
  fill(results);
  record::Build& build = results.runs[0].run->build;
  build.march = "native";
  build.compiler = "GNU 12.2.0";
  for (const auto& [isa, called] : {std::pair{"sse4.2 avx avx2 fma avx512f avx512vl", "AVX-512"},
                                    {"sse4.2 avx avx2 fma", "AVX2"},
                                    {"sse4.2 avx", "AVX"},
                                    {"neon", "NEON"},
                                    {"", "native"}}) {
    build.isa = isa;
    CHECK(has(setting_words(results), std::string("compiled for ") + called + " by GNU 12.2.0"));
  }
}

TEST_CASE("A sentence that the run did not record is not shown as another one") {
  Results results;
  fill(results);
  record::Run& run = *results.runs[0].run;
  run.sentence = {{"one", "two"}, {{0, "1111"}}};
  results.study.sections[0].shows = {SentenceOf{"three four", {"iii", "iv"}}};
  CHECK(has(study_html(results), "three four was not in the study when time.json was measured"));
  results.study.sections[0].shows = {SentenceOf{"one two", {"i", "ii"}}};
  CHECK_FALSE(has(study_html(results), "was not in the study"));
}

TEST_CASE("A chart against an axis has the values of each variant over it, at one length") {
  StudyRun of;
  MadeUp run;
  for (const int threads : {1, 2, 4}) {
    const auto set = [&](record::CaseRecord& c) { c.plan.threads = threads; };
    run.add(
        "full", kLengths, [&](double n) { return squared(n) / threads; }, set);
    run.add("rnn", kLengths, linear, set);
  }
  of.run = run.run;
  of.analysis = run.analysis();
  const Figure figure = make_figure(ChartOf{"time", "threads"}, of);
  CHECK(figure.x_title == "threads");
  REQUIRE(figure.lines.size() == 2);
  CHECK(figure.lines[0].name == "full, n = 4096");
  REQUIRE(figure.lines[0].points.size() == 3);
  CHECK(figure.lines[0].points[2].x == 4);
  CHECK(figure.lines[0].points[2].y == Approx(squared(4096) / 4).epsilon(0.02));
  const Figure wall = make_figure(ChartOf{"steps", "threads", {pick("rnn")}}, of);
  CHECK(wall.lines.size() == 1);
}

TEST_CASE("A chart against an axis says which variant has no line because it differs in more") {
  Results results;
  fill(results);
  MadeUp run;
  for (const int threads : {1, 2}) {
    const auto set = [&](record::CaseRecord& c) { c.plan.threads = threads; };
    run.add("rnn", kLengths, linear, set);
    run.add("full", kLengths, squared, set);
    run.add("full", kLengths, squared, [&](record::CaseRecord& c) {
      set(c);
      c.plan.problem.causal = true;
    });
  }
  results.runs[0].run = run.run;
  results.runs[0].analysis = run.analysis();
  results.study.sections[0].shows = {ChartOf{"time", "threads"}};
  CHECK(make_figure(ChartOf{"time", "threads"}, results.runs[0]).lines.size() == 1);
  CHECK(has(study_html(results),
            "Not drawn: full: 4 series fit; they differ in causal (false, "
            "true), beside threads."));
}

TEST_CASE("A chart is told in words to those who do not see it") {
  Results results;
  fill(results);
  const Figure figure = make_figure(ChartOf{"time"}, results.runs[0]);
  REQUIRE(figure.lines.size() == 2);
  CHECK(figure.lines[0].name == "full");
  CHECK(figure.lines[0].points.size() == kLengths.size());
  CHECK(has(figure_words(figure), "full: "));
  const std::string svg = figure_svg(figure, "time_chart_1");
  CHECK(has(svg, "role=\"img\" aria-labelledby=\"time_chart_1_title time_chart_1_words\""));
  CHECK(has(svg, "<desc id=\"time_chart_1_words\">"));
  CHECK_FALSE(has(svg, "nan"));
}

TEST_CASE("A chart of some series shows these alone, and one of nothing has no lines") {
  Results results;
  fill(results);
  CHECK(make_figure(ChartOf{"time", "seq_len", {pick("window")}}, results.runs[0]).lines.size() ==
        1);
  CHECK(make_figure(ChartOf{"influence", "distance", {}}, results.runs[0]).lines.empty());
  CHECK(make_figure(ChartOf{"time"}, results.runs[1]).lines.empty());
}

TEST_CASE("study.md holds the paragraphs, the explanations and the published tables of the page") {
  Results results;
  fill(results);
  results.study.sections[0].text = {"A first paragraph.", "A second one."};
  results.study.sections[0].claims[1].because = "It sees *fewer* keys.";
  const std::string md = study_md(results);
  CHECK(has(md, "\nA first paragraph.\n\nA second one.\n"));
  CHECK(has(md, "| claim | verdict | found | asked | because |\n"));
  CHECK(has(md, "| It sees \\*fewer\\* keys. |\n"));
  CHECK(has(md, "\n### time of a call\n"));
  CHECK(has(md, "| series | where | 256 | 512 | 1024 | growth |\n| --- | --- | ---: |"));
  CHECK(has(md, "| Standard | paper, ms | 1 | 4 | out of memory |"));
  CHECK(has(md, "\nNot measured: later.json has not been run.\n"));
}

TEST_CASE("verdicts.json, claims.csv and study.md hold every claim") {
  Results results;
  fill(results);
  const auto json = record::Json::parse(verdicts_json(results));
  REQUIRE(json["claims"].size() == 3);
  CHECK(json["claims"][0]["id"] == "time.1");
  CHECK(json["claims"][0]["verdict"] == "holds");
  CHECK(json["claims"][0]["found"]["value"].get<double>() > 2);
  CHECK(json["claims"][1]["verdict"] == "does not hold");
  CHECK(json["claims"][2]["found"]["value"].is_null());
  const std::string csv = claims_csv(results);
  CHECK(has(csv, "\ntime.2,time,A window is nine times as fast.,does not hold,ratio,time,"));
  const std::string md = study_md(results);
  CHECK(has(md, "| ✓ holds |"));
  CHECK(has(md, "| ? cannot be told here |"));
  CHECK_FALSE(has(md, "| because |"));
  const std::string text = study_text(results, {80, false});
  CHECK(has(text, "✗ A window is nine times as fast."));
}

}  // namespace attnbench::study
