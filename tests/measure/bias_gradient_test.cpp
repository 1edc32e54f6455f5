// The check of gradients that are made of d_out alone, such as that of a bias.
#include <algorithm>
#include <vector>

#include "catch.h"
#include "defined_training.h"
#include "measure/check_gradients.h"
#include "measure/inputs.h"

namespace attnbench::measure {
namespace {

/// out = v + bias, with one bias [head_dim] for all rows.
class Biased final : public test::DefinedTraining<Biased> {
 public:
  int64_t block = 64;     ///< Rows that the kernel sums up before it adds them to others.
  int64_t left_out = -1;  ///< A row that the kernel forgets.

  void extra_inputs(const Call& call, ExtraInputs& inputs) const noexcept override {
    inputs.add({"bias", 1, 1, 1, call.problem.head_dim, Fill::kNormal, 1, 0, true});
  }
  template <class Real>
  void rows(const Call&, const Inputs&, const Rows&, Real*) const {}

  template <class Real>
  void gradients(const Call&, const Inputs&, const Tensor<const float>& d_out,
                 const DefinedGradients<Real>& to) const {
    sum_up(d_out, 256, -1, to.extra[0]);
    std::copy_n(d_out.data, d_out.size(), to.v);
  }
  void backward(const Call&, const Inputs&, const Tensor<const float>&, const Saved&,
                const Tensor<const float>& d_out, const Gradients& to,
                const Workspace&) const noexcept override {
    for (const Tensor<float>* unread : {&to.q, &to.k})
      std::fill_n(unread->data, unread->size(), 0.0f);
    std::copy_n(d_out.data, d_out.size(), to.v.data);
    sum_up(d_out, block, left_out, to.extra[0].data);
  }

 private:
  template <class Real>
  static void sum_up(const Tensor<const float>& d_out, int64_t block, int64_t left_out, Real* to) {
    for (int64_t i = 0; i < d_out.dim; ++i) {
      Real all = 0;
      for (int64_t first = 0; first < d_out.len; first += block) {
        Real some = 0;
        for (int64_t row = first; row < std::min(first + block, d_out.len); ++row)
          if (row != left_out) some += static_cast<Real>(d_out.data[row * d_out.dim + i]);
        all += some;
      }
      to[i] = all;
    }
  }
};

Verdict verdict_of(const Biased& variant, int64_t n, uint64_t seed) {
  const Problem p{1, 1, 1, n, n, 64};
  const InputSet set(p, seed);
  const std::vector<float> bias(64, 1.0f);
  const Tensor<const float> extra{bias.data(), 1, 1, 1, 64};
  Inputs inputs = set.view();
  inputs.extra = &extra;
  inputs.extra_count = 1;
  std::vector<float> d_out(static_cast<size_t>(n * 64)), q(d_out), k(d_out), v(d_out), d_bias(64);
  const auto tensor = [&](std::vector<float>& x) { return Tensor<float>{x.data(), 1, 1, n, 64}; };
  fill_d_out(tensor(d_out), seed);
  const Tensor<const float> given{d_out.data(), 1, 1, n, 64};
  const Tensor<float> learned{d_bias.data(), 1, 1, 1, 64};
  const Gradients gradients{tensor(q), tensor(k), tensor(v), &learned, 1};
  const Call call{p};
  variant.backward(call, inputs, {}, {}, given, gradients, {});
  return check_gradients({variant, call, inputs, given, gradients}, 8, seed);
}

TEST_CASE("Any order of summation passes for the gradient of a bias, and a lost row does not") {
  for (const int64_t n : {300, 2048})
    for (uint64_t seed = 1; seed <= 8; ++seed)
      for (const int64_t block : {16, 64, 128}) {
        Biased variant;
        variant.block = block;
        const Verdict right = verdict_of(variant, n, seed);
        CAPTURE(n, seed, block, right.reason, right.check.worst_error_over_bound);
        CHECK(right.ok);
        CHECK(right.check.worst_error_over_bound < 0.8);
        variant.left_out = n / 2;
        CHECK(verdict_of(variant, n, seed).reason.starts_with("d_bias: "));
      }
}

}  // namespace
}  // namespace attnbench::measure
