// Tests of the distance from full attention: known answers, and the rows that it is measured on.
#include "measure/quality.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <set>

#include "catch.h"
#include "defined_variants.h"
#include "fake_variants.h"
#include "measure/full_weights.h"
#include "measure/inputs.h"
#include "measure/oracle.h"

namespace attnbench::measure {
namespace {

const test::Fake kFull(test::Behaviour::kTwoPasses);

RowTruth truth_of(const std::vector<double>& out, const QueryRow* query = nullptr) {
  RowTruth truth;
  truth.out = out;
  truth.query = query;
  return truth;
}

/// Full attention of the last `width` keys that a query may see.
Definition window(const Call& call, const Inputs& in, int64_t width) {
  return [&, width](std::span<const int64_t> rows, const TakeTruth& take) {
    const Problem& p = call.problem;
    for (size_t i = 0; i < rows.size(); ++i) {
      QueryRow seen = query_row(kFull, call, in, rows[i] / p.q_len / p.heads,
                                rows[i] / p.q_len % p.heads, rows[i] % p.q_len);
      if (std::ssize(seen.keys) > width)
        seen.keys.erase(seen.keys.begin(), seen.keys.end() - width);
      take(i, truth_of(oracle_row(seen).out, &seen));
    }
  };
}

std::vector<int64_t> all_rows(const Problem& p) {
  std::vector<int64_t> rows(static_cast<size_t>(p.batch * p.heads * p.q_len));
  std::iota(rows.begin(), rows.end(), int64_t{0});
  return rows;
}

/// Rows of full attention, each times a factor that its head gives.
Definition scaled(const Problem& p, const Inputs& in, const std::vector<double>& factors) {
  return [&p, &in, factors](std::span<const int64_t> rows, const TakeTruth& take) {
    for (size_t i = 0; i < rows.size(); ++i) {
      const int64_t batch = rows[i] / p.q_len / p.heads, head = rows[i] / p.q_len % p.heads;
      std::vector<double> out = oracle_row(full_row(p, in, batch, head, rows[i] % p.q_len)).out;
      for (double& y : out) y *= factors[static_cast<size_t>(head)];
      take(i, truth_of(out));
    }
  };
}

TEST_CASE("Full attention has a distance of exactly 0 from itself, and recalls all of its mass") {
  for (const bool causal : {false, true})
    for (const double softcap : {0.0, 2.0})
      for (const bool alibi : {false, true})
        for (const Problem& p : {Problem{2, 6, 2, 40, 40, 8, causal, 0, softcap, alibi},
                                 Problem{1, 3, 3, 2, 33, 5, causal, 0.7, softcap, alibi},
                                 Problem{1, 2, 1, 9, 4, 16, causal, 0, softcap, alibi}}) {
          const InputSet inputs(p, 5);
          const Inputs in = inputs.view();
          const Call call = test::call_of(p);
          const record::Quality q =
              measure_quality(p, in, definition_of(kFull, call, in), quality_rows(p, 7));
          CHECK(q.reason.empty());
          CHECK(q.rows == std::ssize(quality_rows(p, 7)));
          CHECK(q.relative_error == 0);
          CHECK(q.worst_head_error == 0);
          CHECK(q.worst_head == 0);
          CHECK(q.cosine == 1);
          CHECK(q.mass_recall == 1);
        }
}

TEST_CASE("Outputs of known length and direction have the distance that geometry gives them") {
  const Problem p{2, 3, 1, 16, 16, 8, true};
  const InputSet inputs(p, 3);
  const Inputs in = inputs.view();
  const auto of = [&](double factor) {
    return measure_quality(p, in, scaled(p, in, {factor, factor, factor}), all_rows(p));
  };
  CHECK(*of(2).relative_error == Approx(1));
  CHECK(*of(2).cosine == Approx(1));
  CHECK(*of(-1).relative_error == Approx(2));
  CHECK(*of(-1).cosine == Approx(-1));
  CHECK(of(0).relative_error == 1);
  CHECK_FALSE(of(0).cosine.has_value());
  CHECK_FALSE(of(2).mass_recall.has_value());
  CHECK(of(1).relative_error == 0);
}

TEST_CASE("The worst head is the one whose rows are farthest, over all batches") {
  const Problem p{2, 4, 2, 16, 16, 8, false};
  const InputSet inputs(p, 3);
  const Inputs in = inputs.view();
  for (int64_t worst = 0; worst < p.heads; ++worst) {
    std::vector<double> factors{1.5, 1.5, 1.5, 1.5};
    factors[static_cast<size_t>(worst)] = 4;
    const record::Quality q = measure_quality(p, in, scaled(p, in, factors), all_rows(p));
    CHECK(q.worst_head == worst);
    CHECK(*q.worst_head_error == Approx(3));
    CHECK(*q.relative_error > 0.5);
    CHECK(*q.relative_error < 3);
  }
}

/// One head of keys whose first has a score of `score` and all others of 0; values are e_1 for the
/// first key and e_2 for the others. Two heads with two key heads: only the second has it.
struct FarKey {
  Problem p{1, 2, 2, 64, 64, 2, true, 1};
  std::vector<float> q, k, v;
  explicit FarKey(float score) : q(256, 0.0f), k(256, 0.0f), v(256, 0.0f) {
    for (size_t row = 0; row < 128; ++row) {
      q[2 * row] = 1;
      v[2 * row + 1] = 1;
    }
    k[128] = score;
    v[128] = 1;
    v[129] = 0;
  }
  Inputs view() const {
    return {{q.data(), 1, 2, 64, 2}, {k.data(), 1, 2, 64, 2}, {v.data(), 1, 2, 64, 2}};
  }
};

TEST_CASE("A window that misses a far key with all the mass recalls nothing of it") {
  const FarKey far(60);
  const Inputs in = far.view();
  const Call call = test::call_of(far.p);
  // Rows of the head with that key, in which the window of 8 does not see it.
  std::vector<int64_t> missing;
  for (int64_t query = 8; query < 64; ++query) missing.push_back(64 + query);
  const record::Quality lost = measure_quality(far.p, in, window(call, in, 8), missing);
  CHECK(*lost.mass_recall < 1e-20);
  CHECK(*lost.relative_error == Approx(std::sqrt(2.0)));
  CHECK(*lost.cosine == Approx(0).margin(1e-12));
  CHECK(lost.worst_head == 1);
  CHECK(measure_quality(far.p, in, window(call, in, 64), missing).mass_recall == 1);
  // In the other head, weights are equal: query i keeps 8 of i + 1.
  double kept = 0;
  std::vector<int64_t> equal;
  for (int64_t query = 8; query < 64; ++query) {
    equal.push_back(query);
    kept += 8 / static_cast<double>(query + 1) / 56;
  }
  CHECK(*measure_quality(far.p, in, window(call, in, 8), equal).mass_recall == Approx(kept));
  CHECK(*measure_quality(far.p, in, window(call, in, 8), equal).relative_error < 1e-15);
}

TEST_CASE("The distance of a window is that of sums over its keys worked out one by one") {
  const Problem p{1, 4, 2, 24, 24, 4, true, 0.9};
  const InputSet inputs(p, 8);
  const Inputs in = inputs.view();
  const Call call = test::call_of(p);
  double error = 0, norm = 0, mass = 0;
  for (int64_t h = 0; h < 4; ++h)
    for (int64_t i = 0; i < 24; ++i) {
      double all = 0, near = 0, full[4] = {}, own[4] = {};
      for (int64_t j = 0; j <= i; ++j) {
        double s = 0;
        for (int64_t d = 0; d < 4; ++d)
          s += static_cast<double>(in.q.row(0, h, i)[d]) * in.k.row(0, h / 2, j)[d];
        const double w = std::exp(0.9 * s);
        all += w;
        near += i - j < 5 ? w : 0;
        for (int64_t d = 0; d < 4; ++d) {
          full[d] += w * in.v.row(0, h / 2, j)[d];
          own[d] += i - j < 5 ? w * in.v.row(0, h / 2, j)[d] : 0;
        }
      }
      mass += near / all / 96;
      for (int64_t d = 0; d < 4; ++d) {
        error += std::pow(own[d] / near - full[d] / all, 2);
        norm += std::pow(full[d] / all, 2);
      }
    }
  const record::Quality q = measure_quality(p, in, window(call, in, 5), all_rows(p));
  CHECK(*q.relative_error == Approx(std::sqrt(error / norm)).epsilon(1e-12));
  CHECK(*q.mass_recall == Approx(mass).epsilon(1e-12));
  CHECK(q.rows == 96);
}

TEST_CASE("A selection keeps the mass of what it selects, whichever keys these are") {
  const Problem p{1, 2, 1, 30, 30, 8, false};
  const InputSet inputs(p, 5);
  const Inputs in = inputs.view();
  const Call call = test::call_of(p);
  double mass = 0;
  for (const int64_t row : all_rows(p)) {
    std::vector<double> weights = full_weights(p, in, 0, row / 30, row % 30);
    std::ranges::sort(weights, std::greater<>());
    mass += (weights[0] + weights[1]) / 60;
  }
  const record::Quality q =
      measure_quality(p, in, definition_of(test::TopTwo(), call, in), all_rows(p));
  CHECK(*q.mass_recall == Approx(mass).epsilon(1e-12));
  CHECK(*q.relative_error > 0.1);
}

TEST_CASE("A recurrence is at a distance from full attention, and weighs no keys") {
  const Problem p{1, 2, 1, 30, 30, 8, true};
  const test::LeakySum leaky;
  const Call call = test::call_of(p);
  const InputSet inputs(p, 5, InputStyle::kNormal, record::Pages::kHuge,
                        registry::extra_inputs(leaky, call));
  const Inputs in = inputs.view();
  const record::Quality q = measure_quality(p, in, definition_of(leaky, call, in), all_rows(p));
  CHECK(*q.relative_error > 0.1);
  CHECK(q.cosine.has_value());
  CHECK_FALSE(q.mass_recall.has_value());
}

TEST_CASE("Where there is no distance, the reason says why") {
  const Problem p{1, 1, 1, 8, 8, 4, false};
  std::vector<float> q(32, 1.0f), k(32, 1.0f), v(32, 0.0f);
  const auto view = [&] {
    return Inputs{{q.data(), 1, 1, 8, 4}, {k.data(), 1, 1, 8, 4}, {v.data(), 1, 1, 8, 4}};
  };
  const Definition ones = [](std::span<const int64_t> rows, const TakeTruth& take) {
    for (size_t i = 0; i < rows.size(); ++i) take(i, truth_of({1, 1, 1, 1}));
  };
  Inputs in = view();
  const record::Quality zero = measure_quality(p, in, ones, all_rows(p));
  CHECK(zero.reason == "full attention is 0 in all rows that were compared");
  CHECK_FALSE(zero.relative_error.has_value());
  CHECK(zero.rows == 0);
  v[5] = std::numeric_limits<float>::quiet_NaN();
  const record::Quality nan = measure_quality(p, in, ones, all_rows(p));
  CHECK(nan.reason == "full attention or the definition is not finite on these inputs");
  CHECK_FALSE(nan.relative_error.has_value());
}

TEST_CASE("Every head has as many rows, at least 4, spread over all queries and batches") {
  for (const Problem& p :
       {Problem{1, 32, 4, 16384, 16384, 64, true}, Problem{3, 2, 1, 500, 500, 64},
        Problem{1, 8, 8, 1, 4096, 64, true}, Problem{2, 40, 40, 2, 1 << 17, 128}}) {
    const std::vector<int64_t> rows = quality_rows(p, 9);
    CHECK(std::ranges::is_sorted(rows));
    CHECK(std::ranges::adjacent_find(rows) == rows.end());
    CHECK(std::ssize(rows) % p.heads == 0);
    const int64_t of_head = std::ssize(rows) / p.heads, units = p.batch * p.q_len;
    CHECK(of_head >= std::min<int64_t>(units, 4));
    CHECK(std::ssize(rows) >= std::min<int64_t>(64, units * p.heads));
    for (int64_t h = 0; h < p.heads; ++h) {
      std::set<int64_t> stretches, batches;
      for (const int64_t row : rows) {
        if (row / p.q_len % p.heads != h) continue;
        batches.insert(row / p.q_len / p.heads);
        const int64_t unit = row % p.q_len * p.batch + row / p.q_len / p.heads;
        int64_t stretch = 0;
        while ((stretch + 1) * units / of_head <= unit) ++stretch;
        stretches.insert(stretch);
      }
      CHECK(std::ssize(stretches) == of_head);
      CHECK(std::ssize(batches) == p.batch);
    }
  }
  const Problem p{1, 2, 1, 4096, 4096, 64};
  CHECK(quality_rows(p, 1) == quality_rows(p, 1));
  CHECK(quality_rows(p, 1) != quality_rows(p, 2));
}

}  // namespace
}  // namespace attnbench::measure
