// One case ready to be called: its inputs, and all memory that its calls write.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "measure/fenced_block.h"
#include "measure/inputs.h"
#include "measure/narrow.h"
#include "measure/training_memory.h"
#include "measure/worker.h"

namespace attnbench::measure {

/// A variant with the output and the scratch that a call of it writes.
struct Writes {
  const Variant& variant;
  Call call;
  FencedBlock output;                  ///< In float32.
  std::optional<NarrowTensor> narrow;  ///< What a call writes if the problem's dtype is another.
  FencedBlock workspace;

  Writes(const Variant& v, const Call& c, record::Pass pass, record::Pages pages);

  Tensor<float> out() const { return output_tensor(call.problem, output.data()); }
  /// The tensor that a call writes to.
  Tensor<float> written() const { return narrow ? narrow->tensor() : out(); }
  Workspace scratch() const { return {workspace.data(), workspace.size()}; }
  void forward(const Inputs& inputs) const { variant.forward(call, inputs, written(), scratch()); }
  void poison() const;

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
  /// What the last call wrote, in float32.
  Tensor<float> out() const;
  Tensor<float> written() const { return attention_.written(); }
  Workspace scratch() const { return attention_.scratch(); }
  /// The inputs, in float32: exactly the numbers that a call is given.
  Inputs view() const;
  /// The same in the types of the problem, as a call is given them.
  Inputs given() const;
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
  /// Rounds the inputs to the problem's types, after they were filled, and takes note of them.
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
  std::optional<NarrowInputs> narrow_;  ///< Null if all types are float32.
  bool smooth_k_;
  std::vector<std::string> digests_;  ///< Of each input, when they were noted.
  int64_t own_extra_;  ///< So many declared inputs are attention's, the others the projections'.
};

}  // namespace attnbench::measure
