// Studies with one thing wrong, each with the words that its error must have.
#include "catch.h"
#include "study_folder.h"

using attnbench::study::testing::Bad;
using attnbench::study::testing::problems_with;
using attnbench::study::testing::StudyFolder;

namespace {

void check_table(const std::vector<Bad>& table) {
  attnbench::study::testing::check_refused("study.json", "", table);
}

/// The problem if study.json lacks what the pointer names.
std::string without(const std::string& pointer) {
  return StudyFolder().erase("study.json", pointer).problems();
}

}  // namespace

TEST_CASE("The small study of these tests has no problem") {
  CHECK(StudyFolder().problems().empty());
  CHECK(StudyFolder().problems(attnbench::study::Size::kQuick).empty());
}

TEST_CASE("A study without what it needs is refused") {
  for (const char* key : {"name", "title"})
    CHECK(without(std::string("/") + key) == std::string("study.json: needs '") + key + "'\n");
  for (const char* key : {"id", "title", "question"})
    CHECK(without(std::string("/sections/2/") + key) ==
          "study.json: /sections/2: needs '" + std::string(key) + "'\n");
  for (const char* key : {"says", "measure", "quantity", "of"})
    CHECK(without(std::string("/sections/0/claims/0/") + key) ==
          "study.json: /sections/0/claims/0: needs '" + std::string(key) + "'\n");
  CHECK(without("/sections/1/config") ==
        "study.json: /sections/1: needs 'config': the file whose run its shows and claims rest "
        "on\n");
}

TEST_CASE("Words that are empty or no words are refused") {
  const std::string empty =
      ": is empty; write some words, or leave the key out if it may be absent";
  for (const char* pointer :
       {"/title", "/introduction", "/limits/0", "/sections/0/title", "/sections/0/question",
        "/sections/0/text/1", "/sections/0/claims/0/says", "/sections/0/claims/0/because",
        "/sections/0/shows/1/readings/2", "/configs/0/quick/0"}) {
    CHECK(problems_with("study.json", pointer, "\" \\n\"") ==
          "study.json: " + std::string(pointer) + empty + "\n");
    CHECK(problems_with("study.json", pointer, "7") ==
          "study.json: " + std::string(pointer) + ": is 7; expected a string\n");
  }
  check_table({{"/limits", "\"x\"", "/limits: is \"x\"; expected a list of strings"},
               {"/sections/0/text", "[]",
                "/sections/0/text: is an empty list; expected a list of strings"}});
}

TEST_CASE("Words that a page could show only as an escape are refused") {
  for (const char* pointer :
       {"/title", "/limits/0", "/sections/0/text/1", "/sections/0/claims/0/says"})
    CHECK(problems_with("study.json", pointer, R"("one\ntwo")") ==
          "study.json: " + std::string(pointer) +
              R"(: is "one\ntwo", which holds a line break or another control character; )" +
              "write plain words, and each paragraph as a string of its own\n");
}

TEST_CASE("Names that are unknown or taken are refused, with the one that may be meant") {
  check_table({
      {"/titel", "1",
       "/titel: unknown key; known: $schema, name, title, introduction, limits, configs, tables, "
       "sections; did you mean 'title'?"},
      {"/name", "\"a/b\"",
       "/name: \"a/b\" is no plain folder name; use up to 100 letters, digits, '.', '_' and '-', "
       "not beginning with '.' or '-'"},
      {"/sections/2/id", "\"Last words\"",
       "/sections/2/id: \"Last words\" is no id; use up to 100 lower-case letters and digits, with "
       "single '-' between words"},
      {"/sections/2/id", "\"time\"",
       "/sections/2/id: \"time\" is the id of two sections; give each its own"},
      {"/sections/2/config", "\"tine.json\"",
       "/sections/2/config: unknown config \"tine.json\"; there are: time.json, probe.json; did "
       "you mean 'time.json'?"},
      {"/sections/0/shows/2/table", "\"tabel.json\"",
       "/sections/0/shows/2/table: unknown table \"tabel.json\"; there are: table.json; did you "
       "mean 'table.json'?"},
      {"/tables/1", "\"verdicts.json\"",
       "/tables/1: \"verdicts.json\" is taken by a file of every study; give this file another "
       "name"},
      {"/tables/1", "\"study.html.json\"",
       "/tables/1: \"study.html.json\" is taken by a file of every study; give this file another "
       "name"},
      {"/tables/1", "\"table.json\"",
       "/tables/1: \"table.json\" is named twice; name each file once"},
      {"/configs/2", "{\"file\": \"../x.json\"}",
       "/configs/2/file: \"../x.json\" is no plain name of a file in the study's folder, such as "
       "\"time.json\": letters, digits, '.', '_' and '-', and .json"},
      {"/configs/2", "{}", "/configs/2: needs 'file'"},
  });
}

