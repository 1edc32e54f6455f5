// One problem with its inputs, to try a variant of any kind on; and dense matrices of its heads.
#pragma once

#include <Eigen/Core>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <string_view>
#include <vector>

#include "machine/buffer.h"
#include "measure/inputs.h"
#include "registry/registry.h"

namespace attnbench {

using Rows64 = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// Calls a variant, and its definition if it has one, on inputs of its own.
class Tried {
 public:
  Tried(std::string_view name, const Problem& problem, std::vector<int64_t> params = {},
        uint64_t seed = 1)
      : problem_(problem), params_(std::move(params)), inputs_(problem, seed) {
    static const registry::Catalogue catalogue = registry::built_in();
    variant_ = catalogue.find(name)->variant;
  }

  const Variant& variant() const { return *variant_; }
  const Problem& problem() const { return problem_; }
  Inputs inputs() const { return inputs_.view(); }
  Call call(int threads = 1) const { return {problem_, params_.data(), threads}; }
  int64_t row_count() const { return problem_.batch * problem_.heads * problem_.q_len; }

  std::vector<float> forward(int threads = 1) const {
    std::vector<float> out(static_cast<size_t>(row_count() * problem_.head_dim), std::nanf(""));
    const machine::Buffer scratch = workspace(threads);
    variant_->forward(
        call(threads), inputs(),
        {out.data(), problem_.batch, problem_.heads, problem_.q_len, problem_.head_dim},
        {scratch.data(), scratch.size()});
    return out;
  }

  /// All rows by the definition in double.
  std::vector<double> define() const {
    std::vector<int64_t> numbers(static_cast<size_t>(row_count()));
    std::iota(numbers.begin(), numbers.end(), 0);
    std::vector<double> out(numbers.size() * static_cast<size_t>(problem_.head_dim));
    variant_->defined()->define(call(), inputs(), {numbers.data(), row_count()}, out.data());
    return out;
  }

  machine::Buffer workspace(int threads) const {
    return machine::Buffer(static_cast<size_t>(variant_->workspace_bytes(call(threads)).value()));
  }

  /// The matrices of query head `head` of a batch entry, and of the key head that it reads.
  Rows64 q(int64_t batch, int64_t head) const {
    return matrix(inputs().q.head(batch, head), problem_.q_len);
  }
  Rows64 k(int64_t batch, int64_t head) const {
    return matrix(inputs().k.head(batch, key_head(head)), problem_.kv_len);
  }
  Rows64 v(int64_t batch, int64_t head) const {
    return matrix(inputs().v.head(batch, key_head(head)), problem_.kv_len);
  }

  /// The largest difference of an output from `expected(batch, head)`, the [q_len, head_dim] matrix
  /// of each head; NaN if any element is NaN.
  template <class Out, class Expected>
  double worst_error(const Out& out, const Expected& expected) const {
    double worst = 0;
    size_t at = 0;
    for (int64_t b = 0; b < problem_.batch; ++b)
      for (int64_t h = 0; h < problem_.heads; ++h) {
        const Rows64 right = expected(b, h);
        for (Eigen::Index i = 0; i < right.size(); ++i) {
          const double error = std::abs(static_cast<double>(out[at++]) - right.data()[i]);
          if (!(error <= worst)) worst = error;
        }
      }
    return worst;
  }

 private:
  int64_t key_head(int64_t head) const { return head / (problem_.heads / problem_.kv_heads); }
  Rows64 matrix(const float* x, int64_t rows) const {
    using Floats = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    return Eigen::Map<const Floats>(x, rows, problem_.head_dim).cast<double>();
  }

  const Variant* variant_ = nullptr;
  Problem problem_;
  std::vector<int64_t> params_;
  measure::InputSet inputs_;
};

}  // namespace attnbench
