// Published tables, and claims on them, with one thing wrong.
#include "catch.h"
#include "study_folder.h"

using attnbench::study::testing::problems_with;
using attnbench::study::testing::StudyFolder;

namespace {

struct Bad {
  std::string pointer, json;
  std::string problem;  ///< The only line of the error.
};

void check_table(const std::string& file, const std::string& at, const std::vector<Bad>& table) {
  for (const Bad& bad : table) {
    INFO(bad.pointer + " = " + bad.json);
    CHECK(problems_with(file, at + bad.pointer, bad.json) == file + ": " + bad.problem + "\n");
  }
}

}  // namespace

TEST_CASE("A published table without what it needs is refused") {
  for (const char* key :
       {"paper", "authors_year", "source", "what", "machine", "unit", "reference"})
    CHECK(StudyFolder().erase("table.json", std::string("/") + key).problems() ==
          std::string("table.json: needs '") + key + "'\n");
  for (const char* key : {"series", "values"})
    CHECK_THAT(StudyFolder().erase("table.json", std::string("/rows/2/") + key).problems(),
               ContainsSubstring("table.json: /rows/2: needs '" + std::string(key) + "'\n"));
}

TEST_CASE("What a published table holds is tried") {
  check_table(
      "table.json", "",
      {{"/rows/0/values/128", "0",
        "/rows/0/values/128: is 0; a published value is a number above 0, or null if the paper has "
        "none there"},
       {"/rows/0/values/128", "\"1\"",
        "/rows/0/values/128: is \"1\"; a published value is a number above 0, or null if the paper "
        "has none there"},
       {"/rows/0/values/1k", "1",
        "/rows/0/values/1k: the key is no seq_len; use a whole number from 1 to 4294967296"},
       {"/rows/0/values/0512", "1",
        "/rows/0/values/0512: the key is no seq_len; use a whole number from 1 to 4294967296"},
       {"/rows/0/out_of_memory", "[128]",
        "/rows/0/out_of_memory/0: the row has a value at 128, so that it did not run out of memory "
        "there"},
       {"/rows/2/series", "\"Local\"", "/rows/2/series: \"Local\" is twice in this table"},
       {"/reference", "\"Standrd\"",
        "/reference: unknown series \"Standrd\"; there are: Standard, Local, Other; did you mean "
        "'Standard'?"},
       {"/more_is_better", "1", "/more_is_better: is 1; expected true or false"},
       {"/rows/2/of", "\"windw\"",
        "/rows/2/of: in time.json no series is called windw; there are: full, window; did you mean "
        "'window'?"},
       {"/rows/2/vlues", "1",
        "/rows/2/vlues: unknown key; known: series, of, values, out_of_memory, note; did you mean "
        "'values'?"}});
}

TEST_CASE("A claim on a published table names what the table has") {
  const std::string at = "/sections/0/claims/3";
  check_table(
      "study.json", at,
      {{"/published/table", "\"tabel.json\"",
        at + "/published/table: unknown table \"tabel.json\"; there are: table.json; did you mean "
             "'table.json'?"},
       {"/published/of", "\"Standart\"",
        at +
            "/published/of: table.json has no series \"Standart\"; it has: Standard, Local, Other; "
            "did you mean 'Standard'?"},
       {"/published/over", "\"Other\"",
        at + "/published/seq_len: table.json has no number of \"Other\" at 256; it has some at: "
             "128"},
       {"/published/seq_len", "1024",
        at + "/published/seq_len: table.json has no number of \"Standard\" at 1024; it has some "
             "at: 128, 256"},
       {"/published/factor", "0.5",
        at + "/published/factor: is 0.5; factor is at least 1: 2 allows from half to twice of the "
             "published number"},
       {"/published/from", "128", at + "/published/from: is for growth; a ratio has 'seq_len'"},
       {"/quantity", "\"workspace_bytes\"",
        at + "/quantity: is workspace_bytes, but table.json holds time; a claim is of the table's "
             "quantity"},
       {"/quantity", "\"largest_batch\"",
        at + "/quantity: is largest_batch, but table.json holds time; a claim is of the table's "
             "quantity"}});
  CHECK(StudyFolder().set("study.json", at + "/quantity", "\"largest_n\"").problems().empty());
  CHECK(StudyFolder().erase("study.json", at + "/published/seq_len").problems() ==
        "study.json: " + at +
            "/published: needs 'seq_len', the length at which the paper's number is taken\n");
  CHECK(StudyFolder().erase("study.json", at + "/published/over").problems() ==
        "study.json: " + at +
            "/published: needs 'over', the table's series that 'of' is compared with\n");
}

TEST_CASE("A claim on a published table compares shapes and no times") {
  const std::string growth = "/sections/0/claims/4";
  check_table(
      "study.json", growth,
      {{"/published/over", "\"Local\"",
        growth + "/published/over: has no meaning for a growth, which is of one series"},
       {"/published/seq_len", "256",
        growth + "/published/seq_len: has no meaning for a growth, which is over lengths"}});
  CHECK(StudyFolder()
            .erase("study.json", growth + "/published/from")
            .set("study.json", growth + "/measure", "\"value\"")
            .problems() == "study.json: " + growth +
                               "/published: a published time is of another machine; compare a "
                               "ratio, a growth or a crossover\n");
}
