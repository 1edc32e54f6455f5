// The gradients of exact variants against plain loops in double, whatever the pattern, the shape
// and the number of threads.
#include <cstring>
#include <limits>
#include <string_view>

#include "catch.h"
#include "naive_gradients.h"

using namespace attnbench;

namespace {

struct Subject {
  const char* name;
  std::vector<int64_t> params;
  Problem problem;
};

Problem with(Problem p, double scale, double softcap, bool alibi) {
  p.scale = scale;
  p.softcap = softcap;
  p.alibi = alibi;
  return p;
}

// batch, heads, kv_heads, q_len, kv_len, head_dim, causal
const Subject kSubjects[] = {
    {"blocked", {96, 96}, {1, 2, 2, 200, 200, 64}},
    {"blocked", {96, 96}, {1, 2, 2, 200, 200, 64, true}},
    {"blocked", {96, 96}, {2, 6, 2, 70, 90, 40, true}},
    {"blocked", {96, 96}, {1, 1, 1, 130, 600, 48}},
    {"blocked", {96, 96}, {1, 1, 1, 90, 35, 32, true}},    // Blind queries.
    {"blocked", {96, 96}, {1, 8, 1, 3, 50, 64, true}},     // A strip of half a vector.
    {"blocked", {96, 96}, {1, 4, 4, 1, 700, 64, true}},    // Decoding.
    {"blocked", {96, 96}, {1, 4, 1, 1, 3000, 64, true}},   // Decoding, with keys in chunks.
    {"blocked", {96, 96}, {33, 2, 2, 150, 150, 8, true}},  // A head is one task.
    {"blocked", {192, 512}, {1, 1, 1, 300, 700, 16}},
    {"blocked", {1, 1}, {1, 2, 1, 60, 60, 24, true}},
    {"blocked", {96, 96}, with({1, 3, 3, 100, 110, 32, true}, 0.7, 0, false)},
    {"blocked", {96, 96}, with({1, 2, 1, 100, 100, 32, true}, 0, 1.5, false)},
    {"blocked", {96, 96}, with({1, 4, 2, 100, 120, 32, true}, 0, 0, true)},
    {"window", {20, 0}, with({1, 2, 2, 130, 130, 16, true}, 0.4, 2, true)},
    {"window", {30, 9}, {1, 2, 1, 300, 320, 64}},
    {"dilated", {8, 8, 3}, {1, 2, 2, 100, 100, 16}},
    {"dilated", {20, 0, 7}, with({1, 4, 2, 330, 400, 20, true}, 0, 0, true)},
    {"sink_window", {40, 5}, {1, 2, 2, 250, 250, 32, true}},
    {"global_local", {20, 4, 7}, {1, 2, 2, 150, 150, 32, true}},
    {"block_sparse", {8, 30, 1, 0}, {1, 1, 1, 120, 120, 16, true}},
    {"strided", {10}, {1, 2, 2, 90, 90, 16, true}},  // In two passes.
    {"strided", {10}, with({2, 4, 2, 95, 130, 24}, 0, 3, true)},
    {"strided", {40}, {1, 2, 2, 70, 90, 16, true}},  // In one.
};

template <class Visit>
void for_each_subject(const Visit& visit) {
  for (const Subject& subject : kSubjects) {
    const Problem& p = subject.problem;
    INFO(subject.name << " heads " << p.heads << "/" << p.kv_heads << " q_len " << p.q_len
                      << " kv_len " << p.kv_len << " head_dim " << p.head_dim << " causal "
                      << p.causal << " softcap " << p.softcap << " alibi " << p.alibi);
    visit(subject);
  }
}

}  // namespace

TEST_CASE("Gradients over any pattern agree with plain loops in double") {
  for_each_subject([](const Subject& subject) {
    const Trained one(subject.name, subject.problem, subject.params);
    const Trained::Step step = one.step();
    CHECK(worst_difference(step.gradients, naive_gradients(one)) < 3e-6);
    CHECK(step.out == one.tried().forward());
  });
}

TEST_CASE("Gradients have the same bits for any number of threads") {
  for_each_subject([](const Subject& subject) {
    const Trained one(subject.name, subject.problem, subject.params);
    const Trained::Step alone = one.step(1);
    for (const int threads : {2, 3, 4, 5, 16}) {
      CAPTURE(threads);
      CHECK(one.step(threads) == alone);
    }
  });
}

TEST_CASE("Any head_dim has right gradients") {
  for (const int64_t head_dim :
       {1, 2, 3, 7, 15, 16, 17, 31, 33, 63, 65, 80, 96, 100, 128, 200, 257, 511, 512}) {
    CAPTURE(head_dim);
    const Trained one("blocked", {1, 2, 1, 60, 75, head_dim, true}, {96, 96});
    CHECK(worst_difference(one.step().gradients, naive_gradients(one)) < 3e-6);
    CHECK(one.step(3) == one.step());
  }
}

