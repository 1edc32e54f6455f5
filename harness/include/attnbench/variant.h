// What a variant is: the contract between `variants/` and the harness. Standard library only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include "attnbench/count.h"
#include "attnbench/problem.h"

namespace attnbench {

/// An integer parameter that a config can set and sweep under "params".
struct Param {
  const char* name;
  int64_t value;  ///< The default.
  int64_t min;    ///< Smallest legal value.
  int64_t max;    ///< Largest legal value.
  const char* doc;
  /// The param is a list of integers from `min` to `max`, such as a mask, which a config holds or
  /// takes from a file. The list arrives in Call::list, and Call::params holds its digest, which is
  /// 0 if the config gives no list. `value` is 0. A variant has at most one such param.
  bool is_list = false;
  /// The list is a square matrix, such as a mask. A config has one row a line, or all rows in one
  /// line; List holds row after row, so that its size is a square number.
  bool is_square = false;
};

enum class Kind : int32_t {
  kExact,        ///< Equals softmax attention over its visible keys.
  kApproximate,  ///< Brings its own double-precision definition.
  kBaseline,     ///< No attention at all; brings its own double-precision definition.
};

/// One part of a growth with sequence length n: factor * n^power * (log n)^log_power, with the
/// natural logarithm.
struct Term {
  double power = 0;
  double log_power = 0;
  double factor = 1;      ///< Positive. It matters only beside another term.
  const char* what = "";  ///< Static text that says what the term counts, such as "blocks".
};

inline constexpr int64_t kMostTerms = 4;

/// Growth with sequence length n, as a sum of 1 to kMostTerms terms. The first term leads: from
/// some n on it exceeds the others. One term is written {2}, or {1, 1} for n log n; a sum is
/// {{2, 0, 1.0 / b, "blocks"}, {1, 0, 3.0 * b, "rows of a block"}}. {} is constant.
struct Growth {
  Term terms[kMostTerms] = {};
  int64_t term_count = 1;  ///< As declared, so that more than kMostTerms can be refused.

  constexpr Growth() = default;
  constexpr Growth(double power, double log_power = 0) : terms{{power, log_power}} {}
  constexpr Growth(std::initializer_list<Term> sum) : term_count(static_cast<int64_t>(sum.size())) {
    int64_t at = 0;
    for (const Term& term : sum)
      if (at < kMostTerms) terms[at++] = term;
  }
};

/// How a variant should grow with sequence length, by its paper.
struct Theory {
  Growth time;
  Growth memory;  ///< Of intermediate memory; inputs and output are not counted.
};

/// Whether a variant can do a call: `reason` is null if so, else a static text that says why not.
struct Support {
  const char* reason = nullptr;
  bool ok() const { return reason == nullptr; }
};

/// The keys begin, begin + step, begin + 2 * step, ... that are below end.
struct KeySpan {
  int64_t begin = 0;
  int64_t end = 0;
  int64_t step = 1;
};

/// Receives the spans of keys that a query sees.
class KeySpans {
 public:
  virtual void add(const KeySpan& span) noexcept = 0;

 protected:
  ~KeySpans() = default;
};

/// A variant may lay out a small workspace in another way for a larger problem, and need less then.
/// If a workspace above this falls, the conformance suite takes it for a product that has wrapped
/// around.
inline constexpr Count kSteadyBytes{int64_t{1} << 31};

/// One way to compute attention. Stateless: one object serves every call, from any thread.
/// Nothing here throws or allocates: workspace_bytes declares the scratch that forward is given.
class Variant {
 public:
  /// Whether this call can be done. The harness asks this first; params are within their limits.
  virtual Support supports(const Call&) const noexcept { return {}; }

  /// What the variant computes: the keys that one query row sees, the same for every batch and
  /// head, as ascending, non-overlapping spans within [0, kv_len). No span means that the output is
  /// zero. The oracle, the FLOP counts, the pattern picture and the conformance tests follow from
  /// this alone.
  virtual void visible_keys(const Call&, int64_t query, KeySpans& keys) const noexcept = 0;

  /// Exact scratch, in bytes, that forward needs for this call: count(call.threads, rows,
  /// sizeof(float)), or {} for none. Above kSteadyBytes it never falls while a dimension grows.
  virtual Count workspace_bytes(const Call&) const noexcept = 0;

  /// How time and memory should grow with n = kv_len (and with q_len = n, if the sweep ties the
  /// two).
  virtual Theory theory(const Call&) const noexcept = 0;

  /// out[b,h,i,:] = sum over visible keys j of softmax_j(s_j) v[b,g,j,:], with g = h / (heads /
  /// kv_heads) and s_j the score of q[b,h,i]·k[b,g,j] (see Problem), for an exact variant. Writes
  /// every element of out and nothing outside out and the workspace; uses call.threads OpenMP
  /// threads.
  ///
  /// Keys that no query sees, and their values, may hold anything, NaN and infinity included, as
  /// padding and the unused end of a KV cache do: they change no output. Beware of masks: a weight
  /// of zero times NaN is NaN. (The built-in variants promise more: what one query does not see
  /// does not reach its output, even if other queries see it.)
  virtual void forward(const Call&, const Inputs&, const Tensor<float>& out,
                       const Workspace&) const noexcept = 0;

 protected:
  ~Variant() = default;
};

/// The facts that a variant registers under.
struct Info {
  const char* name;     ///< snake_case, unique.
  const char* summary;  ///< One line.
  Kind kind;
  const char* source;  ///< The paper it comes from.
  const Param* params = nullptr;
  int32_t param_count = 0;
};

}  // namespace attnbench
