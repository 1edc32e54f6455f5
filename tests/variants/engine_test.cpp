// The exact engine against plain loops in double, on shapes around the edges of its tiles.
#include "kernels/engine.h"

#include "catch.h"
#include "naive.h"

using namespace attnbench;

namespace {

/// Each query has two spans: the first `sinks` keys, then the `left` keys before the query and its
/// own.
class SinkAndWindow final : public Exact {
 public:
  void visible_keys(const Call& call, int64_t query, KeySpans& keys) const noexcept override {
    const int64_t position = aligned_position(call.problem, query);
    const int64_t sinks = std::min(call.params[0], call.problem.kv_len);
    if (sinks > 0) keys.add({0, sinks});
    const KeySpan local{std::max(position - call.params[1], sinks), position + 1};
    if (local.begin < local.end) keys.add(local);
  }
  Count workspace_bytes(const Call& call) const noexcept override {
    return kernels::scratch_bytes(call, kernels::kDefaultTile);
  }
  Theory theory(const Call&) const noexcept override { return {}; }
  void forward(const Call& call, const Inputs& inputs, const Tensor<float>& out,
               const Workspace& workspace) const noexcept override {
    kernels::attend(*this, call, kernels::kDefaultTile, inputs, out, workspace.data);
  }
};

// batch, heads, kv_heads, q_len, kv_len, head_dim, causal
const Problem kProblems[] = {
    {1, 1, 1, 1, 1, 1, false},      {1, 2, 1, 23, 23, 3, true},    {2, 2, 2, 24, 65, 40, false},
    {1, 4, 2, 25, 129, 64, true},   {1, 6, 1, 5, 200, 80, true},   {1, 1, 1, 130, 70, 33, true},
    {1, 8, 8, 1, 300, 128, false},  {1, 3, 3, 97, 97, 256, false}, {1, 2, 1, 100, 193, 512, true},
    {1, 1, 1, 300, 300, 16, false},
};

/// Few queries over many keys. There are enough keys for them to be cut into chunks, except in the
/// last three problems, in which the rows make several strips.
const Problem kDecoding[] = {
    {1, 2, 2, 1, 3001, 64, true},   {1, 4, 2, 1, 2000, 40, false}, {2, 6, 2, 1, 1500, 16, false},
    {1, 8, 2, 1, 1024, 256, false}, {1, 8, 1, 16, 2100, 24, true}, {1, 2, 1, 2, 1777, 33, true},
    {1, 1, 1, 16, 5000, 80, false}, {1, 8, 1, 1, 1300, 64, true},  {1, 7, 1, 1, 900, 42, false},
    {1, 8, 1, 2, 2100, 24, true},   {1, 6, 1, 4, 3000, 33, true},  {1, 4, 1, 2, 1200, 8, false},
    {1, 8, 1, 1, 1100, 128, false}, {1, 8, 1, 1, 1500, 48, true},  {1, 1, 1, 13, 1607, 70, true},
    {1, 8, 1, 1, 1800, 10, true},   {1, 1, 1, 16, 1037, 61, true}, {1, 1, 1, 50, 1500, 64, true},
    {1, 8, 1, 8, 1100, 64, true},   {1, 4, 1, 32, 900, 40, true},  {1, 1, 1, 100, 1200, 48, false},
};

/// Variants and params with which a query sees every key.
const std::vector<std::pair<std::string, std::vector<int64_t>>> kOfEveryKey = {
    {"full", {}}, {"blocked", {96, 64}}, {"window", {-1, -1}}};

/// All of these problems, and some in which a residue has more rows than a task, exactly as many,
/// one fewer, and more than a strip.
std::vector<Problem> stepped_problems() {
  std::vector<Problem> problems(std::begin(kProblems), std::end(kProblems));
  for (const Problem& problem : kDecoding) problems.push_back(problem);
  problems.push_back({1, 2, 1, 577, 577, 16, true});
  problems.push_back({1, 5, 1, 155, 201, 16, false});
  problems.push_back({1, 60, 1, 7, 90, 8, false});
  return problems;
}

constexpr double kTolerance = 5e-6;

}  // namespace

