// The convolutions, against products of whole shifted sequences in double.
#include "catch.h"
#include "inexact.h"

using namespace attnbench;

namespace {

/// Shapes around the edges of vectors, tiles and tasks; fewer queries than tokens, and more.
const Problem kProblems[] = {
    {1, 1, 1, 1, 1, 1},    {1, 2, 2, 9, 9, 8},    {2, 3, 3, 100, 100, 40},  {2, 1, 1, 50, 47, 33},
    {1, 4, 4, 5, 130, 16}, {3, 5, 5, 97, 97, 23}, {1, 1, 1, 193, 200, 300},
};

/// Column t of the result is column t - by of x, or zero.
Doubles shifted(const Doubles& x, Eigen::Index by) {
  Doubles y = Doubles::Zero(x.rows(), x.cols());
  for (Eigen::Index t = 0; t < x.cols(); ++t)
    if (t - by >= 0 && t - by < x.cols()) y.col(t) = x.col(t - by);
  return y;
}

/// By how much tap j delays its input: an even kernel that is centred reaches further back.
Eigen::Index delay(int64_t tap, int64_t kernel, bool causal) {
  return causal ? tap : tap - (kernel - 1) / 2;
}

Doubles dense(const Layer& layer, int64_t batch, int64_t kernel, bool causal) {
  const Doubles x = layer.tokens(batch);
  Doubles y = layer.matrix(1, 0).transpose().replicate(1, x.cols());
  for (int64_t tap = 0; tap < kernel; ++tap)
    y += layer.matrix(0, tap) * shifted(x, delay(tap, kernel, causal));
  return y;
}

/// The matrix of each tap of a depthwise convolution: its weights on the diagonal.
Doubles depthwise(const Layer& layer, int64_t batch, int64_t kernel, bool causal) {
  const Doubles x = layer.tokens(batch), weights = layer.matrix(0, 0);
  Doubles y = layer.matrix(1, 0).transpose().replicate(1, x.cols());
  for (int64_t tap = 0; tap < kernel; ++tap)
    y += weights.row(tap).asDiagonal() * shifted(x, delay(tap, kernel, causal));
  return y;
}

/// A separable convolution is a dense one, with matrix P diag(w_j) for tap j.
Doubles separable(const Layer& layer, int64_t batch, int64_t kernel, bool causal) {
  const Doubles x = layer.tokens(batch), weights = layer.matrix(0, 0), mixed = layer.matrix(1, 0);
  Doubles y = layer.matrix(2, 0).transpose().replicate(1, x.cols());
  for (int64_t tap = 0; tap < kernel; ++tap) {
    const Doubles matrix = mixed * weights.row(tap).asDiagonal();
    y += matrix * shifted(x, delay(tap, kernel, causal));
  }
  return y;
}

template <class Outputs>
void check_against(const Outputs& outputs_of, const char* name) {
  for (Problem problem : kProblems)
    for (const int64_t kernel : {1, 2, 3, 4, 9})
      for (const bool causal : {false, true}) {
        problem.causal = causal;
        CAPTURE(name, kernel, causal, problem.batch, problem.heads, problem.q_len, problem.kv_len,
                problem.head_dim);
        const Layer layer(name, problem, {kernel});
        std::vector<Doubles> outputs;
        for (int64_t b = 0; b < problem.batch; ++b)
          outputs.push_back(outputs_of(layer, b, kernel, causal));
        CHECK(layer.worst_error(layer.define(), outputs) < 1e-13);
        const std::vector<float> one = layer.forward(1);
        CHECK(layer.worst_error(one, outputs) < 3e-6);
        for (const int threads : {2, 3, 40}) CHECK(layer.forward(threads) == one);
      }
}

/// Which of n outputs move if one token does.
std::vector<int64_t> moved(const char* name, int64_t kernel, bool causal, int64_t n,
                           int64_t token) {
  Layer layer(name, {1, 2, 2, n, n, 5, causal}, {kernel});
  const std::vector<float> before = layer.forward(1);
  layer.change_token(0, token, 1);
  const std::vector<float> after = layer.forward(1);
  std::vector<int64_t> positions;
  for (int64_t t = 0; t < n; ++t)
    for (int64_t d = 0; d < 5; ++d)
      if (before[static_cast<size_t>(t * 5 + d)] != after[static_cast<size_t>(t * 5 + d)]) {
        positions.push_back(t);
        break;
      }
  return positions;
}

using Positions = std::vector<int64_t>;

}  // namespace

