// An approximate variant, or a baseline: its file defines what it computes, says what that costs,
// and has params of its own.
#pragma once

#include "python/function_variant.h"

namespace attnbench::python {

class OwnDefined final : public FunctionVariant<Defined> {
 public:
  /// `from` is the Declared in Python: it has theory_of(call), cost_of(call) and
  /// rows_of(q, k, v, call, rows, dtype).
  OwnDefined(const Declared& declared, const Info* info, const HostV1& host,
             const py::handle& from);
  ~OwnDefined() = default;

  Theory theory(const Call& call) const noexcept override;
  Cost cost(const Call& call) const noexcept override;
  void define(const Call&, const Inputs&, const Rows&, double* out) const override;
  void define(const Call&, const Inputs&, const Rows&, float* out) const override;

 private:
  template <class Real>
  void define_in(const char* dtype, const Call&, const Inputs&, const Rows&, Real* out) const;

  py::handle theory_of_, cost_of_, rows_of_;
};

}  // namespace attnbench::python
