// Recurrent layers over tokens (tokens.h): h_t = cell(W x_t + b, U h_{t-1}, h_{t-1}).
#pragma once

#include <cmath>
#include <cstdint>

#include "attnbench/variant.h"
#include "kernels/simd.h"
#include "kernels/tokens.h"

namespace attnbench::kernels {

/// What a recurrent layer does between its products: for `vectors` vectors of columns, `after`
/// follows from the gates' inputs W x + b and sums U h, of which each column vector has `gates`
/// vectors in a row, from the state `before`, and from a memory that no other column sees and that
/// is zero at first (null if the cell has none).
struct Cell {
  int64_t gates;
  bool has_memory;
  void (*apply)(int64_t vectors, const float* inputs, const float* sums, const float* before,
                float* after, float* memory) noexcept;
};

/// The Cell of a type that has kGates, kHasMemory, and
///   static Vec next(const Vec (&inputs)[kGates], const Vec (&sums)[kGates], Vec before,
///                   Vec& memory).
template <class Type>
constexpr Cell cell_of() {
  constexpr auto apply = [](int64_t vectors, const float* inputs, const float* sums,
                            const float* before, float* after, float* memory) noexcept {
    constexpr int kGates = Type::kGates;
    const Lanes d;
    for (int64_t v = 0; v < vectors; ++v, inputs += kGates * kLanes, sums += kGates * kLanes) {
      Vec x[kGates], u[kGates];
      for (int gate = 0; gate < kGates; ++gate) {
        x[gate] = hn::Load(d, inputs + gate * kLanes);
        u[gate] = hn::Load(d, sums + gate * kLanes);
      }
      Vec kept = Type::kHasMemory ? hn::Load(d, memory + v * kLanes) : hn::Zero(d);
      hn::Store(Type::next(x, u, hn::Load(d, before + v * kLanes), kept), d, after + v * kLanes);
      if (Type::kHasMemory) hn::Store(kept, d, memory + v * kLanes);
    }
  };
  return {Type::kGates, Type::kHasMemory, apply};
}

/// The inputs that a recurrent layer reads beside v: W and U, which are [1, gates, width, width]
/// with a row for each output, and b, which is [1, gates, 1, width].
enum RecurrentInput : int64_t { kInputWeights, kRecurrentWeights, kBias };

/// Declares them as PyTorch initialises its gated layers: uniform up to 1 / sqrt(width).
void gated_inputs(const Call& call, int64_t gates, ExtraInputs& inputs) noexcept;

/// The cost of such a layer: each token meets both matrices.
Cost recurrent_cost(const Call& call, int64_t gates) noexcept;

/// The scratch, and the layer itself. Rows of out whose queries stand before the first token are 0.
Count recurrence_bytes(const Call& call, const Cell& cell) noexcept;
void run_recurrence(const Call& call, const Inputs& in, const Tensor<float>& out,
                    const Workspace& workspace, const Cell& cell) noexcept;

/// Info::own_task of these layers.
inline constexpr const char* kRecurrenceTask = "is a recurrence over v, and sees no q and k";

/// A variant that is such a layer, with the cell of CellType. It states its definition, as any
/// Defines<Self>, and other inputs than gated_inputs() if it has them.
template <class Self, class CellType>
class RecurrentVariant : public Defines<Self> {
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
