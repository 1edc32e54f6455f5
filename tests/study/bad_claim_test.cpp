// Claims with one thing wrong, each with the words that its error must have.
#include "catch.h"
#include "study/fields.h"
#include "study_folder.h"

using attnbench::study::Size;
using attnbench::study::testing::problems_with;
using attnbench::study::testing::StudyFolder;

namespace {

struct Bad {
  std::string claim;    ///< Takes the place of the first one of section time.
  std::string problem;  ///< The only line of the error, from the claim's pointer on.
};

const std::string kAt = "/sections/0/claims/0";

void check_table(const std::vector<Bad>& table) {
  for (const Bad& bad : table) {
    INFO(bad.claim);
    CHECK(problems_with("study.json", kAt, bad.claim) == "study.json: " + kAt + bad.problem + "\n");
  }
}

/// A claim of section time with these keys beside its words.
std::string claim(const std::string& rest) {
  return "{\"says\": \"So it is.\", " + rest + "}";
}

/// A claim on the value of a probe, of section reach.
std::string probe_problem(const std::string& quantity, const std::string& of,
                          const std::string& rule) {
  return problems_with(
      "study.json", "/sections/1/claims/0",
      claim(R"("measure": "value", "quantity": ")" + quantity + R"(", "of": )" + of + ", " + rule));
}

}  // namespace

TEST_CASE("A claim has exactly one rule") {
  const std::string of = R"("measure": "value", "quantity": "time", "of": "full")";
  check_table({
      {claim(of), ": needs a rule, one of: is, at_least, at_most, within, rises, falls, published"},
      {claim(of + R"(, "at_least": 1, "at_most": 2)"),
       ": has at_least and at_most; a claim has one rule: split it into claims, or use 'within' "
       "for "
       "both ends"},
      {claim(of + R"(, "at_least": 1, "rises": "seq_len")"),
       ": has at_least and rises; a claim has one rule: split it into claims"},
      {claim(of + R"(, "at_leats": 1, "at_most": 1)"),
       "/at_leats: unknown key; known: says, measure, quantity, of, over, because, is, at_least, "
       "at_most, within, rises, falls, published; did you mean 'at_least'?"},
  });
}

TEST_CASE("Rules whose numbers make no sense are refused") {
  const std::string of = R"("measure": "value", "quantity": "time", "of": "full", )";
  check_table({
      {claim(of + R"("at_least": "2")"), "/at_least: is \"2\"; at_least is a number"},
      {claim(of + R"("within": [2, 1])"),
       "/within: the least, 2, is above the most, 1; give them in ascending order"},
      {claim(of + R"("within": [2])"), "/within: is a list; expected two numbers: [least, most]"},
      {claim(of + R"("within": [2, "3"])"), "/within/1: is \"3\"; the most is a number"},
  });
}

