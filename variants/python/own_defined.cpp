// Asks Python for rows of a definition.
#include "python/own_defined.h"

#include <pybind11/stl.h>

#include <algorithm>
#include <vector>

#include "python/locked.h"

namespace attnbench::python {

OwnDefined::OwnDefined(const Declared& declared, const Info* info, const HostV1& host,
                       const py::handle& from)
    : FunctionVariant(declared, info, host),
      theory_of_(py::object(from.attr("theory_of")).release()),
      cost_of_(py::object(from.attr("cost_of")).release()),
      rows_of_(py::object(from.attr("rows_of")).release()) {}

Theory OwnDefined::theory(const Call& call) const noexcept {
  return function().theory(theory_of_, call);
}

Cost OwnDefined::cost(const Call& call) const noexcept {
  Cost cost;
  locked(function().host(), function().declared().place, "cost", [&] {
    const auto counts = py::cast<std::vector<int64_t>>(cost_of_(function().object_of(call)));
    cost = {Count(counts.at(0)), Count(counts.at(1)), Count(counts.at(2)), Count(counts.at(3))};
  });
  return cost;
}

template <class Real>
void OwnDefined::define_in(const char* dtype, const Call& call, const Inputs& in, const Rows& rows,
                           Real* out) const {
  locked(function().host(), function().declared().place, "definition", [&] {
    const py::object answer =
        rows_of_(reading(in.q), reading(in.k), reading(in.v), function().object_of(call),
                 numbers(rows.numbers, rows.count), dtype);
    const auto values = py::cast<py::array_t<Real, py::array::c_style>>(answer);
    std::copy_n(values.data(), rows.count * call.problem.head_dim, out);
  });
}

void OwnDefined::define(const Call& call, const Inputs& in, const Rows& rows, double* out) const {
  define_in("float64", call, in, rows, out);
}

void OwnDefined::define(const Call& call, const Inputs& in, const Rows& rows, float* out) const {
  define_in("float32", call, in, rows, out);
}

}  // namespace attnbench::python
