// A variant that can be trained, on inputs of its own: its gradients by the kernel, by their
// definition, and by central differences of the definition of its output.
#pragma once

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "inexact.h"

namespace attnbench {

/// The gradients with respect to q, k, v, and then each declared input; empty if that is not
/// learned.
template <class Real>
using AllGradients = std::vector<std::vector<Real>>;

class Trained {
 public:
  Trained(std::string_view name, const Problem& problem, std::vector<int64_t> params = {},
          uint64_t seed = 1)
      : tried_(name, problem, std::move(params), seed),
        trained_(*tried_.variant().differentiable()),
        learned_(registry::extra_inputs(tried_.variant(), tried_.call())),
        d_out_(problem, seed + 1) {
    const Inputs from = tried_.inputs();
    for (const Tensor<const float>* one : {&from.q, &from.k, &from.v}) copy(*one);
    for (int64_t i = 0; i < from.extra_count; ++i) copy(from.extra[i]);
  }

  const Tried& tried() const { return tried_; }
  const Differentiable& trained() const { return trained_; }
  Inputs inputs() const {
    return {tensors_[0], tensors_[1], tensors_[2], tensors_.data() + 3,
            static_cast<int64_t>(tensors_.size()) - 3};
  }
  /// An input, to be changed: 0 is q, 1 k, 2 v.
  std::vector<float>& input(size_t i) { return numbers_[i]; }
  Tensor<const float> d_out() const { return d_out_.view().q; }

  struct Step {
    std::vector<float> out;
    std::vector<std::byte> saved;
    AllGradients<float> gradients;
    bool operator==(const Step&) const = default;
  };
  /// One training step. All that it writes is NaN before it.
  Step step(int threads = 1) const {
    const Problem& p = tried_.problem();
    const Call call = tried_.call(threads);
    Step result{std::vector<float>(static_cast<size_t>(d_out().size()), std::nanf("")), {}, {}};
    const machine::Buffer saved(static_cast<size_t>(trained_.saved_bytes(call).value()));
    const machine::Buffer scratch(
        static_cast<size_t>(trained_.training_workspace_bytes(call).value()));
    const Tensor<float> out{result.out.data(), p.batch, p.heads, p.q_len, p.head_dim};
    for (const machine::Buffer* buffer : {&saved, &scratch})
      std::fill_n(buffer->data(), buffer->size(), std::byte{0xff});
    trained_.forward_saving(call, inputs(), out, {saved.data(), saved.size()},
                            {scratch.data(), scratch.size()});
    std::fill_n(scratch.data(), scratch.size(), std::byte{0xff});
    result.saved.assign(saved.data(), saved.data() + saved.size());
    result.gradients = filled<float>(std::nanf(""));
    std::vector<Tensor<float>> to{{nullptr, p.batch, p.heads, p.q_len, p.head_dim},
                                  {nullptr, p.batch, p.kv_heads, p.kv_len, p.head_dim},
                                  {nullptr, p.batch, p.kv_heads, p.kv_len, p.head_dim}};
    for (size_t i = 3; i < tensors_.size(); ++i)
      to.push_back(
          {nullptr, tensors_[i].batch, tensors_[i].heads, tensors_[i].len, tensors_[i].dim});
    for (size_t i = 0; i < to.size(); ++i)
      if (!result.gradients[i].empty()) to[i].data = result.gradients[i].data();
    trained_.backward(call, inputs(), {out.data, p.batch, p.heads, p.q_len, p.head_dim},
                      {saved.data(), saved.size()}, d_out(),
                      {to[0], to[1], to[2], to.data() + 3, inputs().extra_count},
                      {scratch.data(), scratch.size()});
    return result;
  }

  template <class Real>
  AllGradients<Real> define() const {
    AllGradients<Real> all = filled<Real>(0);
    std::vector<Real*> extra;
    for (size_t i = 3; i < all.size(); ++i)
      extra.push_back(all[i].empty() ? nullptr : all[i].data());
    trained_.defines_gradients()->define_gradients(
        tried_.call(), inputs(), d_out(),
        DefinedGradients<Real>{all[0].data(), all[1].data(), all[2].data(), extra.data()});
    return all;
  }

  /// By central differences of the sum of d_out times the output.
  AllGradients<double> differences() {
    AllGradients<double> all = filled<double>(0);
    for (size_t i = 0; i < all.size(); ++i)
      for (size_t at = 0; at < std::min(all[i].size(), numbers_[i].size()); ++at) {
        float& x = numbers_[i][at];
        const float middle = x, below = middle - 0x1p-8f, above = middle + 0x1p-8f;
        x = above;
        const double more = loss();
        x = below;
        const double less = loss();
        x = middle;
        all[i][at] = (more - less) / (static_cast<double>(above) - static_cast<double>(below));
      }
    return all;
  }

 private:
  void copy(const Tensor<const float>& from) {
    numbers_.emplace_back(from.data, from.data + from.size());
    tensors_.push_back(from);
    for (size_t i = 0; i < numbers_.size(); ++i) tensors_[i].data = numbers_[i].data();
  }

  /// Baselines are given neither q nor k, but have gradients of them, which are zero.
  template <class Real>
  AllGradients<Real> filled(Real value) const {
    const Problem& p = tried_.problem();
    const auto of_q = static_cast<size_t>(p.batch * p.heads * p.q_len * p.head_dim);
    const auto of_k = static_cast<size_t>(p.batch * p.kv_heads * p.kv_len * p.head_dim);
    AllGradients<Real> all{std::vector<Real>(of_q, value), std::vector<Real>(of_k, value),
                           std::vector<Real>(of_k, value)};
    for (size_t i = 0; i < learned_.size(); ++i)
      all.emplace_back(learned_[i].learned ? numbers_[3 + i].size() : 0, value);
    return all;
  }

  double loss() const {
    const Problem& p = tried_.problem();
    std::vector<int64_t> rows(static_cast<size_t>(tried_.row_count()));
    std::iota(rows.begin(), rows.end(), 0);
    std::vector<double> out(rows.size() * static_cast<size_t>(p.head_dim));
    tried_.variant().defined()->define(tried_.call(), inputs(), {rows.data(), tried_.row_count()},
                                       out.data());
    double sum = 0;
    for (size_t i = 0; i < out.size(); ++i) sum += out[i] * static_cast<double>(d_out().data[i]);
    return sum;
  }

  Tried tried_;
  const Differentiable& trained_;
  std::vector<ExtraInput> learned_;
  measure::InputSet d_out_;
  std::vector<std::vector<float>> numbers_;
  std::vector<Tensor<const float>> tensors_;
};

/// The largest difference, in units of the largest number of its tensor, or of `least` if that is
/// larger; NaN if any element is.
template <class Real>
double worst_difference(const AllGradients<Real>& are, const AllGradients<double>& right,
                        double least = 0) {
  double worst = are.size() == right.size() ? 0 : std::nan("");
  for (size_t i = 0; i < right.size(); ++i) {
    double most = least;
    for (const double x : right[i]) most = std::max(most, std::abs(x));
    if (are[i].size() != right[i].size()) return std::nan("");
    for (size_t at = 0; at < right[i].size(); ++at) {
      const double error = std::abs(static_cast<double>(are[i][at]) - right[i][at]);
      const double relative = error == 0 ? 0 : error / most;
      if (!(relative <= worst)) worst = relative;
    }
  }
  return worst;
}

}  // namespace attnbench