TEST_CASE("conv_dense is a sum of matrices times shifted tokens, for any number of threads") {
  check_against(dense, "conv_dense");
}

TEST_CASE("conv_depthwise weighs each channel of shifted tokens, for any number of threads") {
  check_against(depthwise, "conv_depthwise");
}

TEST_CASE("conv_separable is a dense convolution whose matrices are products of its two parts") {
  check_against(separable, "conv_separable");
}

TEST_CASE("A depthwise convolution with a single weight of 1 shifts its input, to the bit") {
  for (const int64_t dim : {1, 2, 7, 16, 40, 65})
    for (const int64_t tap : {0, 2, 4}) {
      const int64_t n = 30, kernel = 5, heads = 2, width = heads * dim;
      CAPTURE(dim, tap);
      const Layer layer("conv_depthwise", {1, heads, heads, n, n, dim, true}, {kernel});
      std::vector<float> weights(static_cast<size_t>(kernel * width), 0.0f),
          bias(static_cast<size_t>(width), 0.0f);
      std::fill_n(weights.begin() + tap * width, width, 1.0f);
      const Tensor<const float> extra[] = {{weights.data(), 1, 1, kernel, width},
                                           {bias.data(), 1, 1, 1, width}};
      std::vector<float> out(static_cast<size_t>(n * width), std::nanf("")), expected(out.size());
      const Tensor<float> to{out.data(), 1, heads, n, dim};
      const machine::Buffer scratch = layer.workspace(1);
      layer.variant().forward(layer.call(1), {{}, {}, layer.v(), extra, 2}, to,
                              {scratch.data(), scratch.size()});
      for (int64_t head = 0; head < heads; ++head)
        for (int64_t t = tap; t < n; ++t)
          std::copy_n(layer.v().row(0, head, t - tap), dim, expected.data() + (head * n + t) * dim);
      CHECK(out == expected);
    }
}

TEST_CASE("A convolution is 0 beyond its receptive field, and not within it") {
  for (const char* name : {"conv_dense", "conv_depthwise", "conv_separable"}) {
    CAPTURE(name);
    CHECK(moved(name, 4, true, 12, 5) == Positions{5, 6, 7, 8});
    CHECK(moved(name, 3, false, 12, 5) == Positions{4, 5, 6});
    CHECK(moved(name, 4, false, 12, 5) == Positions{4, 5, 6, 7});
    CHECK(moved(name, 1, false, 12, 5) == Positions{5});
    CHECK(moved(name, 4, true, 12, 10) == Positions{10, 11});
  }
}

TEST_CASE("A convolution counts the products of tokens that exist, and layers to the first token") {
  const auto cost = [](const Problem& problem, int64_t kernel, const char* name = "conv_dense") {
    const Layer layer(name, problem, {kernel});
    return layer.variant().inexact()->cost(layer.call(1));
  };
  // Two sequences, in which 1, 2, 3, 3 and 3 tokens exist; 2 * 6^2 operations each.
  CHECK(cost({2, 2, 2, 5, 5, 3, true}, 3).flops.value() == 2 * 12 * 72);
  // Two of three queries stand before the only token.
  CHECK(cost({1, 1, 1, 3, 1, 1, true}, 3).flops.value() == 2);
  // The same pairs of token and tap, with 2 * 6 operations each; and 5 tokens by a 6 x 6 matrix.
  CHECK(cost({2, 2, 2, 5, 5, 3, true}, 3, "conv_depthwise").flops.value() == 2 * 12 * 12);
  CHECK(cost({2, 2, 2, 5, 5, 3, true}, 3, "conv_separable").flops.value() ==
        2 * (12 * 12 + 5 * 72));
  CHECK(cost({1, 1, 1, 3, 1, 1, true}, 3, "conv_separable").flops.value() == 2 + 2);
  // Tokens and outputs of 2 x 5 x 6 floats each; the weights of three taps; a bias.
  CHECK(cost({2, 2, 2, 5, 5, 3, true}, 3, "conv_depthwise").traffic_bytes.value() ==
        4 * (60 + 60 + 18 + 6));
  CHECK(cost({1, 1, 1, 10, 10, 1, true}, 4).path.value() == 3);
  CHECK(cost({1, 1, 1, 10, 10, 1, false}, 4).path.value() == 5);
  CHECK(cost({1, 1, 1, 10, 10, 1, false}, 4, "conv_separable").path.value() == 5);
  CHECK(cost({1, 1, 1, 10, 10, 1, true}, 1).path.saturated());
}
