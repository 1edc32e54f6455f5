// One way for each kind of variant to know what an output row should be.
#include "measure/truth.h"

#include <cmath>
#include <cstdio>
#include <stdexcept>

#include "machine/buffer.h"
#include "measure/float_runs.h"
#include "measure/oracle.h"
#include "measure/replicas.h"
#include "registry/registry.h"

namespace attnbench::measure {
namespace {

constexpr double kRounding = 0x1p-24;
constexpr const char* kMalformed = "its decisions are malformed";

/// Where a row number points.
struct Place {
  int64_t batch, head, query;
};
Place place_of(const Problem& p, int64_t row) {
  return {row / p.q_len / p.heads, row / p.q_len % p.heads, row % p.q_len};
}

RowTruth truth_of(const QueryRow& query, Bounds bounds) {
  OracleRow oracle = oracle_row(query);
  RowTruth truth;
  if (bounds == Bounds::kWanted) truth.bound = sharp_bound(query, oracle);
  truth.out = std::move(oracle.out);
  truth.least_weight = oracle.least_weight;
  truth.query = &query;
  return truth;
}

void tell_exact(const Exact& variant, const Call& call, const Inputs& inputs,
                std::span<const int64_t> rows, Bounds bounds, const TakeTruth& take) {
#pragma omp parallel for schedule(dynamic)
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto [batch, head, query] = place_of(call.problem, rows[i]);
    take(i, truth_of(query_row(variant, call, inputs, batch, head, query), bounds));
  }
}

/// Rows of a definition in double; with their bounds if these are wanted.
template <class Define>
std::vector<RowTruth> defined_rows(const Define& define, const Inputs& inputs, size_t rows,
                                   int64_t dim, Bounds bounds) {
  const auto columns = static_cast<size_t>(dim);
  std::vector<double> out(rows * columns);
  define(inputs, out.data());
  Replicated replicated;
  if (bounds == Bounds::kWanted)
    replicated =
        replicated_bound([&](const Inputs& in, float* row) { define(in, row); }, inputs, out, dim);
  std::vector<RowTruth> truths(rows);
  for (size_t i = 0; i < rows; ++i) {
    const auto begin = static_cast<ptrdiff_t>(i * columns);
    truths[i].out.assign(out.begin() + begin, out.begin() + begin + dim);
    if (bounds == Bounds::kWanted)
      truths[i].bound.assign(replicated.bound.begin() + begin,
                             replicated.bound.begin() + begin + dim);
    for (size_t d = 0; d < columns; ++d)
      if (!std::isfinite(truths[i].out[d])) truths[i].objection = "its definition is not finite";
    truths[i].judgeable = replicated.evaluable;
    if (!replicated.evaluable && truths[i].objection.empty())
      truths[i].objection = "its definition is not finite in float32, so nothing can be judged";
  }
  return truths;
}

void tell_defined(const Defined& variant, const Call& call, const Inputs& inputs,
                  std::span<const int64_t> rows, Bounds bounds, const TakeTruth& take) {
  const Rows wanted{rows.data(), std::ssize(rows)};
  const auto define = [&](const Inputs& in, auto* out) { variant.define(call, in, wanted, out); };
  const auto truths = defined_rows(define, inputs, rows.size(), call.problem.head_dim, bounds);
  for (size_t i = 0; i < rows.size(); ++i) take(i, truths[i]);
}

/// The decisions of one head, which forward makes.
class Decisions {
 public:
  Decisions(const Deciding& variant, const Call& call)
      : variant_(variant),
        call_(call),
        scratch_(static_cast<size_t>(variant.workspace_bytes(call).value())) {
    const Count count = variant.decision_count(call);
    if (count.saturated()) throw std::bad_alloc();
    values_.resize(static_cast<size_t>(count.value()));
  }

  void decide(const Inputs& inputs, int64_t batch, int64_t head) {
    variant_.decide(call_, inputs, batch, head, values_.data(), {scratch_.data(), scratch_.size()});
  }
  const int32_t* values() const { return values_.data(); }

