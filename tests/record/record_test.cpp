// Names and descriptions of records.
#include "record/record.h"

#include "catch.h"

using namespace attnbench::record;

namespace {

Case window_case() {
  Case c;
  c.variant = "window";
  c.label = "window left=64 right=0";
  c.params = {{"left", 64}, {"right", 0}};
  c.problem = {1, 8, 8, 512, 512, 64, true};
  c.threads = 2;
  return c;
}

}  // namespace

TEST_CASE("Every outcome has the name that files use") {
  CHECK(outcome_name(Outcome::kPending) == std::string("pending"));
  CHECK(outcome_name(Outcome::kOk) == std::string("ok"));
  CHECK(outcome_name(Outcome::kSkipped) == std::string("skipped"));
  CHECK(outcome_name(Outcome::kInvalid) == std::string("invalid"));
  CHECK(outcome_name(Outcome::kFailed) == std::string("failed"));
  CHECK(outcome_name(Outcome::kTimeout) == std::string("timeout"));
}

TEST_CASE("Cases that differ only in sequence length are one series") {
  const Case a = window_case();
  Case b = a;
  b.id = 5;
  b.problem.q_len = b.problem.kv_len = 1024;
  CHECK(same_series(a, b));
  b.outcome = Outcome::kFailed;
  CHECK(same_series(a, b));
}

TEST_CASE("A q_len from the config identifies a series, and one that follows seq_len does not") {
  Case decode = window_case();
  decode.q_len_follows = false;
  decode.problem.q_len = 1;
  Case longer = decode;
  longer.problem.kv_len = 1024;
  CHECK(same_series(decode, longer));
  longer.problem.q_len = 2;
  CHECK_FALSE(same_series(decode, longer));
  Case square = decode;
  square.q_len_follows = true;
  CHECK_FALSE(same_series(decode, square));
}

TEST_CASE("Cases that differ in anything else are different series") {
  const Case a = window_case();
  const auto differs = [&](auto change) {
    Case b = a;
    change(b);
    return !same_series(a, b) && !same_series(b, a);
  };
  CHECK(differs([](Case& c) { c.variant = "blocked"; }));
  CHECK(differs([](Case& c) { c.label = "mine"; }));
  CHECK(differs([](Case& c) { c.params[0].second = 65; }));
  CHECK(differs([](Case& c) { c.problem.batch = 2; }));
  CHECK(differs([](Case& c) { c.problem.heads = 16; }));
  CHECK(differs([](Case& c) { c.problem.kv_heads = 1; }));
  CHECK(differs([](Case& c) { c.problem.head_dim = 80; }));
  CHECK(differs([](Case& c) { c.problem.causal = false; }));
  CHECK(differs([](Case& c) { c.problem.scale = 1; }));
  CHECK(differs([](Case& c) { c.problem.softcap = 30; }));
  CHECK(differs([](Case& c) { c.problem.alibi = true; }));
  CHECK(differs([](Case& c) { c.threads = 1; }));
}

TEST_CASE("A case is described in full, but for axes that are at their usual value") {
  Case c = window_case();
  CHECK(describe_series(c) == "window left=64 right=0, 8 heads, head_dim 64, causal, 2 threads");
  CHECK(describe_case(c) == describe_series(c) + ", n=512");
  c.problem = {3, 8, 1, 5, 700, 80, false};
  c.threads = 1;
  CHECK(describe_case(c) ==
        "window left=64 right=0, batch 3, 8 heads over 1 kv_head, head_dim 80, not causal, "
        "1 thread, q_len=5, kv_len=700");
  c.problem.scale = 0.125;
  c.problem.softcap = 30;
  c.problem.alibi = true;
  CHECK(describe_problem(c) ==
        "batch 3, 8 heads over 1 kv_head, head_dim 80, not causal, scale 0.125, softcap 30, alibi, "
        "1 thread");
}
