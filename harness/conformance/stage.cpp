// Sets a trial up and calls the variant on it.
#include "conformance/stage.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "measure/check_output.h"

namespace attnbench::conformance {
namespace {

size_t bytes_of(const Tensor<const float>& t) {
  return static_cast<size_t>(t.size()) * sizeof(float);
}

Tensor<const float> copied(Tensor<const float> t, const measure::FencedBlock& block) {
  std::copy_n(t.data, t.size(), block.floats().data());
  t.data = block.floats().data();
  return t;
}

measure::FencedEnd fenced_end(const Trial& trial) {
  return trial.seed % 2 == 0 ? measure::FencedEnd::kBack : measure::FencedEnd::kFront;
}

}  // namespace

Stage::Stage(const registry::Entry& entry, const Trial& trial)
    : Stage(entry, trial,
            measure::InputSet(trial.problem, trial.seed, trial.style, record::Pages::kHuge,
                              registry::extra_inputs(*entry.variant, trial.call())),
            fenced_end(trial)) {}

Stage::Stage(const registry::Entry& entry, const Trial& trial, const measure::InputSet& set,
             measure::FencedEnd end)
    : entry_(entry),
      trial_(trial),
      q_(bytes_of(set.view().q), alignof(float), end),
      k_(bytes_of(set.view().k), alignof(float), end),
      v_(bytes_of(set.view().v), alignof(float), end),
      out_(bytes_of(set.view().q), alignof(float), end),
      scratch_(static_cast<size_t>(entry.variant->workspace_bytes(trial.call()).value()), 64, end),
      inputs_{copied(set.view().q, q_), copied(set.view().k, k_), copied(set.view().v, v_)},
      out_tensor_(measure::output_tensor(trial.problem, out_.data())) {
  const Inputs in = set.view();
  for (int64_t i = 0; i < in.extra_count; ++i) {
    const measure::FencedBlock& block =
        extra_blocks_.emplace_back(bytes_of(in.extra[i]), alignof(float), end);
    extra_tensors_.push_back(copied(in.extra[i], block));
  }
  inputs_.extra = extra_tensors_.data();
  inputs_.extra_count = in.extra_count;
}

void Stage::call_forward() {
  entry_.variant->forward(call(), inputs_, out_tensor_,
                          Workspace{scratch_.data(), scratch_.size()});
}

std::vector<float> Stage::forward() {
  std::fill_n(scratch_.data(), scratch_.size(), std::byte{0});
  measure::poison(out_tensor_);
  call_forward();
  return {out_.floats().begin(), out_.floats().end()};
}

std::vector<float> Stage::forward_over(std::byte fill) {
  std::fill_n(scratch_.data(), scratch_.size(), fill);
  std::fill_n(out_.data(), out_.size(), fill);
  call_forward();
  return {out_.floats().begin(), out_.floats().end()};
}

void Stage::spoil_keys(const std::vector<int64_t>& keys) {
  using Limits = std::numeric_limits<float>;
  constexpr std::array kSpoilers{Limits::quiet_NaN(), Limits::infinity(), -Limits::infinity(),
                                 Limits::max()};
  const Problem& p = trial_.problem;
  for (const measure::FencedBlock* block : {&k_, &v_})
    for (int64_t head = 0; head < p.batch * p.kv_heads; ++head)
      for (size_t i = 0; i < keys.size(); ++i)
        std::fill_n(block->floats().data() + (head * p.kv_len + keys[i]) * p.head_dim, p.head_dim,
                    kSpoilers[i % kSpoilers.size()]);
}

std::string Stage::trespass() const {
  for (const auto& [name, block] : {std::pair("q", &q_), std::pair("k", &k_), std::pair("v", &v_),
                                    std::pair("out", &out_), std::pair("its workspace", &scratch_)})
    if (const std::string where = block->trespass(); !where.empty())
      return std::string(name) + " of " + std::to_string(block->size()) + " bytes is touched " +
             where;
  for (const measure::FencedBlock& block : extra_blocks_)
    if (const std::string where = block.trespass(); !where.empty())
      return "an input that it declares, of " + std::to_string(block.size()) +
             " bytes, is touched " + where;
  return {};
}

}  // namespace attnbench::conformance
