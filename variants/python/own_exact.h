// An exact variant whose file says itself which keys a query sees, and has params of its own.
#pragma once

#include <memory>

#include "python/function_variant.h"

namespace attnbench::python {

class OwnExact final : public FunctionVariant {
 public:
  /// `from` is the Declared in Python: it has visible_keys(call, query), and theory_of(call).
  OwnExact(const Declared& declared, const Info* info, const HostV1& host, const py::handle& from);
  ~OwnExact() = default;

  Theory theory(const Call& call) const noexcept override;
  /// Of the keys that the function gives, those that the problem has and causal allows.
  void visible_keys(const Call& call, int64_t query, KeySpans& keys) const noexcept override;

 private:
  struct Asked {
    OwnedCall call;
    py::object object;
  };

  /// The object that stands for the call; the interpreter is locked.
  const py::object& object_of(const Call& call) const;

  py::handle visible_keys_, theory_of_;
  mutable std::unique_ptr<Asked> asked_;  ///< The latest call, as many queries of it follow.
};

}  // namespace attnbench::python
