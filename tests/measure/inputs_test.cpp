// Tests of the inputs: they are deterministic and have the promised style.
#include "measure/inputs.h"

#include <omp.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "catch.h"

namespace attnbench::measure {
namespace {

const Problem kProblem{2, 4, 2, 50, 70, 16, false};

std::vector<float> copy_of(const Tensor<const float>& t) {
  return {t.data, t.data + t.size()};
}

TEST_CASE("A seed gives the same bits for any number of threads, and another seed other bits") {
  const int threads = omp_get_max_threads();
  omp_set_num_threads(1);
  const auto one = copy_of(InputSet(kProblem, 42).view().k);
  omp_set_num_threads(3);
  const auto three = copy_of(InputSet(kProblem, 42).view().k);
  omp_set_num_threads(threads);
  CHECK(one == three);
  CHECK(one != copy_of(InputSet(kProblem, 43).view().k));
  CHECK(one != copy_of(InputSet(kProblem, 42).view().v));
}

TEST_CASE("The bits of inputs never change") {
  const InputSet inputs(kProblem, 1);
  uint64_t hash = 0;
  for (const auto& tensor : {inputs.view().q, inputs.view().k, inputs.view().v})
    for (const float x : copy_of(tensor)) {
      uint32_t bits = 0;
      std::memcpy(&bits, &x, sizeof bits);
      hash = (hash ^ bits) * 0x100000001B3u;
    }
  CHECK(hash == 0x4FC2FC7F3D469CD9u);
}

TEST_CASE("Normal inputs have mean 0 and variance 1") {
  const InputSet inputs({1, 1, 1, 4000, 1, 64, false}, 3);
  double sum = 0, squares = 0;
  const auto q = copy_of(inputs.view().q);
  for (const float x : q) {
    sum += x;
    squares += x * x;
  }
  const auto n = static_cast<double>(q.size());
  CHECK(std::abs(sum / n) < 0.01);
  CHECK(squares / n == Approx(1).epsilon(0.01));
}

TEST_CASE("Tensors have the shapes of the problem, and the bytes add up") {
  const InputSet inputs(kProblem, 1);
  const Inputs view = inputs.view();
  CHECK(view.q.heads == 4);
  CHECK(view.q.len == 50);
  CHECK(view.k.heads == 2);
  CHECK(view.v.len == 70);
  CHECK(input_bytes(kProblem) == 4 * (view.q.size() + view.k.size() + view.v.size()));
  CHECK(output_bytes(kProblem) == 4 * view.q.size());
}

/// The scores of the first query of the first head, sorted.
std::vector<double> scores(InputStyle style, const Problem& p) {
  const InputSet inputs(p, 5, style);
  std::vector<double> result;
  for (int64_t j = 0; j < p.kv_len; ++j) {
    double sum = 0;
    for (int64_t d = 0; d < p.head_dim; ++d)
      sum += double{inputs.view().q.data[d]} * double{inputs.view().k.row(0, 0, j)[d]};
    result.push_back(sum / std::sqrt(static_cast<double>(p.head_dim)));
  }
  std::sort(result.begin(), result.end());
  return result;
}

TEST_CASE("Large logits reach ten thousand on both sides") {
  const auto sorted = scores(InputStyle::kLargeLogits, {1, 1, 1, 1, 3000, 64, false});
  CHECK(sorted.front() < -8e3);
  CHECK(sorted.back() > 8e3);
  CHECK(sorted.back() < 3e4);
}

TEST_CASE("In all-equal inputs, each head repeats one key row and one value row") {
  const auto sorted = scores(InputStyle::kAllEqual, kProblem);
  CHECK(sorted.front() == sorted.back());
  const InputSet inputs(kProblem, 5, InputStyle::kAllEqual);
  const auto& v = inputs.view().v;
  CHECK(std::equal(v.row(1, 1, 0), v.row(1, 1, 1), v.row(1, 1, 69)));
}

TEST_CASE("In one-hot inputs, one key scores far above all others, at any head_dim") {
  for (const int64_t head_dim : {1, 64}) {
    const auto sorted = scores(InputStyle::kOneHot, {1, 1, 1, 1, 100, head_dim, false});
    CHECK(sorted.back() - sorted[98] > 30);
  }
}

}  // namespace
}  // namespace attnbench::measure
