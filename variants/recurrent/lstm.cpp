// lstm: a recurrent layer with gates and a memory that is added to, and forgotten by a factor, at
// each step. Tokens are v's rows of all heads (kernels/tokens.h). It looks only back, so that
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
enum Gate { kIn, kForget, kCandidate, kOut, kGates };

struct LstmCell {
  static constexpr int kGates = attnbench::kGates;
  static constexpr bool kHasMemory = true;
  static constexpr int kKept = kGates;  // What the gates let through, in their order.
  static constexpr bool kSumsApart = false;

  static kernels::Vec next(const kernels::Vec (&inputs)[kGates], const kernels::Vec (&sums)[kGates],
                           kernels::Vec, kernels::Vec& memory, kernels::Vec* kept) {
    namespace hn = kernels::hn;
    const kernels::Lanes d;
    for (int gate = 0; gate < kGates; ++gate) {
      const auto sum = hn::Add(inputs[gate], sums[gate]);
      kept[gate] = gate == kCandidate ? kernels::tanh(d, sum) : kernels::sigmoid(d, sum);
    }
    memory = hn::MulAdd(kept[kForget], memory, hn::Mul(kept[kIn], kept[kCandidate]));
    return hn::Mul(kept[kOut], kernels::tanh(d, memory));
  }

  static void go_back(kernels::VectorStep& step) {
    namespace hn = kernels::hn;
    const kernels::Lanes d;
    const auto one = hn::Set(d, 1.0f);
    const auto* const of = step.kept;
    const auto squashed = kernels::tanh(d, of[kGates]);  // Of the memory.
    const auto d_squashed = hn::Mul(step.d_after, of[kOut]);
    const auto d_memory =
        hn::MulAdd(d_squashed, hn::NegMulAdd(squashed, squashed, one), step.d_memory);
    const auto through_sigmoid = [&](Gate gate, kernels::Vec gradient) {
      step.deltas[gate] = hn::Mul(gradient, hn::NegMulAdd(of[gate], of[gate], of[gate]));
    };
    through_sigmoid(kIn, hn::Mul(d_memory, of[kCandidate]));
    through_sigmoid(kForget, hn::Mul(d_memory, step.memory_before));
    through_sigmoid(kOut, hn::Mul(step.d_after, squashed));
    step.deltas[kCandidate] =
        hn::Mul(hn::Mul(d_memory, of[kIn]), hn::NegMulAdd(of[kCandidate], of[kCandidate], one));
    step.d_memory = hn::Mul(d_memory, of[kForget]);
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
    const kernels::LayerWeights weights(in, kGates, width);
    kernels::define_by_steps(call, in, rows, 2 * width, out, step<Real>(weights, width));
  }

  /// The state is h, then c, and so is its gradient.
  template <class Real>
  void gradients(const Call& call, const Inputs& in, const Tensor<const float>& d_out,
                 const DefinedGradients<Real>& to) const {
    const int64_t width = kernels::token_width(call.problem);
    const kernels::LayerWeights weights(in, kGates, width);
    kernels::define_gradients_by_steps(
        call, in, d_out, to, kGates, 2 * width, step<Real>(weights, width),
        [&](const Real* x, const Real* before, const Real* after, Real* d_state, Real* d_inputs,
            Real* d_sums) {
          const std::vector<Real> gates = gates_of(weights, width, x, before);
          for (int64_t i = 0; i < width; ++i) {
            const auto of = [&](Gate gate) { return gates[static_cast<size_t>(gate * width + i)]; };
            const Real squashed = std::tanh(after[width + i]), d_h = d_state[i];
            const Real d_c = d_state[width + i] + d_h * of(kOut) * (1 - squashed * squashed);
            const auto set = [&](Gate gate, Real gradient) {
              d_inputs[gate * width + i] = d_sums[gate * width + i] = gradient;
            };
            set(kIn, d_c * of(kCandidate) * of(kIn) * (1 - of(kIn)));
            set(kForget, d_c * before[width + i] * of(kForget) * (1 - of(kForget)));
            set(kCandidate, d_c * of(kIn) * (1 - of(kCandidate) * of(kCandidate)));
            set(kOut, d_h * squashed * of(kOut) * (1 - of(kOut)));
            d_state[i] = 0;
            d_state[width + i] = d_c * of(kForget);
          }
        });
  }

 private:
  /// i, f, g and o.
  template <class Real>
  static std::vector<Real> gates_of(const kernels::LayerWeights& weights, int64_t width,
                                    const Real* x, const Real* h) {
    std::vector<Real> gates = weights.of_token(x);
    weights.add_state(h, gates.data());
    for (int64_t i = 0; i < kGates * width; ++i) {
      Real& gate = gates[static_cast<size_t>(i)];
      gate = i / width == kCandidate ? std::tanh(gate) : sigmoid(gate);
    }
    return gates;
  }

  template <class Real>
  static auto step(const kernels::LayerWeights& weights, int64_t width) {
    return [&weights, width](const Real* x, Real* state) {
      const std::vector<Real> gates = gates_of(weights, width, x, state);
      for (int64_t i = 0; i < width; ++i) {
        const auto of = [&](Gate gate) { return gates[static_cast<size_t>(gate * width + i)]; };
        Real& c = state[width + i];
        c = of(kForget) * c + of(kIn) * of(kCandidate);
        state[i] = of(kOut) * std::tanh(c);
      }
    };
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
