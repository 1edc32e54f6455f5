// The page of two runs: verdicts, facts that differ, and hostile names.
#include "report/comparison_html.h"

#include "catch.h"
#include "report/comparison_words.h"
#include "sample_run.h"

namespace attnbench::report {
namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string page_of(const record::Run& base, const record::Run& fresh) {
  const analyze::Comparison comparison = analyze::compare(base, fresh, {1.03});
  return comparison_html({comparison, base, fresh, "of <this> test"});
}

TEST_CASE("The page holds the words of compare, the ratio and its verdict") {
  const record::Run base = sample_run();
  record::Run fresh = sample_run();
  for (record::Sample& s : fresh.cases[2].samples) s.time_s *= 2;
  const analyze::Comparison comparison = analyze::compare(base, fresh, {1.03});
  const std::string page = page_of(base, fresh);
  CHECK(has(page, "1 regressed."));
  CHECK(has(page, "n=1024: slower, 0.500x ["));
  CHECK(has(page, "\"as_fast\":[1.0,1.0,0.5,1.0,1.0,null,"));
  CHECK(has(page, "\"slower\""));
  CHECK(has(page, "(of &lt;this&gt; test)"));
}

TEST_CASE("Only facts that differ are marked") {
  const record::Run base = sample_run();
  record::Run fresh = sample_run();
  CHECK_FALSE(has(page_of(base, fresh), "class=\"differs\""));
  fresh.build.compiler = "Clang <14>";
  fresh.machine.memory_bytes = int64_t{32} << 30;
  const std::string page = page_of(base, fresh);
  CHECK(has(page, "<td>GCC 12.2.0</td><td>Clang &lt;14&gt;</td>"));
  CHECK(has(page, "<td>16 GiB</td><td>32 GiB</td>"));
  size_t marked = 0;
  for (size_t at = 0; (at = page.find("class=\"differs\"", at)) != std::string::npos; ++at)
    ++marked;
  CHECK(marked == 2);
}

TEST_CASE("Cases that one run lacks are listed, and what makes runs not comparable comes first") {
  const record::Run base = sample_run();
  record::Run fresh = sample_run();
  fresh.cases.resize(11);
  fresh.patterns.clear();
  fresh.sentence.views.clear();
  fresh.machine.cpu = "Another CPU";
  const std::string page = page_of(base, fresh);
  CHECK(has(page, "only in BASE: "));
  CHECK(page.find("Not comparable: CPU") < page.find("id=\"answer\""));
}

TEST_CASE("No name, reason or fact becomes markup") {
  record::Run base = sample_run();
  base.name = base.build.git_commit = base.machine.hostname =
      "</script><img src=x onerror=alert(1)>\"'";
  record::Run fresh = base;
  fresh.cases.pop_back();
  const std::string page = page_of(base, fresh);
  CHECK_FALSE(has(page, "<img"));
  CHECK_FALSE(has(page, "</script><"));
  CHECK_FALSE(has(page, "{{"));
}

}  // namespace
}  // namespace attnbench::report
