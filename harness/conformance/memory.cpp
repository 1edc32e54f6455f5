// Promises about what a variant reads and writes, and that it computes the same again.
#include "measure/memory.h"

#include <utility>

#include "conformance/attempts.h"
#include "measure/check_output.h"

namespace attnbench::conformance {

Attempt stays_inside(const registry::Entry& entry, const Trial& trial) {
  Stage stage(entry, trial);
  stage.forward();
  if (entry.variant->deciding() != nullptr)
    for (int64_t b = 0; b < stage.out().batch; ++b)
      for (int64_t h = 0; h < stage.out().heads; ++h) stage.decide_over(std::byte{0}, b, h);
  return broken_if(stage.trespass());
}

/// 0xFF makes NaNs, 0x7E floats near 8e37, which a maximum or sum that skips NaNs would keep.
Attempt ignores_old_contents(const registry::Entry& entry, const Trial& trial) {
  Stage stage(entry, trial);
  const auto clean = stage.forward_over(std::byte{0x00});
  for (const auto& [fill, name] : {std::pair(0xFF, "over NaNs"), std::pair(0x7E, "over 8e37")}) {
    const auto soiled = stage.forward_over(static_cast<std::byte>(fill));
    const std::string differs = difference(stage, clean, "over zeros", soiled, name);
    if (!differs.empty()) return broken(differs);
  }
  return held();
}

std::string changed_input(const registry::Entry& entry, const Trial& trial, const Stage& stage) {
  const auto extras = registry::extra_inputs(*entry.variant, trial.call());
  measure::InputSet original(trial.problem, trial.seed, trial.style, record::Pages::kHuge, extras);
  measure::NarrowInputs rounded(trial.problem);
  rounded.take(original.writable(), false);
  const Inputs before = rounded.view(original.view()), now = stage.given();
  const auto same = [](const Tensor<const float>& a, const Tensor<const float>& b) {
    return measure::digest(a) == measure::digest(b);
  };
  if (!same(before.q, now.q)) return "q";
  if (!same(before.k, now.k)) return "k";
  if (!same(before.v, now.v)) return "v";
  for (size_t i = 0; i < extras.size(); ++i)
    if (!same(before.extra[i], now.extra[i]))
      return "its input '" + std::string(extras[i].name) + "'";
  return {};
}

Attempt leaves_inputs(const registry::Entry& entry, const Trial& trial) {
  Stage stage(entry, trial);
  stage.forward();
  const std::string changed = changed_input(entry, trial, stage);
  return changed.empty() ? held() : broken(changed + " is changed");
}

/// Counts a later call: the first may make the OpenMP runtime set up its threads.
Attempt takes_no_heap(const registry::Entry& entry, const Trial& trial) {
  Stage stage(entry, trial);
  stage.forward();
  stage.forward();
  const measure::HeapPeak peak = measure::heap_peak_of([&] { stage.call_forward(); });
  if (!peak.bytes) return untried(peak.reason);
  if (*peak.bytes == 0) return held();
  return broken(std::to_string(*peak.bytes) + " bytes are allocated at once");
}

Attempt repeats_itself(const registry::Entry& entry, const Trial& trial) {
  Stage stage(entry, trial);
  const auto first = stage.forward();
  const auto second = stage.forward();
  return broken_if(difference(stage, first, "at first", second, "the second time"));
}

}  // namespace attnbench::conformance
