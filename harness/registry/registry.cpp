// The catalogue of variants, built from this image's registration list.
#include "registry/registry.h"

#include <algorithm>
#include <cmath>

namespace attnbench::registry {
namespace {

std::string place_of(const Entry& entry) {
  if (!entry.file.empty()) return "file " + entry.file;
  return entry.plugin.empty() ? "this program" : "plugin " + entry.plugin;
}

void validate(const Entry& entry) {
  const std::string in = entry.plugin.empty() ? "" : place_of(entry) + ": ";
  if (entry.info == nullptr || entry.variant == nullptr || entry.info->name == nullptr)
    throw RegistryError(in + "a variant is registered without info, object or name");
  const std::string_view name = entry.name();
  const auto require = [&](bool holds, std::string_view variant, const std::string& what) {
    if (!holds) throw RegistryError(in + "variant '" + std::string(variant) + "': " + what);
  };
  require(is_snake_case(name), name, "a name is snake_case");
  require((entry.variant->exact() != nullptr) == (entry.info->kind == Kind::kExact), name,
          "its kind is exact if its class derives from Exact, and only then");
  require(entry.variant->exact() != nullptr || entry.variant->defined() != nullptr ||
              entry.variant->selective() != nullptr ||
              entry.variant->defined_given_decisions() != nullptr,
          name, "derives from none of Exact, Defined, Selective and DefinedGivenDecisions");
  require(entry.info->summary != nullptr && *entry.info->summary != '\0', name, "needs a summary");
  require(entry.info->source != nullptr && *entry.info->source != '\0', name, "needs a source");
  const auto params = entry.params();
  for (const Param& p : params) {
    require(p.name != nullptr && is_snake_case(p.name), name, "a param's name is snake_case");
    const std::string param = "param '" + std::string(p.name) + "'";
    require(p.doc != nullptr && *p.doc != '\0', name, param + " needs a doc line");
    require(p.is_list || !p.is_square, name, param + " is square, but is not a list");
    if (p.is_list)
      require(p.min <= p.max && p.value == 0, name, param + " is a list: min <= max, default 0");
    else
      require(p.min <= p.value && p.value <= p.max, name, param + " needs min <= default <= max");
    const auto same_name = [&](const Param& q) { return std::string_view(q.name) == p.name; };
    require(std::count_if(params.begin(), params.end(), same_name) == 1, name,
            param + " is declared twice");
  }
  require(
      std::count_if(params.begin(), params.end(), [](const Param& p) { return p.is_list; }) <= 1,
      name, "has more than one param that is a list");
}

/// Gathers spans into a vector.
class SpanList final : public KeySpans {
 public:
  void add(const KeySpan& span) noexcept override { spans.push_back(span); }
  std::vector<KeySpan> spans;
};

/// Gathers declared inputs into a vector.
class ExtraInputList final : public ExtraInputs {
 public:
  void add(const ExtraInput& input) noexcept override { inputs.push_back(input); }
  std::vector<ExtraInput> inputs;
};

std::string to_text(const KeySpan& span) {
  std::string text = "[";  // Appended to: GCC 12 warns of an overlap in "[" + std::string().
  text += std::to_string(span.begin) + ", " + std::to_string(span.end) + ") step " +
          std::to_string(span.step);
  return text;
}

/// What the problem asks for beyond plain attention, of which the variant takes nothing; else null.
const char* not_taken(const Problem& p, uint32_t takes) {
  if (p.scale != 0 && (takes & take::kScale) == 0) return "takes no scale of its own";
  if (p.softcap != 0 && (takes & take::kSoftcap) == 0) return "takes no softcap";
  if (p.alibi && (takes & take::kAlibi) == 0) return "takes no ALiBi";
  for (const Type type : {p.dtype, p.kv_dtype}) {
    if (type == Type::kBf16 && (takes & take::kBf16) == 0) return "takes no bf16";
    if (type == Type::kF16 && (takes & take::kF16) == 0) return "takes no f16";
  }
  if (p.kv_dtype == Type::kInt8 && (takes & take::kInt8) == 0) return "takes no int8";
  if (p.kv_dtype == Type::kQ8_0 && (takes & take::kQ8_0) == 0) return "takes no q8_0";
  if (p.kv_dtype == Type::kQ8_0 && p.head_dim % kScaleGroup != 0)
    return "q8_0 has a scale for each 32 elements, and head_dim is no multiple of 32";
  return nullptr;
}

}  // namespace

bool is_snake_case(std::string_view name) {
  return !name.empty() && name.front() >= 'a' && name.front() <= 'z' &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
         });
}

Catalogue::Catalogue(std::vector<Entry> entries, std::vector<Plugin> plugins,
                     std::vector<File> files)
    : entries_(std::move(entries)), plugins_(std::move(plugins)), files_(std::move(files)) {
  for (const Entry& entry : entries_) validate(entry);
  std::stable_sort(entries_.begin(), entries_.end(),
                   [](const Entry& a, const Entry& b) { return a.name() < b.name(); });
  const auto twice =
      std::adjacent_find(entries_.begin(), entries_.end(),
                         [](const Entry& a, const Entry& b) { return a.name() == b.name(); });
  if (twice != entries_.end())
    throw RegistryError("two variants are registered as '" + std::string(twice->name()) +
                        "': one in " + place_of(*twice) + ", one in " + place_of(*(twice + 1)));
}

