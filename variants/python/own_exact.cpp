// Asks Python for the keys of a query.
#include "python/own_exact.h"

#include <pybind11/stl.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "python/locked.h"

namespace attnbench::python {
namespace {

KeySpan span_of(const py::handle& item) {
  const auto numbers = py::cast<std::vector<int64_t>>(item);
  if (numbers.size() != 2 && numbers.size() != 3)
    throw std::runtime_error("gives keys that are not (begin, end) or (begin, end, step)");
  const KeySpan span{numbers[0], numbers[1], numbers.size() == 3 ? numbers[2] : 1};
  if (span.step < 1) throw std::runtime_error("gives keys with a step below 1");
  return span;
}

/// The part of the span from key `first` on and below `end`.
KeySpan clipped(KeySpan span, int64_t first, int64_t end) {
  if (span.begin < first)
    span.begin += (first - span.begin + span.step - 1) / span.step * span.step;
  span.end = std::min(span.end, end);
  return span;
}

}  // namespace

OwnExact::OwnExact(const Declared& declared, const Info* info, const HostV1& host,
                   const py::handle& from)
    : FunctionVariant(declared, info, host),
      visible_keys_(py::object(from.attr("visible_keys")).release()),
      theory_of_(py::object(from.attr("theory_of")).release()) {}

Theory OwnExact::theory(const Call& call) const noexcept {
  return function().theory(theory_of_, call);
}

void OwnExact::visible_keys(const Call& call, int64_t query, KeySpans& keys) const noexcept {
  locked(function().host(), function().declared().place, "visible_keys", [&] {
    const Problem& p = call.problem;
    const int64_t end = p.causal ? std::min(p.kv_len, aligned_position(p, query) + 1) : p.kv_len;
    int64_t first = 0;  // The spans ascend and do not overlap.
    const py::object object = function().object_of(call);
    for (const py::handle& item : py::iter(visible_keys_(object, query))) {
      const KeySpan given = span_of(item);
      if (given.begin < first && first > 0)
        throw std::runtime_error("gives spans of keys that overlap or do not ascend");
      const KeySpan span = clipped(given, first, end);
      first = std::max(first, given.end);
      if (span.begin < span.end) keys.add(span);
    }
  });
}

}  // namespace attnbench::python
