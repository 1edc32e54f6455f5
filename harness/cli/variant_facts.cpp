// Asks a variant about one call and prints what it says.
#include "cli/variant_facts.h"

#include <iomanip>
#include <iostream>
#include <utility>
#include <vector>

#include "plan/path.h"
#include "record/format.h"
#include "record/record.h"
#include "record/theory.h"

namespace attnbench::cli {
namespace {

std::string growth_text(const record::Growth& g) {
  const bool constant = !g.is_sum() && g.leading().power == 0 && g.leading().log_power == 0;
  return constant ? "constant" : record::growth_words(g);
}

/// A line for each term of a sum, with what it counts. `of` is what grows: "time" or "memory".
void print_terms(const char* of, const record::Growth& growth) {
  if (!growth.is_sum()) return;
  for (const record::Term& term : growth.terms)
    std::cout << "            " << std::setw(8) << std::left << of << std::setw(12) << std::left
              << record::term_name(term) << term.what << "\n";
}

void print_theory(const Variant& variant, const Call& call) {
  const Theory declared = variant.theory(call);
  if (const std::string fault = record::theory_fault(declared); !fault.empty()) {
    std::cout << "  theory  at fault: " << fault << "\n";
    return;
  }
  const record::Theory theory = record::recorded(declared);
  std::cout << "  theory  time " << growth_text(theory.time) << ", memory "
            << growth_text(theory.memory) << " (with default params)\n";
  print_terms("time", theory.time);
  print_terms("memory", theory.memory);
}

std::string definition_words(const Variant& variant) {
  if (variant.exact() != nullptr) return "softmax attention over keys that the call alone decides";
  if (variant.selective() != nullptr) return "softmax attention over keys that the data decide";
  if (variant.deciding() != nullptr) return "a definition of its own, given what the data decide";
  return "a definition of its own";
}

void print_task(const Info& info) {
  if (info.own_task != nullptr)
    std::cout << "  task    its own: it " << info.own_task << "\n";
  else if (info.kind != Kind::kExact)
    std::cout << "  task    stands in for full attention: its distance from that is an error\n";
}

void print_taken(uint32_t bits) {
  std::string taken;
  for (const auto& [bit, name] :
       {std::pair(take::kScale, "scale"), std::pair(take::kSoftcap, "softcap"),
        std::pair(take::kAlibi, "alibi"), std::pair(take::kBf16, "bf16"),
        std::pair(take::kF16, "f16"), std::pair(take::kInt8, "int8 kv"),
        std::pair(take::kQ8_0, "q8_0 kv")})
    if ((bits & bit) != 0) taken += (taken.empty() ? "" : ", ") + std::string(name);
  std::cout << "  takes   " << (taken.empty() ? "no scale, softcap, alibi or type but f32" : taken)
            << "\n";
}

/// "normal, times 0.5, plus 1".
std::string fill_words(const ExtraInput& input) {
  const auto moved = [&](std::string words) {
    if (input.scale != 1) words += ", times " + record::shortest(input.scale);
    if (input.shift != 0) words += ", plus " + record::shortest(input.shift);
    if (input.seed != 0) words += ", draw " + std::to_string(input.seed);
    return words;
  };
  switch (input.fill) {
    case Fill::kConstant:
      return record::shortest(input.shift) + " everywhere";
    case Fill::kNormal:
      return moved("normal");
    case Fill::kUniform:
      return moved("uniform from -1 to 1");
    case Fill::kSigmoid:
      return moved("sigmoid of normal");
    case Fill::kOrthogonal:
      return moved("orthogonal rows");
  }
  return "unknown";
}

void print_inputs(const std::vector<ExtraInput>& inputs) {
  for (const ExtraInput& input : inputs)
    std::cout << "            " << input.name << " [" << input.batch << ", " << input.heads << ", "
              << input.len << ", " << input.dim << "]: " << fill_words(input)
              << (input.learned ? "; training would set it, here it is untrained" : "") << "\n";
}

void print_cost(const Cost& cost) {
  const auto number = [](Count count) { return static_cast<double>(count.value()); };
  std::cout << "            " << record::format_count(number(cost.flops)) << "FLOP, "
            << record::format_bytes(number(cost.traffic_bytes)) << " of traffic, "
            << record::plural(cost.steps.value(), "step") << " one after another, longest path "
            << (cost.path.saturated() ? record::kNever : std::to_string(cost.path.value())) << "\n";
}

/// The inputs that the variant declares and what it costs, for one sequence of one head.
void print_call(const Variant& variant, Call call) {
  call.problem.causal = !registry::refusal(variant, call).empty();
  if (!registry::refusal(variant, call).empty()) return;
  const std::vector<ExtraInput> inputs = registry::extra_inputs(variant, call);
  if (inputs.empty() && variant.inexact() == nullptr) return;
  const Problem& p = call.problem;
  std::cout << "  call    of one head, n = " << p.kv_len << ", head_dim " << p.head_dim
            << (p.causal ? ", causal" : "")
            << (inputs.empty() ? "" : "; it has inputs beside q, k and v") << "\n";
  print_inputs(inputs);
  if (variant.inexact() != nullptr) print_cost(variant.inexact()->cost(call));
}

void print_path(const Exact& variant, Call call) {
  std::string words;
  for (const bool causal : {true, false}) {
    call.problem.causal = causal;
    if (!registry::refusal(variant, call).empty()) continue;
    const plan::Path path = plan::longest_path(variant, call);
    words += (words.empty() ? "" : "; ") + std::string(causal ? "causal " : "not causal ") +
             (path.layers ? record::plural(*path.layers, "layer") : path.reason) +
             (path.gap.empty() ? "" : ", as " + path.gap);
  }
  if (!words.empty())
    std::cout << "  path    between the positions farthest apart, n = " << call.problem.kv_len
              << ": " << words << "\n";
}

}  // namespace

std::string kind_words(const registry::Entry& entry) {
  return std::string(registry::kind_name(entry.info->kind)) + ": " +
         definition_words(*entry.variant);
}

void print_facts(const registry::Entry& entry, const Call& call) {
  const Variant& variant = *entry.variant;
  constexpr uint32_t kAll = take::kScale | take::kSoftcap | take::kAlibi | take::kBf16 |
                            take::kF16 | take::kInt8 | take::kQ8_0;
  print_task(*entry.info);
  if ((variant.takes() & kAll) != kAll) print_taken(variant.takes());
  print_theory(variant, call);
  if (variant.exact() != nullptr) print_path(*variant.exact(), call);
  print_call(variant, call);
}

}  // namespace attnbench::cli
