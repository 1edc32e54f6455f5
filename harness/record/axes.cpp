// The table of axes, and how their values are written.
#include "record/axes.h"

#include <algorithm>
#include <stdexcept>

#include "record/format.h"

namespace attnbench::record {
namespace {

constexpr double kLeastModifier = 1e-6;
constexpr double kMostModifier = 1e6;

std::string no_words(const Case&) {
  return {};
}

std::string heads_words(const Case& c) {
  const Problem& p = c.problem;
  return plural(p.heads, "head") +
         (p.kv_heads == p.heads ? "" : " over " + plural(p.kv_heads, "kv_head"));
}

std::string q_len_words(const Case& c) {
  return c.q_len_follows ? "" : "q_len " + std::to_string(c.problem.q_len);
}

const char* type_name(Type type) {
  return kTypeNames[static_cast<size_t>(type)];
}

std::string pass_words(const Case& c) {
  switch (c.pass) {
    case Pass::kForward:
      return "forward";
    case Pass::kBackward:
      return "backward";
    case Pass::kBoth:
      return "both passes";
  }
  return {};
}

const Axis kAxes[] = {
    {.name = "batch",
     .field = axis_field<&Problem::batch>(),
     .doc = "Sequences at once.",
     .most = kMaxBatch,
     .standard = 1,
     .more_is_larger = true,
     .changes_keys = false,
     .since_first = true},
    {.name = "heads",
     .field = axis_field<&Problem::heads>(),
     .doc = "Query heads.",
     .most = kMaxHeads,
     .standard = 8,
     .more_is_larger = true,
     .changes_keys = false,
     .since_first = true,
     .words = heads_words},
    {.name = "kv_heads",
     .field = axis_field<&Problem::kv_heads>(),
     .doc = "Key and value heads; if absent, as many as heads. Fewer is grouped-query attention.",
     .most = kMaxHeads,
     .follows = "heads",
     .more_is_larger = true,
     .changes_keys = false,
     .since_first = true,
     .words = no_words},  // The words of `heads` include kv_heads.
    {.name = "seq_len",   // The config's name of kv_len: q_len takes it too if that is absent.
     .field = axis_field<&Problem::kv_len>(),
     .doc = "Sequence length: the number of keys, and of queries if q_len is absent.",
     .most = kMaxLength,
     .group = AxisGroup::kLength,
     .more_is_larger = true,
     .in_series = false,
     .recorded = false,
     .words = no_words},
    {.name = "q_len",
     .field = axis_field<&Problem::q_len>(),
     .doc = "Number of queries; if absent, seq_len. 1 with a long seq_len is decoding.",
     .most = kMaxLength,
     .follows = "seq_len",
     .group = AxisGroup::kLength,
     .more_is_larger = true,
     .since_first = true,
     .words = q_len_words},
    {.name = "kv_len",
     .field = axis_field<&Problem::kv_len>(),
     .group = AxisGroup::kLength,
     .more_is_larger = true,
     .in_series = false,
     .since_first = true,
     .words = no_words},
    {.name = "head_dim",
     .field = axis_field<&Problem::head_dim>(),
     .doc = "Elements of one head's vector.",
     .most = kMaxHeadDim,
     .standard = 64,
     .more_is_larger = true,
     .changes_keys = false,
     .since_first = true,
     .words = [](const Case& c) { return "head_dim " + std::to_string(c.problem.head_dim); }},
    {.name = "causal",
     .field = axis_field<&Problem::causal>(),
     .doc = "Whether a query sees no key after its own position, aligned to the last key.",
     .standard = 0,
     .since_first = true,
     .words =
         [](const Case& c) { return std::string(c.problem.causal ? "causal" : "not causal"); }},
    {.name = "scale",
     .field = axis_field<&Problem::scale>(),
     .doc = "What q·k is multiplied by; 0: 1/sqrt(head_dim).",
     .least = kLeastModifier,
     .most = kMostModifier,
     .standard = 0.0,
     .changes_keys = false,
     .resolved = [](const Case& c) { return score_scale(c.problem); }},
    {.name = "softcap",
     .field = axis_field<&Problem::softcap>(),
     .doc = "Scores s become softcap * tanh(s / softcap), as in Gemma 2; 0: they stay.",
     .least = kLeastModifier,
     .most = kMostModifier,
     .standard = 0.0,
     .changes_keys = false},
    {.name = "alibi",
     .field = axis_field<&Problem::alibi>(),
     .doc = "Whether a head's slope times the distance of query and key is taken from the score, "
            "after softcap (Press et al. 2021).",
     .standard = 0,
     .changes_keys = false},
    {.name = "dtype",
     .field = axis_field<&Problem::dtype>(),
     .doc = "Type of q and out, and of k and v unless kv_dtype says otherwise: f32, bf16 or f16. "
            "Sums are kept in float32.",
     .names = std::span(kTypeNames).first(3),
     .standard = 0,
     .changes_keys = false,
     .side_by_side = true,
     .told = [](const Case& c) { return std::string(type_name(c.problem.dtype)); }},
    {.name = "kv_dtype",
     .field = axis_field<&Problem::kv_dtype>(),
     .doc =
         "Type of k and v, if it is not dtype: f32, bf16, f16, int8 (with a scale for each token "
         "and head) or q8_0 (with a scale for each 32 elements).",
     .names = kTypeNames,
     .follows = "dtype",
     .changes_keys = false,
     .side_by_side = true,
     .told = [](const Case& c) { return type_name(c.problem.kv_dtype) + std::string(" k and v"); }},
    {.name = "threads",
     .field = axis_field<&Case::threads>(),
     .doc = "OpenMP threads; if absent, as many as may run at once.",
     .most = kMaxThreads,
     .group = AxisGroup::kRun,
     .changes_keys = false,
     .since_first = true,
     .most_recorded = 1 << 16,
     .words = [](const Case& c) { return plural(c.threads, "thread"); }},
    {.name = "pages",
     .field = axis_field<&Case::pages>(),
     .doc = "Memory pages of inputs, output and scratch: huge (2 MiB, as far as the kernel grants "
            "them) or small (mostly 4 KiB).",
     .names = kPageNames,
     .standard = 0,
     .group = AxisGroup::kRun,
     .changes_keys = false},
    {.name = "cache",
     .field = axis_field<&Case::cache>(),
     .doc = "What the caches hold when a timed call begins: warm (what the call before left) or "
            "cold (nothing of inputs, output and scratch).",
     .names = kCacheNames,
     .standard = 0,
     .group = AxisGroup::kRun,
     .changes_keys = false},
    {.name = "projections",
     .field = axis_field<&Case::projections>(),
     .doc = "Whether a call of attention includes the four products with matrices that a layer has "
            "around it: tokens to q, k and v, and the output. A baseline is a whole layer anyhow.",
     .standard = 0,
     .group = AxisGroup::kRun,
     .more_is_larger = true,
     .changes_keys = false,
     .words = [](const Case& c) { return std::string(c.projections ? "with projections" : ""); }},
    {.name = "pass",
     .field = axis_field<&Case::pass>(),
     .doc = "What a timed call does: forward, backward (the gradients of q, k and v and learned "
            "weights, given what a forward pass kept), or both (a training step).",
     .names = kPassNames,
     .standard = 0,
     .group = AxisGroup::kRun,
     .changes_keys = false,
     .same_work = false,
     .side_by_side = true,
     .told = pass_words},
    {.name = "smooth_k",
     .field = axis_field<&Case::smooth_k>(),
     .doc =
         "Whether k's mean over its tokens is taken from k before k is rounded to kv_dtype, as in "
         "SageAttention (Zhang et al. 2024). Attention stays the same, and rounding costs less if "
         "keys have much in common.",
     .standard = 0,
     .group = AxisGroup::kRun,
     .changes_keys = false},
    {.name = "inputs",
     .field = axis_field<&Case::inputs>(),
     .doc = "What q, k and v hold: normal (independent, of variance 1), model_like (attention like "
            "that of "
            "a language model's middle layer), or the arrays q, k and v of an npz file in the "
            "config's "
            "folder.",
     .standard = "normal",
     .group = AxisGroup::kRun,
     .changes_keys = false},
};

}  // namespace

std::span<const Axis> axes() {
  return kAxes;
}

const Axis& axis_named(std::string_view name) {
  const auto* const it = std::find_if(std::begin(kAxes), std::end(kAxes),
                                      [&](const Axis& axis) { return axis.name == name; });
  if (it == std::end(kAxes)) throw std::out_of_range("no axis is called " + std::string(name));
  return *it;
}

std::optional<AxisValue> Axis::standard_in(const Case& c) const {
  return follows == nullptr ? standard : axis_named(follows).get(c);
}

std::string value_text(const Axis& axis, const AxisValue& value) {
  switch (axis.type()) {
    case AxisType::kInteger:
      return std::to_string(std::get<int64_t>(value));
    case AxisType::kNumber:
      return shortest(std::get<double>(value));
    case AxisType::kFlag:
      return std::get<int64_t>(value) != 0 ? "true" : "false";
    case AxisType::kName:
      return axis.names[static_cast<size_t>(std::get<int64_t>(value))];
    case AxisType::kText:
      return std::get<std::string>(value);
  }
  return {};
}

std::optional<AxisValue> given_value(const Axis& axis, const Case& c) {
  const AxisValue value = axis.get(c);
  const bool follows = c.q_len_follows && axis.name == std::string_view("q_len");
  const bool none = axis.type() == AxisType::kNumber && std::get<double>(value) == 0;
  return follows || none ? std::nullopt : std::optional(value);
}

std::string told_words(const Axis& axis, const Case& c) {
  if (axis.words != nullptr) return axis.words(c);
  if (axis.told != nullptr) return axis.told(c);
  const std::string value = value_text(axis, axis.get(c));
  return axis.has_words() ? value + " " + axis.name : std::string(axis.name) + " " + value;
}

std::string axis_words(const Axis& axis, const Case& c) {
  if (axis.words != nullptr) return axis.words(c);
  if (axis.is_standard(c)) return {};
  if (axis.type() == AxisType::kFlag)
    return std::get<int64_t>(axis.get(c)) != 0 ? axis.name : std::string("not ") + axis.name;
  return told_words(axis, c);
}

std::vector<AxisValue> values_of(const Case& c, bool (*takes)(const Axis&)) {
  std::vector<AxisValue> values;
  for (const Axis& axis : kAxes)
    if (axis.recorded && takes(axis)) values.push_back(axis.get(c));
  return values;
}

std::vector<AxisValue> series_values_of(const Case& c, bool (*takes)(const Axis&)) {
  std::vector<AxisValue> values{int64_t{c.q_len_follows}};
  for (const Axis& axis : kAxes)
    if (axis.recorded && axis.in_series && takes(axis))
      values.push_back(given_value(axis, c).value_or(int64_t{0}));
  return values;
}

}  // namespace attnbench::record
