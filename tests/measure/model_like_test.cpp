// Tests of model_like inputs: what their attention is like, and that their bits are always the
// same.
#include "measure/model_like.h"

#include <omp.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "catch.h"
#include "measure/input_statistics.h"
#include "measure/portable_math.h"
#include "record/model_like.h"

namespace attnbench::measure {
namespace {

using record::InputStatistics;

std::vector<double> defaults() {
  std::vector<double> values;
  for (const record::InputParam& param : record::kModelLikeParams) values.push_back(param.value);
  return values;
}

struct Filled {
  Problem p;
  std::vector<float> q, k, v;

  explicit Filled(const Problem& problem, uint64_t seed = 1,
                  const std::vector<double>& params = defaults())
      : p(problem),
        q(static_cast<size_t>(p.batch * p.heads * p.q_len * p.head_dim)),
        k(static_cast<size_t>(p.batch * p.kv_heads * p.kv_len * p.head_dim)),
        v(k.size()) {
    fill_model_like(p, seed, params, q.data(), k.data(), v.data());
  }

  InputStatistics statistics() const {
    return input_statistics(p,
                            {{q.data(), p.batch, p.heads, p.q_len, p.head_dim},
                             {k.data(), p.batch, p.kv_heads, p.kv_len, p.head_dim},
                             {v.data(), p.batch, p.kv_heads, p.kv_len, p.head_dim}},
                            5)
        .value();
  }
};

double near_mass(const InputStatistics& s, int64_t keys) {
  for (const record::NearMass& near : s.near)
    if (near.keys == keys) return near.mass;
  FAIL("no mass within " << keys << " keys");
  return 0;
}

double top_mass(const InputStatistics& s, double share) {
  for (const record::TopMass& top : s.top)
    if (top.share == share) return top.mass;
  FAIL("no mass of the top " << share);
  return 0;
}

/// The mean over several seeds, so that what is tested is the model and not one draw.
InputStatistics mean_statistics(const Problem& p, const std::vector<double>& params = defaults()) {
  constexpr int kSeeds = 6;
  InputStatistics mean;
  const auto add = [](double& sum, double value) { sum += value / kSeeds; };
  double key_mean = 0, first_key_norm = 0;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const InputStatistics s = Filled(p, seed, params).statistics();
    if (mean.top.empty())
      for (const record::TopMass& top : s.top) mean.top.push_back({top.share, 0});
    if (mean.near.empty())
      for (const record::NearMass& near : s.near) mean.near.push_back({near.keys, 0});
    add(mean.effective_share, s.effective_share);
    add(mean.effective_keys, s.effective_keys);
    add(mean.first_key_mass, s.first_key_mass);
    add(mean.first_key_mass_least, s.first_key_mass_least);
    add(mean.first_key_mass_most, s.first_key_mass_most);
    for (size_t i = 0; i < s.top.size(); ++i) add(mean.top[i].mass, s.top[i].mass);
    for (size_t i = 0; i < s.near.size(); ++i) add(mean.near[i].mass, s.near[i].mass);
    add(key_mean, s.key_mean.value());
    add(first_key_norm, s.first_key_norm.value());
  }
  mean.key_mean = key_mean;
  mean.first_key_norm = first_key_norm;
  return mean;
}

/// Params with some of them set.
std::vector<double> with(std::initializer_list<std::pair<record::ModelLike, double>> set) {
  std::vector<double> params = defaults();
  for (const auto& [param, value] : set) params[param] = value;
  return params;
}

constexpr Problem kMeasured{1, 9, 3, 1024, 1024, 64, true};

// Of layer 14 of SmolLM2-135M-Instruct: see model_like.h. Masses within 0.05 (those of the least
// and the most head within 0.1), the others within a quarter.
TEST_CASE("The defaults have the statistics of a middle layer of a real model") {
  const InputStatistics s = mean_statistics(kMeasured);
  CHECK(s.first_key_mass == Approx(0.43).margin(0.05));
  CHECK(s.first_key_mass_least == Approx(0.06).margin(0.1));
  CHECK(s.first_key_mass_most == Approx(0.86).margin(0.1));
  CHECK(top_mass(s, 0.01) == Approx(0.73).margin(0.05));
  CHECK(top_mass(s, 0.05) == Approx(0.89).margin(0.05));
  CHECK(top_mass(s, 0.2) == Approx(0.97).margin(0.05));
  CHECK(near_mass(s, 64) == Approx(0.25).margin(0.05));
  CHECK(s.effective_share == Approx(0.037).epsilon(0.25));
  CHECK(s.key_mean.value() == Approx(0.75).epsilon(0.25));
  CHECK(s.first_key_norm.value() == Approx(0.26).epsilon(0.25));
}

TEST_CASE("At other sizes, heads and head_dims the first key and few others still have most mass") {
  for (const Problem& p :
       {Problem{1, 9, 3, 256, 256, 64, true}, Problem{1, 6, 2, 4096, 4096, 64, true},
        Problem{1, 8, 8, 1024, 1024, 32, true}, Problem{1, 8, 1, 1024, 1024, 128, true},
        Problem{1, 8, 2, 1024, 1024, 64, false}, Problem{2, 8, 2, 1, 2048, 80, true},
        Problem{1, 8, 2, 1024, 1024, 64, true, 0.5}}) {
    const InputStatistics s = mean_statistics(p);
    INFO("n " << p.kv_len << " head_dim " << p.head_dim << " causal " << p.causal);
    CHECK(s.first_key_mass == Approx(0.45).margin(0.15));
    CHECK(s.first_key_mass_least < 0.25);
    CHECK(s.first_key_mass_most > 0.6);
    CHECK(top_mass(s, 0.05) == Approx(0.89).margin(0.1));
    CHECK(s.effective_share < 0.1);
    CHECK(near_mass(s, 64) == Approx(0.3).margin(0.15));
    CHECK(s.key_mean.value() == Approx(0.75).margin(0.05));
    CHECK(s.first_key_norm.value() == Approx(0.26).margin(0.02));
  }
}

TEST_CASE("Even 65,536 keys leave the first one its mass, and no few keys all the rest") {
  const InputStatistics s = Filled({1, 4, 1, 64, 65536, 64, true}, 3).statistics();
  CHECK(s.first_key_mass == Approx(0.45).margin(0.2));
  CHECK(s.effective_keys > 10);
  CHECK(s.effective_share < 0.05);
  CHECK(s.key_mean.value() == Approx(0.75).margin(0.05));
}

TEST_CASE("Each param does what its words say") {
  using enum record::ModelLike;
  const InputStatistics usual = mean_statistics(kMeasured);
  const auto changed = [](std::initializer_list<std::pair<record::ModelLike, double>> set) {
    return mean_statistics(kMeasured, with(set));
  };
  CHECK(changed({{kSinkMass, 0}, {kSinkSpread, 0}}).first_key_mass < 0.01);
  CHECK(changed({{kSinkMass, 0.8}, {kSinkSpread, 0}}).first_key_mass == Approx(0.8).margin(0.05));
  CHECK(changed({{kSinkSpread, 0}}).first_key_mass_least > usual.first_key_mass_least + 0.1);
  CHECK(near_mass(changed({{kLocalMass, 0}, {kLocalSpread, 0}}), 64) < 0.12);
  CHECK(near_mass(changed({{kLocalMass, 0.7}}), 64) > near_mass(usual, 64) + 0.1);
  CHECK(changed({{kScoreSpread, 0.5}}).effective_share > 2 * usual.effective_share);
  CHECK(changed({{kKeyMean, 0.3}}).key_mean.value() == Approx(0.3).margin(0.05));
  CHECK(changed({{kSinkNorm, 1}}).first_key_norm.value() == Approx(1).margin(0.05));
  // Without anything else, a fifth of the keys has the mass that its scores ask for.
  const InputStatistics hitters = changed({{kSinkMass, 0},
                                           {kSinkSpread, 0},
                                           {kLocalMass, 0},
                                           {kLocalSpread, 0},
                                           {kScoreSpread, 0},
                                           {kHitterShare, 0.2},
                                           {kHitterScore, 3}});
  CHECK(top_mass(hitters, 0.2) ==
        Approx(0.2 * std::exp(3) / (0.2 * std::exp(3) + 0.8)).margin(0.06));
}

TEST_CASE("Heads are the same in each sequence of a batch, tokens are not") {
  const Filled filled({2, 4, 2, 300, 300, 64, true}, 2);
  const size_t sequence = filled.k.size() / 2;
  CHECK(std::equal(filled.k.begin(), filled.k.begin() + 64,
                   filled.k.begin() + static_cast<int64_t>(sequence)));
  CHECK(filled.k[64] != filled.k[sequence + 64]);
  CHECK(filled.k[62] != filled.k[300 * 64 + 62]);  // Another key head.
}

TEST_CASE("The first value is small") {
  const Filled filled({1, 2, 2, 64, 64, 128, true});
  const auto norm = [&](int64_t row) {
    double sum = 0;
    for (int64_t d = 0; d < 128; ++d) {
      const double x = filled.v[static_cast<size_t>(row * 128 + d)];
      sum += x * x;
    }
    return std::sqrt(sum);
  };
  CHECK(norm(0) < 0.2 * norm(1));
  CHECK(norm(64) < 0.2 * norm(65));
}

TEST_CASE("Every shape is filled with finite numbers, whatever it leaves no room for") {
  for (const int64_t dim : {1, 2, 3, 4, 8, 15, 16, 33})
    for (const int64_t n : {1, 2, 63, 65})
      for (const bool causal : {false, true}) {
        const Filled filled({1, 2, 1, 70, n, dim, causal});
        INFO("head_dim " << dim << ", n " << n);
        for (const auto* tensor : {&filled.q, &filled.k, &filled.v})
          CHECK(std::ranges::all_of(*tensor, [](float x) { return std::abs(x) < 1e4f; }));
      }
}

uint64_t digest(const std::vector<float>& tensor) {
  uint64_t sum = 0;
  for (const float x : tensor)
    sum = (sum ^ std::bit_cast<uint32_t>(x)) * 0x9E3779B97F4A7C15u + (sum >> 29);
  return sum;
}

TEST_CASE("The bits of model_like inputs are these on every machine, with any number of threads") {
  const int usual = omp_get_max_threads();
  for (const int threads : {1, 3}) {
    omp_set_num_threads(threads);
    const Filled filled({2, 4, 2, 700, 1100, 40, true}, 11);
    CHECK(digest(filled.q) == 0xc01a7ccd4bb43526u);
    CHECK(digest(filled.k) == 0x43e068c386b705c0u);
    CHECK(digest(filled.v) == 0x5740bfeccd40b0cfu);
  }
  omp_set_num_threads(usual);
}

TEST_CASE("Portable functions agree with those of the machine's libm") {
  for (int i = -7000; i <= 7000; ++i) {
    const double x = 0.1 * i;
    CHECK(portable_exp(x) == Approx(std::exp(x)).epsilon(1e-15 * (1 + std::abs(x) / 64)));
    CHECK(portable_sine_cosine(37.7 * x).sine == Approx(std::sin(37.7 * x)).margin(1e-15));
    CHECK(portable_sine_cosine(37.7 * x).cosine == Approx(std::cos(37.7 * x)).margin(1e-15));
    if (i > 0) CHECK(portable_log(x) == Approx(std::log(x)).epsilon(1e-15).margin(1e-15));
  }
  CHECK(portable_log(1) == 0);
  CHECK(portable_exp(0) == 1);
}

}  // namespace
}  // namespace attnbench::measure
