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
  kExact,        ///< Softmax attention over its visible keys: an Exact.
  kApproximate,  ///< Attention computed in another way: Defined, DefinedGivenDecisions, Selective.
  kBaseline,     ///< No attention at all, such as a convolution: a Defined.
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

/// How the elements of a declared input are drawn, by a seed; the same bits on every machine.
enum class Fill : int32_t {
  kConstant,    ///< shift
  kNormal,      ///< shift + scale * a number of mean 0 and variance 1, within 3.5
  kUniform,     ///< shift + scale * a number from -1 to 1
  kSigmoid,     ///< 1 / (1 + exp(-x)) of x as in kNormal: a gate
  kOrthogonal,  ///< scale * rows of length 1, orthogonal in each group of `dim` rows of a head
};

/// An input beside q, k and v: a tensor [batch, heads, len, dim] of float32, such as a gate, a rate
/// of decay or the weights of a projection. It counts as input in memory and traffic.
struct ExtraInput {
  const char* name;  ///< snake_case.
  int64_t batch, heads, len, dim;
  Fill fill = Fill::kNormal;
  double scale = 1;
  double shift = 0;
  /// Whether training would set it. Its values are random here, which reports call untrained.
  bool learned = false;
  /// Which of many draws, such as a param of the variant: another one gives other numbers under the
  /// same seed of the config.
  int64_t seed = 0;
};
inline constexpr int64_t kMostExtraInputs = 8;

/// Receives the inputs that a variant declares.
class ExtraInputs {
 public:
  virtual void add(const ExtraInput& input) noexcept = 0;

 protected:
  ~ExtraInputs() = default;
};

/// What of a Problem goes beyond plain attention: bits of Variant::takes.
namespace take {
inline constexpr uint32_t kScale = 1;    ///< Problem::scale.
inline constexpr uint32_t kSoftcap = 2;  ///< Problem::softcap.
inline constexpr uint32_t kAlibi = 4;    ///< Problem::alibi.
inline constexpr uint32_t kBf16 = 8;     ///< Problem::dtype or kv_dtype may be kBf16.
inline constexpr uint32_t kF16 = 16;     ///< Either may be kF16.
inline constexpr uint32_t kInt8 = 32;    ///< Problem::kv_dtype may be kInt8.
inline constexpr uint32_t kQ8_0 = 64;    ///< It may be kQ8_0; head_dim is then a multiple of 32.
}  // namespace take

/// A variant may lay out a small workspace in another way for a larger problem, and need less then.
/// If a workspace above this falls, the conformance suite takes it for a product that has wrapped
/// around.
inline constexpr Count kSteadyBytes{int64_t{1} << 31};

class Exact;
class Defined;
class Selective;
class DefinedGivenDecisions;
class Inexact;
class Deciding;
class Differentiable;
class NeedsSetup;

/// What every variant has. A variant derives from one of the kinds below, which say what it
/// computes: Exact, Defined, Selective or DefinedGivenDecisions. Stateless: one object serves every
/// call, from any thread. Nothing throws or allocates but where it says so: workspace_bytes
/// declares the scratch that forward is given.
class Variant {
 public:
  /// Bits of take: what the variant heeds of a Problem. It is never called with anything else.
  virtual uint32_t takes() const noexcept = 0;

  /// Whether this call can be done. The harness asks this first; params are within their limits,
  /// and the problem asks for nothing that the variant does not take.
  virtual Support supports(const Call&) const noexcept { return {}; }

  /// Declares the inputs that forward reads beside q, k and v; at most kMostExtraInputs.
  virtual void extra_inputs(const Call&, ExtraInputs&) const noexcept {}

  /// Exact scratch, in bytes, that forward needs for this call: count(call.threads, rows,
  /// sizeof(float)), or {} for none. Above kSteadyBytes it never falls while a dimension grows.
  virtual Count workspace_bytes(const Call&) const noexcept = 0;

  /// How time and memory should grow with n = kv_len (and with q_len = n, if the sweep ties the
  /// two).
  virtual Theory theory(const Call&) const noexcept = 0;

  /// Computes out [batch, heads, q_len, head_dim] as the variant's kind says. Writes every element
  /// of out and nothing outside out and the workspace; uses call.threads OpenMP threads.
  virtual void forward(const Call&, const Inputs&, const Tensor<float>& out,
                       const Workspace&) const noexcept = 0;

