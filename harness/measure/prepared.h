// One case ready to be called: its inputs, and all memory that its calls write.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "measure/fenced_block.h"
#include "measure/inputs.h"
#include "measure/training_memory.h"
#include "measure/worker.h"

namespace attnbench::measure {

/// A variant with the output and the scratch that a call of it writes.
struct Writes {
  const Variant& variant;
  Call call;
  FencedBlock output;
  FencedBlock workspace;

  Writes(const Variant& v, const Call& c, record::Pass pass, record::Pages pages);

  Tensor<float> out() const { return output_tensor(call.problem, output.data()); }
  Workspace scratch() const { return {workspace.data(), workspace.size()}; }
  void forward(const Inputs& inputs) const { variant.forward(call, inputs, out(), scratch()); }

  /// What was touched outside; empty if nothing was.
  std::string trespass() const;
  void evict() const;
};

/// Everything that a call of one case needs.
class Prepared {
 public:
  /// `around` does the products around attention; null if the case has none. `params` are the
  /// values of all params.
  Prepared(const registry::Entry& entry, const Variant* around, std::vector<int64_t> params,
           const Task& task);

  const Variant& variant() const { return attention_.variant; }
  const Call& call() const { return attention_.call; }
  Tensor<float> out() const { return attention_.out(); }
  Workspace scratch() const { return attention_.scratch(); }
  Inputs view() const;
  InputSet& inputs() { return inputs_; }

  /// The products around attention, over the same tokens; null if the case has none. They write to
  /// memory of their own, so that attention runs on the inputs that the case says.
  const Writes* projections() const { return projections_ ? &*projections_ : nullptr; }
  Inputs view_of_projections() const;

  /// Null if the case is no training.
  const TrainingMemory* training() const { return training_ ? &*training_ : nullptr; }

  /// What a timed call does. A backward pass needs keep() before, once for each inputs.
  void run() const;
  /// If run() is a backward pass alone: makes the forward pass before it.
  void keep() const;

  /// Fills what run() writes with numbers that no right call would leave there.
  void poison_results() const;
  /// The digests of what run() wrote, or worked from, one after another: outputs, then gradients.
  std::string digest_of_results() const;
  /// Makes every page of the scratch resident, so that no timed call meets a page fault.
  void touch_scratch() const;
  /// What was touched outside; empty if nothing was.
  std::string trespass() const;
  /// Which input a call has changed since note_inputs(): "its input q"; empty if none.
  std::string changed_input() const;
  /// Takes note of what the inputs hold, after they were filled.
  void note_inputs();
  /// Takes all that a call reads or writes out of the caches.
  void evict() const;

 private:
  std::vector<int64_t> params_;
  record::Pass pass_;
  Writes attention_;
  std::optional<Writes> projections_;
  std::optional<TrainingMemory> training_;
  InputSet inputs_;
  std::vector<std::string> digests_;  ///< Of each input, when they were noted.
  int64_t own_extra_;  ///< So many declared inputs are attention's, the others the projections'.
};

}  // namespace attnbench::measure
