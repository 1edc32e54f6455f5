// A table of bad configs, each with the words that its error must have.
#include "catch.h"
#include "config/config.h"
#include "fakes.h"

using namespace attnbench::config;
using attnbench::config::testing::all_problems_of;
using attnbench::config::testing::problems_of;

namespace {

struct Bad {
  std::string text;
  std::string problem;  ///< The only line of the error.
};

void check_table(const std::vector<Bad>& table) {
  for (const Bad& bad : table) {
    INFO(bad.text);
    CHECK(all_problems_of(bad.text) == "bad.json: " + bad.problem + "\n");
  }
}

/// A config with one of its parts replaced.
std::string with_name(const std::string& name) {
  return R"({"name": )" + name + R"(, "variants": ["full"], "sweep": {"seq_len": 8}})";
}
std::string with_variants(const std::string& variants) {
  return R"({"name": "t", "variants": )" + variants + R"(, "sweep": {"seq_len": 8}})";
}
std::string with_left(const std::string& values) {
  return with_variants(R"([{"variant": "window", "params": {"left": )" + values + "}}]");
}
std::string with_sweep(const std::string& sweep) {
  return R"({"name": "t", "variants": ["full"], "sweep": )" + sweep + "}";
}
std::string with_seq_len(const std::string& seq_len) {
  return with_sweep("{\"seq_len\": " + seq_len + "}");
}
std::string with_measure(const std::string& measure) {
  return R"({"name": "t", "variants": ["full"], "sweep": {"seq_len": 8}, "measure": )" + measure +
         "}";
}

const std::string kLengths = "seq_len is an integer from 1 to 4294967296";
const std::string kValues =
    kLengths + ", a list of them, or a range with from, to and factor or step";

}  // namespace

TEST_CASE("A number that is not an integer within the limits is refused") {
  check_table({
      {with_seq_len("4.7"), "/sweep/seq_len: 4.7 is not an integer; " + kLengths},
      {with_seq_len("4.0"), "/sweep/seq_len: 4.0 is not an integer; " + kLengths},
      {with_seq_len("4e2"), "/sweep/seq_len: 400.0 is not an integer; " + kLengths},
      {with_seq_len("-5"), "/sweep/seq_len: -5 is out of range; " + kLengths},
      {with_seq_len("0"), "/sweep/seq_len: 0 is out of range; " + kLengths},
      {with_seq_len("4294967297"), "/sweep/seq_len: 4294967297 is out of range; " + kLengths},
      {with_seq_len("9223372036854775808"),
       "/sweep/seq_len: 9223372036854775808 is out of range; " + kLengths},
      {with_seq_len("18446744073709551616"),
       "/sweep/seq_len: 1.8446744073709552e+19 is out of range; " + kLengths},
      {with_seq_len("1e400"), "/sweep/seq_len: 1e400 is too large for a number"},
      {with_seq_len("[8, 1e400]"), "/sweep/seq_len/1: 1e400 is too large for a number"},
      {with_seq_len("[8, -1]"), "/sweep/seq_len/1: -1 is out of range; " + kLengths},
      {with_seq_len("true"), "/sweep/seq_len: is true; " + kValues},
      {with_seq_len("\"8\""), "/sweep/seq_len: is \"8\"; " + kValues},
      {with_seq_len("[[8]]"), "/sweep/seq_len/0: is a list; " + kLengths},
  });
}

TEST_CASE("Lists that are empty or repeat themselves are refused") {
  check_table({
      {with_seq_len("[]"), "/sweep/seq_len: is an empty list; give at least one value"},
      {with_seq_len("[8, 9, 8]"), "/sweep/seq_len/2: 8 is twice in this list"},
      {with_left("[]"), "/variants/0/params/left: is an empty list; give at least one value"},
      {with_sweep(R"({"seq_len": 8, "causal": []})"),
       "/sweep/causal: is an empty list; expected true, false or a list of them"},
      {with_sweep(R"({"seq_len": 8, "causal": [true, true]})"),
       "/sweep/causal/1: true is twice in this list"},
      {with_sweep(R"({"seq_len": 8, "scale": -0.5})"),
       "/sweep/scale: is -0.5; scale is 0 or a number from 1e-06 to 1000000.0, or a list of them"},
      {with_sweep(R"({"seq_len": 8, "softcap": [30, true]})"),
       "/sweep/softcap/1: is true; softcap is 0 or a number from 1e-06 to 1000000.0"},
      {with_sweep(R"({"seq_len": 8, "softcap": [0, 30, 30.0]})"),
       "/sweep/softcap/2: 30.0 is twice in this list"},
      {with_sweep(R"({"seq_len": 8, "alibi": "yes"})"),
       "/sweep/alibi: is \"yes\"; expected true, false or a list of them"},
      {with_sweep(R"({"seq_len": 8, "causal": [1]})"),
       "/sweep/causal/0: is 1; expected true or false"},
      {with_variants("[]"),
       "/variants: is an empty list; expected a list with at least one variant, such as "
       "[\"full\", {\"variant\": \"window\", \"params\": {}}]"},
  });
}