  /// Why the decisions that matter to this query can't be those of a right kernel; empty if they
  /// can.
  std::string objection(const Inputs& inputs, const Place& at) const {
    const Regret regret =
        variant_.regret(call_, inputs, at.batch, at.head, values_.data(), at.query);
    const double allowed =
        4 * kRounding * (static_cast<double>(regret.terms) + 2) * regret.magnitude;
    if (regret.loss <= allowed) return {};
    if (!std::isfinite(regret.loss)) return kMalformed;
    char text[160];
    std::snprintf(text, sizeof text,
                  "its decisions are worse than the best ones by %.3g, and rounding explains %.3g",
                  regret.loss, allowed);
    return text;
  }

 private:
  const Deciding& variant_;
  const Call& call_;
  machine::Buffer scratch_;
  std::vector<int32_t> values_;
};

/// Whether spans ascend without overlap within [0, kv_len).
bool well_formed(const std::vector<KeySpan>& spans, int64_t kv_len) {
  int64_t end = 0;
  for (const KeySpan& span : spans) {
    if (span.step < 1 || span.begin < end || span.end > kv_len || span.begin >= span.end)
      return false;
    end = span.end;
  }
  return true;
}

/// Calls `tell(first, end)` for the rows of each head: places in `rows`.
template <class Tell>
void for_each_head(const Problem& p, std::span<const int64_t> rows, const Tell& tell) {
  for (size_t first = 0, end = 0; first < rows.size(); first = end) {
    while (end < rows.size() && rows[end] / p.q_len == rows[first] / p.q_len) ++end;
    tell(first, end);
  }
}

void tell_selective(const Selective& variant, const Call& call, const Inputs& inputs,
                    std::span<const int64_t> rows, Bounds bounds, const TakeTruth& take) {
  Decisions decisions(variant, call);
  for_each_head(call.problem, rows, [&](size_t first, size_t end) {
    const Place head = place_of(call.problem, rows[first]);
    decisions.decide(inputs, head.batch, head.head);
#pragma omp parallel for schedule(dynamic)
    for (size_t i = first; i < end; ++i) {
      const Place at = place_of(call.problem, rows[i]);
      const auto spans = registry::selected_keys(variant, call, decisions.values(), at.query);
      const bool sound = well_formed(spans, call.problem.kv_len);
      const QueryRow query = query_row(call.problem, inputs, at.batch, at.head, at.query,
                                       sound ? spans : std::vector<KeySpan>());
      RowTruth truth = truth_of(query, bounds);
      truth.objection = sound ? decisions.objection(inputs, at) : kMalformed;
      take(i, truth);
    }
  });
}

void tell_given_decisions(const DefinedGivenDecisions& variant, const Call& call,
                          const Inputs& inputs, std::span<const int64_t> rows, Bounds bounds,
                          const TakeTruth& take) {
  Decisions decisions(variant, call);
  for_each_head(call.problem, rows, [&](size_t first, size_t end) {
    const Place head = place_of(call.problem, rows[first]);
    decisions.decide(inputs, head.batch, head.head);
    const Rows wanted{rows.data() + first, static_cast<int64_t>(end - first)};
    const auto define = [&](const Inputs& in, auto* out) {
      variant.define(call, in, decisions.values(), wanted, out);
    };
    auto truths = defined_rows(define, inputs, end - first, call.problem.head_dim, bounds);
    for (size_t i = first; i < end; ++i) {
      RowTruth& truth = truths[i - first];
      const std::string objection = decisions.objection(inputs, place_of(call.problem, rows[i]));
      if (!objection.empty()) truth.objection = objection;
      take(i, truth);
    }
  });
}

}  // namespace

void tell_truth(const Variant& variant, const Call& call, const Inputs& inputs,
                std::span<const int64_t> rows, Bounds bounds, const TakeTruth& take) {
  if (const Exact* exact = variant.exact())
    tell_exact(*exact, call, inputs, rows, bounds, take);
  else if (const Defined* defined = variant.defined())
    tell_defined(*defined, call, inputs, rows, bounds, take);
  else if (const Selective* selective = variant.selective())
    tell_selective(*selective, call, inputs, rows, bounds, take);
  else if (const DefinedGivenDecisions* given = variant.defined_given_decisions())
    tell_given_decisions(*given, call, inputs, rows, bounds, take);
  else
    throw std::logic_error("a variant of no kind");
}

}  // namespace attnbench::measure
