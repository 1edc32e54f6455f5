// Tests of what inputs are said to be like, on inputs whose weights are known.
#include "measure/input_statistics.h"

#include <cmath>
#include <limits>

#include "catch.h"
#include "measure/inputs.h"

namespace attnbench::measure {
namespace {

using record::InputStatistics;

/// Inputs that start as zeros, so that all weights are equal.
struct Made {
  Problem p;
  std::vector<float> q, k, v;

  explicit Made(const Problem& problem)
      : p(problem),
        q(static_cast<size_t>(p.batch * p.heads * p.q_len * p.head_dim)),
        k(static_cast<size_t>(p.batch * p.kv_heads * p.kv_len * p.head_dim)),
        v(k.size()) {}

  /// Sets the first dim of each query of a head, and of one key of a key head.
  void set_queries(int64_t head, float value) {
    for (int64_t i = 0; i < p.q_len; ++i)
      q[static_cast<size_t>((head * p.q_len + i) * p.head_dim)] = value;
  }
  void set_key(int64_t head, int64_t j, float value) {
    k[static_cast<size_t>((head * p.kv_len + j) * p.head_dim)] = value;
  }
  std::optional<InputStatistics> statistics() const {
    return input_statistics(p,
                            {{q.data(), p.batch, p.heads, p.q_len, p.head_dim},
                             {k.data(), p.batch, p.kv_heads, p.kv_len, p.head_dim},
                             {v.data(), p.batch, p.kv_heads, p.kv_len, p.head_dim}},
                            3);
  }
};

double near_mass(const InputStatistics& s, int64_t keys) {
  for (const record::NearMass& near : s.near)
    if (near.keys == keys) return near.mass;
  FAIL("no mass within " << keys << " keys");
  return 0;
}

TEST_CASE("Equal weights have as many effective keys as keys, and shares of mass that are shares") {
  const InputStatistics s = Made({2, 3, 1, 100, 1024, 4, false}).statistics().value();
  CHECK(s.rows == 66);  // At least 64, and as many of each head.
  CHECK(s.first_query == 50);
  CHECK(s.keys == 1024);
  CHECK(s.entropy == Approx(std::log(1024)));
  CHECK(s.effective_keys == Approx(1024));
  CHECK(s.effective_keys_low.value() == Approx(1024));
  CHECK(s.effective_keys_high.value() == Approx(1024));
  CHECK(s.effective_share == Approx(1));
  CHECK(s.first_key_mass == Approx(1.0 / 1024));
  CHECK(s.first_key_mass_least == Approx(1.0 / 1024));
  CHECK(s.first_key_mass_most == Approx(1.0 / 1024));
  REQUIRE(s.top.size() == 3);
  for (const record::TopMass& top : s.top) CHECK(top.mass == Approx(top.share));
  CHECK(s.top[0].share == 0.01);
  REQUIRE(s.near.size() == 5);
  CHECK(near_mass(s, 1) == Approx(1.0 / 1024));
  // Queries stand at the keys 974 to 1023: neighbours on the right may be missing.
  CHECK(near_mass(s, 4) > 4.0 / 1024);
  CHECK(near_mass(s, 4) <= 7.0 / 1024 + 1e-12);
  CHECK_FALSE(s.key_mean.has_value());
  CHECK_FALSE(s.first_key_norm.has_value());
}

TEST_CASE("Under causal attention the nearest keys are the last ones") {
  const InputStatistics s = Made({1, 1, 1, 64, 64, 4, true}).statistics().value();
  CHECK(s.rows == 32);  // There are no more queries in the second half.
  CHECK(s.keys == Approx(48.5));
  // The rows see 33 to 64 keys alike; three rows of 32 are fewer than a tenth, and the fourth is
  // not.
  CHECK(s.effective_keys_low.value() == Approx(36));
  CHECK(s.effective_keys_high.value() == Approx(61));
  double per_key = 0;
  for (int64_t query = 32; query < 64; ++query) per_key += 1.0 / static_cast<double>(query + 1);
  per_key /= 32;
  CHECK(near_mass(s, 1) == Approx(per_key));
  CHECK(near_mass(s, 16) == Approx(16 * per_key));
  CHECK(s.near.back().keys == 16);
  REQUIRE(s.top.size() == 2);  // One in a hundred is no key of 33.
  CHECK(s.top[0].share == 0.05);
  CHECK(s.top[0].mass == Approx(0.05));
}

TEST_CASE("The first key's mass is that of each head's own queries and key head") {
  Made made({1, 4, 2, 40, 40, 1, true});
  made.set_key(0, 0, 1);
  made.set_key(1, 0, -1);
  for (int64_t head = 0; head < 4; ++head) made.set_queries(head, static_cast<float>(head + 1));
  const InputStatistics s = made.statistics().value();
  CHECK(s.rows == 4 * 16);
  // The heads' scores of the first key are 1, 2, -3 and -4, of all others 0.
  CHECK(s.first_key_mass_most > std::exp(2.0) / (std::exp(2.0) + 39));
  CHECK(s.first_key_mass_most < std::exp(2.0) / (std::exp(2.0) + 20));
  CHECK(s.first_key_mass_least > std::exp(-4.0) / (std::exp(-4.0) + 39));
  CHECK(s.first_key_mass_least < std::exp(-4.0) / (std::exp(-4.0) + 20));
  CHECK(s.first_key_mass > s.first_key_mass_least);
  CHECK(s.first_key_mass < s.first_key_mass_most);
}

TEST_CASE("A key that gets all mass is the top one, the only effective one, and has a distance") {
  Made made({1, 1, 1, 1, 200, 1, true});
  made.set_queries(0, 100);
  made.set_key(0, 195, 1);
  const InputStatistics s = made.statistics().value();
  CHECK(s.rows == 1);
  CHECK(s.effective_keys == Approx(1));
  CHECK(s.effective_share == Approx(1.0 / 200));
  CHECK(s.top[0].mass == Approx(1));
  CHECK(near_mass(s, 4) == Approx(0).margin(1e-12));
  CHECK(near_mass(s, 16) == Approx(1));
  CHECK(s.first_key_mass == Approx(0).margin(1e-12));
}

TEST_CASE("Keys have a mean of norm 1 if they are equal, and the first one a norm of its own") {
  Made made({1, 2, 2, 8, 8, 3, false});
  for (int64_t head = 0; head < 2; ++head)
    for (int64_t j = 0; j < 8; ++j) made.set_key(head, j, 2);
  CHECK(made.statistics()->key_mean.value() == Approx(1));
  CHECK(made.statistics()->first_key_norm.value() == Approx(1));
  made.set_key(0, 0, -1);
  const InputStatistics s = made.statistics().value();
  const double mean = 13.0 / 8, root = std::sqrt(29.0 / 8);
  CHECK(s.key_mean.value() == Approx((1 + mean / root) / 2));
  CHECK(s.first_key_norm.value() == Approx((1 + 1 / (15.0 / 8)) / 2));
}

TEST_CASE("Normal inputs have about exp(-1/2) n effective keys, and keys without a mean") {
  const Problem p{1, 4, 2, 1024, 1024, 64, true};
  const InputSet inputs(p, 9);
  const InputStatistics s = input_statistics(p, inputs.view(), 9).value();
  CHECK(s.rows == 64);
  CHECK(s.effective_share == Approx(std::exp(-0.5)).margin(0.03));
  CHECK(s.first_key_mass < 0.004);
  CHECK(s.key_mean.value() == Approx(1 / std::sqrt(1024)).epsilon(0.2));
}

TEST_CASE("Many heads have four rows each, and one long sequence of many heads less than that") {
  CHECK(Made({1, 32, 1, 64, 64, 1, true}).statistics()->rows == 128);
  CHECK(Made({64, 32, 32, 2, 2, 1, true}).statistics()->rows == 2048);
  CHECK(Made({600, 10, 1, 2, 2, 1, true}).statistics()->rows == 4096);
  CHECK(Made({4, 32, 1, 2, 2, 1, true}).statistics()->rows == 128);  // One query is in the half.
  CHECK(Made({1, 40, 1, 2, 1 << 20, 8, false}).statistics()->rows == 32);
}

TEST_CASE(
    "Nothing false is said of a single key, of queries without keys and of weights that are NaN") {
  const InputStatistics one = Made({1, 1, 1, 1, 1, 4, true}).statistics().value();
  CHECK(one.effective_share == Approx(1));
  CHECK(one.first_key_mass == 1);
  CHECK(one.top.empty());
  CHECK(one.near.empty());
  CHECK(Made({1, 1, 1, 10, 2, 4, true}).statistics()->first_query == 8);
  Made nan({1, 1, 1, 4, 4, 1, true});
  nan.set_queries(0, 1);
  nan.set_key(0, 1, std::numeric_limits<float>::quiet_NaN());
  CHECK_FALSE(nan.statistics().has_value());
}

}  // namespace
}  // namespace attnbench::measure
