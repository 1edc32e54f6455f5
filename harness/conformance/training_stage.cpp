// Sets a training step up and takes it.
#include "conformance/training_stage.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "measure/check_gradients.h"
#include "measure/check_output.h"
#include "measure/check_pairs.h"

namespace attnbench::conformance {
namespace {

size_t bytes_of(int64_t elements) {
  return static_cast<size_t>(elements) * sizeof(float);
}

size_t bytes_of(Count bytes) {
  return static_cast<size_t>(bytes.value());
}

void fill(const measure::FencedBlock& block, std::byte value) {
  std::fill_n(block.data(), block.size(), value);
}

Tensor<float> shaped_as(const Tensor<const float>& t, const measure::FencedBlock& block) {
  return {block.floats().data(), t.batch, t.heads, t.len, t.dim};
}

}  // namespace

TrainingStage::TrainingStage(const registry::Entry& entry, const Trial& trial)
    : trained_(*entry.variant->differentiable()),
      forward_(entry, trial),
      saved_(bytes_of(trained_.saved_bytes(trial.call())), 64, forward_.fenced_end()),
      scratch_(bytes_of(trained_.training_workspace_bytes(trial.call())), 64,
               forward_.fenced_end()),
      d_out_(bytes_of(forward_.out().size()), alignof(float), forward_.fenced_end()) {
  const Inputs& in = forward_.inputs();
  const auto add = [&](std::string name, const char* position, const Tensor<const float>& input) {
    const measure::FencedBlock& block = gradient_blocks_.emplace_back(
        bytes_of(input.size()), alignof(float), forward_.fenced_end());
    named_.push_back({std::move(name), position, shaped_as(input, block)});
    return named_.back().tensor;
  };
  gradients_.q = add("d_q", "query", in.q);
  gradients_.k = add("d_k", "key", in.k);
  gradients_.v = add("d_v", "key", in.v);
  const std::vector<ExtraInput>& extras = forward_.extras();
  for (size_t i = 0; i < extras.size(); ++i) {
    Tensor<float> gradient{nullptr, in.extra[i].batch, in.extra[i].heads, in.extra[i].len,
                           in.extra[i].dim};
    if (extras[i].learned) gradient = add("d_" + std::string(extras[i].name), "row", in.extra[i]);
    extra_gradients_.push_back(gradient);
  }
  gradients_.extra = extra_gradients_.data();
  gradients_.extra_count = std::ssize(extra_gradients_);
  measure::fill_d_out(shaped_as(in.q, d_out_), trial.seed);
}

void TrainingStage::call_forward_saving() {
  trained_.forward_saving(forward_.call(), forward_.inputs(), forward_.out(),
                          Workspace{saved_.data(), saved_.size()},
                          Workspace{scratch_.data(), scratch_.size()});
}

void TrainingStage::call_backward() {
  const Tensor<float>& out = forward_.out();
  trained_.backward(forward_.call(), forward_.inputs(),
                    {out.data, out.batch, out.heads, out.len, out.dim},
                    Saved{saved_.data(), saved_.size()}, d_out(), gradients_,
                    Workspace{scratch_.data(), scratch_.size()});
}

void TrainingStage::save() {
  fill(saved_, std::byte{0});
  fill(scratch_, std::byte{0});
  measure::poison(forward_.out());
  call_forward_saving();
}

void TrainingStage::save_over(std::byte value) {
  fill(saved_, value);
  fill(scratch_, value);
  std::fill_n(reinterpret_cast<std::byte*>(forward_.out().data), bytes_of(forward_.out().size()),
              value);
  call_forward_saving();
}

std::vector<float> TrainingStage::go_back() {
  fill(scratch_, std::byte{0});
  measure::poison(gradients_);
  call_backward();
  return values();
}

std::vector<float> TrainingStage::go_back_over(std::byte gradients, std::byte scratch) {
  fill(scratch_, scratch);
  for (const measure::FencedBlock& block : gradient_blocks_) fill(block, gradients);
  call_backward();
  return values();
}

std::vector<float> TrainingStage::step() {
  save();
  return go_back();
}

void TrainingStage::fill_for_pairs(const Exact& variant, uint64_t seed) {
  measure::fill_for_pairs(variant, forward_.call(), forward_.writable(),
                          shaped_as(forward_.inputs().q, d_out_), seed);
}

Tensor<const float> TrainingStage::d_out() const {
  const Tensor<float>& out = forward_.out();
  return {d_out_.floats().data(), out.batch, out.heads, out.len, out.dim};
}

std::vector<float> TrainingStage::values() const {
  std::vector<float> all;
  for (const measure::FencedBlock& block : gradient_blocks_)
    all.insert(all.end(), block.floats().begin(), block.floats().end());
  return all;
}

std::vector<Contents> TrainingStage::given_to_backward() const {
  const Tensor<float>& out = forward_.out();
  const auto copy = [](const void* from, size_t bytes) {
    const auto* const begin = static_cast<const std::byte*>(from);
    return std::vector<std::byte>(begin, begin + bytes);
  };
  return {{"out", copy(out.data, bytes_of(out.size()))},
          {"what was saved", copy(saved_.data(), saved_.size())},
          {"d_out", copy(d_out_.data(), d_out_.size())}};
}

std::string TrainingStage::place(size_t index) const {
  for (const measure::NamedGradient& gradient : named_) {
    const auto size = static_cast<size_t>(gradient.tensor.size());
    if (index < size)
      return gradient.name + ": " +
             measure::place(gradient.tensor, static_cast<int64_t>(index), gradient.position);
    index -= size;
  }
  return "nowhere";
}

std::string TrainingStage::trespass() const {
  if (std::string where = forward_.trespass(); !where.empty()) return where;
  std::vector<std::pair<std::string, const measure::FencedBlock*>> blocks = {
      {"the memory to save in", &saved_},
      {"its training workspace", &scratch_},
      {"d_out", &d_out_}};
  for (size_t i = 0; i < named_.size(); ++i)
    blocks.emplace_back(named_[i].name, &gradient_blocks_[i]);
  for (const auto& [name, block] : blocks)
    if (const std::string where = block->trespass(); !where.empty())
      return name + " of " + std::to_string(block->size()) + " bytes is touched " + where;
  return {};
}

std::string difference(const TrainingStage& stage, const std::vector<float>& x,
                       const std::string& a, const std::vector<float>& y, const std::string& b) {
  for (size_t i = 0; i < x.size(); ++i)
    if (std::bit_cast<uint32_t>(x[i]) != std::bit_cast<uint32_t>(y[i]))
      return stage.place(i) + ": " + std::to_string(x[i]) + " " + a + ", " + std::to_string(y[i]) +
             " " + b;
  return {};
}

}  // namespace attnbench::conformance