TEST_CASE("Blocked attention equals the plain loops for every tile") {
  const Exact& blocked = variant_named("blocked");
  for (const Problem& problem : kProblems) {
    for (const auto& params :
         std::vector<std::vector<int64_t>>{{96, 96}, {96, 64}, {1, 1}, {192, 512}, {50, 30}}) {
      const Bench bench(blocked, problem, params);
      INFO("q_len " << problem.q_len << " kv_len " << problem.kv_len << " head_dim "
                    << problem.head_dim << " block_q " << params[0] << " block_k " << params[1]);
      CHECK(bench.worst_error(bench.forward(2)) < kTolerance);
    }
  }
}

TEST_CASE("Decoding equals the plain loops") {
  for (const Problem& problem : kDecoding) {
    for (const auto& [name, params] : std::vector<std::pair<std::string, std::vector<int64_t>>>{
             {"blocked", {96, 64}}, {"blocked", {1, 8}}, {"window", {700, 0}}}) {
      const Bench bench(variant_named(name), problem, params);
      INFO(name << " kv_len " << problem.kv_len << " head_dim " << problem.head_dim);
      CHECK(bench.worst_error(bench.forward(2)) < kTolerance);
    }
  }
}

TEST_CASE("Decoding gives the same bits for any number of threads") {
  for (const Problem& problem : kDecoding) {
    const Bench bench(variant_named("blocked"), problem, {96, 64});
    INFO("kv_len " << problem.kv_len << " head_dim " << problem.head_dim);
    const std::vector<float> once = bench.forward(1);
    CHECK(bench.forward(1) == once);
    CHECK(bench.forward(2) == once);
    CHECK(bench.forward(7) == once);
  }
}

TEST_CASE("Blocked and windowed attention err at most four times as much as full attention") {
  for (const Problem& problem :
       {Problem{1, 2, 2, 500, 500, 64, false}, Problem{1, 1, 1, 700, 700, 128, true},
        Problem{1, 2, 1, 1, 20000, 64, false}, Problem{1, 2, 2, 16, 6000, 96, true}}) {
    for (const float logit_scale : {1.0f, 8.0f}) {
      const auto error = [&](const char* name, const std::vector<int64_t>& params) {
        const Bench bench(variant_named(name), problem, params, logit_scale);
        return bench.worst_error(bench.forward(2));
      };
      const double allowed = 4 * error("full", {});
      INFO("q_len " << problem.q_len << " head_dim " << problem.head_dim << " logits times "
                    << logit_scale);
      CHECK(error("blocked", {96, 64}) <= allowed);
      CHECK(error("window", {-1, -1}) <= allowed);
    }
  }
}

TEST_CASE("A softmax of two keys errs by little more than rounding") {
  const Problem problem{1, 1, 1, 5000, 2, 1, false};
  for (const auto& [name, params] : kOfEveryKey) {
    const Bench bench(variant_named(name), problem, params, 4);
    INFO(name);
    CHECK(bench.worst_error(bench.forward(1)) < 8e-8);
  }
}

TEST_CASE("Full attention equals the plain loops") {
  for (const Problem& problem : kProblems) {
    const Bench bench(variant_named("full"), problem, {});
    INFO("q_len " << problem.q_len << " kv_len " << problem.kv_len << " head_dim "
                  << problem.head_dim);
    CHECK(bench.worst_error(bench.forward(2)) < kTolerance);
  }
}

TEST_CASE("Dilated windows equal the plain loops for every dilation") {
  for (const Problem& problem : stepped_problems()) {
    for (const int64_t dilation : {1, 2, 3, 6, 64, 1000}) {
      for (const auto& sides : std::vector<std::vector<int64_t>>{{256, 0}, {0, 0}, {7, 3}}) {
        const Bench bench(variant_named("dilated"), problem, {sides[0], sides[1], dilation});
        INFO("heads " << problem.heads << " q_len " << problem.q_len << " kv_len " << problem.kv_len
                      << " head_dim " << problem.head_dim << " left " << sides[0] << " right "
                      << sides[1] << " dilation " << dilation);
        const std::vector<float> once = bench.forward(1);
        CHECK(bench.worst_error(once) < kTolerance);
        CHECK(bench.forward(3) == once);
      }
    }
  }
}

