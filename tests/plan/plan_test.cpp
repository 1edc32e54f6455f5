// Plans compared with golden files, and tests of what golden files show badly.
#include "plan/plan.h"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "catch.h"
#include "fakes.h"

using namespace attnbench;
using plan::testing::catalogue;

namespace {

constexpr int64_t kGiB = int64_t{1} << 30;

plan::Plan plan_of(const std::string& variants, const std::string& sweep, int64_t limit) {
  const config::Config config = config::parse_config(
      R"({"name": "t", "variants": )" + variants + R"(, "sweep": )" + sweep + "}", "test.json", {},
      catalogue(), 2);
  return plan::make_plan(config, catalogue(), limit);
}

/// All fields: a line for each case, and one for each largest fit.
std::string to_text(const plan::Plan& plan) {
  std::ostringstream out;
  for (const record::Case& c : plan.cases) {
    const Problem& p = c.problem;
    out << c.id << ' ' << c.variant << " (" << c.kind << ") '" << c.label << "'";
    for (const auto& [name, value] : c.params) out << ' ' << name << '=' << value;
    out << " | b" << p.batch << " h" << p.heads << '/' << p.kv_heads << " q" << p.q_len
        << (c.q_len_follows ? "=" : "!") << " n" << p.kv_len << " d" << p.head_dim
        << (p.causal ? " causal" : "") << " t" << c.threads << " | pairs " << c.pairs << " flops "
        << c.flops << " traffic " << c.traffic_bytes << " | in " << c.input_bytes << " out "
        << c.output_bytes << " work " << c.workspace_bytes << " | time n^"
        << c.theory.time.leading().power << " memory n^" << c.theory.memory.leading().power << " | "
        << record::outcome_name(c.outcome) << (c.reason.empty() ? "" : ": ") << c.reason << '\n';
  }
  for (const record::LargestFit& fit : plan.largest_fits)
    out << "series " << fit.series << " fits n" << fit.seq_len << '\n';
  return out.str();
}

/// Compares with tests/plan/golden/`name`; ATTNBENCH_UPDATE_GOLDEN=1 writes that file instead.
void check_golden(const plan::Plan& plan, const std::string& name) {
  const std::string path = ATTNBENCH_SOURCE_DIR "/tests/plan/golden/" + name;
  if (std::getenv("ATTNBENCH_UPDATE_GOLDEN") != nullptr) std::ofstream(path) << to_text(plan);
  std::ifstream in(path);
  REQUIRE(in.is_open());
  std::ostringstream expected;
  expected << in.rdbuf();
  CHECK(to_text(plan) == expected.str());
}

}  // namespace

TEST_CASE("The plan of a small sweep is as its golden file") {
  check_golden(
      plan_of(R"(["window", "full", {"variant": "window", "params": {"left": [0, 1]}}])",
              R"({"seq_len": [8, 4], "heads": 2, "head_dim": 4, "causal": [false, true]})", kGiB),
      "small.txt");
}

TEST_CASE("The plan over every axis is as its golden file") {
  check_golden(plan_of(R"(["scattered"])",
                       R"({"seq_len": 16, "q_len": [1, 3], "heads": [2, 4], "kv_heads": [1, 2],
                            "head_dim": [4, 8], "batch": 3, "causal": true, "threads": [1, 2]})",
                       kGiB),
               "axes.txt");
}

TEST_CASE("Score modifiers are axes, and a variant that lacks one is skipped with a reason") {
  const plan::Plan plan =
      plan_of(R"(["full", "scattered"])",
              R"({"seq_len": 16, "scale": 0.5, "softcap": [0, 30], "alibi": [false, true]})", kGiB);
  REQUIRE(plan.cases.size() == 8);
  for (size_t i = 0; i < 8; ++i) {
    const record::Case& c = plan.cases[i];
    CHECK(c.problem.scale == 0.5);
    CHECK(c.problem.softcap == (i % 4 < 2 ? 0 : 30));
    CHECK(c.problem.alibi == (i % 2 == 1));
    const bool skipped = i >= 4 && c.problem.alibi;
    CHECK(c.reason == (skipped ? "alibi is not built in" : ""));
    if (!skipped) CHECK(c.flops == plan.cases[i < 4 ? 0 : 4].flops);
  }
}

