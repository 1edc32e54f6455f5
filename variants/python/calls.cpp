// Makes numpy arrays over the harness's memory, and the object that stands for a call.
#include "python/calls.h"

#include <pybind11/stl.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <stdexcept>
#include <utility>

namespace attnbench::python {
namespace {

constexpr uint32_t kUnwritten = 0x7FC0BAD1u;

/// An array that refers to the tensor's memory. Its base is None: numpy frees nothing, and lets
/// nobody make a read-only array writeable.
py::array array_over(float* data, int64_t batch, int64_t heads, int64_t len, int64_t dim,
                     bool writeable) {
  static const py::handle float32 = py::dtype::of<float>().release();
  // The strides are given: see numbers().
  constexpr auto kBytes = static_cast<int64_t>(sizeof(float));
  const std::array strides{heads * len * dim * kBytes, len * dim * kBytes, dim * kBytes, kBytes};
  py::array array(py::reinterpret_borrow<py::dtype>(float32), {batch, heads, len, dim}, strides,
                  data, py::none());
  if (!writeable)
    py::detail::array_proxy(array.ptr())->flags &= ~py::detail::npy_api::NPY_ARRAY_WRITEABLE_;
  return array;
}

/// Collects spans as tuples.
class SpanTuples final : public KeySpans {
 public:
  void add(const KeySpan& span) noexcept override { spans.push_back(span); }
  std::vector<KeySpan> spans;
};

py::list spans_of(const Exact& exact, const Call& call, int64_t query) {
  if (query < 0 || query >= call.problem.q_len)
    throw py::index_error("a query is from 0 to " + std::to_string(call.problem.q_len - 1));
  SpanTuples found;
  exact.visible_keys(call, query, found);
  py::list list;
  for (const KeySpan& s : found.spans) list.append(py::make_tuple(s.begin, s.end, s.step));
  return list;
}

py::array_t<bool> mask_of(const Exact& exact, const Call& call) {
  const Problem& p = call.problem;
  py::array_t<bool> mask({p.q_len, p.kv_len});
  bool* row = mask.mutable_data();
  std::fill_n(row, p.q_len * p.kv_len, false);
  for (int64_t i = 0; i < p.q_len; ++i, row += p.kv_len) {
    SpanTuples found;
    exact.visible_keys(call, i, found);
    for (const KeySpan& s : found.spans)
      for (int64_t key = s.begin; key < s.end; key += s.step) row[key] = true;
  }
  return mask;
}

std::string text_of(const py::handle& object) {
  return py::cast<std::string>(py::str(object));
}

}  // namespace

OwnedCall::OwnedCall(const Call& call, int32_t param_count)
    : problem_(call.problem),
      params_(call.params, call.params + param_count),
      threads_(call.threads),
      list_(call.list.values, call.list.values + call.list.size) {}

bool OwnedCall::is(const Call& call) const {
  return threads_ == call.threads && list_size() == call.list.size && problem_ == call.problem &&
         std::equal(params_.begin(), params_.end(), call.params);
}

py::object call_object(const OwnedCall& owned, const Info* info, const Exact* exact) {
  const Call call = owned.view();
  const Problem& p = call.problem;
  py::dict facts, params;
  for (int32_t i = 0; i < info->param_count; ++i) params[info->params[i].name] = call.params[i];
  const auto set = [&](const char* name, auto value) { facts[name] = value; };
  set("batch", p.batch), set("heads", p.heads), set("kv_heads", p.kv_heads);
  set("q_len", p.q_len), set("kv_len", p.kv_len), set("head_dim", p.head_dim);
  set("causal", p.causal), set("scale", score_scale(p));
  set("softcap", p.softcap), set("alibi", p.alibi), set("threads", call.threads);
  set("params", params);
  set("list", numbers(call.list.values, call.list.size));
  if (exact != nullptr) {
    set("_mask", py::cpp_function([owned, exact] { return mask_of(*exact, owned.view()); }));
    set("_spans", py::cpp_function([owned, exact](int64_t query) {
          return spans_of(*exact, owned.view(), query);
        }));
  }
  return py::module_::import("attnbench.variants").attr("Call")(**facts);
}

py::array reading(const Tensor<const float>& t) {
  return array_over(const_cast<float*>(t.data), t.batch, t.heads, t.len, t.dim, false);
}

/// The stride is given, since pybind11 before 2.12 can't compute it with numpy 2.
py::array_t<int64_t> numbers(const int64_t* values, int64_t count) {
  const std::array strides{static_cast<int64_t>(sizeof(int64_t))};
  return py::array_t<int64_t>(std::array{count}, strides, values);
}

void call_function(const py::handle& function, const py::handle& call, const Inputs& in,
                   const Tensor<float>& out) {
  const py::object returned =
      function(reading(in.q), reading(in.k), reading(in.v), call,
               array_over(out.data, out.batch, out.heads, out.len, out.dim, true));
  if (!returned.is_none())
    throw std::runtime_error("returns " + text_of(py::type::handle_of(returned).attr("__name__")) +
                             ": write the answer into out (out[...] = answer) and return nothing");
}

void mark_unwritten(const Tensor<float>& out) {
  std::fill_n(out.data, out.size(), std::bit_cast<float>(kUnwritten));
}

std::string unwritten(const Tensor<float>& out) {
  const auto is_unwritten = [](float x) { return std::bit_cast<uint32_t>(x) == kUnwritten; };
  const float* const begin = out.data;
  const float* const end = begin + out.size();
  const float* const first = std::find_if(begin, end, is_unwritten);
  if (first == end) return {};
  const int64_t at = first - begin, row = at / out.dim, head = row / out.len;
  const int64_t count = std::count_if(first, end, is_unwritten);
  return "leaves " + std::to_string(count) + " of the " + std::to_string(out.size()) +
         " numbers of out unwritten, the first at out[" + std::to_string(head / out.heads) + ", " +
         std::to_string(head % out.heads) + ", " + std::to_string(row % out.len) + ", " +
         std::to_string(at % out.dim) + "]" +
         (count == out.size() ? "; `out = answer` gives a name to the answer, `out[...] = answer` "
                                "writes it"
                              : "");
}

void fail(const HostV1& host, py::error_already_set& error, const std::string& place) {
  std::string reason = "an exception that cannot be put into words", details;
  try {
    const py::object value = error.value();
    if (error.trace()) PyException_SetTraceback(value.ptr(), error.trace().ptr());
    const auto words = py::cast<std::pair<std::string, std::string>>(
        py::module_::import("attnbench.loading").attr("explain")(value, place));
    reason = words.first, details = words.second;
  } catch (const std::exception& e) {
    details = e.what();
  }
  host.fail(reason.c_str(), details.c_str());
  std::abort();
}

void fail(const HostV1& host, const std::string& reason) {
  host.fail(reason.c_str(), nullptr);
  std::abort();
}

}  // namespace attnbench::python