TEST_CASE("Strided attention equals the plain loops for every stride") {
  std::vector<Problem> problems = stepped_problems();
  // More rows than the first of two passes hands on at a time: rows of several heads, and of one
  // head.
  problems.push_back({35, 2, 2, 1000, 10, 3, true});
  problems.push_back({1, 1, 1, 70000, 40, 3, false});
  for (const Problem& problem : problems) {
    for (const int64_t stride : {0, 1, 2, 5, 30, 300}) {
      const Bench bench(variant_named("strided"), problem, {stride});
      INFO("heads " << problem.heads << " q_len " << problem.q_len << " kv_len " << problem.kv_len
                    << " head_dim " << problem.head_dim << " stride " << stride);
      const std::vector<float> once = bench.forward(1);
      CHECK(bench.worst_error(once) < kTolerance);
      CHECK(bench.forward(3) == once);
    }
  }
}

TEST_CASE("Window attention equals the plain loops for every kind of window") {
  for (const Problem& problem : kProblems) {
    for (const auto& sides : std::vector<std::vector<int64_t>>{
             {256, 0}, {0, 0}, {7, 3}, {-1, 0}, {0, -1}, {-1, -1}, {64, 64}}) {
      const Bench bench(variant_named("window"), problem, sides);
      INFO("q_len " << problem.q_len << " kv_len " << problem.kv_len << " head_dim "
                    << problem.head_dim << " left " << sides[0] << " right " << sides[1]);
      CHECK(bench.worst_error(bench.forward(2)) < kTolerance);
    }
  }
}

TEST_CASE("Two spans per query equal the plain loops") {
  const SinkAndWindow pattern;
  for (const Problem& problem : kProblems) {
    const Bench bench(pattern, problem, {4, 20});
    INFO("q_len " << problem.q_len << " kv_len " << problem.kv_len);
    CHECK(bench.worst_error(bench.forward(2)) < kTolerance);
  }
}

TEST_CASE("Many heads of few rows equal the plain loops") {
  // Heads of two tasks, heads of one, and several whole heads that a thread does one after the
  // other.
  const Problem problems[] = {
      {21, 3, 3, 130, 130, 8, true},   {16, 4, 4, 97, 97, 20, false},
      {70, 1, 1, 192, 200, 3, true},   {32, 2, 2, 193, 193, 4, true},
      {16, 8, 4, 90, 90, 16, true},    {13, 5, 5, 110, 40, 7, true},
      {1, 66, 33, 64, 1000, 8, false}, {8, 8, 8, 100, 100, 5, true, 0.0, 0.0, true},
  };
  const SinkAndWindow two_spans;
  for (const Problem& problem : problems) {
    for (const auto& [name, params] :
         std::vector<std::pair<std::string, std::vector<int64_t>>>{{"blocked", {96, 96}},
                                                                   {"blocked", {40, 96}},
                                                                   {"blocked", {192, 96}},
                                                                   {"window", {20, 0}},
                                                                   {"window", {60, 30}},
                                                                   {"two spans", {4, 20}},
                                                                   {"dilated", {16, 16, 3}},
                                                                   {"strided", {30}}}) {
      const Exact& variant = name == "two spans" ? two_spans : variant_named(name);
      const Bench bench(variant, problem, params);
      INFO(name << " of " << params[0] << ", batch " << problem.batch << " heads " << problem.heads
                << " q_len " << problem.q_len << " kv_len " << problem.kv_len);
      const std::vector<float> once = bench.forward(1);
      CHECK(bench.worst_error(once) < kTolerance);
      CHECK(bench.forward(3) == once);
    }
  }
}