const Entry* Catalogue::find(std::string_view name) const {
  const auto it = std::lower_bound(entries_.begin(), entries_.end(), name,
                                   [](const Entry& e, std::string_view n) { return e.name() < n; });
  return it != entries_.end() && it->name() == name ? &*it : nullptr;
}

Catalogue built_in() {
  std::vector<Entry> entries;
  for (const Registration* r = g_registrations; r != nullptr; r = r->next)
    entries.push_back({r->info, r->variant});
  return Catalogue(std::move(entries));
}

std::vector<int64_t> param_values(const Entry& entry,
                                  const std::vector<std::pair<std::string, int64_t>>& named) {
  std::vector<int64_t> values;
  for (const Param& param : entry.params()) {
    const auto it = std::find_if(named.begin(), named.end(),
                                 [&](const auto& given) { return given.first == param.name; });
    if (it == named.end() && !param.is_list)
      throw RegistryError("there is no value for param '" + std::string(param.name) + "'");
    values.push_back(it == named.end() ? param.value : it->second);
  }
  return values;
}

std::vector<KeySpan> visible_keys(const Exact& variant, const Call& call, int64_t query) {
  SpanList list;
  variant.visible_keys(call, query, list);
  return std::move(list.spans);
}

std::vector<KeySpan> selected_keys(const Selective& variant, const Call& call,
                                   const int32_t* decisions, int64_t query) {
  SpanList list;
  variant.selected_keys(call, decisions, query, list);
  return std::move(list.spans);
}

std::string malformed_keys(const Problem& p, int64_t query, const std::vector<KeySpan>& spans) {
  const int64_t last = p.causal ? aligned_position(p, query) : p.kv_len - 1;
  int64_t previous_end = 0;
  for (const KeySpan& s : spans) {
    const std::string span = to_text(s);
    if (s.step < 1) return span + " has a step below 1";
    if (s.begin < 0 || s.end > p.kv_len) return span + " leaves [0, kv_len)";
    if (s.begin >= s.end) return span + " is empty";
    if (s.begin < previous_end) return span + " begins before the span ahead of it ends";
    previous_end = s.end;
    if (s.begin + (key_count(s) - 1) * s.step <= last) continue;
    const int64_t steps = last < s.begin ? 0 : (last - s.begin) / s.step + 1;
    return "key " + std::to_string(s.begin + steps * s.step) + " is ahead of position " +
           std::to_string(last);
  }
  return {};
}

std::vector<ExtraInput> extra_inputs(const Variant& variant, const Call& call) {
  ExtraInputList list;
  variant.extra_inputs(call, list);
  return std::move(list.inputs);
}

Count bytes_of(const std::vector<ExtraInput>& inputs) {
  Count bytes;
  for (const ExtraInput& input : inputs)
    bytes = bytes + count(input.batch, input.heads, input.len, input.dim, sizeof(float));
  return bytes;
}

std::string malformed(const std::vector<ExtraInput>& inputs) {
  if (std::ssize(inputs) > kMostExtraInputs)
    return "declares " + std::to_string(inputs.size()) + " inputs of its own, at most " +
           std::to_string(kMostExtraInputs) + " are possible";
  for (const ExtraInput& input : inputs)
    if (input.name == nullptr || !is_snake_case(input.name))
      return "declares an input whose name is not snake_case";
  for (const ExtraInput& input : inputs) {
    const std::string begin = "declares the input '" + std::string(input.name) + "' ";
    if (std::min({input.batch, input.heads, input.len, input.dim}) < 1)
      return begin + "with a dimension below 1";
    if (!std::isfinite(input.scale) || !std::isfinite(input.shift))
      return begin + "with a scale or shift that is not finite";
    if (std::count_if(inputs.begin(), inputs.end(), [&](const ExtraInput& other) {
          return std::string_view(other.name) == input.name;
        }) > 1)
      return begin + "twice";
  }
  return {};
}

std::string declined(const Variant& variant, const Call& call) {
  if (const char* reason = not_taken(call.problem, variant.takes())) return reason;
  const Support support = variant.supports(call);
  return support.ok() ? std::string() : support.reason;
}

std::string refusal(const Variant& variant, const Call& call) {
  std::string reason = declined(variant, call);
  return reason.empty() ? malformed(extra_inputs(variant, call)) : reason;
}

std::string training_refusal(const Variant& variant, const Call& call) {
  const Differentiable* const differentiable = variant.differentiable();
  if (differentiable == nullptr) return "it has no backward pass";
  if (call.problem.dtype != Type::kF32 || call.problem.kv_dtype != Type::kF32)
    return "its backward pass takes no type but f32";
  const Support support = differentiable->supports_training(call);
  return support.ok() ? std::string() : support.reason;
}

List view(const std::vector<int64_t>* values) {
  return values == nullptr ? List{} : List{values->data(), static_cast<int64_t>(values->size())};
}

int64_t key_count(const KeySpan& span) {
  return span.end <= span.begin ? 0 : (span.end - span.begin - 1) / span.step + 1;
}

std::string_view kind_name(Kind kind) {
  switch (kind) {
    case Kind::kExact:
      return "exact";
    case Kind::kApproximate:
      return "approximate";
    case Kind::kBaseline:
      return "baseline";
  }
  return "unknown";
}

}  // namespace attnbench::registry
