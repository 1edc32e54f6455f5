// window: which keys a query sees, and the growth with n that it states.
#include "catch.h"
#include "naive.h"

using namespace attnbench;

namespace {

/// The span that a query sees among 10 keys, as "begin-end"; "none" if it sees nothing.
std::string seen(int64_t query, std::vector<int64_t> sides, bool causal = false,
                 int64_t q_len = 10) {
  const Call call{{1, 1, 1, q_len, 10, 8, causal}, sides.data(), 1};
  const auto spans = registry::visible_keys(variant_named("window"), call, query);
  if (spans.empty()) return "none";
  REQUIRE(spans.size() == 1);
  return std::to_string(spans[0].begin) + "-" + std::to_string(spans[0].end);
}

Theory theory(std::vector<int64_t> sides, bool causal) {
  return variant_named("window").theory({{1, 1, 1, 10, 10, 8, causal}, sides.data(), 1});
}

}  // namespace

TEST_CASE("A window includes both of its ends") {
  CHECK(seen(5, {2, 1}) == "3-7");
  CHECK(seen(5, {0, 0}) == "5-6");
}

TEST_CASE("A window ends where the keys end") {
  CHECK(seen(1, {4, 0}) == "0-2");
  CHECK(seen(8, {1, 4}) == "7-10");
}

TEST_CASE("A side of minus one is unlimited") {
  CHECK(seen(5, {-1, 1}) == "0-7");
  CHECK(seen(5, {1, -1}) == "4-10");
  CHECK(seen(5, {-1, -1}) == "0-10");
}

TEST_CASE("Causal cuts a window after the query") {
  CHECK(seen(5, {2, 3}, true) == "3-6");
  CHECK(seen(5, {2, -1}, true) == "3-6");
}

TEST_CASE("A window follows the aligned position of the query") {
  CHECK(seen(0, {2, 0}, false, 3) == "5-8");    // 3 queries: the first stands at key 7
  CHECK(seen(0, {2, 1}, false, 12) == "none");  // 12 queries: the first stands at key -2
  CHECK(seen(0, {2, 2}, false, 12) == "0-1");
}

TEST_CASE("A window's time is linear only if both of its sides are bounded") {
  CHECK(theory({256, 0}, false).time.terms[0].power == 1);
  CHECK(theory({256, -1}, true).time.terms[0].power == 1);
  CHECK(theory({256, -1}, false).time.terms[0].power == 2);
  CHECK(theory({-1, 0}, false).time.terms[0].power == 2);
  CHECK(theory({-1, 0}, true).time.terms[0].power == 2);
  CHECK(theory({-1, 0}, true).memory.terms[0].power == 0);
}
