// Variants whose work is no power of n: what they declare grows as the pairs that they state.
#include "record/theory.h"

#include <cmath>

#include "catch.h"
#include "naive.h"

using namespace attnbench;

namespace {

struct Declared {
  const char* name;
  std::vector<int64_t> params;
  bool causal;
  int64_t from;  ///< The smallest n to which the declaration applies.
};

double pairs_of(const Declared& d, int64_t n) {
  const Call call{{1, 1, 1, n, n, 8, d.causal}, d.params.data(), 1};
  int64_t pairs = 0;
  for (int64_t query = 0; query < n; ++query)
    for (const KeySpan& span : registry::visible_keys(variant_named(d.name), call, query))
      pairs += registry::key_count(span);
  return static_cast<double>(pairs);
}

record::Growth time_of(const Declared& d, int64_t n) {
  const Call call{{1, 1, 1, n, n, 8, d.causal}, d.params.data(), 1};
  const Theory theory = variant_named(d.name).theory(call);
  REQUIRE(record::theory_fault(theory) == "");
  return record::recorded(theory).time;
}

}  // namespace

TEST_CASE("A sum of terms grows as the pairs of its variant, where n^2 does not") {
  const std::vector<Declared> all{
      {"strided", {64}, false, 512},       {"strided", {64}, true, 512},
      {"prefix_lm", {512}, false, 512},    {"block_sparse", {16, 2, 1}, true, 1024},
      {"window", {-1, 1024}, false, 4096}, {"window", {1024, -1}, false, 4096},
  };
  for (const Declared& d : all) {
    const int64_t n = d.from;
    CAPTURE(d.name, d.params, d.causal);
    const record::Growth growth = time_of(d, n);
    CHECK(growth.is_sum());
    const double declared = record::log_value(growth, static_cast<double>(4 * n)) -
                            record::log_value(growth, static_cast<double>(n));
    const double counted = std::log(pairs_of(d, 4 * n) / pairs_of(d, n));
    CAPTURE(counted / std::log(4));
    CHECK(declared / std::log(4) == Approx(counted / std::log(4)).margin(0.05));
    CHECK(counted / std::log(4) < 1.85);
  }
}

TEST_CASE("What is a power of n is declared as one") {
  for (const Declared& d : std::vector<Declared>{{"strided", {0}, false, 0},
                                                 {"prefix_lm", {0}, false, 0},
                                                 {"block_sparse", {64, 100, 1}, false, 0},
                                                 {"window", {-1, 0}, false, 0},
                                                 {"window", {-1, 7}, true, 0},
                                                 {"window", {-1, -1}, false, 0},
                                                 {"window", {256, 0}, false, 0}}) {
    CAPTURE(d.name, d.params);
    CHECK_FALSE(time_of(d, 4096).is_sum());
  }
}