TEST_CASE("A query that sees no key yields zeros") {
  const Problem problem{1, 2, 1, 40, 8, 5, true};
  for (const char* name : {"full", "blocked", "window"}) {
    const std::vector<int64_t> params =
        std::string(name) == "blocked" ? std::vector<int64_t>{96, 64} : std::vector<int64_t>{4, 0};
    const std::vector<float> out = Bench(variant_named(name), problem, params).forward(1);
    INFO(name);
    CHECK(std::all_of(out.begin(), out.begin() + 32 * 5, [](float x) { return x == 0; }));
    CHECK(std::any_of(out.begin() + 32 * 5, out.begin() + 33 * 5, [](float x) { return x != 0; }));
  }
}

TEST_CASE("Any number of threads gives the same bits") {
  const Problem problem{1, 4, 2, 301, 333, 48, true};
  for (const auto& [name, params] : std::vector<std::pair<std::string, std::vector<int64_t>>>{
           {"full", {}}, {"blocked", {50, 30}}, {"window", {40, 10}}}) {
    const Bench bench(variant_named(name), problem, params);
    const std::vector<float> once = bench.forward(1);
    INFO(name);
    CHECK(bench.forward(1) == once);
    CHECK(bench.forward(2) == once);
    CHECK(bench.forward(5) == once);
    CHECK(bench.forward(16) == once);
  }
}

TEST_CASE("Logits of ten thousand keep their weights") {
  // q of 1e4 times k of up to 1 in one dimension: scores reach 1e4 and are exact products.
  const Problem problem{1, 1, 1, 70, 150, 1, false};
  for (const auto& [name, params] : kOfEveryKey) {
    const Bench bench(variant_named(name), problem, params, 1e4f);
    INFO(name);
    CHECK(bench.worst_error(bench.forward(2)) < 5e-3);
  }
}

TEST_CASE("Values of 1e35 do not overflow on their way to an average") {
  constexpr float kScale = 1e35f;
  for (const int64_t q_len : {1, 30}) {
    for (const auto& [name, params] : std::vector<std::pair<std::string, std::vector<int64_t>>>{
             {"full", {}}, {"blocked", {96, 96}}, {"window", {-1, -1}}}) {
      const Bench bench(variant_named(name), {1, 1, 1, q_len, 300, 8, false}, params, 1, kScale);
      INFO(name << " q_len " << q_len);
      CHECK(bench.worst_error(bench.forward(2)) < 5e-6 * kScale);
    }
  }
}

#if defined(__x86_64__)
TEST_CASE("Variants make no denormals, and change nothing for their caller") {
  constexpr float kScale = 1e-39f;
  volatile float least = std::numeric_limits<float>::min();
  for (const auto& [name, params] : std::vector<std::pair<std::string, std::vector<int64_t>>>{
           {"full", {}}, {"blocked", {24, 96}}, {"online", {}}, {"chunked", {}}}) {
    const Bench bench(variant_named(name), {1, 2, 2, 300, 300, 8, false}, params, 1, kScale);
    for (const int threads : {1, 2}) {
      INFO(name << " threads " << threads);
      CHECK(bench.forward(threads) == std::vector<float>(2 * 300 * 8, 0.0f));
      bool as_before = true;
#pragma omp parallel num_threads(2) reduction(&& : as_before)
      as_before = least * 0.5f > 0;
      CHECK(as_before);
    }
  }
}
#endif

TEST_CASE("Scratch of the engine stays within a mebibyte a thread at any length") {
  for (const int64_t head_dim : {1, 64, 512}) {
    for (const int64_t q_len : {1, 16, 1000, 1000000}) {
      for (const int64_t batch : {1, 100}) {
        for (const int threads : {1, 3}) {
          const Call call{{batch, 8, 2, q_len, 1000000, head_dim, false}, nullptr, threads};
          CHECK(kernels::scratch_bytes(call, kernels::kLargestTile) <= count(threads, 1048576));
        }
      }
    }
  }
}

TEST_CASE("Scratch of the engine is the same for every length of self-attention") {
  for (const int64_t heads : {1, 100}) {
    const auto bytes = [&](int64_t n) {
      return kernels::scratch_bytes({{1, heads, heads, n, n, 16, false}, nullptr, 3},
                                    kernels::kDefaultTile);
    };
    for (const int64_t n : {1, 10, 500, 1024, 2048, 1000000}) CHECK(bytes(n) == bytes(100));
  }
}
