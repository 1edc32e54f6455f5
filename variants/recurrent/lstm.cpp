// lstm: a recurrent layer with gates and a memory that is added to, and forgotten by a factor, at
// each step. Tokens are v's rows of all heads (kernels/tokens.h). It looks only back, so that
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
enum Gate { kIn, kForget, kCandidate, kOut, kGates };

struct LstmCell {
  static constexpr int kGates = attnbench::kGates;
  static constexpr bool kHasMemory = true;

  static kernels::Vec next(const kernels::Vec (&inputs)[kGates], const kernels::Vec (&sums)[kGates],
                           kernels::Vec, kernels::Vec& memory) {
    namespace hn = kernels::hn;
    const kernels::Lanes d;
    const auto sum = [&](Gate gate) { return hn::Add(inputs[gate], sums[gate]); };
    memory = hn::MulAdd(kernels::sigmoid(d, sum(kForget)), memory,
                        hn::Mul(kernels::sigmoid(d, sum(kIn)), kernels::tanh(d, sum(kCandidate))));
    return hn::Mul(kernels::sigmoid(d, sum(kOut)), kernels::tanh(d, memory));
  }
};

class Lstm final : public kernels::RecurrentVariant<Lstm, LstmCell> {
 public:
  /// With s the sigmoid, * for each element, and h and c zero before the first token:
  ///   i, f, o = s(W x + U h + b) of their gates, g = tanh of the same of its gate,
  ///   c = f * c + i * g, h = o * tanh(c).
  template <class Real>
  void rows(const Call& call, const Inputs& in, const Rows& rows, Real* out) const {
    const int64_t width = kernels::token_width(call.problem);
    std::vector<Real> sums(static_cast<size_t>(kGates * width));
    kernels::define_by_steps(call, in, rows, 2 * width, out, [&](const Real* x, Real* state) {
      std::copy_n(in.extra[kernels::kBias].data, kGates * width, sums.data());
      kernels::add_weighed(in.extra[kernels::kInputWeights].data, kGates * width, width, x,
                           sums.data());
      kernels::add_weighed(in.extra[kernels::kRecurrentWeights].data, kGates * width, width, state,
                           sums.data());
      const auto sum = [&](Gate gate, int64_t i) {
        return sums[static_cast<size_t>(gate * width + i)];
      };
      for (int64_t i = 0; i < width; ++i) {
        Real& c = state[width + i];
        c = sigmoid(sum(kForget, i)) * c + sigmoid(sum(kIn, i)) * std::tanh(sum(kCandidate, i));
        state[i] = sigmoid(sum(kOut, i)) * std::tanh(c);
      }
    });
  }
};

const Info kInfo{"lstm",
                 "a recurrent layer with gates and a memory (LSTM) over v; its weights are random",
                 Kind::kBaseline,
                 "Hochreiter & Schmidhuber 1997; forget gate: Gers et al. 2000",
                 nullptr,
                 0,
                 kernels::kRecurrenceTask};

}  // namespace
}  // namespace attnbench

ATTNBENCH_VARIANT(attnbench::Lstm, attnbench::kInfo)
