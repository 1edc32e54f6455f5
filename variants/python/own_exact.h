// An exact variant whose file says itself which keys a query sees, and has params of its own.
#pragma once

#include "python/function_variant.h"

namespace attnbench::python {

class OwnExact final : public FunctionVariant<Exact> {
 public:
  /// `from` is the Declared in Python: it has visible_keys(call, query), and theory_of(call).
  OwnExact(const Declared& declared, const Info* info, const HostV1& host, const py::handle& from);
  ~OwnExact() = default;

  Theory theory(const Call& call) const noexcept override;
  /// Of the keys that the function gives, those that the problem has and causal allows.
  void visible_keys(const Call& call, int64_t query, KeySpans& keys) const noexcept override;

 private:
  py::handle visible_keys_, theory_of_;
};

}  // namespace attnbench::python