TEST_CASE("Queries that see nothing, and keys that no query sees, have gradients of exactly zero") {
  // The first 55 queries stand before the first key.
  const Trained blind("blocked", {1, 2, 2, 90, 35, 32, true}, {96, 96});
  // Queries see only the last 30 + 21 keys.
  const Trained unseen("window", {1, 2, 1, 30, 200, 32, true}, {20, 0});
  for (const int threads : {1, 5}) {
    const Trained::Step first = blind.step(threads), second = unseen.step(threads);
    for (int64_t row = 0; row < 2 * 90; ++row) {
      float log_sum = 0;
      std::memcpy(&log_sum, first.saved.data() + row * 4, sizeof(log_sum));
      CHECK(std::isinf(log_sum) == (row % 90 < 55));
      for (int64_t i = row * 32; row % 90 < 55 && i < row * 32 + 32; ++i)
        REQUIRE(first.gradients[0][static_cast<size_t>(i)] == 0);
    }
    for (const size_t of : {1, 2})
      for (size_t i = 0; i < 149 * 32; ++i) REQUIRE(second.gradients[of][i] == 0);
    CHECK(second.gradients[1][150 * 32] != 0);
  }
}

TEST_CASE("A key that a query does not see does not reach its gradients, whatever it holds") {
  const Subject subjects[] = {
      {"blocked", {96, 96}, {1, 2, 2, 100, 100, 33, true}},
      {"blocked", {96, 96}, {1, 2, 1, 100, 100, 32, true}},
      {"window", {20, 0}, {1, 2, 1, 60, 200, 32, true}},
      {"dilated", {8, 8, 3}, {1, 2, 2, 100, 100, 16}},
      {"strided", {10}, {1, 2, 2, 90, 90, 16, true}},
  };
  for (const Subject& subject : subjects) {
    const Problem& p = subject.problem;
    CAPTURE(subject.name);
    Trained one(subject.name, p, subject.params);
    const Trained::Step clean = one.step();
    for (const int64_t key : {int64_t{0}, p.kv_len / 2, p.kv_len - 1}) {
      for (const float number : {std::nanf(""), std::numeric_limits<float>::infinity()}) {
        for (const size_t of : {1, 2}) {
          const std::vector<float> before = one.input(of);
          for (int64_t head = 0; head < p.kv_heads; ++head)
            std::fill_n(one.input(of).begin() + (head * p.kv_len + key) * p.head_dim, p.head_dim,
                        number);
          const Trained::Step alone = one.step(1);
          CHECK(std::memcmp(alone.gradients[0].data(), one.step(3).gradients[0].data(),
                            alone.gradients[0].size() * sizeof(float)) == 0);
          one.input(of) = before;
          // Keys that share a query with that key may have its NaN in their gradients.
          std::vector<bool> touched(static_cast<size_t>(p.kv_len));
          double worst = 0;
          const auto compare = [&](size_t gradient, int64_t first) {
            for (size_t i = static_cast<size_t>(first * p.head_dim);
                 i < static_cast<size_t>((first + 1) * p.head_dim); ++i) {
              const double error = std::abs(static_cast<double>(alone.gradients[gradient][i]) -
                                            static_cast<double>(clean.gradients[gradient][i]));
              if (!(error <= worst)) worst = error;
            }
          };
          for (int64_t query = 0; query < p.q_len; ++query) {
            const std::vector<int64_t> keys = keys_of(one, query);
            const bool sees = std::find(keys.begin(), keys.end(), key) != keys.end();
            for (const int64_t other : keys) {
              if (sees) touched[static_cast<size_t>(other)] = true;
            }
            for (int64_t head = 0; !sees && head < p.heads; ++head)
              compare(0, head * p.q_len + query);
          }
          for (int64_t other = 0; other < p.kv_len; ++other)
            for (int64_t head = 0; !touched[static_cast<size_t>(other)] && head < p.kv_heads;
                 ++head)
              for (const size_t gradient : {1, 2}) compare(gradient, head * p.kv_len + other);
          INFO("key " << key << " of input " << of << " holds " << number);
          CHECK(worst < 1e-5);
        }
      }
    }
  }
}

TEST_CASE("Backward keeps one float a query, and its scratch stays within 2 MiB a thread") {
  for (const int64_t n : {1, 100, 5000, 1 << 20}) {
    for (const char* name : {"blocked", "strided", "dilated", "bigbird"}) {
      const registry::Entry& entry = entry_named(name);
      std::vector<int64_t> params;
      // The largest tiles, if there is a choice.
      for (int32_t i = 0; i < entry.info->param_count; ++i) {
        const Param& param = entry.info->params[i];
        params.push_back(std::string_view(name) == "blocked" ? param.max : param.value);
      }
      const Call call{{64, 4, 2, n, n, 512}, params.data(), 3};
      const Differentiable& trained = *entry.variant->differentiable();
      CAPTURE(name, n);
      CHECK(trained.saved_bytes(call) == count(4, 64, 4, n));
      CHECK(trained.training_workspace_bytes(call) <= count(3, 1 << 21));
    }
  }
}
