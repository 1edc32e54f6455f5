// Full attention that can be trained, for tests: right, or wrong in one way.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <vector>

#include "plain_attention.h"

namespace attnbench::measure::test {

enum class TrainingFault {
  kNone,
  kForgetsDV,
  kAddsToDK,        ///< Instead of overwriting it.
  kWrongSignOfDQ,   ///< In the last row.
  kDKWithoutDelta,  ///< As if the softmax were no softmax.
  kWrongSaving,     ///< Another output than that of forward.
  kWritesPastSaved,
  kWritesPastGradient,
  kWrongFromThirdBackward,
  kKeepsFirstSaved,  ///< Saves nothing after its first call.
  kLosesQueryInDV,   ///< d_v leaves out query 7.
  kTakesMemoryToSave,
};

/// One thread.
class FaultyTrained final : public attnbench::test::PlainTrained {
 public:
  explicit FaultyTrained(TrainingFault fault = TrainingFault::kNone) : fault_(fault) {}

  void forward_saving(const Call& call, const Inputs& in, const Tensor<float>& out,
                      const Workspace& saved, const Workspace& scratch) const noexcept override {
    if (is(TrainingFault::kTakesMemoryToSave)) {
      const std::vector<float> more(250'000);
      volatile float last = more.back();  // Or the compiler takes none.
      static_cast<void>(last);
    }
    if (++savings_ > 1 && is(TrainingFault::kKeepsFirstSaved))
      forward(call, in, out, scratch);
    else
      PlainTrained::forward_saving(call, in, out, saved, scratch);
    if (is(TrainingFault::kWrongSaving)) out.data[0] += 1;
    if (is(TrainingFault::kWritesPastSaved)) saved.data[saved.bytes] = std::byte{1};
  }

  void backward(const Call& call, const Inputs& in, const Tensor<const float>& out,
                const Saved& saved, const Tensor<const float>& d_out, const Gradients& to,
                const Workspace& scratch) const noexcept override {
    const std::vector<float> k = values(to.k), v = values(to.v);
    PlainTrained::backward(call, in, out, saved, d_out, to, scratch);
    if (is(TrainingFault::kForgetsDV)) std::copy(v.begin(), v.end(), to.v.data);
    for (size_t i = 0; i < k.size() && is(TrainingFault::kAddsToDK); ++i) to.k.data[i] += k[i];
    if (is(TrainingFault::kDKWithoutDelta)) {
      const std::vector<float> zeros(static_cast<size_t>(out.size()));
      const Spare spare(to);
      PlainTrained::backward(call, in, over(zeros, out), saved, d_out, spare.gradients, scratch);
      std::copy_n(spare.gradients.k.data, to.k.size(), to.k.data);
    }
    if (is(TrainingFault::kLosesQueryInDV)) {
      std::vector<float> fewer(d_out.data, d_out.data + d_out.size());
      for (int64_t head = 0; head < d_out.batch * d_out.heads; ++head)
        std::fill_n(fewer.data() + (head * d_out.len + 7) * d_out.dim, d_out.dim, 0.0f);
      const Spare spare(to);
      PlainTrained::backward(call, in, out, saved, over(fewer, d_out), spare.gradients, scratch);
      std::copy_n(spare.gradients.v.data, to.v.size(), to.v.data);
    }
    float* const last = to.q.data + to.q.size() - 1;
    if (is(TrainingFault::kWrongSignOfDQ)) *last = -*last;
    if (is(TrainingFault::kWritesPastGradient)) last[1] = 1;
    if (++backwards_ > 2 && is(TrainingFault::kWrongFromThirdBackward)) *to.v.data += 1;
  }

 private:
  /// Memory for gradients of which some are taken.
  struct Spare {
    std::vector<float> q, k, v;
    Gradients gradients;

    explicit Spare(const Gradients& like)
        : q(values(like.q)), k(values(like.k)), v(values(like.v)), gradients(like) {
      gradients.q.data = q.data();
      gradients.k.data = k.data();
      gradients.v.data = v.data();
    }
  };

  bool is(TrainingFault fault) const { return fault_ == fault; }
  static std::vector<float> values(const Tensor<float>& t) { return {t.data, t.data + t.size()}; }
  static Tensor<const float> over(const std::vector<float>& values, Tensor<const float> shape) {
    shape.data = values.data();
    return shape;
  }

  TrainingFault fault_;
  mutable std::atomic<int> savings_ = 0, backwards_ = 0;
};

}  // namespace attnbench::measure::test
