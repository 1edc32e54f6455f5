// Compares analytic gradients with central differences.
#include "conformance/true_gradients.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <vector>

#include "measure/gradient_differences.h"
#include "measure/gradient_truth.h"

namespace attnbench::conformance {
namespace {

/// Elements tried of each input: all of q, k and v of most tiny problems.
constexpr int64_t kMostElements = 24;

/// How far differences may be off beside what they say of themselves, relative to the largest
/// slope of the input: rounding in double, divided by the step.
constexpr double kRounding = 1e-8;

using Doubles = std::vector<double>;

/// In the order of TrainingStage::named(), each as long as its tensor.
template <class Real>
std::vector<std::vector<Real>> zeros(const TrainingStage& stage) {
  std::vector<std::vector<Real>> all;
  for (const measure::NamedGradient& gradient : stage.named())
    all.emplace_back(static_cast<size_t>(gradient.tensor.size()));
  return all;
}

std::vector<Doubles> exact_gradients(const Exact& variant, const TrainingStage& stage) {
  std::vector<Doubles> all = zeros<double>(stage);
  const Call call = stage.forward().call();
  const Problem& p = call.problem;
  const auto put = [&](Doubles& to, int64_t row, const Doubles& values) {
    std::ranges::copy(values, to.begin() + row * p.head_dim);
  };
  std::vector<int64_t> rows(static_cast<size_t>(p.batch * p.heads * p.q_len));
  std::iota(rows.begin(), rows.end(), 0);
  measure::tell_query_gradients(
      variant, call, stage.forward().inputs(), stage.d_out(), rows,
      [&](size_t i, const measure::RowTruth& d_q) { put(all[0], rows[i], d_q.out); });
  std::vector<int64_t> keys(static_cast<size_t>(p.kv_len));
  std::iota(keys.begin(), keys.end(), 0);
  const auto rows_of_head = static_cast<size_t>(p.heads / p.kv_heads * p.q_len);
  for (int64_t head = 0; head < p.batch * p.kv_heads; ++head)
    measure::tell_key_gradients(
        variant, call, stage.forward().inputs(), stage.d_out(),
        std::span(rows).subspan(static_cast<size_t>(head) * rows_of_head, rows_of_head), keys,
        [&](size_t i, const measure::RowTruth& d_k, const measure::RowTruth& d_v) {
          put(all[1], head * p.kv_len + keys[i], d_k.out);
          put(all[2], head * p.kv_len + keys[i], d_v.out);
        });
  return all;
}

template <class Real>
std::vector<std::vector<Real>> defined_gradients(const DifferentiableDefined& trained,
                                                 const TrainingStage& stage) {
  std::vector<std::vector<Real>> all = zeros<Real>(stage);
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

bool float32_can_evaluate(const DifferentiableDefined& trained, const TrainingStage& stage) {
  for (const std::vector<float>& gradient : defined_gradients<float>(trained, stage))
    if (!std::ranges::all_of(gradient, [](float x) { return std::isfinite(x); })) return false;
  return true;
}

std::string fault_by_differences(const registry::Entry& entry, const TrainingStage& stage,
                                 uint64_t seed) {
  const Variant& variant = *entry.variant;
  const DifferentiableDefined* defined = variant.differentiable()->defines_gradients();
  const std::vector<Doubles> gradients = defined != nullptr
                                             ? defined_gradients<double>(*defined, stage)
                                             : exact_gradients(*variant.exact(), stage);
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