TEST_CASE("A range whose from exceeds its to is refused") {
  check_table({{with_seq_len(R"({"from": 9, "to": 8, "step": 1})"),
                "/sweep/seq_len: from is 9, beyond to, which is 8; a range ascends"}});
}

TEST_CASE("Ranges that do not ascend or that lack a part are refused") {
  check_table({
      {with_seq_len(R"({"from": 1, "to": 8, "step": 0})"),
       "/sweep/seq_len/step: 0 is out of range; step is an integer from 1 to 9223372036854775807"},
      {with_seq_len(R"({"from": 1, "to": 8, "factor": 1})"),
       "/sweep/seq_len/factor: is 1; factor is a number above 1"},
      {with_seq_len(R"({"from": 1, "to": 8, "factor": "2"})"),
       "/sweep/seq_len/factor: is \"2\"; factor is a number above 1"},
      {with_seq_len(R"({"from": 1, "to": 8})"),
       "/sweep/seq_len: a range has either 'factor' or 'step'"},
      {with_seq_len(R"({"from": 1, "to": 8, "factor": 2, "step": 1})"),
       "/sweep/seq_len: a range has either 'factor' or 'step'"},
      {with_seq_len(R"({"from": 1, "factor": 2})"), "/sweep/seq_len: a range needs 'to'"},
      {with_seq_len(R"({"from": 1, "to": 8.5, "factor": 2})"),
       "/sweep/seq_len/to: 8.5 is not an integer; " + kLengths},
      {with_seq_len(R"({"from": 1, "to": 8, "stp": 1, "step": 1})"),
       "/sweep/seq_len/stp: unknown key; known: from, to, factor, step; did you mean 'step'?"},
      {with_left(R"({"from": 0, "to": 8, "factor": 2})"),
       "/variants/0/params/left: a range with a factor starts at 1 or above; from is 0"},
  });
}

TEST_CASE("A sweep beyond a million cases is refused before it expands") {
  const std::string expanded =
      "the ranges of this config expand to more than 1000000 values; give a larger step or factor";
  check_table({
      {with_seq_len(R"({"from": 1, "to": 4294967296, "step": 1})"), "/sweep/seq_len: " + expanded},
      {with_seq_len(R"({"from": 1, "to": 4294967296, "factor": 1.0000001})"),
       "/sweep/seq_len: " + expanded},
      {with_sweep(R"({"seq_len": {"from": 1, "to": 600000, "step": 1},
                      "q_len": {"from": 1, "to": 600000, "step": 1}})"),
       "/sweep/q_len: " + expanded},
      {with_sweep(R"({"seq_len": {"from": 1, "to": 2000, "step": 1},
                      "heads": {"from": 1, "to": 1000, "step": 1}})"),
       "/sweep: the product of all axes and params has 2000000.0 cases; at most 1000000"},
  });
}

TEST_CASE("An unknown key is refused, and the error lists the known ones") {
  check_table({
      {R"({"name": "t", "variants": ["full"], "sweep": {"seq_len": 8}, "extra": 1})",
       "/extra: unknown key; known: $schema, name, description, variants, sweep, measure, probes, "
       "report"},
      {with_sweep(R"({"seq_len": 8, "head": 1})"),
       "/sweep/head: unknown key; known: seq_len, q_len, batch, heads, kv_heads, head_dim, "
       "causal, scale, softcap, alibi, dtype, kv_dtype, threads, pages, cache, projections, pass, "
       "smooth_k, inputs; did you "
       "mean "
       "'heads'?"},
      {with_measure(R"({"a/b~c": 1})"),
       "/measure/a~1b~0c: unknown key; known: rounds, min_time_s, timeout_s, memory_limit, seed"},
      {with_variants(R"([{"variant": "window", "params": {"windw": 1}}])"),
       "/variants/0/params/windw: unknown param; window has: left, right"},
      {with_variants(R"([{"variant": "window", "params": {"lft": 1}}])"),
       "/variants/0/params/lft: unknown param; window has: left, right; did you mean 'left'?"},
      {with_variants(R"([{"variant": "full", "params": {"left": 1}}])"),
       "/variants/0/params/left: unknown param; full has no params"},
      {with_variants(R"(["windw"])"),
       "/variants/0: unknown variant \"windw\"; there are: full, window; did you mean 'window'?"},
  });
}

