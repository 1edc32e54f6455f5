// Cases of sweeps over inputs: which of them a file holds, and where their numbers come from.
#include "record/inputs.h"

#include "catch.h"
#include "fakes.h"
#include "plan/plan.h"

using namespace attnbench;
using plan::testing::catalogue;
using record::Outcome;

namespace {

/// A sweep over normal inputs and a file of 100 tokens.
config::Config two_inputs(config::AxisValues lengths) {
  auto source = std::make_shared<record::InputSource>();
  source->file = "qkv.npz";
  source->layer = "layer9";
  source->batch = source->heads = source->kv_heads = 1;
  source->head_dim = 16;
  source->len = 100;
  config::Config config;
  config.variants = {{"full", "", {}}};
  for (const char* axis : {"heads", "threads"}) config.sweep[axis] = {int64_t{1}};
  config.sweep["head_dim"] = {int64_t{16}};
  config.sweep["seq_len"] = std::move(lengths);
  config.sweep["inputs"] = {"normal", source->text()};
  config.sweep.input_sources = {source};
  return config;
}

std::vector<record::Case> cases_of(const config::Config& config) {
  return plan::make_plan(config, catalogue(), 1 << 30).cases;
}

}  // namespace

TEST_CASE("Each inputs are a series, and each case knows the source of its own") {
  const config::Config config = two_inputs({int64_t{50}, int64_t{100}});
  const std::vector<record::Case> cases = cases_of(config);
  REQUIRE(cases.size() == 4);
  CHECK(cases[0].inputs == "normal");
  CHECK(cases[0].input_source == nullptr);
  CHECK(cases[2].inputs == "qkv.npz:layer9");
  CHECK(cases[2].input_source == config.sweep.input_sources[0]);
  CHECK(same_series(cases[0], cases[1]));
  CHECK_FALSE(same_series(cases[1], cases[3]));
  CHECK(cases[1].flops == cases[3].flops);
}

TEST_CASE("A length beyond the file is skipped with the reason, for its inputs only") {
  const std::vector<record::Case> cases = cases_of(two_inputs({int64_t{100}, int64_t{101}}));
  for (const size_t i : {0, 1, 2}) CHECK(cases[i].outcome == Outcome::kPending);
  CHECK(cases[3].outcome == Outcome::kSkipped);
  CHECK(cases[3].reason == "qkv.npz:layer9 holds 100 tokens, fewer than seq_len = 101");
}

TEST_CASE("Queries that would stand before a file's first key are skipped") {
  config::Config config = two_inputs({int64_t{8}});
  config.sweep["q_len"] = {int64_t{4}, int64_t{9}};
  const std::vector<record::Case> cases = cases_of(config);
  for (const record::Case& c : cases)
    CHECK((c.outcome == Outcome::kSkipped) == (c.problem.q_len == 9 && c.input_source));
  CHECK(cases.back().reason ==
        "q_len (9) is above seq_len (8), and qkv.npz:layer9 has no queries from before its first "
        "key");
}

TEST_CASE("Cases of a record get the sources of their inputs back from the config") {
  const config::Config config = two_inputs({int64_t{50}});
  std::vector<record::CaseRecord> read(2);
  read[1].plan.inputs = "qkv.npz:layer9";
  plan::restore_from_config(config, read);
  CHECK(read[0].plan.input_source == nullptr);
  CHECK(read[1].plan.input_source == config.sweep.input_sources[0]);
}
