// One way for each kind of variant to know what an output row should be.
#include "measure/truth.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>
#include <stdexcept>
#include <utility>

#include "measure/fenced_block.h"
#include "measure/first_exception.h"
#include "measure/float_runs.h"
#include "measure/oracle.h"
#include "measure/replicas.h"
#include "measure/sampled_rows.h"
#include "registry/registry.h"

namespace attnbench::measure {
namespace {

constexpr const char* kMalformed = "its decisions are malformed";
constexpr const char* kWorse = "its decisions are worse than the best ones";

/// Adds to the bounds what types narrower than float32 round beside the arithmetic: an output once;
/// and if q, k and v are all of one such type, a weight too, before it is multiplied by a value, as
/// kernels with native products of that type do. Half of binary16's smallest number is the least
/// that an output may be off.
void add_rounding_of_types(const Problem& p, const OracleRow& oracle, std::vector<double>& bound) {
  const double unit = unit_roundoff(p.dtype);
  if (unit == 0) return;
  const double least = p.dtype == Type::kF16 ? 0x1p-25 : 0;
  for (size_t d = 0; d < bound.size(); ++d)
    bound[d] += unit * (std::abs(oracle.out[d]) + bound[d]) + least +
                (p.kv_dtype == p.dtype ? unit * oracle.magnitude[d] : 0);
}

RowTruth truth_of(const QueryRow& query, Bounds bounds) {
  OracleRow oracle = oracle_row(query);
  RowTruth truth;
  if (bounds != Bounds::kUnwanted) {
    truth.bound = sharp_bound(query, oracle);
    add_rounding_of_types(query.problem, oracle, truth.bound);
  }
  truth.out = std::move(oracle.out);
  truth.least_weight = oracle.least_weight;
  truth.query = &query;
  return truth;
}

void tell_exact(const Exact& variant, const Call& call, const Inputs& inputs,
                std::span<const int64_t> rows, Bounds bounds, const TakeTruth& take) {
  FirstException failure;
#pragma omp parallel for schedule(dynamic)
  for (size_t i = 0; i < rows.size(); ++i)
    failure.keep([&] {
      const auto [batch, head, query] = place_of(call.problem, rows[i]);
      take(i, truth_of(query_row(variant, call, inputs, batch, head, query), bounds));
    });
  failure.rethrow();
}

/// Rows of a definition in double, [rows, dim], with the mean squared errors of each element in
/// float32 if bounds are wanted.
struct DefinedRows {
  std::vector<double> out, squares;
};

template <class Define>
DefinedRows defined_rows(const Define& define, const Inputs& inputs, size_t rows, int64_t dim,
                         Bounds bounds) {
  DefinedRows defined{std::vector<double>(rows * static_cast<size_t>(dim)), {}};
  define(inputs, defined.out.data());
  if (bounds != Bounds::kUnwanted)
    defined.squares =
        replica_errors([&](const Given& given, float* out) { define(given.inputs, out); }, {inputs},
                       defined.out, bounds == Bounds::kInDoubt ? kReplicasInDoubt : kReplicas);
  return defined;
}

void tell_defined(const Defined& variant, const Call& call, const Inputs& inputs,
                  std::span<const int64_t> rows, Bounds bounds, const TakeTruth& take) {
  const Rows wanted{rows.data(), std::ssize(rows)};
  const auto define = [&](const Inputs& in, auto* out) { variant.define(call, in, wanted, out); };
  const int64_t dim = call.problem.head_dim;
  const DefinedRows defined = defined_rows(define, inputs, rows.size(), dim, bounds);
  const std::vector<RowTruth> truths = replicated_truths(defined.out, defined.squares, dim);
  for (size_t i = 0; i < rows.size(); ++i) take(i, truths[i]);
}

size_t decision_bytes(const Deciding& variant, const Call& call) {
  const Count bytes = variant.decision_count(call) * count(sizeof(int32_t));
  if (bytes.saturated()) throw std::bad_alloc();
  return static_cast<size_t>(bytes.value());
}

/// The decisions of one head, which forward makes.
class Decisions {
 public:
  Decisions(const Deciding& variant, const Call& call)
      : variant_(variant),
        call_(call),
        scratch_(static_cast<size_t>(variant.workspace_bytes(call).value()), 64, FencedEnd::kFront),
        values_(decision_bytes(variant, call), 64, FencedEnd::kFront) {}

  /// A decision that is not written is -1.
  void decide(const Inputs& inputs, int64_t batch, int64_t head) {
    std::fill_n(values_.data(), values_.size(), std::byte{0xFF});
    variant_.decide(call_, inputs, batch, head, values().data(),
                    {scratch_.data(), scratch_.size()});
  }
  std::span<int32_t> values() const {
    return {reinterpret_cast<int32_t*>(values_.data()), values_.size() / sizeof(int32_t)};
  }

