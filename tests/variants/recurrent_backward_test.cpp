// The gradients of recurrent layers: their definition against differences, the kernel against their
// definition.
#include "catch.h"
#include "trained.h"

using namespace attnbench;

namespace {

const char* const kLayers[] = {"rnn", "lstm", "gru"};

std::vector<int64_t> params_of(std::string_view name) {
  return name == "rnn" ? std::vector<int64_t>{90} : std::vector<int64_t>{};
}

/// Shapes around the edges of vectors, units and chunks of steps; sequences that threads share, and
/// that they do not; fewer queries than tokens, so that out lacks states, and more.
const Problem kProblems[] = {
    {1, 1, 1, 1, 1, 1},    {1, 2, 2, 9, 9, 8},     {1, 3, 3, 100, 100, 40}, {2, 1, 1, 50, 47, 33},
    {1, 4, 4, 5, 130, 16}, {13, 2, 2, 60, 60, 20}, {5, 3, 3, 20, 49, 23},   {9, 1, 1, 3, 96, 100},
    {1, 5, 5, 97, 97, 64}, {2, 3, 3, 60, 60, 100}, {3, 1, 1, 1, 50, 17},
};

template <class Body>
void for_each_layer(const Body& body) {
  for (const char* const name : kLayers)
    for (const Problem& p : kProblems) {
      CAPTURE(name, p.batch, p.heads, p.q_len, p.kv_len, p.head_dim);
      body(Trained(name, p, params_of(name)));
    }
}

}  // namespace

TEST_CASE("The definition of recurrent layers' gradients agrees with central differences") {
  for (const char* const name : kLayers)
    for (const Problem& p : {Problem{1, 1, 1, 1, 1, 1}, Problem{2, 2, 2, 5, 5, 2},
                             Problem{1, 1, 1, 3, 6, 3}, Problem{1, 2, 2, 7, 4, 2}}) {
      CAPTURE(name, p.batch, p.heads, p.q_len, p.kv_len, p.head_dim);
      Trained one(name, p, params_of(name));
      CHECK(worst_difference(one.define<double>(), one.differences()) < 1e-4);
    }
}

TEST_CASE("Recurrent layers' kernel has the gradients of their definition, and the same output") {
  for_each_layer([](const Trained& one) {
    const Trained::Step step = one.step();
    CHECK(worst_difference(step.gradients, one.define<double>()) < 3e-6);
    CHECK(step.out == one.tried().forward());
  });
}

TEST_CASE("Recurrent layers' gradients have the same bits for any number of threads") {
  for_each_layer([](const Trained& one) {
    const Trained::Step alone = one.step(1);
    for (const int threads : {2, 3, 5}) CHECK(one.step(threads) == alone);
  });
}

TEST_CASE("Recurrent layers set the gradients of q and k to zero") {
  const Problem p{1, 2, 2, 50, 20, 16};
  for (const char* const name : kLayers) {
    const Trained one(name, p, params_of(name));
    const Trained::Step step = one.step();
    for (const size_t i : {0u, 1u})
      for (const float x : step.gradients[i]) CHECK(x == 0);
  }
}

TEST_CASE("Recurrent layers save what out does not have, and count twice forward's operations") {
  constexpr int64_t n = 512, width = 128;
  const auto saved = [](const char* name, const Problem& p) {
    const Tried tried(name, p, params_of(name));
    return tried.variant().differentiable()->saved_bytes(tried.call()).value() / 4;
  };
  for (const int64_t batch : {1, 3}) {
    CHECK(saved("rnn", {batch, 2, 2, n, n, 64}) == 0);  // out is all of the states.
    CHECK(saved("rnn", {batch, 2, 2, 1, n, 64}) == batch * (n - 1) * width);
    CHECK(saved("lstm", {batch, 2, 2, n, n, 64}) == batch * n * 5 * width);
    CHECK(saved("gru", {batch, 2, 2, n, n, 64}) == batch * n * 4 * width);
  }
  for (const char* const name : kLayers) {
    const Tried tried(name, {3, 2, 2, n, n, 64}, params_of(name));
    const Defined& layer = *tried.variant().defined();
    const Cost forward = layer.cost(tried.call());
    const Cost backward = layer.differentiable()->defines_gradients()->backward_cost(tried.call());
    CHECK(backward.flops == count(2, forward.flops));
    CHECK(backward.steps == forward.steps);
    CHECK(backward.path == forward.path);
    // v, d_v, d_k, d_out and d_q; weights and biases, and their gradients.
    const int64_t learned = 2 * tried.extra(0).heads * (2 * width * width + width);
    CHECK(backward.traffic_bytes.value() == 4 * (5 * 3 * n * width + learned));
    const Tried few(name, {3, 2, 2, 2, n, 64}, params_of(name));  // d_out and d_q have two rows.
    CHECK(layer.differentiable()->defines_gradients()->backward_cost(few.call()).traffic_bytes ==
          count(4, 3 * (3 * n + 2 * 2) * width + learned));
  }
}
