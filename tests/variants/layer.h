// A layer over tokens, such as a recurrence, on inputs of its own; and the tokens as a matrix.
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <vector>

#include "machine/buffer.h"
#include "measure/inputs.h"
#include "registry/registry.h"

namespace attnbench {

using Doubles = Eigen::MatrixXd;

/// One problem with its inputs, which a test may change.
class Layer {
 public:
  Layer(std::string_view name, const Problem& problem, std::vector<int64_t> params)
      : problem_(problem), params_(std::move(params)) {
    static const registry::Catalogue catalogue = registry::built_in();
    variant_ = catalogue.find(name)->variant;
    const measure::InputSet drawn(problem, 1, measure::InputStyle::kNormal, record::Pages::kSmall,
                                  registry::extra_inputs(*variant_, call(1)));
    const Inputs& in = drawn.view();
    values_.reserve(static_cast<size_t>(in.extra_count + 1));
    copy(in.v);
    for (int64_t i = 0; i < in.extra_count; ++i) copy(in.extra[i]);
  }

  const Variant& variant() const { return *variant_; }
  Call call(int threads) const { return {problem_, params_.data(), threads}; }

  std::vector<float> forward(int threads) const {
    const machine::Buffer workspace(
        static_cast<size_t>(variant_->workspace_bytes(call(threads)).value()));
    const Problem& p = problem_;
    std::vector<float> out(static_cast<size_t>(p.batch * p.heads * p.q_len * p.head_dim),
                           std::nanf(""));
    variant_->forward(call(threads), inputs(), {out.data(), p.batch, p.heads, p.q_len, p.head_dim},
                      {workspace.data(), workspace.size()});
    return out;
  }

  /// v, and the declared inputs. A layer reads neither q nor k.
  const Tensor<const float>& v() const { return tensors_[0]; }
  const Tensor<const float>& extra(size_t i) const { return tensors_[i + 1]; }
  Inputs inputs() const {
    return {{}, {}, tensors_[0], tensors_.data() + 1, std::ssize(tensors_) - 1};
  }

  /// Changes all of token t of a sequence.
  void change_token(int64_t batch, int64_t t, float by) {
    for (int64_t head = 0; head < v().heads; ++head)
      for (int64_t d = 0; d < v().dim; ++d)
        values_[0][static_cast<size_t>(v().row(batch, head, t) + d - v().data)] += by;
  }

  /// A sequence's tokens, one a column: [width, kv_len].
  Doubles tokens(int64_t batch) const {
    Doubles x(v().heads * v().dim, v().len);
    for (int64_t head = 0; head < v().heads; ++head)
      for (int64_t t = 0; t < v().len; ++t)
        for (int64_t d = 0; d < v().dim; ++d)
          x(head * v().dim + d, t) = static_cast<double>(v().row(batch, head, t)[d]);
    return x;
  }

  /// A matrix [len, dim] of a declared input.
  Doubles matrix(size_t input, int64_t head) const {
    const Tensor<const float>& from = extra(input);
    Doubles m(from.len, from.dim);
    for (int64_t i = 0; i < from.len; ++i)
      for (int64_t j = 0; j < from.dim; ++j) m(i, j) = static_cast<double>(from.row(0, head, i)[j]);
    return m;
  }

  /// The largest difference of `out` from `expected`, which holds the outputs of all tokens of each
  /// sequence, one a column. A row before the first token should be 0. NaN if any element is NaN.
  double worst_error(const std::vector<float>& out, const std::vector<Doubles>& expected) const {
    const Problem& p = problem_;
    double worst = 0;
    size_t i = 0;
    for (int64_t b = 0; b < p.batch; ++b)
      for (int64_t h = 0; h < p.heads; ++h)
        for (int64_t query = 0; query < p.q_len; ++query)
          for (int64_t d = 0; d < p.head_dim; ++d, ++i) {
            const int64_t t = aligned_position(p, query);
            const double right =
                t < 0 ? 0 : expected[static_cast<size_t>(b)](h * p.head_dim + d, t);
            const double error = std::abs(static_cast<double>(out[i]) - right);
            if (!(error <= worst)) worst = error;
          }
    return worst;
  }

 private:
  void copy(const Tensor<const float>& from) {
    const auto& values = values_.emplace_back(from.data, from.data + from.size());
    tensors_.push_back({values.data(), from.batch, from.heads, from.len, from.dim});
  }

  const Variant* variant_;
  Problem problem_;
  std::vector<int64_t> params_;
  std::vector<std::vector<float>> values_;
  std::vector<Tensor<const float>> tensors_;
};

}  // namespace attnbench