TEST_CASE("Types of elements are axes: k and v follow q, and bytes are counted at their size") {
  const plan::Plan plan = plan_of(R"([{"variant": "window", "params": {"left": 99, "right": 99}}])",
                                  R"({"seq_len": 16, "heads": 2, "head_dim": 64,
                                      "dtype": ["f32", "bf16"]})",
                                  kGiB);
  REQUIRE(plan.cases.size() == 2);
  const record::Case &wide = plan.cases[0], &half = plan.cases[1];
  CHECK(half.problem.dtype == Type::kBf16);
  CHECK(half.problem.kv_dtype == Type::kBf16);
  CHECK(half.flops == wide.flops);
  CHECK(2 * half.input_bytes == wide.input_bytes);
  CHECK(2 * half.output_bytes == wide.output_bytes);
  CHECK(2 * half.traffic_bytes == wide.traffic_bytes);

  const plan::Plan cache =
      plan_of(R"([{"variant": "window", "params": {"left": 99, "right": 99}}])",
              R"({"seq_len": 16, "q_len": 1, "heads": 2, "head_dim": 64,
                                       "dtype": "bf16", "kv_dtype": ["int8", "q8_0"]})",
              kGiB);
  REQUIRE(cache.cases.size() == 2);
  const int64_t q = 2 * 64 * 2, keys = 2 * 2 * 16;
  CHECK(cache.cases[0].input_bytes == q + keys * (64 + 2));
  CHECK(cache.cases[1].input_bytes == q + keys * (64 + 4));
  CHECK(cache.cases[1].traffic_bytes == 2 * q + keys * (64 + 4));
}

TEST_CASE("What can't be done in a type is skipped, and the reason says why") {
  const auto reason = [](const std::string& variant, const std::string& sweep) {
    const plan::Plan plan = plan_of("[\"" + variant + "\"]", sweep, kGiB);
    REQUIRE(plan.cases.size() == 1);
    return plan.cases[0].reason;
  };
  CHECK(reason("full", R"({"seq_len": 8, "dtype": "bf16"})") == "takes no bf16");
  CHECK(reason("full", R"({"seq_len": 8, "kv_dtype": "int8"})") == "takes no int8");
  CHECK(reason("window", R"({"seq_len": 8, "head_dim": 40, "kv_dtype": "q8_0"})") ==
        "q8_0 has a scale for each 32 elements, and head_dim is no multiple of 32");
  CHECK(reason("window", R"({"seq_len": 8, "smooth_k": true})") ==
        "k is f32: nothing of it is rounded that smooth_k could help");
  CHECK(reason("window", R"({"seq_len": 8, "kv_dtype": "int8", "smooth_k": true, "softcap": 9})") ==
        "with softcap, attention would not stay the same under smooth_k");
  CHECK(reason("window", R"({"seq_len": 8, "kv_dtype": "int8", "smooth_k": true})").empty());
}

TEST_CASE("Projections add their work, memory and growth to attention, and nothing to a layer") {
  const plan::Plan plan =
      plan_of(R"(["full", "leaky"])",
              R"({"seq_len": 16, "heads": 2, "head_dim": 8, "projections": [false, true]})", kGiB);
  REQUIRE(plan.cases.size() == 4);
  const record::Case &bare = plan.cases[0], &whole = plan.cases[1];
  // The fake projections take 6 operations an element, read 1 KiB of weights, and need 64 bytes.
  CHECK(whole.reason.empty());
  CHECK(whole.flops == bare.flops + 6 * 2 * 16 * 8);
  CHECK(whole.traffic_bytes == bare.traffic_bytes + 2048);
  CHECK(whole.input_bytes == bare.input_bytes + 1024);
  CHECK(whole.output_bytes == 2 * bare.output_bytes);
  CHECK(whole.workspace_bytes == bare.workspace_bytes + 64);
  CHECK(record::growth_name(bare.theory.time) == "n^2");
  CHECK(record::growth_name(whole.theory.time) == "n^2 + 1.50 n");
  CHECK(plan.cases[2].reason.empty());
  CHECK(plan.cases[3].reason.empty());
  CHECK(plan.cases[3].flops == plan.cases[2].flops);
  CHECK(plan.cases[3].input_bytes == plan.cases[2].input_bytes);
  const plan::Plan grouped = plan_of(
      R"(["full"])", R"({"seq_len": 16, "heads": 2, "kv_heads": 1, "projections": true})", kGiB);
  CHECK(grouped.cases[0].reason == "its projections: as many key heads as query heads, please");
}

