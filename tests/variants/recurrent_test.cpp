// The recurrent layers, against their equations on whole states in double.
#include "catch.h"
#include "inexact.h"

using namespace attnbench;

namespace {

/// Shapes around the edges of vectors, tiles and chunks of steps; sequences that threads share, and
/// that they do not; fewer queries than tokens, and more.
const Problem kProblems[] = {
    {1, 1, 1, 1, 1, 1},    {1, 2, 2, 9, 9, 8},     {1, 3, 3, 100, 100, 40}, {2, 1, 1, 50, 47, 33},
    {1, 4, 4, 5, 130, 16}, {13, 2, 2, 60, 60, 20}, {5, 3, 3, 20, 49, 23},   {9, 1, 1, 3, 96, 100},
    {1, 5, 5, 97, 97, 64}, {2, 3, 3, 60, 60, 100},
};

/// All states of the sequence, one a column.
Doubles rnn_states(const Layer& layer, int64_t batch) {
  const Doubles x = layer.tokens(batch), w = layer.matrix(0, 0), u = layer.matrix(1, 0),
                b = layer.matrix(2, 0).transpose();
  Doubles h = Doubles::Zero(x.rows(), x.cols());
  for (Eigen::Index t = 0; t < x.cols(); ++t) {
    Doubles sum = w * x.col(t) + b;
    if (t > 0) sum += u * h.col(t - 1);
    h.col(t) = sum.array().tanh();
  }
  return h;
}

Doubles sigmoid(const Doubles& x) {
  return 1 / (1 + (-x.array()).exp());
}

/// W x + b of one gate, for all tokens.
Doubles inputs_of(const Layer& layer, int64_t batch, int64_t gate) {
  return (layer.matrix(0, gate) * layer.tokens(batch)).colwise() +
         Eigen::VectorXd(layer.matrix(2, gate).transpose());
}

/// As Hochreiter & Schmidhuber have it, with Gers' forget gate.
Doubles lstm_states(const Layer& layer, int64_t batch) {
  Doubles x[4];
  for (int64_t gate = 0; gate < 4; ++gate) x[gate] = inputs_of(layer, batch, gate);
  Doubles states = x[0], h = Doubles::Zero(states.rows(), 1), c = h;
  for (Eigen::Index t = 0; t < states.cols(); ++t) {
    const auto sum = [&](int64_t gate) -> Doubles {
      return x[gate].col(t) + layer.matrix(1, gate) * h;
    };
    const Doubles in = sigmoid(sum(0)), forget = sigmoid(sum(1)), out = sigmoid(sum(3));
    c = forget.cwiseProduct(c) + in.cwiseProduct(Doubles(sum(2).array().tanh()));
    h = out.cwiseProduct(Doubles(c.array().tanh()));
    states.col(t) = h;
  }
  return states;
}

/// The mixture is written the other way round than in the definition.
Doubles gru_states(const Layer& layer, int64_t batch) {
  Doubles x[3];
  for (int64_t gate = 0; gate < 3; ++gate) x[gate] = inputs_of(layer, batch, gate);
  Doubles states = x[0], h = Doubles::Zero(states.rows(), 1);
  for (Eigen::Index t = 0; t < states.cols(); ++t) {
    const Doubles reset = sigmoid(x[0].col(t) + layer.matrix(1, 0) * h);
    const Doubles keep = sigmoid(x[1].col(t) + layer.matrix(1, 1) * h);
    const Doubles fresh = (x[2].col(t) + reset.cwiseProduct(layer.matrix(1, 2) * h)).array().tanh();
    h = fresh + keep.cwiseProduct(h - fresh);
    states.col(t) = h;
  }
  return states;
}

template <class States>
void check_against(const States& states_of, const char* name, const std::vector<int64_t>& params) {
  for (const Problem& problem : kProblems) {
    CAPTURE(name, problem.batch, problem.heads, problem.q_len, problem.kv_len, problem.head_dim);
    const Layer layer(name, problem, params);
    std::vector<Doubles> states;
    for (int64_t b = 0; b < problem.batch; ++b) states.push_back(states_of(layer, b));
    const std::vector<float> one = layer.forward(1);
    CHECK(layer.worst_error(one, states) < 3e-6);
    for (const int threads : {2, 3, 5}) CHECK(layer.forward(threads) == one);
  }
}

}  // namespace

TEST_CASE("rnn follows its equation, with the same bits for any number of threads") {
  check_against(rnn_states, "rnn", {90});
}

TEST_CASE("lstm and gru follow their equations, with the same bits for any number of threads") {
  check_against(lstm_states, "lstm", {});
  check_against(gru_states, "gru", {});
}

TEST_CASE("rnn forgets a token at least as fast as its spectral radius says") {
  constexpr int64_t kLength = 40;
  for (const int64_t percent : {30, 60, 90}) {
    CAPTURE(percent);
    Layer layer("rnn", {1, 2, 2, kLength, kLength, 24}, {percent});
    const std::vector<float> before = layer.forward(1);
    layer.change_token(0, 0, 0.5f);
    const std::vector<float> after = layer.forward(1);
    const auto moved_at = [&](int64_t t) {
      double square = 0;
      for (int64_t head = 0; head < 2; ++head)
        for (int64_t d = 0; d < 24; ++d) {
          const auto i = static_cast<size_t>((head * kLength + t) * 24 + d);
          square += std::pow(static_cast<double>(after[i]) - static_cast<double>(before[i]), 2);
        }
      return std::sqrt(square);
    };
    const double radius = static_cast<double>(percent) / 100, first = moved_at(0);
    CHECK(first > 0.1);
    CHECK(moved_at(1) > 0.01 * first);  // It does not forget at once.
    for (int64_t t = 1; t < kLength; ++t)
      CHECK(moved_at(t) <= first * std::pow(radius, t) * 1.001 + 2e-6);
  }
}
