// One case ready to be called: its inputs, and all memory that its calls write.
#include "measure/prepared.h"

#include <iterator>
#include <span>
#include <stdexcept>
#include <utility>

#include "machine/evict.h"
#include "measure/case_inputs.h"
#include "measure/check_gradients.h"
#include "measure/check_output.h"
#include "registry/registry.h"

namespace attnbench::measure {
namespace {

Count scratch_bytes(const Variant& variant, const Call& call, record::Pass pass) {
  return record::trains(pass) ? variant.differentiable()->training_workspace_bytes(call)
                              : variant.workspace_bytes(call);
}

/// The inputs that attention declares, and those of the projections after them.
std::vector<ExtraInput> all_extra_inputs(const Variant& variant, const Variant* projections,
                                         const Call& call) {
  std::vector<ExtraInput> all = registry::extra_inputs(variant, call);
  if (projections != nullptr) {
    const std::vector<ExtraInput> more = registry::extra_inputs(*projections, call);
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

std::vector<std::string> digests_of(const Inputs& in) {
  std::vector<std::string> digests{digest(in.q), digest(in.k), digest(in.v)};
  for (int64_t i = 0; i < in.extra_count; ++i) digests.push_back(digest(in.extra[i]));
  return digests;
}

void touch(const FencedBlock& block) {
  for (size_t at = 0; at < block.size(); at += 4096) {
    volatile std::byte& page = block.data()[at];
    page = page;
  }
}

}  // namespace

Writes::Writes(const Variant& v, const Call& c, record::Pass pass, record::Pages pages)
    : variant(v),
      call(c),
      output(static_cast<size_t>(output_bytes(call.problem)), 64, FencedEnd::kFront, pages),
      workspace(static_cast<size_t>(scratch_bytes(variant, call, pass).value()), 64,
                FencedEnd::kFront, pages) {
  if (call.problem.dtype != Type::kF32)
    narrow.emplace(call.problem.dtype, read_only(out()), FencedEnd::kFront, pages);
  poison();
}

void Writes::poison() const {
  measure::poison(out());
  if (narrow) narrow->poison();
}

std::string Writes::trespass() const {
  if (const std::string past = workspace.trespass(); !past.empty())
    return "touched the workspace " + past;
  for (const std::string& past : {output.trespass(), narrow ? narrow->trespass() : std::string()})
    if (!past.empty()) return "touched the output " + past;
  return {};
}

void Writes::evict() const {
  machine::evict({output.data(), output.size()});
  if (narrow) narrow->evict();
  machine::evict({workspace.data(), workspace.size()});
}

Prepared::Prepared(const registry::Entry& entry, const Variant* around, std::vector<int64_t> params,
                   const Task& task)
    : params_(std::move(params)),
      pass_(task.plan.pass),
      attention_(*entry.variant,
                 {task.plan.problem, params_.data(), task.plan.threads,
                  registry::view(task.plan.list.get())},
                 pass_, task.plan.pages),
      inputs_(call().problem, task.seed, InputStyle::kNormal, task.plan.pages,
              all_extra_inputs(variant(), around, call())),
      smooth_k_(task.plan.smooth_k),
      own_extra_(std::ssize(registry::extra_inputs(variant(), call()))) {
  if (around != nullptr)
    projections_.emplace(*around, call(), record::Pass::kForward, task.plan.pages);
  if (record::trains(pass_)) training_.emplace(variant(), call(), task.plan.pages, task.seed);
  fill_inputs(task.plan, task.seed, inputs_);
  if (has_narrow_types(call().problem)) {
    if (const std::string beyond = beyond_types(call().problem, inputs_.view()); !beyond.empty())
      throw std::range_error(beyond);
    narrow_.emplace(call().problem, FencedEnd::kFront, task.plan.pages);
  }
  note_inputs();
}

void Prepared::note_inputs() {
  if (narrow_) narrow_->take(inputs_.writable(), smooth_k_);
  digests_ = digests_of(narrow_ ? narrow_->view(inputs_.view()) : inputs_.view());
}

std::string Prepared::changed_input() const {
  constexpr const char* kNames[] = {"q", "k", "v"};
  const std::vector<std::string> now =
      digests_of(narrow_ ? narrow_->view(inputs_.view()) : inputs_.view());
  for (size_t i = 0; i < now.size(); ++i) {
    if (now[i] == digests_[i]) continue;
    if (i < std::size(kNames)) return std::string("its input ") + kNames[i];
    return "an input that it declares";
  }
  return {};
}

Inputs Prepared::view() const {
  Inputs in = inputs_.view();
  in.extra_count = own_extra_;
  return in;
}

Inputs Prepared::given() const {
  return narrow_ ? narrow_->view(view()) : view();
}

Tensor<float> Prepared::out() const {
  if (attention_.narrow) attention_.narrow->widen(attention_.out());
  return attention_.out();
}

Inputs Prepared::view_of_projections() const {
  Inputs in = inputs_.view();
  in.extra += own_extra_;
  in.extra_count -= own_extra_;
  return in;
}

void Prepared::keep() const {
  if (pass_ == record::Pass::kBackward)
    training_->forward_saving(view(), attention_.out(), scratch());
}

void Prepared::run() const {
  if (projections_) projections_->forward(view_of_projections());
  if (pass_ == record::Pass::kForward) attention_.forward(given());
  if (pass_ == record::Pass::kBoth) training_->forward_saving(view(), attention_.out(), scratch());
  if (training_) training_->backward(view(), attention_.out(), scratch());
}

void Prepared::poison_results() const {
  if (pass_ != record::Pass::kBackward) attention_.poison();
  if (projections_) projections_->poison();
  if (training_) poison(training_->gradients());
}

std::string Prepared::digest_of_results() const {
  std::string bits = digest(out());
  if (projections_) bits += digest(projections_->out());
  if (training_) bits += digest(training_->gradients());
  return bits;
}

void Prepared::touch_scratch() const {
  touch(attention_.workspace);
  if (projections_) touch(projections_->workspace);
}

std::string Prepared::trespass() const {
  if (const std::string past = attention_.trespass(); !past.empty()) return past;
  if (training_) return training_->trespass();
  const std::string around = projections_ ? projections_->trespass() : "";
  return around.empty() ? around : "its projections: " + around;
}

void Prepared::evict() const {
  const auto evict = [](const Tensor<const float>& tensor) {
    machine::evict(std::as_bytes(std::span(tensor.data, static_cast<size_t>(tensor.size()))));
  };
  const Inputs in = inputs_.view();
  for (const Tensor<const float>& tensor : {in.q, in.k, in.v}) evict(tensor);
  for (int64_t i = 0; i < in.extra_count; ++i) evict(in.extra[i]);
  if (narrow_) narrow_->evict();
  attention_.evict();
  if (projections_) projections_->evict();
  if (training_) training_->evict();
}

}  // namespace attnbench::measure