TEST_CASE(
    "A backward pass has its own operations, traffic and memory, and a step adds the forward's") {
  const plan::Plan plan = plan_of(
      R"(["full", "leaky"])",
      R"({"seq_len": 16, "heads": 2, "kv_heads": 1, "head_dim": 8, "pass": ["forward", "backward", "both"]})",
      kGiB);
  REQUIRE(plan.cases.size() == 6);
  const record::Case &forward = plan.cases[0], &backward = plan.cases[1], &both = plan.cases[2];
  const int64_t pairs = 2 * 16 * 16, q_bytes = 2 * 16 * 8 * 4, k_bytes = 16 * 8 * 4;
  CHECK(forward.flops == 4 * 8 * pairs);
  CHECK(backward.flops == 10 * 8 * pairs);
  CHECK(both.flops == 14 * 8 * pairs);
  // Backward reads q, d_out, k and v, and writes d_q, d_k and d_v.
  CHECK(backward.traffic_bytes == 3 * q_bytes + 4 * k_bytes);
  CHECK(both.traffic_bytes == forward.traffic_bytes + backward.traffic_bytes);
  CHECK(forward.saved_bytes == 0);
  for (const record::Case* c : {&backward, &both}) {
    CHECK(c->saved_bytes == 2 * 16 * 4);
    CHECK(c->workspace_bytes == 96);
    CHECK(c->input_bytes == forward.input_bytes + q_bytes);
    CHECK(c->output_bytes == forward.output_bytes + q_bytes + 2 * k_bytes);
    CHECK(record::growth_name(c->theory.memory) == "n^1");
  }
  CHECK(backward.steps == 1);
  CHECK(both.steps == 2);
  CHECK(!backward.path);
  CHECK(both.path == 1);
  CHECK(plan.cases[4].flops == 1000);
  CHECK(plan.cases[5].flops == plan.cases[3].flops + 1000);
  CHECK(plan.cases[5].steps == 32);
}

TEST_CASE("A backward pass that a variant lacks is skipped with the reason") {
  const auto reason = [](const char* variants, const char* sweep) {
    return plan_of(variants, sweep, kGiB).cases[0].reason;
  };
  CHECK(reason(R"(["window"])", R"({"seq_len": 16, "pass": "backward"})") ==
        "it has no backward pass");
  CHECK(reason(R"(["full"])", R"({"seq_len": 16, "head_dim": 7, "pass": "both"})") ==
        "head_dim is 7");
  CHECK(reason(R"(["full"])", R"({"seq_len": 16, "projections": true, "pass": "both"})") ==
        "the projections around it have no backward pass");
  CHECK(
      plan_of(R"(["full"])", R"({"seq_len": 16, "heads": 1, "head_dim": 8, "pass": "both"})", 4000)
          .cases[0]
          .reason ==
      "needs 4.16 KiB: inputs 2 KiB + output 2 KiB + workspace 96 B + saved for backward 64 B; "
      "limit 3.91 KiB");
}

TEST_CASE("The largest batch is exact to the byte, at the largest length swept") {
  // A sequence of 16 takes 64 bytes each for q, k, v, out, their gradients, and what is saved; the
  // workspace takes 96 bytes in all.
  const auto batch_of = [](const char* pass, int64_t limit) {
    const std::string sweep = R"({"seq_len": [16, 8], "heads": 1, "head_dim": 1, "pass": ")";
    return plan_of(R"(["full"])", sweep + pass + R"("})", limit).largest_fits.at(0).batch;
  };
  const int64_t need = 96 + 9 * 64 * 1000;
  CHECK(batch_of("backward", need) == 1000);
  CHECK(batch_of("both", need) == 1000);
  CHECK(batch_of("backward", need - 1) == 999);
  CHECK(batch_of("backward", 96 + 9 * 64 - 1) == 0);
  CHECK(batch_of("backward", kGiB) == kMaxBatch);
  const int64_t forward = (16 * 16 * 4 + 4 * 64) * 1000;  // Its scores, and q, k, v and out.
  CHECK(batch_of("forward", forward) == 1000);
  CHECK(batch_of("forward", forward - 1) == 999);
}

