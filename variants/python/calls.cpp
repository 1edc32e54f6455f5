// Makes numpy arrays over the harness's memory, and the object that stands for a call.
#include "python/calls.h"

#include <pybind11/stl.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace attnbench::python {
namespace {

/// Quiet NaNs of float32, bf16 and f16 with payloads that no calculation yields.
constexpr uint32_t kUnwritten = 0x7FC0BAD1u;
constexpr uint16_t kBf16Unwritten = 0x7FDB, kF16Unwritten = 0x7EDB;

/// What a problem's types are called in Python.
const char* name_of(Type type) {
  switch (type) {
    case Type::kF32:
      return "f32";
    case Type::kBf16:
      return "bf16";
    case Type::kF16:
      return "f16";
    case Type::kInt8:
      return "int8";
    case Type::kQ8_0:
      return "q8_0";
  }
  return "";
}

/// The elements of an array over a tensor. numpy has no bf16: its bits come as uint16. Python's
/// TAKES has no type with scales, so that no call has one.
py::dtype elements_of(Type type) {
  static const py::handle float32 = py::dtype("float32").release();
  static const py::handle float16 = py::dtype("float16").release();
  static const py::handle uint16 = py::dtype("uint16").release();
  const py::handle of_half = type == Type::kBf16 ? uint16 : float16;
  return py::reinterpret_borrow<py::dtype>(type == Type::kF32 ? float32 : of_half);
}

/// An array that refers to the tensor's memory. Its base is None: numpy frees nothing, and lets
/// nobody make a read-only array writeable.
template <class T>
py::array array_over(const Tensor<T>& t) {
  // The strides are given: see numbers().
  const int64_t bytes = element_bytes(t.type), row = t.dim * bytes;
  const std::array strides{t.heads * t.len * row, t.len * row, row, bytes};
  py::array array(elements_of(t.type), {t.batch, t.heads, t.len, t.dim}, strides, t.data,
                  py::none());
  if (std::is_const_v<T>)
    py::detail::array_proxy(array.ptr())->flags &= ~py::detail::npy_api::NPY_ARRAY_WRITEABLE_;
  return array;
}

/// How many of `count` elements hold the bits, and where the first of them is.
struct Found {
  int64_t count = 0;
  int64_t first = 0;
};
template <class Bits>
Found find(const void* data, int64_t count, Bits bits) {
  const auto* const begin = static_cast<const Bits*>(data);
  const auto* const first = std::find(begin, begin + count, bits);
  return {std::count(first, begin + count, bits), first - begin};
}

/// The bits that stand for "unwritten" in a 16-bit type.
uint16_t half_unwritten(Type type) {
  return type == Type::kBf16 ? kBf16Unwritten : kF16Unwritten;
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
  set("dtype", name_of(p.dtype)), set("kv_dtype", name_of(p.kv_dtype));
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
  return array_over(t);
}

/// The stride is given, since pybind11 before 2.12 can't compute it with numpy 2.
py::array_t<int64_t> numbers(const int64_t* values, int64_t count) {
  const std::array strides{static_cast<int64_t>(sizeof(int64_t))};
  return py::array_t<int64_t>(std::array{count}, strides, values);
}

void call_function(const py::handle& function, const py::handle& call, const Inputs& in,
                   const Tensor<float>& out) {
  const py::object returned =
      function(reading(in.q), reading(in.k), reading(in.v), call, array_over(out));
  if (!returned.is_none())
    throw std::runtime_error("returns " + text_of(py::type::handle_of(returned).attr("__name__")) +
                             ": write the answer into out (out[...] = answer) and return nothing");
}

void mark_unwritten(const Tensor<float>& out) {
  if (out.type == Type::kF32)
    std::fill_n(out.data, out.size(), std::bit_cast<float>(kUnwritten));
  else
    std::fill_n(out.row_as<uint16_t>(0, 0, 0), out.size(), half_unwritten(out.type));
}

std::string unwritten(const Tensor<float>& out) {
  const auto [count, at] = out.type == Type::kF32
                               ? find(out.data, out.size(), kUnwritten)
                               : find(out.data, out.size(), half_unwritten(out.type));
  if (count == 0) return {};
  const int64_t row = at / out.dim, head = row / out.len;
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
