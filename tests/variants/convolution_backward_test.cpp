// The convolutions' gradients: their definitions against central differences, the kernels against
// the definitions.
#include "catch.h"
#include "trained.h"

using namespace attnbench;

namespace {

constexpr const char* kNames[] = {"conv_dense", "conv_depthwise", "conv_separable"};

/// Calls check(trained) for each convolution of these problems, causal and not.
template <class Check>
void for_each_convolution(std::vector<Problem> problems, const Check& check) {
  for (Problem& problem : problems)
    for (const char* name : kNames)
      for (const int64_t kernel : {1, 2, 3, 4, 9})
        for (const bool causal : {false, true}) {
          problem.causal = causal;
          CAPTURE(name, kernel, causal, problem.batch, problem.heads, problem.q_len, problem.kv_len,
                  problem.head_dim);
          Trained one(name, problem, {kernel});
          check(one);
        }
}

bool is_zero(const std::vector<float>& all) {
  return std::all_of(all.begin(), all.end(), [](float x) { return x == 0; });
}

}  // namespace

TEST_CASE("The definitions of convolutions' gradients agree with central differences") {
  // Fewer queries than tokens, and more.
  for_each_convolution({{2, 2, 2, 5, 5, 2}, {1, 1, 1, 3, 6, 3}, {1, 3, 3, 7, 4, 1}},
                       [](Trained& one) {
                         CHECK(worst_difference(one.define<double>(), one.differences()) < 1e-9);
                       });
}

TEST_CASE("Convolutions' kernels have the gradients of their definitions, for any threads") {
  // Around the edges of vectors, tiles, blocks, tasks and parts.
  for_each_convolution({{1, 1, 1, 1, 1, 1},
                        {1, 2, 2, 9, 9, 8},
                        {2, 3, 3, 100, 100, 40},
                        {2, 1, 1, 50, 47, 33},
                        {1, 4, 4, 5, 130, 16},
                        {3, 5, 5, 97, 97, 23},
                        {1, 1, 1, 193, 200, 150},
                        {1, 2, 2, 3000, 3000, 5}},
                       [](const Trained& one) {
                         const Trained::Step step = one.step();
                         CHECK(worst_difference(step.gradients, one.define<double>()) < 2e-6);
                         CHECK(step.out == one.tried().forward());
                         CHECK(is_zero(step.gradients[0]));
                         CHECK(is_zero(step.gradients[1]));
                         for (const int threads : {2, 3, 40}) CHECK(one.step(threads) == step);
                       });
}

TEST_CASE("Backward through a convolution costs forward's products twice, and saves nothing") {
  for (const char* name : kNames) {
    CAPTURE(name);
    const Tried tried(name, {2, 2, 2, 5, 5, 3, true}, {3});
    const Differentiable* const trained = tried.variant().differentiable();
    const Cost cost = trained->defines_gradients()->backward_cost(tried.call());
    CHECK(cost.flops.value() == 2 * tried.variant().inexact()->cost(tried.call()).flops.value());
    CHECK(trained->saved_bytes(tried.call()) == Count{});
    // v, d_v, d_k, d_out and d_q of 60 floats each; the gradient of the bias; the weights twice.
    const int64_t weights = std::string_view(name) == "conv_dense"       ? 3 * 36
                            : std::string_view(name) == "conv_depthwise" ? 3 * 6
                                                                         : 3 * 6 + 36;
    CHECK(cost.traffic_bytes.value() == 4 * (5 * 60 + 6 + 2 * weights));
    // Two queries read four of nine tokens: v 2 * 4 * 6 floats, d_v and d_k 2 * 9 * 6 each, d_out
    // and d_q 2 * 2 * 6 each.
    const Tried few(name, {2, 2, 2, 2, 9, 3, true}, {3});
    const int64_t bytes =
        trained->defines_gradients()->backward_cost(few.call()).traffic_bytes.value();
    CHECK(bytes == 4 * (48 + 2 * 108 + 2 * 24 + 6 + 2 * weights));
  }
}
