// An exact variant that the engine computes, forward and backward.
#pragma once

#include <algorithm>

#include "attnbench/training.h"
#include "kernels/backward.h"
#include "kernels/engine.h"

namespace attnbench::kernels {

/// It states which keys a query sees, and how time grows.
class EngineVariant : public Exact, public Differentiable {
 public:
  virtual Tile tile(const Call&) const noexcept { return kDefaultTile; }

  uint32_t takes() const noexcept override { return kEngineTakes; }

  Count workspace_bytes(const Call& call) const noexcept final {
    return scratch_bytes(call, tile(call));
  }
  void forward(const Call& call, const Inputs& inputs, const Tensor<float>& out,
               const Workspace& workspace) const noexcept final {
    attend(*this, call, tile(call), inputs, out, workspace.data);
  }

  const Differentiable* differentiable() const noexcept final { return this; }
  Count saved_bytes(const Call& call) const noexcept final { return log_sum_bytes(call); }
  Count training_workspace_bytes(const Call& call) const noexcept final {
    const Pass all{*this, tile(call)};
    return std::max(scratch_bytes(call, all.tile), backward_bytes(call, {&all, 1}));
  }
  Theory training_theory(const Call& call) const noexcept final { return {theory(call).time, {1}}; }
  void forward_saving(const Call& call, const Inputs& inputs, const Tensor<float>& out,
                      const Workspace& saved, const Workspace& workspace) const noexcept final {
    attend(*this, call, tile(call), inputs, out, workspace.data,
           reinterpret_cast<float*>(saved.data));
  }
  void backward(const Call& call, const Inputs& inputs, const Tensor<const float>& out,
                const Saved& saved, const Tensor<const float>& d_out, const Gradients& gradients,
                const Workspace& workspace) const noexcept final {
    const Backward task{call,  inputs,   out, reinterpret_cast<const float*>(saved.data),
                        d_out, gradients};
    const Pass all{*this, tile(call)};
    attend_backward({&all, 1}, task, workspace.data);
  }

 protected:
  ~EngineVariant() = default;
};

}  // namespace attnbench::kernels
