// gru: a recurrent layer with two gates: one resets what a new state sees of the old one, one mixes
// the two. The reset gate applies after the product with U, as in cuDNN and PyTorch, so that a step
// is one product. Tokens are v's rows of all heads (kernels/tokens.h). It looks only back, so that
// `causal` changes nothing.
#include <algorithm>
#include <cmath>
#include <vector>

#include "attnbench/register.h"
#include "kernels/recurrence.h"
#include "kernels/squash.h"
#include "kernels/tokens.h"

namespace attnbench {
namespace {

/// The gates in the order in which weights have them, which is PyTorch's.
enum Gate { kReset, kUpdate, kNew, kGates };

struct GruCell {
  static constexpr int kGates = attnbench::kGates;
  static constexpr bool kHasMemory = false;

  static kernels::Vec next(const kernels::Vec (&inputs)[kGates], const kernels::Vec (&sums)[kGates],
                           kernels::Vec before, kernels::Vec&) {
    namespace hn = kernels::hn;
    const kernels::Lanes d;
    const auto gate = [&](Gate g) { return kernels::sigmoid(d, hn::Add(inputs[g], sums[g])); };
    const auto fresh = kernels::tanh(d, hn::MulAdd(gate(kReset), sums[kNew], inputs[kNew]));
    return hn::MulAdd(gate(kUpdate), hn::Sub(before, fresh), fresh);
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
    std::vector<Real> of_x(static_cast<size_t>(kGates * width)), of_h(of_x.size());
    kernels::define_by_steps(call, in, rows, width, out, [&](const Real* x, Real* h) {
      std::copy_n(in.extra[kernels::kBias].data, kGates * width, of_x.data());
      std::fill(of_h.begin(), of_h.end(), Real(0));
      kernels::add_weighed(in.extra[kernels::kInputWeights].data, kGates * width, width, x,
                           of_x.data());
      kernels::add_weighed(in.extra[kernels::kRecurrentWeights].data, kGates * width, width, h,
                           of_h.data());
      for (int64_t i = 0; i < width; ++i) {
        const auto at = [&](Gate gate) { return static_cast<size_t>(gate * width + i); };
        const Real r = sigmoid(of_x[at(kReset)] + of_h[at(kReset)]);
        const Real z = sigmoid(of_x[at(kUpdate)] + of_h[at(kUpdate)]);
        const Real n = std::tanh(of_x[at(kNew)] + r * of_h[at(kNew)]);
        h[i] = (1 - z) * n + z * h[i];
      }
    });
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
