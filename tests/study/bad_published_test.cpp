// Published tables, and claims on them, with one thing wrong.
#include "catch.h"
#include "study_folder.h"

using attnbench::study::testing::check_refused;
using attnbench::study::testing::StudyFolder;

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
  check_refused(
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
  check_refused(
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
       {"/quantity", "\"workspace_bytes\"",
        at + "/quantity: is workspace_bytes, but table.json holds time; a claim is of the table's "
             "quantity"}});
  CHECK(StudyFolder()
            .set("study.json", at + "/quantity", "\"largest_n\"")
            .erase("study.json", at + "/published/seq_len")
            .erase("study.json", at + "/of/seq_len")
            .problems()
            .empty());
  CHECK(StudyFolder()
            .set("study.json", at + "/quantity", "\"largest_n\"")
            .erase("study.json", at + "/of/seq_len")
            .problems() == "study.json: " + at +
                               "/published/seq_len: has no meaning for largest_n, one number of a "
                               "series\n");
  CHECK(StudyFolder().erase("study.json", at + "/published/seq_len").problems() ==
        "study.json: " + at +
            "/published: needs 'seq_len', the length at which the paper's number is taken\n");
  CHECK(StudyFolder().erase("study.json", at + "/published/over").problems() ==
        "study.json: " + at +
            "/published: needs 'over', the table's series that 'of' is compared with\n");
}

TEST_CASE("A claim on a published table compares shapes and no times") {
  const std::string growth = "/sections/0/claims/4";
  check_refused(
      "study.json", growth,
      {{"/published/over", "\"Local\"",
        growth + "/published/over: has no meaning for a growth, which is of one series"},
       {"/published/seq_len", "256",
        growth + "/published/seq_len: has no meaning for a growth, which is over lengths"},
       {"/published/factor", "2",
        growth + "/published/factor: has no meaning for a growth; give 'within', how far the "
                 "exponent may be from the paper's"}});
  const std::string ratio = "/sections/0/claims/3";
  check_refused("study.json", ratio,
                {{"/published/within", "0.3",
                  ratio + "/published/within: is for growth; give 'factor', how many times the "
                          "paper's ratio it may be"}});
  CHECK(StudyFolder()
            .erase("study.json", growth + "/published/from")
            .erase("study.json", growth + "/published/within")
            .set("study.json", growth + "/measure", "\"value\"")
            .problems() == "study.json: " + growth +
                               "/published: a published time is of another machine; compare a "
                               "ratio, a growth or a crossover\n");
}

TEST_CASE("A crossover is over all of a table's lengths") {
  const std::string at = "/sections/0/claims/3";
  const auto with = [&](const std::string& key) {
    return StudyFolder()
        .set("study.json", at + "/measure", "\"crossover\"")
        .erase("study.json", at + "/of/seq_len")
        .erase("study.json", at + "/published/seq_len")
        .set("study.json", at + "/published/" + key, "128")
        .problems();
  };
  CHECK(with("from") ==
        "study.json: " + at + "/published/from: is for growth; a crossover is over all lengths\n");
  CHECK(with("seq_len") == "study.json: " + at +
                               "/published/seq_len: has no meaning for a crossover, which is over "
                               "lengths\n");
}

TEST_CASE("A claim on a published table that gives no number is refused before anything runs") {
  const std::string growth = "/sections/0/claims/4", ratio = "/sections/0/claims/3";
  check_refused("study.json", growth,
                {{"/published/from", "256",
                  growth + "/published: table.json gives no number to compare with: the table has "
                           "2 values from n = 256 on, and 3 are needed"},
                 {"/published/of", "\"Other\"",
                  growth + "/published: table.json gives no number to compare with: the table has "
                           "1 value from n = 128 on, and 3 are needed"}});
  CHECK(StudyFolder()
            .set("study.json", ratio + "/measure", "\"crossover\"")
            .erase("study.json", ratio + "/of/seq_len")
            .erase("study.json", ratio + "/published/seq_len")
            .set("table.json", "/rows/0/values", R"({"64": 1})")
            .problems() == "study.json: " + ratio +
                               "/published: table.json gives no number to compare with: the table "
                               "has no length with values of both\n");
}

TEST_CASE("A run's number is taken at the paper's length if the claim names no other") {
  StudyFolder folder;
  const std::string at = "/sections/0/claims/3";
  CHECK(folder.read().study.sections[0].claims[3].of.seq_len == 128);
  folder.set("study.json", at + "/of", "\"full\"")
      .set("study.json", at + "/published/seq_len", "128");
  CHECK(folder.read().study.sections[0].claims[3].of.seq_len == 128);
  CHECK(!folder.read().study.sections[0].claims[4].of.seq_len);
  folder.set("study.json", at + "/published/seq_len", "256");
  CHECK(folder.problems() == "study.json: " + at +
                                 "/published/seq_len: time.json does not measure 256; it has: 8, "
                                 "16, 32, 64, 128\n");
}
