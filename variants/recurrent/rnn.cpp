// rnn: a recurrent layer, as Elman had it: each state is tanh of a matrix times the token plus a
// matrix times the state before. Tokens are v's rows of all heads (kernels/tokens.h). It looks only
// back, so that `causal` changes nothing.
#include <algorithm>
#include <cmath>
#include <vector>

#include "attnbench/register.h"
#include "kernels/recurrence.h"
#include "kernels/recurrence_definition.h"
#include "kernels/squash.h"
#include "kernels/tokens.h"

namespace attnbench {
namespace {

struct ElmanCell {
  static constexpr int kGates = 1;
  static constexpr bool kHasMemory = false;
  static constexpr int kKept = 0;  // The states, which out has, are enough.
  static constexpr bool kSumsApart = false;

  static kernels::Vec next(const kernels::Vec (&inputs)[1], const kernels::Vec (&sums)[1],
                           kernels::Vec, kernels::Vec&, kernels::Vec*) {
    return kernels::tanh(kernels::Lanes(), kernels::hn::Add(inputs[0], sums[0]));
  }

  static void go_back(kernels::VectorStep& step) {
    namespace hn = kernels::hn;
    const auto slope = hn::NegMulAdd(step.after, step.after, hn::Set(kernels::Lanes(), 1.0f));
    step.deltas[0] = hn::Mul(step.d_after, slope);
  }
};

class Rnn final : public kernels::RecurrentVariant<Rnn, ElmanCell> {
 public:
  /// U is orthogonal times `radius`, which is then its norm too. As tanh has a slope of at most 1,
  /// a change of a state is less than that radius times as large a step later.
  void extra_inputs(const Call& call, ExtraInputs& inputs) const noexcept override {
    const int64_t width = kernels::token_width(call.problem);
    const double scale = 1 / std::sqrt(static_cast<double>(width));
    const double radius = static_cast<double>(call.params[0]) / 100;
    inputs.add({"input_weights", 1, 1, width, width, Fill::kNormal, scale, 0, true});
    inputs.add({"recurrent_weights", 1, 1, width, width, Fill::kOrthogonal, radius, 0, true});
    inputs.add({"bias", 1, 1, 1, width, Fill::kNormal, 0.1, 0, true});
  }

  /// h_t = tanh(W x_t + U h_{t-1} + b), with h_0 = 0 before the first token.
  template <class Real>
  void rows(const Call& call, const Inputs& in, const Rows& rows, Real* out) const {
    const int64_t width = kernels::token_width(call.problem);
    kernels::define_by_steps(call, in, rows, width, out, step<Real>(in, width));
  }

  /// With s_t = W x_t + U h_{t-1} + b, dh/ds = 1 - h^2.
  template <class Real>
  void gradients(const Call& call, const Inputs& in, const Tensor<const float>& d_out,
                 const DefinedGradients<Real>& to) const {
    const int64_t width = kernels::token_width(call.problem);
    kernels::define_gradients_by_steps(
        call, in, d_out, to, 1, width, step<Real>(in, width),
        [&](const Real*, const Real*, const Real* h, Real* d_h, Real* d_inputs, Real* d_sums) {
          for (int64_t i = 0; i < width; ++i) {
            d_inputs[i] = d_sums[i] = d_h[i] * (1 - h[i] * h[i]);
            d_h[i] = 0;
          }
        });
  }

 private:
  template <class Real>
  static auto step(const Inputs& in, int64_t width) {
    return [width, weights = kernels::LayerWeights(in, 1, width)](const Real* x, Real* state) {
      std::vector<Real> sums = weights.of_token(x);
      weights.add_state(state, sums.data());
      for (int64_t i = 0; i < width; ++i) state[i] = std::tanh(sums[static_cast<size_t>(i)]);
    };
  }
};

constexpr Param kParams[] = {
    {"radius_percent", 90, 0, 100,
     "100 times the spectral radius of the recurrent matrix; below 100, tokens are forgotten "
     "geometrically"},
};

const Info kInfo{"rnn",
                 "a recurrent layer (tanh) over v; its weights are random",
                 Kind::kBaseline,
                 "Elman 1990, Finding Structure in Time",
                 kParams,
                 1,
                 kernels::kRecurrenceTask};

}  // namespace
}  // namespace attnbench

ATTNBENCH_VARIANT(attnbench::Rnn, attnbench::kInfo)
