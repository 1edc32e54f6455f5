// Keys that a query does not see, and their values, do not reach its output, whatever they hold and
// even if other queries see them.
#include <cstring>
#include <limits>

#include "catch.h"
#include "kernels/dense.h"
#include "naive.h"

using namespace attnbench;

namespace {

/// Dense attention over every third key and the last ones: hidden keys lie between seen ones.
class DenseWithGaps final : public kernels::DenseVariant {
 public:
  void visible_keys(const Call& call, int64_t query, KeySpans& keys) const noexcept override {
    const int64_t n = call.problem.kv_len;
    keys.add({query % 3, n - n / 4, 3});
    keys.add({n - n / 5, n});
  }
};

struct Subject {
  const char* name;
  std::vector<int64_t> params;
  Problem problem;
};

// batch, heads, kv_heads, q_len, kv_len, head_dim, causal
const Subject kSubjects[] = {
    {"full", {}, {1, 2, 1, 70, 70, 16, true}},
    {"full", {}, {1, 1, 1, 2, 40, 16, true}},
    {"full_masked_window", {9, 3}, {2, 2, 2, 50, 60, 33, false}},
    {"online", {}, {1, 2, 1, 40, 40, 7, true}},
    {"chunked", {}, {1, 2, 1, 150, 150, 16, true}},
    {"blocked", {96, 96}, {1, 2, 2, 200, 200, 64, true}},
    {"blocked", {96, 96}, {1, 1, 1, 20, 90, 33, true}},
    {"blocked", {96, 96}, {1, 1, 1, 13, 90, 40, true}},   // One vector of rows, in pairs.
    {"blocked", {96, 96}, {1, 4, 4, 2, 70, 64, true}},    // Decoding.
    {"blocked", {96, 96}, {1, 4, 1, 1, 3000, 64, true}},  // Streams, and keys in chunks.
    {"blocked", {96, 96}, {1, 1, 1, 16, 2100, 64, true}},
    {"window", {20, 0}, {1, 2, 2, 130, 130, 16, true}},
    {"window", {300, 0}, {1, 8, 2, 2, 2500, 64, false}},
    {"dilated", {8, 8, 3}, {1, 2, 2, 100, 100, 16, false}},
    {"strided", {10}, {1, 2, 2, 90, 90, 16, true}},  // In two passes.
    {"strided", {40}, {1, 2, 2, 70, 90, 16, true}},  // In one.
    {"block_sparse", {8, 30, 1, 0}, {1, 1, 1, 120, 120, 16, true}},
    {"dense with gaps", {}, {1, 1, 1, 30, 60, 16, false}},
};

const Exact& variant_of(const Subject& subject) {
  static const DenseWithGaps gaps;
  return std::string(subject.name) == "dense with gaps" ? gaps : variant_named(subject.name);
}

/// Keys from all over the sequence that some query does not see.
std::vector<int64_t> hidden_keys(const Bench& bench, const Problem& p) {
  std::vector<int64_t> keys;
  for (int64_t key = p.kv_len - 1; key >= 0; key -= std::max<int64_t>(1, p.kv_len / 23)) {
    bool hidden = false;
    for (int64_t query = 0; query < p.q_len; ++query) hidden = hidden || !bench.sees(query, key);
    if (hidden) keys.push_back(key);
  }
  return keys;
}

}  // namespace

TEST_CASE("What a query does not see changes nothing of its output, even if other queries see it") {
  using Limits = std::numeric_limits<float>;
  for (const Subject& subject : kSubjects) {
    const Problem& p = subject.problem;
    const Exact& variant = variant_of(subject);
    const Bench clean(variant, p, subject.params);
    const std::vector<float> expected = clean.forward(2);
    const std::vector<int64_t> keys = hidden_keys(clean, p);
    if (p.q_len > 1) CHECK_FALSE(keys.empty());
    for (const int64_t key : keys) {
      for (const float with : {Limits::quiet_NaN(), -Limits::infinity(), Limits::max()}) {
        Bench spoilt(variant, p, subject.params);
        spoilt.fill_key(key, with);
        spoilt.fill_value(key, with);
        const std::vector<float> out = spoilt.forward(2);
        INFO(subject.name << " q_len " << p.q_len << " kv_len " << p.kv_len << " key " << key
                          << " holds " << with);
        double worst = 0;
        for (size_t i = 0; i < out.size(); ++i) {
          const int64_t query = static_cast<int64_t>(i) / p.head_dim % p.q_len;
          if (clean.sees(query, key)) continue;
          const double error = std::abs(out[i] - expected[i]);
          if (!(error <= worst)) worst = error;
        }
        CHECK(worst < 5e-6);
      }
    }
  }
}

TEST_CASE("A query that sees NaN or infinity among its values says so") {
  using Limits = std::numeric_limits<float>;
  for (const Subject& subject : kSubjects) {
    const Problem& p = subject.problem;
    Bench bench(variant_of(subject), p, subject.params);
    const int64_t key = p.kv_len - 1;
    for (const float with : {Limits::quiet_NaN(), Limits::infinity()}) {
      bench.fill_value(key, with);
      const std::vector<float> out = bench.forward(2);
      INFO(subject.name << " q_len " << p.q_len << " kv_len " << p.kv_len << " holds " << with);
      bool all = true;
      for (size_t i = 0; i < out.size(); ++i) {
        const int64_t query = static_cast<int64_t>(i) / p.head_dim % p.q_len;
        if (bench.sees(query, key)) all = all && !std::isfinite(out[i]);
      }
      CHECK(all);
    }
  }
}

TEST_CASE("Spoilt keys give the same bits for any number of threads") {
  for (const Subject& subject : kSubjects) {
    Bench bench(variant_of(subject), subject.problem, subject.params);
    bench.fill_value(0, std::nanf(""));
    INFO(subject.name << " q_len " << subject.problem.q_len);
    const std::vector<float> once = bench.forward(1);
    const std::vector<float> thrice = bench.forward(3);
    CHECK(std::memcmp(once.data(), thrice.data(), once.size() * sizeof(float)) == 0);
  }
}
