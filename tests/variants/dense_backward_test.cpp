// The backward passes of full, full_masked_window, chunked and online.
#include <limits>

#include "catch.h"
#include "naive_gradients.h"

using namespace attnbench;

namespace {

struct Subject {
  const char* name;
  std::vector<int64_t> params;
};

const Subject kSubjects[] = {{"full", {0}},
                             {"full", {1}},
                             {"full_masked_window", {9, 3, 0}},
                             {"full_masked_window", {40, 0, 1}},
                             {"full_masked_window", {-1, 2, 1}},
                             {"chunked", {}},
                             {"online", {}}};

Problem modified(Problem p, double scale, double softcap, bool alibi) {
  p.scale = scale;
  p.softcap = softcap;
  p.alibi = alibi;
  return p;
}

/// Batches, groups, edges of row blocks, chunks, packs and vectors; queries before the first key,
/// fewer queries than keys, and modifiers.
template <class Body>
void for_each_case(const Body& body) {
  // batch, heads, kv_heads, q_len, kv_len, head_dim, causal
  const Problem all[] = {
      {1, 1, 1, 1, 1, 1, false},
      {1, 1, 1, 1, 70, 33, true},
      {1, 2, 2, 3, 50, 16, false},
      {1, 1, 1, 5, 5, 64, true},
      {2, 4, 2, 37, 37, 7, true},
      {1, 2, 1, 150, 150, 64, true},
      {1, 1, 1, 230, 410, 80, false},
      {1, 2, 2, 66, 131, 128, true},
      {1, 3, 1, 50, 20, 16, true},
      {1, 1, 1, 20, 40, 300, false},
      {2, 2, 1, 200, 13, 24, false},
      modified({1, 4, 2, 90, 90, 32, true}, 0.5, 0, false),
      modified({1, 4, 2, 90, 90, 32, true}, 1.5, 3, false),
      modified({1, 4, 4, 70, 90, 16, false}, 0, 0, true),
      modified({1, 2, 1, 80, 60, 20, true}, 0.7, 2, true),
  };
  for (const Subject& subject : kSubjects)
    for (const Problem& p : all) {
      CAPTURE(subject.name, subject.params, p.batch, p.heads, p.kv_heads, p.q_len, p.kv_len,
              p.head_dim, p.causal, p.scale, p.softcap, p.alibi);
      body(Trained(subject.name, p, subject.params));
    }
}

/// Fills a key and its value, of every head.
void spoil(Trained& one, int64_t key, float with) {
  const Problem& p = one.tried().problem();
  for (const size_t input : {1, 2})
    for (int64_t head = 0; head < p.batch * p.kv_heads; ++head)
      std::fill_n(one.input(input).begin() + (head * p.kv_len + key) * p.head_dim, p.head_dim,
                  with);
}

/// Which queries see a key, and which keys are seen along with it.
struct Touched {
  std::vector<bool> queries, keys;

  Touched(const Trained& one, int64_t key)
      : queries(static_cast<size_t>(one.tried().problem().q_len)),
        keys(static_cast<size_t>(one.tried().problem().kv_len)) {
    keys[static_cast<size_t>(key)] = true;
    for (size_t i = 0; i < queries.size(); ++i) {
      const auto spans = registry::visible_keys(*one.tried().variant().exact(), one.tried().call(),
                                                static_cast<int64_t>(i));
      for (const KeySpan& span : spans)
        queries[i] = queries[i] || (key >= span.begin && key < span.end);
      for (const KeySpan& span : spans)
        for (int64_t other = span.begin; queries[i] && other < span.end; ++other)
          keys[static_cast<size_t>(other)] = true;
    }
  }
};

/// The largest difference of rows that are not touched; NaN if any of them has a NaN.
double worst_untouched(const std::vector<float>& are, const std::vector<float>& were,
                       const std::vector<bool>& touched, int64_t dim) {
  double worst = 0;
  for (size_t i = 0; i < are.size(); ++i) {
    if (touched[i / static_cast<size_t>(dim) % touched.size()]) continue;
    const double error = std::abs(are[i] - were[i]);
    if (!(error <= worst)) worst = error;
  }
  return worst;
}

}  // namespace

