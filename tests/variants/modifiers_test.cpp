// Score modifiers, in each kernel that computes scores: strips, decoding, keys with a step, dense
// attention.
#include "catch.h"
#include "naive.h"

using namespace attnbench;

namespace {

constexpr double kTolerance = 1e-5;

struct Modified {
  double scale, softcap;
  bool alibi;
};
constexpr Modified kModified[] = {
    {0.3, 0, false}, {0, 2, false}, {0, 0, true}, {0, 30, true}, {0.5, 1, true}};

// batch, heads, kv_heads, q_len, kv_len, head_dim, causal; heads are powers of two
const Problem kProblems[] = {
    {1, 2, 1, 61, 61, 64, true},   {2, 4, 2, 75, 140, 40, false}, {1, 8, 2, 1, 700, 64, true},
    {1, 4, 1, 3, 90, 24, false},   {1, 1, 1, 50, 20, 16, false},  {1, 8, 8, 1, 1500, 33, true},
    {1, 16, 1, 40, 130, 8, false}, {1, 8, 1, 1, 600, 40, true},   {1, 4, 1, 4, 400, 48, false},
    {1, 1, 1, 1, 700, 64, true},   {1, 2, 1, 1, 700, 64, true},   {1, 8, 1, 1, 1900, 40, true},
};

}  // namespace

TEST_CASE("Every kernel that computes scores applies scale, softcap and ALiBi as plain loops do") {
  for (const auto& [name, params] :
       std::vector<std::pair<std::string, std::vector<int64_t>>>{{"full", {}},
                                                                 {"online", {}},
                                                                 {"chunked", {}},
                                                                 {"blocked", {96, 64}},
                                                                 {"window", {30, 4}},
                                                                 {"dilated", {20, 3, 3}},
                                                                 {"strided", {7}},
                                                                 {"strided", {3}}}) {
    for (Problem problem : kProblems) {
      for (const auto& [scale, softcap, alibi] : kModified) {
        problem.scale = scale;
        problem.softcap = softcap;
        problem.alibi = alibi;
        const Bench bench(variant_named(name), problem, params, 4);
        INFO(name << " q_len " << problem.q_len << " kv_len " << problem.kv_len << " scale "
                  << scale << " softcap " << softcap << " alibi " << alibi);
        CHECK(bench.worst_error(bench.forward(2)) < kTolerance);
      }
    }
  }
}

TEST_CASE("A softcap holds for scores far beyond it") {
  const Problem problem{1, 1, 1, 30, 200, 16, false, 1, 5};
  const Bench bench(variant_named("blocked"), problem, {96, 64}, 1e4f);
  CHECK(bench.worst_error(bench.forward(1)) < kTolerance);
}
