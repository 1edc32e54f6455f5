// Compares analytic gradients with central differences.
#include "conformance/true_gradients.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <vector>

#include "measure/gradient_differences.h"

namespace attnbench::conformance {
namespace {

/// Elements tried of each input: all of q, k and v of most tiny problems.
constexpr int64_t kMostElements = 24;

/// How far differences may be off beside what they say of themselves, relative to the largest
/// slope of the input: rounding in double, divided by the step.
constexpr double kRounding = 1e-8;

/// In the order of TrainingStage::named(), each as long as its tensor.
template <class Real>
std::vector<std::vector<Real>> defined_gradients(const DifferentiableDefined& trained,
                                                 const TrainingStage& stage) {
  std::vector<std::vector<Real>> all;
  for (const measure::NamedGradient& gradient : stage.named())
    all.emplace_back(static_cast<size_t>(gradient.tensor.size()));
  std::vector<Real*> extras;
  size_t next = 3;
  for (const ExtraInput& input : stage.forward().extras())
    extras.push_back(input.learned ? all[next++].data() : nullptr);
  trained.define_gradients(
      stage.forward().call(), stage.forward().inputs(), stage.d_out(),
      DefinedGradients<Real>{all[0].data(), all[1].data(), all[2].data(), extras.data()});
  return all;
}

/// Which input each of TrainingStage::named() is the gradient of, as gradient_by_differences
/// numbers them.
std::vector<int64_t> inputs_of(const TrainingStage& stage) {
  std::vector<int64_t> inputs{0, 1, 2};
  const std::vector<ExtraInput>& extras = stage.forward().extras();
  for (size_t i = 0; i < extras.size(); ++i)
    if (extras[i].learned) inputs.push_back(3 + static_cast<int64_t>(i));
  return inputs;
}

std::vector<int64_t> some_elements(int64_t size, uint64_t seed) {
  std::vector<int64_t> elements(static_cast<size_t>(size));
  std::iota(elements.begin(), elements.end(), 0);
  if (size <= kMostElements) return elements;
  std::shuffle(elements.begin(), elements.end(), Rng(seed));
  elements.resize(static_cast<size_t>(kMostElements));
  std::ranges::sort(elements);
  return elements;
}

/// How the gradient differs from the slope; empty if it does not.
std::string disagreement(double gradient, const measure::Slope& slope, double largest) {
  const double off = std::abs(gradient - slope.value);
  if (off <= slope.doubt + kRounding * (1 + largest)) return {};
  char text[160];
  std::snprintf(text, sizeof text,
                ": the gradient is %.9g, but differences of outputs say %.9g +- %.2g", gradient,
                slope.value, slope.doubt);
  return text;
}

}  // namespace

bool float32_can_evaluate(const DifferentiableDefined& trained, const TrainingStage& stage,
                          size_t gradient) {
  return std::ranges::all_of(defined_gradients<float>(trained, stage).at(gradient),
                             [](float x) { return std::isfinite(x); });
}

std::string fault_by_differences(const Variant& variant, const TrainingStage& stage,
                                 uint64_t seed) {
  const auto gradients =
      defined_gradients<double>(*variant.differentiable()->defines_gradients(), stage);
  const std::vector<int64_t> inputs = inputs_of(stage);
  for (size_t i = 0; i < inputs.size(); ++i) {
    const measure::NamedGradient& named = stage.named()[i];
    const std::vector<int64_t> elements = some_elements(named.tensor.size(), seed + i);
    const std::vector<measure::Slope> slopes =
        measure::gradient_by_differences(variant, stage.forward().call(), stage.forward().inputs(),
                                         stage.d_out(), inputs[i], elements);
    double largest = 0;
    for (const measure::Slope& slope : slopes) largest = std::max(largest, std::abs(slope.value));
    for (size_t e = 0; e < elements.size(); ++e) {
      const std::string wrong =
          disagreement(gradients[i][static_cast<size_t>(elements[e])], slopes[e], largest);
      if (!wrong.empty())
        return named.name + ": " + measure::place(named.tensor, elements[e], named.position) +
               wrong;
    }
  }
  return {};
}

}  // namespace attnbench::conformance