TEST_CASE("A key that occurs twice in an object is refused") {
  check_table({
      {R"({"name": "a", "name": "t", "variants": ["full"], "sweep": {"seq_len": 8}})",
       "/name: duplicate key; an object has each key once"},
      {with_sweep(R"({"seq_len": 8, "seq_len": 8})"),
       "/sweep/seq_len: duplicate key; an object has each key once"},
      {with_variants(R"(["full", {"variant": "window", "params": {"left": 1, "left": 2}}])"),
       "/variants/1/params/left: duplicate key; an object has each key once"},
  });
}

TEST_CASE("Sections of the wrong type are refused") {
  check_table({
      {"[1]",
       "is a list; expected an object with: $schema, name, description, variants, sweep, "
       "measure, probes, report"},
      {with_sweep("8"),
       "/sweep: is 8; expected an object with: seq_len, q_len, batch, heads, "
       "kv_heads, head_dim, causal, scale, softcap, alibi, dtype, kv_dtype, threads, pages, cache, "
       "projections, "
       "pass, smooth_k, inputs"},
      {with_sweep("{}"),
       "/sweep: needs seq_len, such as {\"from\": 256, \"to\": 4096, \"factor\": 2}"},
      {with_variants("[7]"),
       "/variants/0: is 7; expected a variant's name, or an object with: "
       "variant, label, params"},
      {with_variants(R"([{"label": "x"}])"), "/variants/0: needs 'variant', a name"},
      {with_variants(R"([{"variant": "window", "params": [1]}])"),
       "/variants/0/params: is a list; expected an object; window has: left, right"},
      {with_left("1048577"),
       "/variants/0/params/left: 1048577 is out of range; left is an integer "
       "from -1 to 1048576"},
      {R"({"name": "t", "variants": ["full"]})", "needs 'sweep'"},
      {R"({"name": "t", "description": 1, "variants": ["full"], "sweep": {"seq_len": 8}})",
       "/description: is 1; expected a string"},
  });
}

TEST_CASE("Measuring fields outside their limits are refused") {
  check_table({
      {with_measure(R"({"rounds": 0})"),
       "/measure/rounds: 0 is out of range; rounds is an integer from 1 to 10000"},
      {with_measure(R"({"min_time_s": 0})"),
       "/measure/min_time_s: is 0; min_time_s is a number above 0 and at most 3600.0"},
      {with_measure(R"({"timeout_s": 604801})"),
       "/measure/timeout_s: is 604801; timeout_s is a number above 0 and at most 604800.0"},
      {with_measure(R"({"timeout_s": "1"})"),
       "/measure/timeout_s: is \"1\"; timeout_s is a number above 0 and at most 604800.0"},
      {with_measure(R"({"seed": -1})"),
       "/measure/seed: -1 is out of range; seed is an integer from 0 to 9223372036854775807"},
  });
}

TEST_CASE("A memory limit without a known unit is refused") {
  for (const std::string limit :
       {"\"4 GB\"", "\"GiB\"", "\"-4 GiB\"", "\"4  GiB\"", "\"4\"", "\"4. GiB\"", "\"inf B\"",
        "\"0 B\"", "\"1e30 TiB\"", "\"99999999999999 TiB\"", "true"}) {
    INFO(limit);
    CHECK(all_problems_of(with_measure("{\"memory_limit\": " + limit + "}")) ==
          "bad.json: /measure/memory_limit: is " + limit +
              "; memory_limit is a number of bytes, a string such as \"4 GiB\" (units: B, KiB, "
              "MiB, GiB, TiB), or null\n");
  }
}

TEST_CASE("Names that would leave the results folder are refused") {
  const std::string long_name = '"' + std::string(101, 'a') + '"';
  for (const std::string& name :
       {std::string(R"("..")"), std::string(R"("a/b")"), std::string(R"("/etc")"),
        std::string(R"("")"), std::string(R"(".hidden")"), std::string(R"("-rf")"),
        std::string(R"("a b")"), std::string(R"("a\u0000b")"), std::string(R"("\u00e4")"),
        long_name}) {
    INFO(name);
    const std::vector<std::string> problems = problems_of(with_name(name));
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].find("is no plain folder name; use up to 100 letters") != std::string::npos);
  }
  CHECK(problems_of(with_name('"' + std::string(100, 'a') + '"')).empty());
}

