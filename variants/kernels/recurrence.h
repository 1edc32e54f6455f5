// Recurrent layers over tokens (tokens.h): h_t = cell(W x_t + b, U h_{t-1}, h_{t-1}), and their
// gradients.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "attnbench/training.h"
#include "attnbench/variant.h"
#include "kernels/simd.h"
#include "kernels/tokens.h"

namespace attnbench::kernels {

/// Where a Cell finds what it needs of a step, to go back through it, and where it writes. Each
/// array begins at the first of the columns; those with several vectors for each vector of columns
/// have them a pitch apart.
struct CellStep {
  const float* kept;  ///< What the cell kept of this step.
  int64_t kept_pitch;
  const float* memory_before;   ///< Null if it is zero.
  const float *before, *after;  ///< The states.
  const float* d_after;         ///< The gradient of the loss with respect to the state after.
  float* d_before;              ///< Gets added what reaches the state before by another way than U.
  float* d_memory;              ///< With respect to the memory after the step; then to that before.
  float* deltas;  ///< The gradients with respect to inputs and sums: see Cell::sums_apart.
  int64_t delta_pitch;
};

/// What a recurrent layer does between its products: for `vectors` vectors of columns, `after`
/// follows from the gates' inputs W x + b and sums U h, of which each column vector has `gates`
/// vectors in a row, from the state `before`, and from a memory that no other column sees and that
/// is zero at first (null if the cell has none).
struct Cell {
  int64_t gates;
  bool has_memory;
  /// Vectors that training keeps of a step for each vector of columns. If the cell has a memory,
  /// the last one is that after the step.
  int64_t kept;
  /// Whether the last gate's sum has another gradient than its input. Then there are gates + 1
  /// deltas: that of the last gate's input, then those of all sums. Else there is one a gate.
  bool sums_apart;
  /// `kept` may be null; else its vectors are `kept_pitch` floats apart.
  void (*apply)(int64_t vectors, const float* inputs, const float* sums, const float* before,
                float* after, float* memory, float* kept, int64_t kept_pitch) noexcept;
  void (*go_back)(int64_t vectors, const CellStep& step) noexcept;