TEST_CASE("No largest batch is told at a length that the variant refuses") {
  const auto batch_of = [](const char* lengths) {
    const std::string sweep = R"({"heads": 1, "head_dim": 3, "pass": "backward", "seq_len": )";
    const plan::Plan plan = plan_of(R"(["full"])", sweep + lengths + "}", kGiB);
    REQUIRE(plan.largest_fits.size() == 1);
    CHECK(plan.largest_fits[0].seq_len == 13);
    return plan.largest_fits[0].batch;
  };
  CHECK(batch_of("[8, 13]"));
  CHECK_FALSE(batch_of("[8, 14]"));
}

TEST_CASE("Skipped cases have their reasons as in the golden file") {
  check_golden(plan_of(R"(["full", "scattered"])",
                       R"({"seq_len": [1024, 65536], "heads": 4, "kv_heads": [1, 3, 4],
                            "head_dim": [64, 65]})",
                       8 * kGiB),
               "skipped.txt");
}

TEST_CASE("The largest length that fits is exact to the byte") {
  // Inputs and output take 4 * 4 bytes a token, scores 4 bytes a pair: 16 n + 4 n^2 at n = 1000.
  const int64_t need = 16 * 1000 + 4 * 1000 * 1000;
  const std::string sweep = R"({"seq_len": 8, "heads": 1, "head_dim": 1})";
  CHECK(plan_of(R"(["full"])", sweep, need).largest_fits.at(0).seq_len == 1000);
  CHECK(plan_of(R"(["full"])", sweep, need - 1).largest_fits.at(0).seq_len == 999);
  CHECK(plan_of(R"(["full"])", sweep, 19).largest_fits.at(0).seq_len == 0);
  CHECK(plan_of(R"(["full"])", sweep, 20).largest_fits.at(0).seq_len == 1);
  CHECK(plan_of(R"(["window"])", sweep, kGiB * kGiB).largest_fits.at(0).seq_len == 4 * kGiB);
  CHECK(plan_of(R"(["scattered"])", sweep, kGiB * kGiB).largest_fits.at(0).seq_len == 1 << 24);
}

TEST_CASE("If q_len is fixed, only the keys grow in the search for the largest fit") {
  const std::string sweep = R"({"seq_len": 8, "q_len": 2, "heads": 1, "head_dim": 1})";
  // q and out take 8 bytes each, k and v 8 bytes a key, and two rows of scores 8 bytes a key.
  CHECK(plan_of(R"(["full"])", sweep, 16 + 16 * 500).largest_fits.at(0).seq_len == 500);
}

TEST_CASE("A case that needs more than 2^63 bytes is skipped and does not overflow") {
  const plan::Plan plan = plan_of(
      R"(["window"])", R"({"seq_len": 4294967296, "heads": 4096, "head_dim": 512, "batch": 65536})",
      8 * kGiB);
  const record::Case& c = plan.cases.at(0);
  CHECK(c.outcome == record::Outcome::kSkipped);
  CHECK(c.reason ==
        "needs ≥ 8 EiB: inputs ≥ 8 EiB + output ≥ 8 EiB + "
        "workspace 128 B; limit 8 GiB");
  CHECK(c.pairs == 0);
}

TEST_CASE("Scores of 2^62 pairs are a skip, though their bytes are 0 modulo 2^64") {
  const plan::Plan plan =
      plan_of(R"(["full"])", R"({"seq_len": 2147483648, "heads": 1, "head_dim": 1})", 128 * kGiB);
  CHECK(plan.cases.at(0).outcome == record::Outcome::kSkipped);
  CHECK(plan.cases.at(0).reason ==
        "needs ≥ 8 EiB: inputs 24 GiB + output 8 GiB + workspace ≥ 8 EiB; limit 128 GiB");
  CHECK(plan.largest_fits.at(0).seq_len == 185361);  // 16 n + 4 n^2 bytes
}

