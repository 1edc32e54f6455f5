// What a variant is: the contract between `variants/` and the harness. Standard library only.
#pragma once

#include <cstddef>
#include <cstdint>

#include "attnbench/count.h"
#include "attnbench/problem.h"

namespace attnbench {

/// A sweepable integer parameter; configs name it under "params".
struct Param {
  const char* name;
  int64_t value;  ///< The default.
  int64_t min;    ///< Smallest legal value.
  int64_t max;    ///< Largest legal value.
  const char* doc;
  /// A list of integers from `min` to `max` instead, such as a mask, which configs give in place or
  /// from a file. It arrives in Call::list, and Call::params holds a digest of it: 0 for none,
  /// which is its default. At most one param of a variant.
  bool is_list = false;
  /// The list is a square matrix, row by row, such as a mask. Configs give a row a line, or all
  /// values in one line; List::size is always a square number.
  bool is_square = false;
};

enum class Kind : int32_t {
  kExact,        ///< Equals softmax attention over its visible keys.
  kApproximate,  ///< Brings its own double-precision definition.
  kBaseline,     ///< No attention at all; brings its own double-precision definition.
};

/// Growth with sequence length n: n^power * (log n)^log_power.
struct Growth {
  double power = 0;
  double log_power = 0;
};

/// How a variant should grow with sequence length, by its paper.
struct Theory {
  Growth time;
  Growth memory;  ///< Of intermediate memory; inputs and output are not counted.
};

/// Whether a variant can do a call. `reason` is null where it can, else says why not (static text).
struct Support {
  const char* reason = nullptr;
  bool ok() const { return reason == nullptr; }
};

/// The keys begin, begin + step, ... below end.
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

/// A small workspace may be cut in another way for a larger problem, and be smaller then. A larger
/// one that falls is taken for a product that has wrapped around.
inline constexpr Count kSteadyBytes{int64_t{1} << 31};

/// One way to compute attention. Stateless: one object serves every call, from any thread.
/// Nothing here throws or allocates; scratch is declared by workspace_bytes and handed in.
class Variant {
 public:
  /// Whether this call can be done. Called before anything else; params are within their limits.
  virtual Support supports(const Call&) const noexcept { return {}; }

  /// What the variant computes: the keys that one query row sees, the same for every batch and
  /// head, as ascending, non-overlapping spans within [0, kv_len). No span means that the output is
  /// zero. The oracle, the FLOP counts, the pattern picture and the conformance tests follow from
  /// this alone.
  virtual void visible_keys(const Call&, int64_t query, KeySpans& keys) const noexcept = 0;

  /// Exact scratch, in bytes, that forward needs for this call: count(call.threads, rows,
  /// sizeof(float)), or {} for none. Above kSteadyBytes it never falls while a dimension grows.
  virtual Count workspace_bytes(const Call&) const noexcept = 0;

  /// How time and memory should grow with n = kv_len (and q_len = n, where the sweep ties them).
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
