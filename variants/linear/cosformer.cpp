// cosformer: linear attention with the features relu(x), in which a key weighs the less, the
// further it is from the query: by the cosine of their distance.
#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "attnbench/register.h"
#include "kernels/linear.h"
#include "kernels/simd.h"

namespace attnbench {
namespace {

/// The authors' code (cosformer.py) divides by at least this much.
constexpr double kLeastDivisor = 1e-6;

/// M of the paper, as in its authors' code: the longer sequence. Distances are smaller than that.
int64_t span_of(const Problem& p) {
  return std::max(p.q_len, p.kv_len);
}

/// The sine, and then the cosine, of pi/2 times each of kLanes numbers from 0 to 1, by their Taylor
/// series up to x^13, which is as exact as float32.
kernels::Vec sine_of_quarter(kernels::Vec x) {
  using namespace kernels;
  constexpr double kHalfPi = std::numbers::pi / 2;
  const Lanes d;
  const Vec square = hn::Mul(x, x);
  double term = kHalfPi;
  float series[7];
  for (int k = 0; k < 7; ++k) {
    series[k] = static_cast<float>(term);
    term *= -kHalfPi * kHalfPi / ((2 * k + 2) * (2 * k + 3));
  }
  Vec sum = hn::Set(d, series[6]);
  for (int k = 5; k >= 0; --k) sum = hn::MulAdd(sum, square, hn::Set(d, series[k]));
  return hn::Mul(sum, x);
}

/// relu(x) sin(a), and then relu(x) cos(a), where a is the angle of x's position. The products of
/// two such rows are relu(q)·relu(k) cos(a - b). Angles are counted from the first position that
/// any row has, so that they are from 0 to pi/2, and no product is negative.
class ReluTurned final : public kernels::FeatureMap {
 public:
  int64_t features(const Problem& p) const noexcept override { return 2 * p.head_dim; }
  float divisor(float weights) const noexcept override {
    return std::max(weights, static_cast<float>(kLeastDivisor));
  }

  void map(const Problem& p, const kernels::RowsToMap& rows) const noexcept override {
    using namespace kernels;
    const Lanes d;
    const int64_t first = std::min<int64_t>(p.kv_len - p.q_len, 0), span = span_of(p);
    alignas(64) float sines[kLanes], cosines[kLanes];
    for (int64_t row = 0; row < rows.rows; ++row) {
      const int64_t lane = row % kLanes;
      if (lane == 0) {
        for (int64_t i = 0; i < kLanes; ++i) {
          const int64_t turned = std::min(rows.position + row + i - first, span);
          sines[i] = static_cast<float>(turned) / static_cast<float>(span);
          cosines[i] = static_cast<float>(span - turned) / static_cast<float>(span);
        }
        hn::Store(sine_of_quarter(hn::Load(d, sines)), d, sines);
        hn::Store(sine_of_quarter(hn::Load(d, cosines)), d, cosines);
      }
      const float* const from = rows.from + row * p.head_dim;
      float* const out = rows.out + row * rows.pitch;
      const Vec sine = hn::Set(d, sines[lane]), cosine = hn::Set(d, cosines[lane]);
      int64_t i = 0;
      for (; i + kLanes <= p.head_dim; i += kLanes) {
        // Of zero and NaN, Max takes the second argument, so that NaN goes through.
        const Vec x = hn::Max(hn::Zero(d), hn::LoadU(d, from + i));
        hn::StoreU(hn::Mul(x, sine), d, out + i);
        hn::StoreU(hn::Mul(x, cosine), d, out + p.head_dim + i);
      }
      for (; i < p.head_dim; ++i) {
        const float x = from[i] <= 0 ? 0 : from[i];
        out[i] = x * sines[lane];
        out[p.head_dim + i] = x * cosines[lane];
      }
      std::fill(out + 2 * p.head_dim, out + rows.pitch, 0.0f);
    }
  }
};
constexpr ReluTurned kPhi;

class Cosformer final : public Defines<Cosformer> {
 public:
  /// The map takes two multiplications for each element of q and k. A pair by itself takes 2 d for
  /// the product and one for the cosine.
  Cost cost(const Call& call) const noexcept override {
    const Problem& p = call.problem;
    const Count queries = count(2, p.batch, p.heads, p.q_len, p.head_dim);
    const Count keys = count(2, p.batch, p.kv_heads, p.kv_len, p.head_dim);
    return {kernels::linear_flops(p, 2 * p.head_dim, 2 * p.head_dim + 1, 2 * p.head_dim),
            (queries + keys) * count(sizeof(float))};
  }
  Count workspace_bytes(const Call& call) const noexcept override {
    return kernels::linear_bytes(kPhi, call);
  }
  Theory theory(const Call&) const noexcept override { return {.time = {1}, .memory = {0}}; }

  /// The weight of key j is relu(q_i)·relu(k_j) cos(pi/2 (i - j) / M), with M the length (section
  /// 3.2 of the paper, "cos-based re-weighting"); the output is the sum of weighted values over the
  /// sum of weights (section 3.1), which counts as 1e-6 if it is less, as in the authors' code. If
  /// causal, j goes up to the query's own position. The kernel draws the cosine apart, as section
  /// 3.2 goes on to do by Ptolemy's theorem.
  template <class Real>
  void rows(const Call& call, const Inputs& in, const Rows& rows, Real* out) const {
    constexpr int64_t kBlock = 256;
    const Problem& p = call.problem;
    const auto dim = static_cast<size_t>(p.head_dim);
    const Real quarter = std::numbers::pi_v<Real> / 2;
    for (const int64_t row : rows) {
      const int64_t head = row / p.q_len, batch = head / p.heads;
      const int64_t kv_head = head % p.heads / (p.heads / p.kv_heads);
      const int64_t position = aligned_position(p, row % p.q_len);
      const int64_t end = p.causal ? position + 1 : p.kv_len;
      const float* const q = in.q.data + row * p.head_dim;
      std::vector<Real> total(dim + 1);
      for (int64_t first = 0; first < end; first += kBlock) {
        std::vector<Real> some(dim + 1);
        for (int64_t j = first; j < std::min(end, first + kBlock); ++j) {
          const float* const k = in.k.row(batch, kv_head, j);
          const float* const v = in.v.row(batch, kv_head, j);
          Real weight = 0;
          for (size_t i = 0; i < dim; ++i)
            weight += std::max(Real(q[i]), Real(0)) * std::max(Real(k[i]), Real(0));
          weight *=
              std::cos(quarter * static_cast<Real>(position - j) / static_cast<Real>(span_of(p)));
          for (size_t i = 0; i < dim; ++i) some[i] += weight * Real(v[i]);
          some[dim] += weight;
        }
        for (size_t i = 0; i <= dim; ++i) total[i] += some[i];
      }
      for (size_t i = 0; i < dim; ++i)
        *out++ = total[i] / std::max(total[dim], static_cast<Real>(kLeastDivisor));
    }
  }

  void forward(const Call& call, const Inputs& in, const Tensor<float>& out,
               const Workspace& workspace) const noexcept override {
    kernels::attend_linearly(kPhi, call, in, out, workspace.data);
  }
};

const Info kInfo{"cosformer",
                 "weights relu(q)·relu(k), times the cosine of the distance of query and key",
                 Kind::kApproximate,
                 "Qin et al. 2022, cosFormer: Rethinking Softmax in Attention",
                 nullptr,
                 0};

}  // namespace
}  // namespace attnbench

ATTNBENCH_VARIANT(attnbench::Cosformer, attnbench::kInfo)
