// What a variant has if it can be trained: a forward pass that keeps what the backward pass needs,
// and that backward pass.
#pragma once

#include <cstddef>
#include <cstdint>

#include "attnbench/variant.h"

namespace attnbench {

/// Where backward writes: the gradients of a loss with respect to q, k and v, each with the shape
/// of its input, and to declared inputs.
struct Gradients {
  Tensor<float> q;
  Tensor<float> k;
  Tensor<float> v;
  /// One for each declared input, in the order declared. `data` is null unless the input is
  /// learned.
  const Tensor<float>* extra = nullptr;
  int64_t extra_count = 0;
};

class DifferentiableDefined;

/// What forward_saving kept; backward only reads it.
struct Saved {
  const std::byte* data = nullptr;
  size_t bytes = 0;
};

/// An Exact that can be trained derives from this too, a Defined from DefinesGradients below; both
/// override Variant::differentiable to return themselves. One training step is forward_saving, then
/// backward. Nothing throws or allocates; what Variant says of forward holds for both.
class Differentiable {
 public:
  /// Whether this call can be trained: `reason` says why not. Asked only if Variant::supports and
  /// takes say that forward can do it.
  virtual Support supports_training(const Call&) const noexcept { return {}; }

  /// Exactly what forward_saving keeps for backward, in bytes, beside the inputs and out, which
  /// backward is given too. Above kSteadyBytes it never falls while a dimension grows, other than
  /// q_len: more of what backward needs may then be in out, as the states of a recurrence are.
  virtual Count saved_bytes(const Call&) const noexcept = 0;

  /// Exact scratch, in bytes, that forward_saving and backward are given, each for itself: enough
  /// for either.
  virtual Count training_workspace_bytes(const Call&) const noexcept = 0;

  /// How backward's time, and the bytes saved (as memory), should grow with n.
  virtual Theory training_theory(const Call&) const noexcept = 0;

  /// Computes out as Variant::forward does, up to rounding, and fills `saved`, which is
  /// saved_bytes() long and aligned to 64 bytes.
  virtual void forward_saving(const Call&, const Inputs&, const Tensor<float>& out,
                              const Workspace& saved, const Workspace&) const noexcept = 0;

  /// Given d_out, the gradient of a loss with respect to out, writes every element of `gradients`
  /// (overwrites, never adds): the same bits for any number of threads and on every run. `out` and
  /// `saved` are those of forward_saving with the same call and inputs. A query that sees nothing
  /// has a gradient of zero, as has a key that no query sees.
  virtual void backward(const Call&, const Inputs&, const Tensor<const float>& out, const Saved&,
                        const Tensor<const float>& d_out, const Gradients& gradients,
                        const Workspace&) const noexcept = 0;

  /// This object as one with a definition of its gradients; null if the variant is exact.
  virtual const DifferentiableDefined* defines_gradients() const noexcept { return nullptr; }

 protected:
  ~Differentiable() = default;
};

/// Where a definition of gradients writes: arrays with the shapes of Gradients, filled with zeros
/// before. `extra` has one for each declared input; it is null unless the input is learned.
template <class Real>
struct DefinedGradients {
  Real* q = nullptr;
  Real* k = nullptr;
  Real* v = nullptr;
  Real* const* extra = nullptr;
};

/// A Defined that can be trained. Its gradients are judged as its output is (see Defined): by a
/// definition of them in double, and the same in float.
class DifferentiableDefined : public Differentiable {
 public:
  /// The least that backward needs: operations, and memory traffic of the inputs, d_out and the
  /// gradients, each once.
  virtual Cost backward_cost(const Call&) const noexcept = 0;

  /// Fills all gradients. May allocate, and throw std::bad_alloc.
  virtual void define_gradients(const Call&, const Inputs&, const Tensor<const float>& d_out,
                                const DefinedGradients<double>&) const = 0;
  virtual void define_gradients(const Call&, const Inputs&, const Tensor<const float>& d_out,
                                const DefinedGradients<float>&) const = 0;

  const DifferentiableDefined* defines_gradients() const noexcept final { return this; }

 protected:
  ~DifferentiableDefined() = default;
};

/// A DifferentiableDefined whose definition is one template: derive from DefinesGradients<Self> and
/// write
///   template <class Real> void gradients(const Call&, const Inputs&,
///                                        const Tensor<const float>& d_out,
///                                        const DefinedGradients<Real>&) const;
template <class Self>
class DefinesGradients : public DifferentiableDefined {
 public:
  void define_gradients(const Call& call, const Inputs& in, const Tensor<const float>& d_out,
                        const DefinedGradients<double>& to) const final {
    static_cast<const Self&>(*this).template gradients<double>(call, in, d_out, to);
  }
  void define_gradients(const Call& call, const Inputs& in, const Tensor<const float>& d_out,
                        const DefinedGradients<float>& to) const final {
    static_cast<const Self&>(*this).template gradients<float>(call, in, d_out, to);
  }

 protected:
  ~DefinesGradients() = default;
};

}  // namespace attnbench
