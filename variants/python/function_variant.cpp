// Calls the function, sets up an instance of the class, and asks what it supports.
#include "python/function_variant.h"

#include <pybind11/stl.h>

#include <set>
#include <stdexcept>
#include <vector>

#include "python/locked.h"

namespace attnbench::python {
namespace {

/// The text, which then lives as long as the process.
const char* kept(const std::string& text) {
  static auto* const texts = new std::set<std::string>();
  return texts->insert(text).first->c_str();
}

}  // namespace

Support Function::supports(const Call& call, const Exact* seen) const noexcept {
  if (!declared_.missing.empty()) return {declared_.missing.c_str()};
  Support support;
  if (declared_.supports.is_none()) return support;
  locked(host_, declared_.place, "supports", [&] {
    const py::object reason =
        declared_.supports(call_object(OwnedCall(call, info_->param_count), info_, seen));
    if (reason.is_none()) return;
    if (!py::isinstance<py::str>(reason))
      throw std::runtime_error("returns something else than None or a text that says why not");
    support.reason = kept(py::cast<std::string>(reason));
  });
  return support;
}

Function::Ready& Function::ready(const Call& call, const Exact* seen) const {
  if (ready_ && ready_->call.is(call)) return *ready_;
  ready_.reset();
  OwnedCall owned(call, info_->param_count);
  py::object object = call_object(owned, info_, seen);
  py::object function = py::reinterpret_borrow<py::object>(declared_.target);
  if (declared_.is_class) {
    const py::object instance = declared_.target();
    if (declared_.has_setup) instance.attr("setup")(object);
    function = instance.attr("forward");
  }
  ready_.reset(new Ready{std::move(owned), std::move(object), std::move(function)});
  return *ready_;
}

const py::object& Function::object_of(const Call& call) const {
  if (!asked_ || !asked_->call.is(call)) {
    OwnedCall owned(call, info_->param_count);
    py::object object = call_object(owned, info_, nullptr);
    asked_.reset(new Asked{std::move(owned), std::move(object)});
  }
  return asked_->object;
}

Theory Function::theory(const py::handle& theory_of, const Call& call) const noexcept {
  Theory theory;
  locked(host_, declared_.place, "theory", [&] {
    const auto powers = py::cast<std::vector<double>>(theory_of(object_of(call)));
    theory = {{powers.at(0), powers.at(1)}, {powers.at(2), powers.at(3)}};
  });
  return theory;
}

void Function::setup(const Call& call, const Exact* seen) const noexcept {
  locked(host_, declared_.place, "setup", [&] { ready(call, seen); });
}

void Function::run(const Call& call, const Exact* seen, const Inputs& inputs,
                   const Tensor<float>& out) const {
  Ready& now = ready(call, seen);
  if (!now.has_written) mark_unwritten(out);
  call_function(now.function, now.object, inputs, out);
  if (now.has_written) return;
  if (const std::string fault = unwritten(out); !fault.empty()) throw std::runtime_error(fault);
  now.has_written = true;
}

void Function::forward(const Call& call, const Exact* seen, const Inputs& inputs,
                       const Tensor<float>& out) const noexcept {
  locked(host_, declared_.place, info_->name, [&] { run(call, seen, inputs, out); });
}

Support LikeExact::supports(const Call& call) const noexcept {
  const Support of_like = like_.supports(call);
  return of_like.ok() ? FunctionVariant::supports(call) : of_like;
}

void Empty::forward(const Call&, const Inputs& inputs, const Tensor<float>& out,
                    const Workspace&) const noexcept {
  static const std::string kHere = "attnbench/loading.py";
  locked(host_, kHere, "empty", [&] { call_function(function_, py::none(), inputs, out); });
}

}  // namespace attnbench::python