TEST_CASE("A section that shows what cannot be shown is refused") {
  check_table({
      {"/sections/0/shows/0", "{\"chrt\": 1}",
       "/sections/0/shows/0/chrt: unknown key; known: chart, sentence, table, x, readings, only; "
       "did you mean 'chart'?\nstudy.json: /sections/0/shows/0: needs one of: chart, sentence, "
       "table"},
      {"/sections/0/shows/2/chart", "\"time\"",
       "/sections/0/shows/2: has chart and table; show one thing in each object"},
      {"/sections/0/shows/1/readings", "[\"a\"]",
       "/sections/0/shows/1/readings: has 1 readings; the sentence has 3 tokens, and each needs "
       "one"},
      {"/sections/0/shows/3", "{\"sentence\": \"Another one\"}",
       "/sections/0/shows/3/sentence: is another sentence than \"我正在\", which is shown of "
       "time.json, too; a run has one: show the other one of another config"},
      {"/sections/0/shows/0/x", "\"distance\"", "/sections/0/shows/0/x: time has no distance"},
      {"/sections/1/shows/0/x", "\"threads\"",
       "/sections/1/shows/0/x: influence is drawn against \"distance\" only"},
      {"/sections/0/shows/0", "{\"chart\": \"largest_n\"}",
       "/sections/0/shows/0: largest_n is one number of a series, whatever the length; give 'x' an "
       "axis or a param"},
      {"/sections/0/shows/0/only/0", "{\"variant\": \"full\", \"distance\": 4}",
       "/sections/0/shows/0/only/0/distance: time has no distance; leave 'distance' out"},
      {"/sections/0/shows/0/only/0", "{\"variant\": \"full\", \"seq_len\": 8}",
       "/sections/0/shows/0/only/0/seq_len: has no meaning here, as all lengths are looked at; "
       "leave 'seq_len' out"},
      {"/sections/1/shows/0/only/0", "{\"variant\": \"full\", \"threads\": 2, \"distance\": 4}",
       "/sections/1/shows/0/only/0/distance: has no meaning here, as all distances are looked at; "
       "leave 'distance' out"},
  });
}

TEST_CASE("A file that no section uses is refused") {
  CHECK(without("/sections/1") ==
        "study.json: /configs/1: no section has probe.json as its 'config'; name it in one, or "
        "leave it out here\n");
  CHECK(StudyFolder()
            .erase("study.json", "/sections/0/shows/2")
            .erase("study.json", "/sections/0/claims/4")
            .erase("study.json", "/sections/0/claims/3")
            .problems() ==
        "study.json: /tables/0: no section shows table.json or has a claim on it; name it in one, "
        "or leave it out here\n");
}

TEST_CASE("Files that are missing or no JSON are told") {
  const StudyFolder folder;
  folder.remove("time.json");
  folder.remove("table.json");
  CHECK(folder.problems() ==
        "table.json: there is no such file\ntime.json: there is no such file\n");
  folder.remove("study.json");
  CHECK(folder.problems() == "study.json: there is no such file\n");
  CHECK(folder.problems_of_results() == "study.json: there is no such file\n");
  CHECK_THAT(StudyFolder().write("study.json", "{").problems(),
             ContainsSubstring("study.json: parse error at line 1"));
}

TEST_CASE("All problems of study.json, its tables and its configs are told at once") {
  CHECK(StudyFolder()
            .set("study.json", "/title", "1")
            .set("study.json", "/sections/0/claims/0/of", "\"ful\"")
            .set("study.json", "/sections/1/claims/0/measure", "\"valeu\"")
            .set("table.json", "/unit", "2")
            .set("probe.json", "/sweep/heads", "-1")
            .problems() ==
        "study.json: /title: is 1; expected a string\n"
        "study.json: /sections/1/claims/0/measure: unknown measure \"valeu\"; there are: value, "
        "ratio, growth, crossover; did you mean 'value'?\n"
        "table.json: /unit: is 2; expected a string\n"
        "probe.json: /sweep/heads: -1 is out of range; heads is an integer from 1 to 4096\n"
        "study.json: /sections/0/claims/0/of: in time.json no series is called ful; there are: "
        "full, window; did you mean 'full'?\n");
}

TEST_CASE("A wrong override of a quick study is told in a full one too") {
  CHECK(problems_with("study.json", "/configs/0/quick/0", "\"sweep.heads=-1\"") ==
        "study.json: 'quick' of time.json: --set sweep.heads=-1: /sweep/heads: -1 is out of "
        "range; heads is an integer from 1 to 4096\n");
}