TEST_CASE("Work beyond 2^63 FLOPs is a skip, whatever the memory") {
  const auto case_of = [](const std::string& head_dim) {
    return plan_of(
               R"(["full"])",
               R"({"seq_len": 4096, "heads": 4096, "batch": 65536, "head_dim": )" + head_dim + "}",
               kGiB * kGiB)
        .cases.at(0);
  };
  CHECK(case_of("512").outcome == record::Outcome::kSkipped);
  CHECK(case_of("512").reason == "needs ≥ 9.22 EFLOP, more than can be counted");
  CHECK(record::saturated_counts(case_of("512")) == std::vector<std::string>{"flops"});
  CHECK(case_of("511").reason.empty());
  CHECK(case_of("511").flops == (int64_t{1} << 54) * 511);
  CHECK(record::saturated_counts(case_of("511")).empty());
}

TEST_CASE("The work of skipped cases is counted too, so that a plan shows their cost") {
  const plan::Plan plan = plan_of(R"(["full"])", R"({"seq_len": 65536, "heads": 1})", kGiB);
  CHECK(plan.cases.at(0).outcome == record::Outcome::kSkipped);
  CHECK(plan.cases.at(0).pairs == int64_t{65536} * 65536);
}

TEST_CASE("Every length of a sweep of 100,000 cases is planned") {
  const plan::Plan plan =
      plan_of(R"(["full", "window"])",
              R"({"seq_len": {"from": 1, "to": 1000, "step": 1}, "heads": [1, 2, 4, 8, 16],
                  "head_dim": {"from": 1, "to": 10, "step": 1}})",
              kGiB);
  REQUIRE(plan.cases.size() == 100000);
  CHECK(plan.largest_fits.size() == 100);
  CHECK(plan.cases.back().id == 99999);
  CHECK(plan.cases.back().seq_len() == 1000);
  CHECK(plan.cases.back().pairs == 16 * (3 * 1000 - 3));
}

TEST_CASE("A variant that is not exact is counted by its own cost, and its inputs are inputs") {
  const plan::Plan plan =
      plan_of(R"(["leaky"])", R"({"seq_len": 16, "heads": 2, "head_dim": 4})", kGiB);
  const record::Case& c = plan.cases.at(0);
  CHECK(c.reason.empty());
  CHECK(c.flops == 2 * 2 * 16 * 4);
  CHECK(c.traffic_bytes == 2 * 16 * 4 * 4);
  CHECK(c.input_bytes == 3 * 2 * 16 * 4 * 4 + 2 * 16 * 4);
  CHECK(c.pairs == 0);
  CHECK(c.steps == 16);
  CHECK(c.path == 16);
}

TEST_CASE("An exact variant takes one step, and its path is counted from the keys that it states") {
  const plan::Plan plan =
      plan_of(R"(["full", {"variant": "window", "params": {"left": 4}}])",
              R"({"seq_len": [17, 18], "heads": 2, "causal": true, "threads": [1, 2]})", kGiB);
  for (const record::Case& c : plan.cases) {
    CHECK(c.steps == 1);
    CHECK(c.path == (c.variant == "full" ? 1 : c.seq_len() == 17 ? 4 : 5));
  }
  const record::Case decoding =
      plan_of(R"(["full"])", R"({"seq_len": 17, "q_len": 1})", kGiB).cases.at(0);
  CHECK_FALSE(decoding.path);
  CHECK(decoding.path_reason == "it is counted for q_len = seq_len only");
  const record::Case apart = plan_of(R"(["window"])", R"({"seq_len": 17})", kGiB).cases.at(0);
  CHECK_FALSE(apart.path);
  CHECK(apart.path_reason == record::kNever);
}

TEST_CASE("A case whose variant declares a malformed theory is skipped, and the reason says why") {
  const record::Case c =
      plan_of(R"(["full"])", R"({"seq_len": 16, "head_dim": 13})", kGiB).cases.at(0);
  CHECK(c.outcome == record::Outcome::kSkipped);
  CHECK(c.reason ==
        "its declared theory is at fault: the growth of time has a term 2 that grows faster than "
        "the first, which should lead: n^3 and n^2");
  CHECK(c.theory.time.leading().power == 0);
}

TEST_CASE("A variant is never asked for what it does not take") {
  const plan::Plan plan =
      plan_of(R"(["leaky", "full"])", R"({"seq_len": 16, "softcap": [0, 30]})", kGiB);
  CHECK(plan.cases.at(0).reason.empty());
  CHECK(plan.cases.at(1).reason == "takes no softcap");
  CHECK(plan.cases.at(3).reason.empty());
}
