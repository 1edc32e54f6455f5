// The memory of a training call beside that of its inputs and output.
#include "measure/training_memory.h"

#include "machine/evict.h"
#include "measure/check_gradients.h"
#include "measure/inputs.h"
#include "registry/registry.h"

namespace attnbench::measure {
namespace {

Tensor<float> tensor_over(const FencedBlock& block, int64_t batch, int64_t heads, int64_t len,
                          int64_t dim) {
  return {block.floats().data(), batch, heads, len, dim};
}

}  // namespace

TrainingMemory::TrainingMemory(const Variant& variant, const Call& call, record::Pages pages,
                               uint64_t seed)
    : variant_(*variant.differentiable()),
      call_(call),
      saved_(static_cast<size_t>(variant_.saved_bytes(call).value()), 64, FencedEnd::kFront, pages),
      d_out_(static_cast<size_t>(output_bytes(call.problem)), 64, FencedEnd::kFront, pages),
      d_out_tensor_(output_tensor(call.problem, d_out_.data())) {
  const auto gradient = [&](const char* of, int64_t batch, int64_t heads, int64_t len,
                            int64_t dim) {
    gradient_names_.push_back(std::string("d_") + of);
    const size_t bytes = static_cast<size_t>(count(batch, heads, len, dim, sizeof(float)).value());
    const FencedBlock& block = gradient_blocks_.emplace_back(bytes, 64, FencedEnd::kFront, pages);
    return tensor_over(block, batch, heads, len, dim);
  };
  const Problem& p = call.problem;
  gradients_.q = gradient("q", p.batch, p.heads, p.q_len, p.head_dim);
  gradients_.k = gradient("k", p.batch, p.kv_heads, p.kv_len, p.head_dim);
  gradients_.v = gradient("v", p.batch, p.kv_heads, p.kv_len, p.head_dim);
  for (const ExtraInput& input : registry::extra_inputs(variant, call)) {
    Tensor<float> tensor{nullptr, input.batch, input.heads, input.len, input.dim};
    if (input.learned)
      tensor = gradient(input.name, input.batch, input.heads, input.len, input.dim);
    extra_tensors_.push_back(tensor);
  }
  gradients_.extra = extra_tensors_.data();
  gradients_.extra_count = std::ssize(extra_tensors_);
  fill_d_out(d_out_tensor_, seed);
  poison(gradients_);
}

void TrainingMemory::forward_saving(const Inputs& inputs, const Tensor<float>& out,
                                    const Workspace& workspace) const {
  variant_.forward_saving(call_, inputs, out, {saved_.data(), saved_.size()}, workspace);
}

void TrainingMemory::backward(const Inputs& inputs, const Tensor<float>& out,
                              const Workspace& workspace) const {
  variant_.backward(call_, inputs, read_only(out), {saved_.data(), saved_.size()},
                    read_only(d_out_tensor_), gradients_, workspace);
}

std::string TrainingMemory::trespass() const {
  if (const std::string past = saved_.trespass(); !past.empty())
    return "touched what is saved for backward " + past;
  if (const std::string past = d_out_.trespass(); !past.empty()) return "touched d_out " + past;
  for (size_t i = 0; i < gradient_blocks_.size(); ++i)
    if (const std::string past = gradient_blocks_[i].trespass(); !past.empty())
      return "touched " + gradient_names_[i] + " " + past;
  return {};
}

void TrainingMemory::evict() const {
  for (const FencedBlock* block : {&saved_, &d_out_})
    machine::evict({block->data(), block->size()});
  for (const FencedBlock& block : gradient_blocks_) machine::evict({block.data(), block.size()});
}

}  // namespace attnbench::measure