TEST_CASE("What a claim measures must suit its quantity") {
  check_table({
      {claim(R"("measure": "value", "quantity": "tim", "of": "full", "at_least": 1)"),
       "/quantity: unknown quantity \"tim\"; there are: " +
           attnbench::config::join(attnbench::study::quantity_names(), ", ") +
           "; did you mean 'time'?"},
      {claim(R"("measure": "ratio", "quantity": "time", "of": "full", "at_least": 1)"),
       ": needs 'over': a ratio compares 'of' with it"},
      {claim(R"("measure": "crossover", "quantity": "time", "of": "full", "at_least": 1)"),
       ": needs 'over': a crossover compares 'of' with it"},
      {claim(R"("measure": "value", "quantity": "time", "of": "full", "over": "window",
                "at_least": 1)"),
       "/over: has no meaning for a value, which is of one series; leave 'over' out, or measure a "
       "ratio or a crossover"},
      {claim(R"("measure": "crossover", "quantity": "flops", "of": "full", "over": "window",
                "at_least": 1)"),
       "/quantity: a crossover is the length from which one series is faster; its quantity is "
       "time"},
      {claim(R"("measure": "growth", "quantity": "largest_n", "of": "full", "at_least": 1)"),
       "/quantity: largest_n is one number of a series, and so has no growth"},
      {claim(R"("measure": "growth", "quantity": "flops", "of": "full", "is": "as declared")"),
       "/is: a variant declares the growth of its time, workspace_bytes and saved_bytes only; use "
       "another rule, such as 'within'"},
      {claim(R"("measure": "value", "quantity": "time", "of": "full", "is": "as declared")"),
       "/is: a variant declares the growth of its time, workspace_bytes and saved_bytes only; use "
       "another rule, such as 'within'"},
      {claim(R"("measure": "growth", "quantity": "time", "of": "full", "is": "quadratic")"),
       "/is: is \"quadratic\"; expected \"as declared\": the growth that the variant declares"},
      {claim(R"("measure": "ratio", "quantity": "time", "of": "full", "over": "window",
                "rises": "seq_len")"),
       "/rises: is for the measure \"value\"; use 'at_least', 'at_most' or 'within'"},
      {claim(R"("measure": "value", "quantity": "time", "of": "full", "falls": "distance")"),
       "/falls: time has no distance"},
      {claim(R"("measure": "value", "quantity": "largest_n", "of": "full", "falls": "seq_len")"),
       "/falls: largest_n is one number of a series, whatever the length"},
  });
}

TEST_CASE("A pick says what the claim needs and nothing that has no meaning") {
  const std::string value = R"("measure": "value", "quantity": "time", "at_least": 1, "of": )";
  const std::string keys =
      "variant, params, seq_len, distance, pairs, batch, heads, kv_heads, q_len, head_dim, causal, "
      "scale, softcap, alibi, dtype, kv_dtype, threads, pages, cache, projections, pass, smooth_k, "
      "inputs";
  check_table({
      {claim(value + "3"),
       "/of: is 3; expected a variant's name or label, or an object with: " + keys},
      {claim(value + R"({"variant": "full", "casual": true})"),
       "/of/casual: unknown key; known: " + keys + "; did you mean 'causal'?"},
      {claim(value + R"({"threads": 1})"), "/of: needs 'variant'"},
      {claim(value + R"({"variant": "full", "threads": [1, 2]})"),
       "/of/threads: is a list; a pick has one value of threads, as it names one series"},
      {claim(value + R"({"variant": "full", "causal": 1})"),
       "/of/causal: is 1; expected true, false or a list of them"},
      {claim(value + R"({"variant": "window", "params": {"left": 4.5}})"),
       "/of/params/left: 4.5 is not an integer; left is an integer from -9223372036854775808 to "
       "9223372036854775807"},
      {claim(value + R"({"variant": "full", "distance": "far"})"),
       "/of/distance: is \"far\"; a distance is a number of tokens, \"nearest\" or \"farthest\""},
      {claim(value + R"({"variant": "full", "distance": 4})"),
       "/of/distance: time has no distance; leave 'distance' out"},
      {claim(R"("measure": "value", "quantity": "largest_n", "at_least": 1,
                "of": {"variant": "full", "seq_len": 8})"),
       "/of/seq_len: largest_n is one number of a series, whatever the length; leave 'seq_len' "
       "out"},
      {claim(value + R"({"variant": "full", "pairs": 4})"),
       "/of/pairs: time knows no pairs; leave 'pairs' out"},
      {claim(R"("measure": "growth", "quantity": "time", "at_least": 1,
                "of": {"variant": "full", "seq_len": 8})"),
       "/of/seq_len: has no meaning here, as all lengths are looked at; leave 'seq_len' out"},
      {claim(R"("measure": "value", "quantity": "time", "rises": "seq_len",
                "of": {"variant": "full", "seq_len": 8})"),
       "/of/seq_len: has no meaning here, as all lengths are looked at; leave 'seq_len' out"},
  });
  const std::string at = "study.json: /sections/1/claims/0";
  CHECK(probe_problem("influence", R"({"variant": "full", "threads": 1})", "\"at_least\": 0.1") ==
        at +
            "/of: needs 'distance', as influence depends on it: a number of tokens, \"nearest\" or "
            "\"farthest\"\n");
  CHECK(probe_problem("influence", R"({"variant": "full", "threads": 1, "distance": 3})",
                      "\"falls\": \"distance\"") ==
        at + "/of/distance: has no meaning here, as all distances are looked at; leave "
             "'distance' out\n");
}

