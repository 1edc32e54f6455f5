// Promises about what a variant states of training: its memory, its theory and its cost.
#include <algorithm>
#include <string>
#include <utility>

#include "attnbench/training.h"
#include "conformance/attempts.h"
#include "conformance/growth.h"
#include "conformance/training_attempts.h"
#include "conformance/training_stage.h"
#include "record/theory.h"

namespace attnbench::conformance {
namespace {

Cost backward_cost(const Variant& variant, const Call& call) {
  return variant.differentiable()->defines_gradients()->backward_cost(call);
}

constexpr Amount kMemory[] = {
    {.name = "saved_bytes",
     .of = [](const Variant& v, const Call& call) { return v.differentiable()->saved_bytes(call); },
     .falls_with_queries = true},
    {.name = "training_workspace_bytes", .of = [](const Variant& v, const Call& call) {
       return v.differentiable()->training_workspace_bytes(call);
     }}};

constexpr Amount kCost[] = {
    {"backward_cost's flops",
     [](const Variant& v, const Call& call) { return backward_cost(v, call).flops; }, kSteadyCost,
     kMostFallOfCost},
    {"backward_cost's traffic_bytes",
     [](const Variant& v, const Call& call) { return backward_cost(v, call).traffic_bytes; },
     kSteadyCost, kMostFallOfCost},
    {"backward_cost's steps",
     [](const Variant& v, const Call& call) { return backward_cost(v, call).steps; }, kSteadyCost,
     kMostFallOfCost},
    {"backward_cost's path",
     [](const Variant& v, const Call& call) { return backward_cost(v, call).path; }, kSteadyCost,
     kMostFallOfCost, true}};

/// All amounts that a variant states of training on one call, by name.
std::vector<std::pair<const char*, Count>> amounts_of(const Variant& variant, const Call& call) {
  std::vector<std::pair<const char*, Count>> amounts;
  for (const Amount& amount : kMemory) amounts.emplace_back(amount.name, amount.of(variant, call));
  if (variant.differentiable()->defines_gradients() != nullptr)
    for (const Amount& amount : kCost) amounts.emplace_back(amount.name, amount.of(variant, call));
  return amounts;
}

}  // namespace

std::string training_declined(const Variant& variant, const Call& call) {
  std::string why = registry::declined(variant, call);
  return why.empty() ? registry::training_refusal(variant, call) : why;
}

Count training_bytes(const Variant& variant, const Call& call) {
  const Differentiable& trained = *variant.differentiable();
  return trained.saved_bytes(call) + trained.training_workspace_bytes(call);
}

/// Compares the answers before and after a training step and questions about other problems.
Attempt answers_the_same_of_training(const registry::Entry& entry, const Trial& trial) {
  const Variant& variant = *entry.variant;
  const auto before = amounts_of(variant, trial.call());
  TrainingStage(entry, trial).step();
  for (const Trial& other : smaller_trials(entry, trial))
    if (training_declined(variant, other.call()).empty()) amounts_of(variant, other.call());
  if (!training_declined(variant, trial.call()).empty())
    return broken("supports_training says yes at first, then no");
  const auto after = amounts_of(variant, trial.call());
  for (size_t i = 0; i < before.size(); ++i)
    if (before[i].second != after[i].second)
      return broken(std::string(before[i].first) + " is " +
                    std::to_string(before[i].second.value()) + " at first, then " +
                    std::to_string(after[i].second.value()));
  return held();
}

Attempt declares_training_memory(const registry::Entry& entry, const Trial& trial) {
  for (const Amount& amount : kMemory)
    if (Attempt attempt = never_falls(entry, trial, training_declined, amount);
        !attempt.failure.empty())
      return attempt;
  return held();
}

Attempt states_training_theory(const registry::Entry& entry, const Trial& trial) {
  const std::string fault =
      record::theory_fault(entry.variant->differentiable()->training_theory(trial.call()));
  return fault.empty() ? held() : broken("in training_theory, " + fault);
}

Attempt states_backward_cost(const registry::Entry& entry, const Trial& trial) {
  return states_amounts(entry, trial, training_declined, kCost);
}

}  // namespace attnbench::conformance