  /// This object as one of the kinds; null if it is of another. The kinds override these.
  virtual const Exact* exact() const noexcept { return nullptr; }
  virtual const Inexact* inexact() const noexcept { return nullptr; }
  virtual const Defined* defined() const noexcept { return nullptr; }
  virtual const Deciding* deciding() const noexcept { return nullptr; }
  virtual const Selective* selective() const noexcept { return nullptr; }
  virtual const DefinedGivenDecisions* defined_given_decisions() const noexcept { return nullptr; }

  /// This object as a variant that can be trained (training.h); null if it can't be.
  virtual const Differentiable* differentiable() const noexcept { return nullptr; }

  /// This object as a variant that sets something up before its calls; null if it does not.
  virtual const NeedsSetup* needs_setup() const noexcept { return nullptr; }

 protected:
  ~Variant() = default;
};

/// A variant that compiles, or allocates for many calls, once: a framework does. Its class derives
/// from this too, and overrides Variant::needs_setup to return itself.
class NeedsSetup {
 public:
  /// Prepares for any number of forwards of this call. May allocate. Its time and its memory are
  /// recorded as numbers of their own. Without it, the first forward of a call does the same.
  virtual void setup(const Call&) const noexcept = 0;

 protected:
  ~NeedsSetup() = default;
};

/// Softmax attention over keys that the call alone decides:
/// out[b,h,i,:] = sum over visible keys j of softmax_j(s_j) v[b,g,j,:], with g = h / (heads /
/// kv_heads) and s_j the score of q[b,h,i]·k[b,g,j] (see Problem).
///
/// Keys that no query sees, and their values, may hold anything, NaN and infinity included, as
/// padding and the unused end of a KV cache do: they change no output. Beware of masks: a weight of
/// zero times NaN is NaN. (The built-in variants promise more: what one query does not see does not
/// reach its output, even if other queries see it.)
class Exact : public Variant {
 public:
  uint32_t takes() const noexcept override { return take::kScale | take::kSoftcap | take::kAlibi; }

  /// What the variant computes: the keys that one query row sees, the same for every batch and
  /// head, as ascending, non-overlapping spans within [0, kv_len). No span means that the output is
  /// zero. The oracle, the FLOP counts, the pattern picture and the conformance tests follow from
  /// this alone.
  virtual void visible_keys(const Call&, int64_t query, KeySpans& keys) const noexcept = 0;

  const Exact* exact() const noexcept final { return this; }

 protected:
  ~Exact() = default;
};

/// The least that a definition needs, whatever an implementation of it spends.
struct Cost {
  Count flops;          ///< Floating-point operations; a multiply-add is two.
  Count traffic_bytes;  ///< Memory read and written: each input once, the output once.
  Count steps{1};  ///< Operations that must follow one another, counted in layers: n for an RNN.
  Count path{1};   ///< Steps from the first position's input to the last one's output.
};

/// A variant that is not exact. Its counts do not follow from visible keys, so it states them.
class Inexact : public Variant {
 public:
  uint32_t takes() const noexcept override { return 0; }
  virtual Cost cost(const Call&) const noexcept = 0;

  const Inexact* inexact() const noexcept final { return this; }

 protected:
  ~Inexact() = default;
};

/// Some rows of an output, ascending, each numbered (batch * heads + head) * q_len + query.
struct Rows {
  const int64_t* numbers = nullptr;
  int64_t count = 0;

  const int64_t* begin() const { return numbers; }
  const int64_t* end() const { return numbers + count; }
};

/// A variant with a definition of its own. The harness judges forward by the definition in double;
/// the same definition in float, on inputs changed by their last bit, says how far rounding may
/// stray. So write it from the paper, as plain loops, and not the way the kernel works. Where n
/// terms of one sign are summed up, sum blocks of a few hundred first: a long chain of additions in
/// float is so inexact that the check would not see much.
class Defined : public Inexact {
 public:
  /// Fills out [rows.count, head_dim] with these rows. May allocate, and throw std::bad_alloc. All
  /// rows come in one call, so that a recurrence goes through each sequence once.
  virtual void define(const Call&, const Inputs&, const Rows&, double* out) const = 0;
  virtual void define(const Call&, const Inputs&, const Rows&, float* out) const = 0;

  const Defined* defined() const noexcept final { return this; }

 protected:
  ~Defined() = default;
};