  /// Why the decisions that matter to this query can't be those of a right kernel; empty if they
  /// can.
  std::string objection(const Inputs& inputs, const RowPlace& at) const {
    for (const auto& [what, block] :
         {std::pair("its decisions ", &values_), std::pair("its workspace ", &scratch_)})
      if (const std::string beyond = block->trespass(); !beyond.empty())
        return "decide touched " + (what + beyond);
    const Regret regret =
        variant_.regret(call_, inputs, at.batch, at.head, values().data(), at.query);
    const double allowed =
        4 * kRounding * (static_cast<double>(regret.terms) + 2) * regret.magnitude;
    if (!std::isfinite(regret.loss)) return kMalformed;
    if (!std::isfinite(allowed)) return "the magnitude of its regret is not finite";
    if (regret.loss <= allowed) return {};
    char text[160];
    std::snprintf(text, sizeof text, "%s by %.3g, and rounding explains %.3g", kWorse, regret.loss,
                  allowed);
    return text;
  }

 private:
  const Deciding& variant_;
  const Call& call_;
  FencedBlock scratch_, values_;
};

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
  const auto tell = [&](size_t i) {
    const RowPlace at = place_of(call.problem, rows[i]);
    auto spans = registry::selected_keys(variant, call, decisions.values().data(), at.query);
    const std::string wrong = registry::malformed_keys(call.problem, at.query, spans);
    if (!wrong.empty()) spans.clear();
    const QueryRow query = query_row(call.problem, inputs, at.batch, at.head, at.query, spans);
    RowTruth truth = truth_of(query, bounds);
    truth.objection = wrong.empty() ? decisions.objection(inputs, at) : kMalformed + (": " + wrong);
    take(i, truth);
  };
  for_each_head(call.problem, rows, [&](size_t first, size_t end) {
    const RowPlace head = place_of(call.problem, rows[first]);
    decisions.decide(inputs, head.batch, head.head);
    FirstException failure;
#pragma omp parallel for schedule(dynamic)
    for (size_t i = first; i < end; ++i) failure.keep([&] { tell(i); });
    failure.rethrow();
  });
}

void tell_given_decisions(const DefinedGivenDecisions& variant, const Call& call,
                          const Inputs& inputs, std::span<const int64_t> rows, Bounds bounds,
                          const TakeTruth& take) {
  const Problem& p = call.problem;
  // Decisions of all heads, so that the same copies of inputs serve all. Those of a head are left
  // out if they are more than worse than the best ones: a definition could not go by them.
  std::vector<std::optional<std::vector<int32_t>>> decided;
  std::vector<std::string> objections(rows.size());
  Decisions decisions(variant, call);
  for_each_head(p, rows, [&](size_t first, size_t end) {
    const RowPlace head = place_of(p, rows[first]);
    decisions.decide(inputs, head.batch, head.head);
    const std::span<const int32_t> values = decisions.values();
    decided.emplace_back(std::in_place, values.begin(), values.end());
    for (size_t i = first; i < end; ++i)
      objections[i] = decisions.objection(inputs, place_of(p, rows[i]));
    const auto unusable = std::find_if(
        &objections[first], &objections[first] + (end - first), [](const std::string& objection) {
          return !objection.empty() && !objection.starts_with(kWorse);
        });
    if (unusable == &objections[first] + (end - first)) return;
    decided.back().reset();
    const std::string why = *unusable;
    std::fill(&objections[first], &objections[first] + (end - first), why);
  });
  const auto define = [&](const Inputs& in, auto* out) {
    auto head = decided.begin();
    for_each_head(p, rows, [&](size_t first, size_t end) {
      const Rows wanted{rows.data() + first, static_cast<int64_t>(end - first)};
      if (*head)
        variant.define(call, in, (*head)->data(), wanted,
                       out + static_cast<int64_t>(first) * p.head_dim);
      ++head;
    });
  };
  const DefinedRows defined = defined_rows(define, inputs, rows.size(), p.head_dim, bounds);
  for_each_head(p, rows, [&](size_t first, size_t end) {
    const auto part_of = [&](std::span<const double> all) {
      const auto dim = static_cast<size_t>(p.head_dim);
      return all.empty() ? all : all.subspan(first * dim, (end - first) * dim);
    };
    std::vector<RowTruth> truths =
        replicated_truths(part_of(defined.out), part_of(defined.squares), p.head_dim);
    for (size_t i = first; i < end; ++i) {
      RowTruth& truth = truths[i - first];
      if (!objections[i].empty()) truth.objection = objections[i];
      take(i, truth);
    }
  });
}

}  // namespace

std::vector<RowTruth> replicated_truths(std::span<const double> out,
                                        std::span<const double> squares, int64_t dim) {
  const auto columns = static_cast<size_t>(dim);
  Replicated replicated;
  if (!squares.empty()) replicated = replicated_bound(squares, out, dim);
  const std::span<const double> bounds(replicated.bound);
  std::vector<RowTruth> truths(out.size() / columns);
  for (size_t i = 0; i < truths.size(); ++i) {
    const auto row = out.subspan(i * columns, columns);
    truths[i].out.assign(row.begin(), row.end());
    if (!bounds.empty()) {
      const auto bound = bounds.subspan(i * columns, columns);
      truths[i].bound.assign(bound.begin(), bound.end());
    }
    if (!std::ranges::all_of(row, [](double x) { return std::isfinite(x); }))
      truths[i].objection = "its definition is not finite";
    truths[i].judgeable = replicated.evaluable;
    if (!replicated.evaluable && truths[i].objection.empty())
      truths[i].objection = "its definition is not finite in float32, so nothing can be judged";
  }
  return truths;
}

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