TEST_CASE(
    "Dense, chunked and online attention have the gradients of plain loops, and their own output") {
  for_each_case([](const Trained& one) {
    const Trained::Step step = one.step();
    CHECK(worst_difference(step.gradients, naive_gradients(one), 1e-3) < 2e-6);
    CHECK(step.out == one.tried().forward());
  });
}

TEST_CASE("Dense, chunked and online gradients have the same bits for any number of threads") {
  for_each_case([](const Trained& one) {
    const Trained::Step alone = one.step(1);
    for (const int threads : {2, 3, 7}) CHECK((one.step(threads) == alone));
  });
}

TEST_CASE(
    "A key that holds anything reaches only gradients of queries that see it, and their keys") {
  using Limits = std::numeric_limits<float>;
  for (const Subject& subject : kSubjects)
    for (const Problem& p :
         {Problem{1, 2, 1, 150, 150, 16, true}, Problem{2, 2, 2, 3, 90, 33, true},
          Problem{1, 1, 1, 60, 200, 40, false}, modified({1, 1, 1, 90, 90, 24, true}, 0, 5, true)})
      for (const int64_t key : {int64_t{0}, p.kv_len / 2, p.kv_len - 1})
        for (const float with : {Limits::quiet_NaN(), -Limits::infinity(), Limits::max()}) {
          CAPTURE(subject.name, subject.params, p.q_len, p.kv_len, key, with);
          Trained one(subject.name, p, subject.params);
          const Trained::Step clean = one.step();
          spoil(one, key, with);
          const Trained::Step step = one.step();
          const Touched touched(one, key);
          CHECK(worst_untouched(step.gradients[0], clean.gradients[0], touched.queries,
                                p.head_dim) < 5e-6);
          for (const size_t input : {1, 2})
            CHECK(worst_untouched(step.gradients[input], clean.gradients[input], touched.keys,
                                  p.head_dim) < 5e-6);
        }
}

TEST_CASE("Queries and keys that see nothing have gradients of exactly zero") {
  for (const Subject& subject : kSubjects) {
    CAPTURE(subject.name, subject.params);
    // Queries 0 to 29 stand before the first key.
    const Problem p{1, 2, 1, 50, 20, 16, true};
    const Trained::Step step = Trained(subject.name, p, subject.params).step();
    for (int64_t row = 0; row < p.heads * p.q_len; ++row) {
      if (row % p.q_len == 30) continue;  // Sees one value, so that the exact gradient is zero too.
      bool zero = true;
      for (int64_t d = 0; d < p.head_dim; ++d)
        zero = zero && step.gradients[0][static_cast<size_t>(row * p.head_dim + d)] == 0;
      CHECK(zero == (row % p.q_len < 30));
    }
  }
  // A window of 9 keys before the query, over the last 10 of 90 keys.
  const Problem p{1, 1, 1, 10, 90, 16, true};
  for (const int64_t recompute : {0, 1}) {
    const Trained::Step step = Trained("full_masked_window", p, {9, 0, recompute}).step();
    for (const size_t input : {1, 2}) {
      const auto& d = step.gradients[input];
      CHECK(std::count(d.begin(), d.begin() + 71 * 16, 0.0f) == 71 * 16);
      CHECK(std::count(d.begin() + 71 * 16, d.end(), 0.0f) == 0);
    }
  }
}

TEST_CASE("Full attention keeps the weights of all heads, or one float a query") {
  const auto bytes = [](const char* name, const Problem& p, std::vector<int64_t> params) {
    const Tried tried(name, p, std::move(params));
    const Differentiable& one = *tried.variant().differentiable();
    return std::pair(one.saved_bytes(tried.call(3)), one.training_workspace_bytes(tried.call(3)));
  };
  const Problem p{2, 6, 3, 10, 20, 64, true};
  const Count pairs = count(2, 6, 10, 20, 4), rows = count(2, 6, 10, 4);
  CHECK(bytes("full", p, {0}) == std::pair(pairs, pairs));
  CHECK(bytes("full", p, {1}) == std::pair(rows, pairs + pairs));
  CHECK(bytes("full", modified(p, 0, 3, false), {0}) == std::pair(pairs, pairs + pairs));
  CHECK(bytes("full_masked_window", p, {9, 0, 1}) == std::pair(rows, pairs + pairs));
  CHECK(bytes("online", p, {}) == std::pair(rows, Count{}));
  CHECK(bytes("chunked", p, {}).first == rows);
}