/// A Defined whose definition is one template: derive from Defines<Self> and write
///   template <class Real> void rows(const Call&, const Inputs&, const Rows&, Real* out) const;
template <class Self>
class Defines : public Defined {
 public:
  void define(const Call& call, const Inputs& in, const Rows& rows, double* out) const final {
    static_cast<const Self&>(*this).template rows<double>(call, in, rows, out);
  }
  void define(const Call& call, const Inputs& in, const Rows& rows, float* out) const final {
    static_cast<const Self&>(*this).template rows<float>(call, in, rows, out);
  }

 protected:
  ~Defines() = default;
};

/// How far one query's decisions are from the best ones, in double. The decisions hold if
/// loss <= 4 u (terms + 2) magnitude, with u = 2^-24: if rounding alone can explain them.
struct Regret {
  double loss = 0;       ///< By how much the worst choice made is worse than the best one not made.
  double magnitude = 0;  ///< The largest sum of |terms| that such a choice was made by: sum |q k|.
  int64_t terms = 0;     ///< Terms in that sum, such as head_dim.
};

/// A variant in which the data decide something discrete: which keys have the highest scores, in
/// which bucket or cluster a key is. In float32 and in double such decisions differ near ties. So
/// the variant reports the decisions that forward made, and the harness judges them by their
/// regret, then the output given them.
class Deciding : public Inexact {
 public:
  /// How many integers the decisions of one query head take.
  virtual Count decision_count(const Call&) const noexcept = 0;

  /// Fills `decisions` with those that forward makes for this head, given the same inputs and
  /// scratch: by the same code, so that they have no chance to differ.
  virtual void decide(const Call&, const Inputs&, int64_t batch, int64_t head, int32_t* decisions,
                      const Workspace&) const noexcept = 0;

  /// Judges the decisions that matter to one query. The loss is infinite if they are not even
  /// well-formed, such as a key that does not exist or comes twice. May allocate.
  virtual Regret regret(const Call&, const Inputs&, int64_t batch, int64_t head,
                        const int32_t* decisions, int64_t query) const = 0;

  const Deciding* deciding() const noexcept final { return this; }

 protected:
  ~Deciding() = default;
};

/// Softmax attention, as in Exact, over keys that the data decide.
class Selective : public Deciding {
 public:
  /// The keys that a query sees, given its head's decisions; as Exact::visible_keys states them.
  virtual void selected_keys(const Call&, const int32_t* decisions, int64_t query,
                             KeySpans& keys) const noexcept = 0;

  const Selective* selective() const noexcept final { return this; }

 protected:
  ~Selective() = default;
};

/// A definition, as in Defined, that holds given the decisions: clusters whose members share an
/// output, for example.
class DefinedGivenDecisions : public Deciding {
 public:
  /// All rows are of one head, whose decisions these are.
  virtual void define(const Call&, const Inputs&, const int32_t* decisions, const Rows&,
                      double* out) const = 0;
  virtual void define(const Call&, const Inputs&, const int32_t* decisions, const Rows&,
                      float* out) const = 0;

  const DefinedGivenDecisions* defined_given_decisions() const noexcept final { return this; }

 protected:
  ~DefinedGivenDecisions() = default;
};

/// The same with one template: derive from DefinesGivenDecisions<Self> and write
///   template <class Real> void rows(const Call&, const Inputs&, const int32_t* decisions,
///                                   const Rows&, Real* out) const;
template <class Self>
class DefinesGivenDecisions : public DefinedGivenDecisions {
 public:
  void define(const Call& call, const Inputs& in, const int32_t* decisions, const Rows& rows,
              double* out) const final {
    static_cast<const Self&>(*this).template rows<double>(call, in, decisions, rows, out);
  }
  void define(const Call& call, const Inputs& in, const int32_t* decisions, const Rows& rows,
              float* out) const final {
    static_cast<const Self&>(*this).template rows<float>(call, in, decisions, rows, out);
  }

 protected:
  ~DefinesGivenDecisions() = default;
};

/// The facts that a variant registers under.
struct Info {
  const char* name;     ///< snake_case, unique.
  const char* summary;  ///< One line.
  Kind kind;
  const char* source;  ///< The paper it comes from.
  const Param* params = nullptr;
  int32_t param_count = 0;
  /// Null if the variant stands in for full attention, so that its distance from that is an error.
  /// Else what it computes instead, to follow "it ": "sees one document only, as its task asks".
  const char* own_task = nullptr;
  /// Whether forward may allocate, as a function in another language does. What it takes is
  /// measured.
  bool allocates = false;
};

}  // namespace attnbench