  int64_t deltas() const { return gates + (sums_apart ? 1 : 0); }
};

/// A step back for one vector of columns.
struct VectorStep {
  const Vec* kept;
  Vec memory_before, before, after, d_after;
  Vec d_memory, d_before;  ///< d_memory as in CellStep; d_before is zero at first.
  Vec* deltas;
};

/// The Cell of a type that has kGates, kHasMemory, kKept (without the memory), kSumsApart, and
///   static Vec next(const Vec (&inputs)[kGates], const Vec (&sums)[kGates], Vec before,
///                   Vec& memory, Vec* kept);
///   static void go_back(VectorStep& step).
template <class Type>
constexpr Cell cell_of() {
  constexpr int kGates = Type::kGates;
  constexpr int kKept = Type::kKept + (Type::kHasMemory ? 1 : 0);
  constexpr int kDeltas = kGates + (Type::kSumsApart ? 1 : 0);
  static_assert(kGates > 1 || kKept == 0, "Columns of layers with one gate come in two vectors");
  constexpr auto apply = [](int64_t vectors, const float* inputs, const float* sums,
                            const float* before, float* after, float* memory, float* kept,
                            int64_t kept_pitch) noexcept {
    const Lanes d;
    for (int64_t v = 0; v < vectors; ++v, inputs += kGates * kLanes, sums += kGates * kLanes) {
      Vec x[kGates], u[kGates], keeps[kKept + 1];
      for (int gate = 0; gate < kGates; ++gate) {
        x[gate] = hn::Load(d, inputs + gate * kLanes);
        u[gate] = hn::Load(d, sums + gate * kLanes);
      }
      Vec remembered = Type::kHasMemory ? hn::Load(d, memory + v * kLanes) : hn::Zero(d);
      hn::Store(Type::next(x, u, hn::Load(d, before + v * kLanes), remembered, keeps), d,
                after + v * kLanes);
      if constexpr (Type::kHasMemory) {
        hn::Store(remembered, d, memory + v * kLanes);
        keeps[kKept - 1] = remembered;
      }
      for (int i = 0; kept != nullptr && i < kKept; ++i)
        hn::Store(keeps[i], d, kept + i * kept_pitch + v * kLanes);
    }
  };
  constexpr auto go_back = [](int64_t vectors, const CellStep& step) noexcept {
    const Lanes d;
    for (int64_t at = 0; at < vectors * kLanes; at += kLanes) {
      Vec kept[kKept + 1], deltas[kDeltas];
      for (int i = 0; i < kKept; ++i) kept[i] = hn::Load(d, step.kept + i * step.kept_pitch + at);
      const auto load = [&](const float* from) {
        return from == nullptr ? hn::Zero(d) : hn::Load(d, from + at);
      };
      VectorStep one{kept,
                     load(step.memory_before),
                     load(step.before),
                     load(step.after),
                     load(step.d_after),
                     load(step.d_memory),
                     hn::Zero(d),
                     deltas};
      Type::go_back(one);
      hn::Store(hn::Add(load(step.d_before), one.d_before), d, step.d_before + at);
      if (Type::kHasMemory) hn::Store(one.d_memory, d, step.d_memory + at);
      for (int i = 0; i < kDeltas; ++i)
        hn::Store(deltas[i], d, step.deltas + i * step.delta_pitch + at);
    }
  };
  return {kGates, Type::kHasMemory, kKept, Type::kSumsApart, apply, go_back};
}

/// The inputs that a recurrent layer reads beside v: W and U, which are [1, gates, width, width]
/// with a row for each output, and b, which is [1, gates, 1, width].
enum RecurrentInput : int64_t { kInputWeights, kRecurrentWeights, kBias };

/// Declares them as PyTorch initialises its gated layers: uniform up to 1 / sqrt(width).
void gated_inputs(const Call& call, int64_t gates, ExtraInputs& inputs) noexcept;

/// The cost of such a layer: each token meets both matrices. Backward, each token meets both
/// matrices, and both of their gradients.
Cost recurrent_cost(const Call& call, int64_t gates) noexcept;
Cost recurrent_backward_cost(const Call& call, int64_t gates) noexcept;

/// The scratch, and the layer itself. Rows of out whose queries stand before the first token are 0.
/// If `saved` is not null, it gets what backward needs: kept_bytes().
Count recurrence_bytes(const Call& call, const Cell& cell) noexcept;
Count kept_bytes(const Call& call, const Cell& cell) noexcept;
void run_recurrence(const Call& call, const Inputs& in, const Tensor<float>& out,
                    const Workspace& workspace, const Cell& cell,
                    const Workspace& saved = {}) noexcept;

/// What the backward pass is given: see Differentiable::backward.
struct RecurrenceBackward {
  const Call& call;
  const Inputs& in;
  const Tensor<const float>& out;
  const Saved& saved;
  const Tensor<const float>& d_out;
  const Gradients& gradients;
  const Workspace& workspace;
};

/// The scratch of the backward pass, and the pass.
Count recurrence_backward_bytes(const Call& call, const Cell& cell) noexcept;
void run_recurrence_backward(const RecurrenceBackward& job, const Cell& cell) noexcept;

/// Info::own_task of these layers.
inline constexpr const char* kRecurrenceTask = "is a recurrence over v, and sees no q and k";

/// A variant that is such a layer, with the cell of CellType. It states its definitions, as any
/// Defines<Self> and DefinesGradients<Self>, and other inputs than gated_inputs() if it has them.
template <class Self, class CellType>
class RecurrentVariant : public Defines<Self>, public DefinesGradients<Self> {
 public:
  Support supports(const Call& call) const noexcept final { return one_width(call.problem); }
  void extra_inputs(const Call& call, ExtraInputs& inputs) const noexcept override {
    gated_inputs(call, kCell.gates, inputs);
  }
  Cost cost(const Call& call) const noexcept final { return recurrent_cost(call, kCell.gates); }
  Count workspace_bytes(const Call& call) const noexcept final {
    return recurrence_bytes(call, kCell);
  }
  Theory theory(const Call&) const noexcept final { return {.time = {1}, .memory = {0}}; }
  void forward(const Call& call, const Inputs& in, const Tensor<float>& out,
               const Workspace& workspace) const noexcept final {
    run_recurrence(call, in, out, workspace, kCell);
  }

  const Differentiable* differentiable() const noexcept final { return this; }
  Cost backward_cost(const Call& call) const noexcept final {
    return recurrent_backward_cost(call, kCell.gates);
  }
  Count saved_bytes(const Call& call) const noexcept final { return kept_bytes(call, kCell); }
  Count training_workspace_bytes(const Call& call) const noexcept final {
    return std::max(recurrence_bytes(call, kCell), recurrence_backward_bytes(call, kCell));
  }
  /// out has the states already, but for those of tokens before the first query.
  Theory training_theory(const Call& call) const noexcept final {
    const bool keeps = kCell.kept > 0 || call.problem.q_len < call.problem.kv_len;
    return {.time = {1}, .memory = {keeps ? 1.0 : 0.0}};
  }
  void forward_saving(const Call& call, const Inputs& in, const Tensor<float>& out,
                      const Workspace& saved, const Workspace& workspace) const noexcept final {
    run_recurrence(call, in, out, workspace, kCell, saved);
  }
  void backward(const Call& call, const Inputs& in, const Tensor<const float>& out,
                const Saved& saved, const Tensor<const float>& d_out, const Gradients& gradients,
                const Workspace& workspace) const noexcept final {
    run_recurrence_backward({call, in, out, saved, d_out, gradients, workspace}, kCell);
  }

 protected:
  ~RecurrentVariant() = default;

  /// For definitions.
  template <class Real>
  static Real sigmoid(Real x) {
    return 1 / (1 + std::exp(-x));
  }

 private:
  static constexpr Cell kCell = cell_of<CellType>();
};

}  // namespace attnbench::kernels
