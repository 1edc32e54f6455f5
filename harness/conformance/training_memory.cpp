// Promises about what a training step reads and writes, and that it computes the same again.
#include <bit>
#include <cstring>
#include <string>
#include <utility>

#include "conformance/attempts.h"
#include "conformance/training_attempts.h"
#include "conformance/training_stage.h"
#include "measure/memory.h"

namespace attnbench::conformance {
namespace {

constexpr int kThreadCounts[] = {1, 2, kMostThreads};

constexpr std::pair<std::byte, const char*> kNaNs{std::byte{0xFF}, "over NaNs"};

bool same_bits(float a, float b) {
  return std::bit_cast<uint32_t>(a) == std::bit_cast<uint32_t>(b);
}

/// How gradients over other contents differ from those over zeros; empty if they do not. Where
/// something is added to the old contents, most elements hold neither these nor the same as over
/// zeros. Where nothing is written, all that differ hold the old contents.
std::string traces(const TrainingStage& stage, const std::vector<float>& clean,
                   const std::vector<float>& soiled, std::byte fill, const char* name) {
  const float left = std::bit_cast<float>(0x01010101u * std::to_integer<uint32_t>(fill));
  std::vector<float> written = clean;
  for (size_t i = 0; i < written.size(); ++i)
    if (!same_bits(soiled[i], left)) written[i] = soiled[i];
  std::string differs = difference(stage, clean, "over zeros", written, name);
  for (size_t i = 0; i < clean.size() && differs.empty(); ++i)
    if (!same_bits(clean[i], soiled[i])) differs = stage.place(i) + " was never written";
  return differs;
}

/// What `call` takes from the heap; empty if nothing.
Attempt heap_of(const char* name, const std::function<void()>& call) {
  const measure::HeapPeak peak = measure::heap_peak_of(call);
  if (!peak.bytes) return untried(peak.reason);
  if (*peak.bytes == 0) return held();
  return broken(std::string(name) + " allocates " + std::to_string(*peak.bytes) + " bytes at once");
}

}  // namespace

Attempt stays_inside_in_training(const registry::Entry& entry, const Trial& trial) {
  TrainingStage stage(entry, trial);
  stage.save();
  if (const std::string where = stage.trespass(); !where.empty())
    return broken("in forward_saving, " + where);
  stage.go_back();
  const std::string where = stage.trespass();
  return where.empty() ? held() : broken("in backward, " + where);
}

/// 0.747 shows what is added to it, and NaN what is multiplied by 0.
Attempt overwrites_gradients(const registry::Entry& entry, const Trial& trial) {
  TrainingStage stage(entry, trial);
  stage.save();
  const auto clean = stage.go_back_over(std::byte{0}, std::byte{0});
  for (const auto& [fill, name] : {std::pair(std::byte{0x3F}, "over 0.747"), kNaNs}) {
    const auto soiled = stage.go_back_over(fill, std::byte{0});
    if (const std::string found = traces(stage, clean, soiled, fill, name); !found.empty())
      return broken(found);
  }
  return held();
}

/// Floats near 8e37 are what a maximum or sum that skips NaNs would keep.
Attempt ignores_old_training_memory(const registry::Entry& entry, const Trial& trial) {
  TrainingStage stage(entry, trial);
  stage.save_over(std::byte{0});
  const auto clean = stage.go_back_over(std::byte{0}, std::byte{0});
  for (const auto& [fill, name] : {kNaNs, std::pair(std::byte{0x7E}, "over 8e37")}) {
    stage.save_over(fill);
    const auto soiled = stage.go_back_over(std::byte{0}, fill);
    if (const std::string differs = difference(stage, clean, "over zeros", soiled, name);
        !differs.empty())
      return broken(differs);
  }
  return held();
}

Attempt leaves_what_backward_reads(const registry::Entry& entry, const Trial& trial) {
  TrainingStage stage(entry, trial);
  const auto d_out = stage.given_to_backward().back();
  stage.save();
  if (const std::string changed = changed_input(entry, trial, stage.forward()); !changed.empty())
    return broken("forward_saving changes " + changed);
  auto before = stage.given_to_backward();
  if (before.back() != d_out) return broken("forward_saving changes d_out");
  stage.go_back();
  if (const std::string changed = changed_input(entry, trial, stage.forward()); !changed.empty())
    return broken("backward changes " + changed);
  const auto after = stage.given_to_backward();
  for (size_t i = 0; i < before.size(); ++i)
    if (before[i] != after[i]) return broken("backward changes " + before[i].first);
  return held();
}

/// Counts a later step: the first may make the OpenMP runtime set up its threads.
Attempt takes_no_heap_in_training(const registry::Entry& entry, const Trial& trial) {
  TrainingStage stage(entry, trial);
  stage.step();
  stage.step();
  Attempt attempt = heap_of("forward_saving", [&] { stage.call_forward_saving(); });
  if (!attempt.failure.empty() || !attempt.untried.empty()) return attempt;
  return heap_of("backward", [&] { stage.call_backward(); });
}

Attempt repeats_its_gradients(const registry::Entry& entry, const Trial& trial) {
  TrainingStage stage(entry, trial);
  const auto first = stage.step();
  const auto second = stage.step();
  return broken_if(difference(stage, first, "at first", second, "the second time"));
}

/// The whole step is taken with each number of threads, as what is saved may depend on it.
Attempt same_gradients_across_threads(const registry::Entry& entry, const Trial& trial) {
  std::vector<float> one;
  for (const int threads : kThreadCounts) {
    Trial with = trial;
    with.threads = threads;
    TrainingStage stage(entry, with);
    const std::vector<float> gradients = stage.step();
    if (threads == 1) one = gradients;
    const std::string differs = difference(stage, one, "with 1 thread", gradients,
                                           "with " + std::to_string(threads) + " threads");
    if (!differs.empty()) return broken(differs);
  }
  return held();
}

}  // namespace attnbench::conformance