TEST_CASE("Labels that are empty, too long, or hold control characters are refused") {
  const auto labelled = [](const std::string& label) {
    return with_variants(R"([{"variant": "full", "label": ")" + label + "\"}]");
  };
  check_table({
      {labelled(""), "/variants/0/label: has 0 characters; a label has from 1 to 100"},
      {labelled(std::string(101, 'x')),
       "/variants/0/label: has 101 characters; a label has from 1 to 100"},
      {labelled(R"(a\u001b[31mb)"),
       "/variants/0/label: holds a control character; a label is one line of plain text"},
      {labelled(R"(a\u0085b)"),
       "/variants/0/label: holds a control character; a label is one line of plain text"},
  });
  std::string hundred;
  for (int i = 0; i < 100; ++i) hundred += "ä";
  CHECK(problems_of(labelled(hundred)).empty());
}

TEST_CASE("Two entries that get the same label are refused") {
  const std::string tail = "; give different params, or labels that tell them apart";
  check_table({
      {with_variants(R"(["full", "full"])"),
       "/variants: two entries have the name \"full\"" + tail},
      {with_variants(R"(["window", {"variant": "window", "params": {"left": 256}}])"),
       "/variants: two entries have the name \"window\"" + tail},
      {with_variants(R"([{"variant": "window", "params": {"left": [1, 2]}},
                         {"variant": "window", "params": {"left": [2, 3]}}])"),
       "/variants: two entries have the name \"window left=2\"" + tail},
      {with_variants(R"(["full", {"variant": "window", "label": "full"}])"),
       "/variants: two entries have the name \"full\"" + tail},
  });
}

TEST_CASE("A baseline that matches no entry of the config, or several, is refused") {
  const auto with_baseline = [](const std::string& baseline) {
    return R"({"name": "t", "variants": ["full", {"variant": "window", "params": {"left": [1, 2]}}],
               "sweep": {"seq_len": 8}, "report": {"baseline": )" +
           baseline + "}}";
  };
  check_table({
      {with_baseline("\"blocked\""),
       "/report/baseline: \"blocked\" is no variant of this config; "
       "it has: full, window left=1, window left=2"},
      {with_baseline("\"window\""),
       "/report/baseline: \"window\" is the variant of several labels; name one of: "
       "window left=1, window left=2"},
      {with_baseline("1"), "/report/baseline: is 1; expected a string"},
  });
  CHECK(problems_of(with_baseline("\"window left=2\"")).empty());
}

TEST_CASE("A probe takes seeds and distances, and pairs if it plants any") {
  const auto with_probes = [](const std::string& probes) {
    return R"({"name": "t", "variants": ["full"], "sweep": {"seq_len": 8}, "probes": )" + probes +
           "}";
  };
  check_table({
      {with_probes(R"({"forgetting": {}})"),
       "/probes/forgetting: unknown key; known: influence, order, recall, memory"},
      {with_probes("true"),
       "/probes: is true; expected an object with: influence, order, recall, memory"},
      {with_probes(R"({"influence": {"seeds": 0}})"),
       "/probes/influence/seeds: 0 is out of range; seeds is an integer from 1 to 10000"},
      {with_probes(R"({"influence": {"pairs": 4}})"),
       "/probes/influence/pairs: unknown key; known: seeds, distances"},
      {with_probes(R"({"recall": {"distances": 65}})"),
       "/probes/recall/distances: 65 is out of range; distances is an integer from 1 to 64"},
      {with_probes(R"({"recall": {"pairs": [4, 0]}})"),
       "/probes/recall/pairs/1: 0 is out of range; pairs is an integer from 1 to 1048576"},
      {with_probes(R"({"recall": {"pairs": {"from": 1, "to": 17, "step": 1}}})"),
       "/probes/recall/pairs: has 17 values; give at most 16"},
      {with_probes(R"({"recall": {"pairs": [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]}})"),
       "/probes/recall/pairs: has 17 values; give at most 16"},
  });
  const attnbench::config::Config config = attnbench::config::parse_config(
      with_probes(R"({"recall": {"pairs": [4, 64], "seeds": 3}, "influence": {}})"), "t.json", {},
      attnbench::config::testing::catalogue(), 1);
  REQUIRE(config.probes.size() == 2);
  CHECK(config.probes[0] == attnbench::record::ProbeSetting{"influence", 8, 12, {}});
  CHECK(config.probes[1] == attnbench::record::ProbeSetting{"recall", 3, 12, {4, 64}});
  CHECK(problems_of(with_probes(R"({"recall": {"pairs": {"from": 1, "to": 16, "step": 1}}})"))
            .empty());
  const attnbench::config::Config again =
      attnbench::config::parse_config(attnbench::config::config_to_text(config), "t.json", {},
                                      attnbench::config::testing::catalogue(), 1);
  CHECK(again.probes == config.probes);
}