TEST_CASE("A pick names one series of the section's config") {
  const std::string value = R"("measure": "value", "quantity": "time", "at_least": 1, "of": )";
  check_table({
      {claim(value + "\"windw\""),
       "/of: in time.json no series is called windw; there are: full, window; did you mean "
       "'window'?"},
      {claim(value + R"({"variant": "window", "params": {"left": 5}})"),
       "/of: in time.json no series of window has left = 5; there are: 4"},
      {claim(value + R"({"variant": "full", "seq_len": 9})"),
       "/of/seq_len: time.json does not measure 9; it has: 8, 16, 32, 64, 128"},
      {claim(R"("measure": "ratio", "quantity": "time", "at_least": 1, "of": "full",
                "over": {"variant": "full", "causal": true})"),
       "/over: is the same as 'of'; compare it with another one"},
      {claim(R"("measure": "value", "quantity": "influence", "at_least": 1,
                "of": {"variant": "full", "distance": 1})"),
       "/quantity: time.json has no probe influence; add \"probes\": {\"influence\": {}} to it"},
  });
  const std::string at = "study.json: /sections/1/claims/0";
  CHECK(probe_problem("influence", R"({"variant": "full", "distance": 1})", "\"at_least\": 0") ==
        at + "/of: in probe.json 2 series fit; they differ in threads (1, 2)\n");
  CHECK(probe_problem("recall", R"({"variant": "full", "threads": 1, "distance": 1, "pairs": 16})",
                      "\"at_least\": 0") ==
        at + "/of/pairs: the probe in probe.json has no 16 pairs; it has: 4, 8\n");
  CHECK(probe_problem("time", R"("full")", "\"falls\": \"heads\"") ==
        at + "/of: in probe.json 2 series fit; they differ in threads (1, 2), beside heads\n");
}

TEST_CASE("A quick study may lack the lengths that its claims name") {
  StudyFolder folder;  // Its quick form has no 128, which the claim on a ratio names.
  CHECK(folder.problems(Size::kQuick).empty());
  folder.set("study.json", "/configs/0/quick/0", R"("variants=[\"full\"]")");
  CHECK_THAT(folder.problems(Size::kQuick),
             ContainsSubstring("in time.json no series is called window; there are: full"));
}

TEST_CASE("The series that a section shows are those of its config") {
  CHECK(problems_with("study.json", "/sections/0/shows/0/only/1", "\"windw\"") ==
        "study.json: /sections/0/shows/0/only/1: in time.json no series is called windw; there "
        "are: full, window; did you mean 'window'?\n");
  CHECK(problems_with("study.json", "/sections/0/shows/1/only/0", "\"windw\"") ==
        "study.json: /sections/0/shows/1/only/0: in time.json no series is called windw; there "
        "are: full, window; did you mean 'window'?\n");
  CHECK(problems_with("study.json", "/sections/0/shows/0/x", "\"heads\"") ==
        "study.json: /sections/0/shows/0/x: time.json has one value of heads, 8; a chart needs "
        "two or more\n");
  CHECK_THAT(problems_with("study.json", "/sections/0/shows/0/x", "\"lefft\""),
             ContainsSubstring("/sections/0/shows/0/x: is no axis or param of time.json; there "
                               "are: seq_len, batch, ") &&
                 ContainsSubstring("inputs, left, right; did you mean 'left'?\n"));
  CHECK(problems_with("study.json", "/sections/0/shows/0",
                      R"({"chart": "influence", "x": "distance"})") ==
        "study.json: /sections/0/shows/0/chart: time.json has no probe influence; add \"probes\": "
        "{\"influence\": {}} to it\n");
}
