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

measure::FencedEnd end_of(const Trial& trial) {
  return trial.seed % 2 == 0 ? measure::FencedEnd::kBack : measure::FencedEnd::kFront;
}

/// Changes each number in the rows of every head from `first` on. Of the numbers that inputs often
/// hold, such as 0 and 1, none stays what it is.
void change_rows(const measure::FencedBlock& block, const Tensor<const float>& tensor,
                 int64_t first) {
  const std::span<float> floats = block.floats();
  for (int64_t head = 0; head < tensor.batch * tensor.heads; ++head)
    for (int64_t i = first * tensor.dim; i < tensor.len * tensor.dim; ++i) {
      float& x = floats[static_cast<size_t>(head * tensor.len * tensor.dim + i)];
      x = 3 - 2.5f * x;
    }
}

/// The problem with one more query and key, and with twice as many, for variants that refuse one of
/// the two.
std::vector<Trial> longer_trials(const Trial& trial) {
  std::vector<Trial> longer(2, trial);
  longer[0].problem.q_len += 1;
  longer[0].problem.kv_len += 1;
  longer[1].problem.q_len *= 2;
  longer[1].problem.kv_len *= 2;
  return longer;
}

}  // namespace

Stage::Stage(const registry::Entry& entry, const Trial& trial)
    : Stage(entry, trial,
            measure::InputSet(trial.problem, trial.seed, trial.style, record::Pages::kHuge,
                              registry::extra_inputs(*entry.variant, trial.call())),
            end_of(trial)) {}

Stage::Stage(const registry::Entry& entry, const Trial& trial, const measure::InputSet& set,
             measure::FencedEnd end)
    : entry_(entry),
      trial_(trial),
      end_(end),
      q_(bytes_of(set.view().q), alignof(float), end),
      k_(bytes_of(set.view().k), alignof(float), end),
      v_(bytes_of(set.view().v), alignof(float), end),
      out_(bytes_of(set.view().q), alignof(float), end),
      scratch_(static_cast<size_t>(entry.variant->workspace_bytes(trial.call()).value()), 64, end),
      extras_(registry::extra_inputs(*entry.variant, trial.call())),
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
  if (const Deciding* deciding = entry.variant->deciding())
    decisions_.emplace(
        static_cast<size_t>(deciding->decision_count(trial.call()).value()) * sizeof(int32_t),
        alignof(int32_t), end);
  if (trial.problem.dtype != Type::kF32)
    narrow_out_.emplace(trial.problem.dtype, measure::read_only(out_tensor_), end,
                        record::Pages::kHuge);
  if (!measure::has_narrow_types(trial.problem)) return;
  narrow_.emplace(trial.problem, end);
  narrow_->take(writable(), false);
}

void Stage::call_forward() {
  entry_.variant->forward(call(), given(), narrow_out_ ? narrow_out_->tensor() : out_tensor_,
                          Workspace{scratch_.data(), scratch_.size()});
}

std::vector<float> Stage::forward_prepared() {
  if (narrow_) narrow_->take(writable(), false);
  call_forward();
  if (narrow_out_) narrow_out_->widen(out_tensor_);
  return {out_.floats().begin(), out_.floats().end()};
}

std::vector<float> Stage::forward() {
  std::fill_n(scratch_.data(), scratch_.size(), std::byte{0});
  measure::poison(out_tensor_);
  if (narrow_out_) narrow_out_->poison();
  return forward_prepared();
}

std::vector<float> Stage::forward_over(std::byte fill) {
  std::fill_n(scratch_.data(), scratch_.size(), fill);
  std::fill_n(out_.data(), out_.size(), fill);
  if (narrow_out_) narrow_out_->fill(fill);
  return forward_prepared();
}

measure::InputSet::Writable Stage::writable() const {
  const auto over = [](const Tensor<const float>& t, const measure::FencedBlock& block) {
    return Tensor<float>{block.floats().data(), t.batch, t.heads, t.len, t.dim};
  };
  return {over(inputs_.q, q_), over(inputs_.k, k_), over(inputs_.v, v_)};
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

std::vector<int32_t> Stage::decide_over(std::byte fill, int64_t batch, int64_t head) {
  if (!decisions_) return {};
  std::fill_n(scratch_.data(), scratch_.size(), fill);
  std::fill_n(decisions_->data(), decisions_->size(), fill);
  auto* const decisions = reinterpret_cast<int32_t*>(decisions_->data());
  entry_.variant->deciding()->decide(call(), given(), batch, head, decisions,
                                     Workspace{scratch_.data(), scratch_.size()});
  return {decisions, decisions + decisions_->size() / sizeof(int32_t)};
}

bool Stage::change_behind(int64_t query) {
  const Problem& p = trial_.problem;
  const int64_t first_key = std::clamp<int64_t>(aligned_position(p, query) + 1, 0, p.kv_len);
  change_rows(q_, inputs_.q, query + 1);
  change_rows(k_, inputs_.k, first_key);
  change_rows(v_, inputs_.v, first_key);
  if (std::ranges::all_of(extras_, &ExtraInput::learned)) return true;
  for (const Trial& longer : longer_trials(trial_)) {
    if (!registry::refusal(*entry_.variant, longer.call()).empty()) continue;
    const auto grown = registry::extra_inputs(*entry_.variant, longer.call());
    if (grown.size() != extras_.size()) continue;
    for (size_t i = 0; i < extras_.size(); ++i) {
      if (extras_[i].learned) continue;
      const int64_t len = extras_[i].len, grown_len = grown[i].len;
      if (len == p.kv_len && grown_len == longer.problem.kv_len)
        change_rows(extra_blocks_[i], inputs_.extra[i], first_key);
      else if (len == p.q_len && grown_len == longer.problem.q_len)
        change_rows(extra_blocks_[i], inputs_.extra[i], query + 1);
    }
    return true;
  }
  return false;
}

std::string Stage::trespass() const {
  for (const auto& [name, block] : {std::pair("q", &q_), std::pair("k", &k_), std::pair("v", &v_),
                                    std::pair("out", &out_), std::pair("its workspace", &scratch_)})
    if (const std::string where = block->trespass(); !where.empty())
      return std::string(name) + " of " + std::to_string(block->size()) + " bytes is touched " +
             where;
  if (const std::string where = narrow_ ? narrow_->trespass() : ""; !where.empty())
    return "q, k or v is touched " + where;
  if (const std::string where = narrow_out_ ? narrow_out_->trespass() : ""; !where.empty())
    return "out is touched " + where;
  for (size_t i = 0; i < extras_.size(); ++i)
    if (const std::string where = extra_blocks_[i].trespass(); !where.empty())
      return "its input '" + std::string(extras_[i].name) + "' of " +
             std::to_string(extra_blocks_[i].size()) + " bytes is touched " + where;
  if (!decisions_) return {};
  const std::string where = decisions_->trespass();
  if (where.empty()) return {};
  return "the memory for its decisions, of " + std::to_string(decisions_->size()) +
         " bytes, is touched " + where;
}

}  // namespace attnbench::conformance
