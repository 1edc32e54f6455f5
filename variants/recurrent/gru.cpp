// gru: a recurrent layer with two gates: one resets what a new state sees of the old one, one mixes
// the two. The reset gate applies after the product with U, as in cuDNN and PyTorch, so that a step
// is one product. Tokens are v's rows of all heads (kernels/tokens.h). It looks only back, so that
// `causal` changes nothing.
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

/// The gates in the order in which weights have them, which is PyTorch's.
enum Gate { kReset, kUpdate, kNew, kGates };

struct GruCell {
  static constexpr int kGates = attnbench::kGates;
  static constexpr bool kHasMemory = false;
  static constexpr int kKept = 4;  // r, z, n and U_n h.
  static constexpr bool kSumsApart = true;

  static kernels::Vec next(const kernels::Vec (&inputs)[kGates], const kernels::Vec (&sums)[kGates],
                           kernels::Vec before, kernels::Vec&, kernels::Vec* kept) {
    namespace hn = kernels::hn;
    const kernels::Lanes d;
    for (const Gate gate : {kReset, kUpdate})
      kept[gate] = kernels::sigmoid(d, hn::Add(inputs[gate], sums[gate]));
    kept[kNew] = kernels::tanh(d, hn::MulAdd(kept[kReset], sums[kNew], inputs[kNew]));
    kept[kGates] = sums[kNew];
    return hn::MulAdd(kept[kUpdate], hn::Sub(before, kept[kNew]), kept[kNew]);
  }

  static void go_back(kernels::VectorStep& step) {
    namespace hn = kernels::hn;
    const auto one = hn::Set(kernels::Lanes(), 1.0f);
    const auto reset = step.kept[kReset], update = step.kept[kUpdate], fresh = step.kept[kNew];
    const auto d_fresh = hn::NegMulAdd(step.d_after, update, step.d_after);
    const auto d_input = hn::Mul(d_fresh, hn::NegMulAdd(fresh, fresh, one));
    const auto d_reset = hn::Mul(d_input, step.kept[kGates]);
    const auto d_update = hn::Mul(step.d_after, hn::Sub(step.before, fresh));
    step.deltas[0] = d_input;
    step.deltas[1 + kReset] = hn::Mul(d_reset, hn::NegMulAdd(reset, reset, reset));
    step.deltas[1 + kUpdate] = hn::Mul(d_update, hn::NegMulAdd(update, update, update));
    step.deltas[1 + kNew] = hn::Mul(d_input, reset);
    step.d_before = hn::Mul(step.d_after, update);
  }
};

class Gru final : public kernels::RecurrentVariant<Gru, GruCell> {
 public:
  /// With s the sigmoid, * for each element, and h zero before the first token:
  ///   r, z = s(W x + U h + b) of their gates,
  ///   n = tanh(W_n x + b_n + r * (U_n h)),
  ///   h = (1 - z) * n + z * h.
  template <class Real>
  void rows(const Call& call, const Inputs& in, const Rows& rows, Real* out) const {
    const int64_t width = kernels::token_width(call.problem);
    const kernels::LayerWeights weights(in, kGates, width);
    kernels::define_by_steps(call, in, rows, width, out, step<Real>(weights, width));
  }

  template <class Real>
  void gradients(const Call& call, const Inputs& in, const Tensor<const float>& d_out,
                 const DefinedGradients<Real>& to) const {
    const int64_t width = kernels::token_width(call.problem);
    const kernels::LayerWeights weights(in, kGates, width);
    kernels::define_gradients_by_steps(
        call, in, d_out, to, kGates, width, step<Real>(weights, width),
        [&](const Real* x, const Real* before, const Real*, Real* d_h, Real* d_inputs,
            Real* d_sums) {
          const Gates<Real> gates(weights, width, x, before);
          for (int64_t i = 0; i < width; ++i) {
            const Real r = gates.r(i), z = gates.z(i), n = gates.n(i);
            const auto at = [&](Gate gate) { return gate * width + i; };
            d_inputs[at(kNew)] = d_h[i] * (1 - z) * (1 - n * n);
            d_sums[at(kNew)] = d_inputs[at(kNew)] * r;
            d_inputs[at(kReset)] = d_sums[at(kReset)] =
                d_inputs[at(kNew)] * gates.of_h(kNew, i) * r * (1 - r);
            d_inputs[at(kUpdate)] = d_sums[at(kUpdate)] = d_h[i] * (before[i] - n) * z * (1 - z);
            d_h[i] *= z;
          }
        });
  }

 private:
  /// What the gates let through.
  template <class Real>
  class Gates {
   public:
    Gates(const kernels::LayerWeights& weights, int64_t width, const Real* x, const Real* h)
        : width_(width), of_x_(weights.of_token(x)), of_h_(of_x_.size()) {
      weights.add_state(h, of_h_.data());
    }

    Real of_h(Gate gate, int64_t i) const { return of_h_[static_cast<size_t>(gate * width_ + i)]; }
    Real r(int64_t i) const { return sigmoid(of_x(kReset, i) + of_h(kReset, i)); }
    Real z(int64_t i) const { return sigmoid(of_x(kUpdate, i) + of_h(kUpdate, i)); }
    Real n(int64_t i) const { return std::tanh(of_x(kNew, i) + r(i) * of_h(kNew, i)); }

   private:
    Real of_x(Gate gate, int64_t i) const { return of_x_[static_cast<size_t>(gate * width_ + i)]; }

    int64_t width_;
    std::vector<Real> of_x_, of_h_;
  };

  template <class Real>
  static auto step(const kernels::LayerWeights& weights, int64_t width) {
    return [&weights, width](const Real* x, Real* h) {
      const Gates<Real> gates(weights, width, x, h);
      for (int64_t i = 0; i < width; ++i) {
        const Real z = gates.z(i);
        h[i] = (1 - z) * gates.n(i) + z * h[i];
      }
    };
  }
};

const Info kInfo{"gru",
                 "a recurrent layer with gates (GRU) over v; its weights are random",
                 Kind::kBaseline,
                 "Cho et al. 2014, Learning Phrase Representations using RNN Encoder-Decoder",
                 nullptr,
                 0,
                 kernels::kRecurrenceTask};

}  // namespace
}  // namespace attnbench

ATTNBENCH_VARIANT(attnbench::Gru, attnbench::kInfo)
