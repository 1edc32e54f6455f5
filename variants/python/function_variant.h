// A Python function or class as a variant of some kind. What it computes, it has from a registered
// variant or from functions of its own.
#pragma once

#include <memory>
#include <string>

#include "attnbench/variant.h"
#include "python/calls.h"

namespace attnbench::python {

/// What a file declares of one variant; see Declared in python/attnbench/variants.py. Its Python
/// objects are never freed, since no plugin is unloaded.
struct Declared {
  std::string place;  ///< "FILE:LINE"
  py::handle target;  ///< The function, or the class.
  bool is_class = false;
  bool has_setup = false;
  uint32_t takes = 0;
  py::handle supports;  ///< None, or a function of a call.
  std::string missing;  ///< Why it cannot run here; empty if it can.
};

/// What is declared, and the calls of it. Everything that it refers to must outlive it.
class Function {
 public:
  Function(const Declared& declared, const Info* info, const HostV1& host)
      : declared_(declared), info_(info), host_(host) {}

  const Declared& declared() const { return declared_; }
  const HostV1& host() const { return host_; }

  /// `seen` says which keys a query sees, for the object that stands for the call; null if the
  /// variant has no such keys.
  Support supports(const Call& call, const Exact* seen) const noexcept;
  void setup(const Call& call, const Exact* seen) const noexcept;
  void forward(const Call& call, const Exact* seen, const Inputs& inputs,
               const Tensor<float>& out) const noexcept;

  /// The object that stands for the call where the file says what it computes, so that it does not
  /// say which keys a query sees. The interpreter is locked.
  const py::object& object_of(const Call& call) const;
  /// What the file states; `theory_of` is a method of the Declared in Python.
  Theory theory(const py::handle& theory_of, const Call& call) const noexcept;

 private:
  /// What is kept for one call: the object that stands for it, and what is called.
  struct Ready {
    OwnedCall call;
    py::object object;
    py::object function;
    bool has_written = false;  ///< A call of it has written all of out.
  };
  struct Asked {
    OwnedCall call;
    py::object object;
  };

  Ready& ready(const Call& call, const Exact* seen) const;
  void run(const Call& call, const Exact* seen, const Inputs& inputs,
           const Tensor<float>& out) const;

  Declared declared_;
  const Info* info_;
  const HostV1& host_;
  mutable std::unique_ptr<Ready>
      ready_;  ///< Of the latest call only, to free a framework's memory.
  mutable std::unique_ptr<Asked> asked_;  ///< The latest call, as many queries of it follow.
};

/// Forward is the function, or the method of an instance that is made and set up for each call.
/// `Kind` is Exact or Defined.
template <class Kind>
class FunctionVariant : public Kind, public NeedsSetup {
 public:
  /// `info` is this variant's own. Everything must outlive this object.
  FunctionVariant(const Declared& declared, const Info* info, const HostV1& host)
      : function_(declared, info, host) {}

  uint32_t takes() const noexcept final { return function_.declared().takes; }
  Support supports(const Call& call) const noexcept override {
    return function_.supports(call, this->exact());
  }
  Count workspace_bytes(const Call&) const noexcept final { return {}; }
  const NeedsSetup* needs_setup() const noexcept final {
    return function_.declared().has_setup ? this : nullptr;
  }
  void setup(const Call& call) const noexcept final { function_.setup(call, this->exact()); }
  void forward(const Call& call, const Inputs& inputs, const Tensor<float>& out,
               const Workspace&) const noexcept final {
    function_.forward(call, this->exact(), inputs, out);
  }

 protected:
  ~FunctionVariant() = default;

  const Function& function() const { return function_; }

 private:
  Function function_;
};

/// Sees what a registered variant sees, and has its params and its theory.
class LikeExact final : public FunctionVariant<Exact> {
 public:
  LikeExact(const Declared& declared, const Info* info, const HostV1& host, const Exact& like)
      : FunctionVariant(declared, info, host), like_(like) {}
  ~LikeExact() = default;

  Support supports(const Call& call) const noexcept override;
  Theory theory(const Call& call) const noexcept override { return like_.theory(call); }
  void visible_keys(const Call& call, int64_t query, KeySpans& keys) const noexcept override {
    like_.visible_keys(call, query, keys);
  }

 private:
  const Exact& like_;
};

/// Calls a function that does nothing, as FunctionVariant calls others. It stands for no variant.
class Empty final : public Exact {
 public:
  Empty(const py::handle& function, const HostV1& host) : function_(function), host_(host) {}
  ~Empty() = default;

  Count workspace_bytes(const Call&) const noexcept override { return {}; }
  Theory theory(const Call&) const noexcept override { return {}; }
  void visible_keys(const Call&, int64_t, KeySpans&) const noexcept override {}
  void forward(const Call& call, const Inputs& inputs, const Tensor<float>& out,
               const Workspace&) const noexcept override;

 private:
  py::handle function_;
  const HostV1& host_;
};

}  // namespace attnbench::python
