// One problem with its inputs, to try a variant of any kind on; and its heads and tokens as dense
// matrices.
#pragma once

#include <Eigen/Core>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <string_view>
#include <vector>

#include "machine/buffer.h"
#include "measure/inputs.h"
#include "named.h"
#include "registry/registry.h"

namespace attnbench {

using Doubles = Eigen::MatrixXd;
using Rows64 = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// Calls a variant, and its definition if it has one, on inputs of its own.
class Tried {
 public:
  Tried(std::string_view name, const Problem& problem, std::vector<int64_t> params = {},
        uint64_t seed = 1)
      : entry_(entry_named(name)),
        problem_(problem),
        params_(std::move(params)),
        inputs_(problem, seed, measure::InputStyle::kNormal, record::Pages::kSmall,
                registry::extra_inputs(*entry_.variant, call())) {}

  const Variant& variant() const { return *entry_.variant; }
  const Problem& problem() const { return problem_; }
  /// A baseline gets neither q nor k.
  Inputs inputs() const {
    Inputs in = inputs_.view();
    if (entry_.info->kind == Kind::kBaseline) in.q = in.k = {};
    return in;
  }
  Tensor<const float> v() const { return inputs_.view().v; }
  /// An input that the variant declares.
  const Tensor<const float>& extra(size_t i) const { return inputs_.view().extra[i]; }
  Call call(int threads = 1) const { return {problem_, params_.data(), threads}; }
  int64_t row_count() const { return problem_.batch * problem_.heads * problem_.q_len; }

  std::vector<float> forward(int threads = 1) const {
    const Problem& p = problem_;
    std::vector<float> out(static_cast<size_t>(row_count() * p.head_dim), std::nanf(""));
    const machine::Buffer scratch = workspace(threads);
    variant().forward(call(threads), inputs(), {out.data(), p.batch, p.heads, p.q_len, p.head_dim},
                      {scratch.data(), scratch.size()});
    return out;
  }

  /// All rows by the definition in double.
  std::vector<double> define() const {
    std::vector<int64_t> numbers(static_cast<size_t>(row_count()));
    std::iota(numbers.begin(), numbers.end(), 0);
    std::vector<double> out(numbers.size() * static_cast<size_t>(problem_.head_dim));
    variant().defined()->define(call(), inputs(), {numbers.data(), row_count()}, out.data());
    return out;
  }

  machine::Buffer workspace(int threads) const {
    return machine::Buffer(static_cast<size_t>(variant().workspace_bytes(call(threads)).value()));
  }

  /// The matrices of query head `head` of a batch entry, and of the key head that it reads.
  Rows64 q(int64_t batch, int64_t head) const {
    return dense(inputs().q.head(batch, head), problem_.q_len, problem_.head_dim);
  }
  Rows64 k(int64_t batch, int64_t head) const {
    return dense(inputs().k.head(batch, key_head(head)), problem_.kv_len, problem_.head_dim);
  }
  Rows64 v(int64_t batch, int64_t head) const {
    return dense(inputs().v.head(batch, key_head(head)), problem_.kv_len, problem_.head_dim);
  }

  /// A sequence's tokens (kernels/tokens.h), one a column: [width, kv_len].
  Doubles tokens(int64_t batch) const {
    const Problem& p = problem_;
    Doubles x(p.kv_heads * p.head_dim, p.kv_len);
    for (int64_t head = 0; head < p.kv_heads; ++head)
      x.middleRows(head * p.head_dim, p.head_dim) =
          dense(inputs().v.head(batch, head), p.kv_len, p.head_dim).transpose();
    return x;
  }

  /// A matrix [len, dim] of an input that the variant declares.
  Doubles matrix(size_t input, int64_t head) const {
    const Tensor<const float>& from = extra(input);
    return dense(from.head(0, head), from.len, from.dim);
  }

  /// Changes all of token t of a sequence.
  void change_token(int64_t batch, int64_t t, float by) {
    const Tensor<float> v = inputs_.writable().v;
    for (int64_t head = 0; head < v.heads; ++head)
      for (int64_t d = 0; d < v.dim; ++d) v.row(batch, head, t)[d] += by;
  }

  /// Multiplies key j of every head.
  void multiply_key(int64_t j, float by) {
    const Tensor<float> k = inputs_.writable().k;
    for (int64_t head = 0; head < k.batch * k.heads; ++head)
      for (int64_t d = 0; d < k.dim; ++d) k.head(0, head)[j * k.dim + d] *= by;
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

  /// The same for a layer over tokens, whose output for all tokens of each sequence is expected,
  /// one a column. A row before the first token should be 0.
  template <class Out>
  double worst_error(const Out& out, const std::vector<Doubles>& expected) const {
    return worst_error(out, [&](int64_t b, int64_t h) {
      Rows64 right = Rows64::Zero(problem_.q_len, problem_.head_dim);
      for (int64_t query = 0; query < problem_.q_len; ++query)
        if (const int64_t t = aligned_position(problem_, query); t >= 0)
          right.row(query) = expected[static_cast<size_t>(b)]
                                 .col(t)
                                 .segment(h * problem_.head_dim, problem_.head_dim)
                                 .transpose();
      return right;
    });
  }

 private:
  int64_t key_head(int64_t head) const { return head / (problem_.heads / problem_.kv_heads); }
  static Rows64 dense(const float* x, int64_t rows, int64_t columns) {
    using Floats = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    return Eigen::Map<const Floats>(x, rows, columns).cast<double>();
  }

  const registry::Entry& entry_;
  Problem problem_;
  std::vector<int64_t> params_;
  measure::InputSet inputs_;
};

/// A layer over tokens, such as a recurrence.
using Layer = Tried;

}  // namespace attnbench
