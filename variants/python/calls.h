// Calls of Python functions: what they are given, and what their exceptions mean.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <optional>
#include <string>
#include <vector>

#include "attnbench/plugin.h"

namespace attnbench::python {

namespace py = pybind11;

/// A Call that owns its params and its list.
class OwnedCall {
 public:
  OwnedCall(const Call& call, int32_t param_count);

  Call view() const { return {problem_, params_.data(), threads_, {list_.data(), list_size()}}; }
  /// Params hold a digest of the list, so that it need not be compared.
  bool is(const Call& call) const;

 private:
  int64_t list_size() const { return static_cast<int64_t>(list_.size()); }

  Problem problem_;
  std::vector<int64_t> params_;
  int threads_;
  std::vector<int64_t> list_;
};

/// An instance of attnbench.variants.Call. `exact` says which keys its mask() and spans() hold;
/// null if it has none.
py::object call_object(const OwnedCall& call, const Info* info, const Exact* exact);

/// A read-only array over the tensor's own memory: float32; float16 if the tensor is f16; and if it
/// is bf16, which numpy lacks, uint16 with its bits.
py::array reading(const Tensor<const float>& tensor);

/// An array of its own.
py::array_t<int64_t> numbers(const int64_t* values, int64_t count);

/// Calls function(q, k, v, call, out) with arrays over the tensors' own memory. Throws
/// py::error_already_set, and std::runtime_error if it returns something.
void call_function(const py::handle& function, const py::handle& call, const Inputs& inputs,
                   const Tensor<float>& out);

/// Fills out with NaNs that no calculation gives.
void mark_unwritten(const Tensor<float>& out);
/// What still holds these; empty if nothing does.
std::string unwritten(const Tensor<float>& out);

/// Ends the process with the exception as its reason, by HostV1::fail.
/// One that no line of Python raised is named with `place`, where the variant is declared.
[[noreturn]] void fail(const HostV1& host, py::error_already_set& error, const std::string& place);
[[noreturn]] void fail(const HostV1& host, const std::string& reason);

}  // namespace attnbench::python
